//! Accepting connections over TCP or TLS.

use super::tls::CertificateReloader;
use std::{io, net::SocketAddr, sync::Arc};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

/// The peer of a connection; an extension of every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionPeer {
    /// The client's address, or that of the proxy before it.
    pub address: SocketAddr,
    /// Whether it came over TLS by Gleaner itself.
    pub is_tls: bool,
}

/// A listener, with the certificate for TLS.
pub struct ServerListener {
    tcp: TcpListener,
    certificate: Option<watch::Receiver<Arc<ServerConfig>>>,
}

impl ServerListener {
    /// Plain TCP, or TLS with the certificate of `reloader`.
    pub fn new(tcp: TcpListener, reloader: Option<&CertificateReloader>) -> Self {
        Self { tcp, certificate: reloader.map(CertificateReloader::subscribe) }
    }

    /// The next connection, with an acceptor when TLS is enabled.
    ///
    /// # Errors
    /// Errors of the system, such as too many open files; the next connection may be accepted.
    pub async fn accept(&self) -> io::Result<(TcpStream, ConnectionPeer, Option<TlsAcceptor>)> {
        let (stream, address) = self.tcp.accept().await?;
        let acceptor = self.certificate.as_ref().map(|current| TlsAcceptor::from(current.borrow().clone()));
        Ok((stream, ConnectionPeer { address, is_tls: acceptor.is_some() }, acceptor))
    }

    /// The address that is listened on.
    ///
    /// # Errors
    /// The system does not report it.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}
