//! Connections that can be closed all at once, as when a server is killed.

use axum::{extract::connect_info::Connected, serve::IncomingStream};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// A switch whose closing ends every connection that was accepted through it.
#[derive(Clone, Debug, Default)]
pub(super) struct Disconnector(CancellationToken);

impl Disconnector {
    pub(super) fn close(&self) {
        self.0.cancel();
    }

    pub(super) async fn closed(&self) {
        self.0.cancelled().await;
    }

    /// Lets the connections of `listener` through.
    pub(super) fn listener(&self, listener: TcpListener) -> InterruptibleListener {
        InterruptibleListener { listener, open: self.clone() }
    }
}

pub struct InterruptibleListener {
    listener: TcpListener,
    open: Disconnector,
}

impl axum::serve::Listener for InterruptibleListener {
    type Io = InterruptibleStream;
    type Addr = PeerConnection;

    async fn accept(&mut self) -> (InterruptibleStream, PeerConnection) {
        let (stream, _) = axum::serve::Listener::accept(&mut self.listener).await;
        let own = self.open.0.child_token();
        (InterruptibleStream { stream, closed: Box::pin(own.clone().cancelled_owned()) }, PeerConnection(own))
    }

    fn local_addr(&self) -> io::Result<PeerConnection> {
        Ok(PeerConnection(self.open.0.child_token()))
    }
}

/// The handle by which a handler closes its connection.
#[derive(Clone, Debug)]
pub struct PeerConnection(CancellationToken);

impl PeerConnection {
    pub(super) fn disconnect(&self) {
        self.0.cancel();
    }
}

impl Connected<IncomingStream<'_, InterruptibleListener>> for PeerConnection {
    fn connect_info(stream: IncomingStream<'_, InterruptibleListener>) -> Self {
        stream.remote_addr().clone()
    }
}

pub struct InterruptibleStream {
    stream: TcpStream,
    closed: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl InterruptibleStream {
    fn broken(&mut self, cx: &mut Context<'_>) -> Option<io::Error> {
        self.closed.as_mut().poll(cx).is_ready().then(|| io::ErrorKind::ConnectionReset.into())
    }
}

impl AsyncRead for InterruptibleStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.broken(cx) {
            Some(error) => Poll::Ready(Err(error)),
            None => Pin::new(&mut self.stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for InterruptibleStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.broken(cx) {
            Some(error) => Poll::Ready(Err(error)),
            None => Pin::new(&mut self.stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
