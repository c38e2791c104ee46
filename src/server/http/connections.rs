//! Accepts connections and serves them, within limits: their number, the time for a request's head and body, and the time in which
//! a client receives nothing of its answer. The soft stop waits only for connections with an unfinished answer.

use crate::server::{
    listener::{ConnectionPeer, ServerListener},
    open_files, router,
    state::App,
};
use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    extract::{ConnectInfo, Request},
    middleware::{Next, from_fn},
    response::Response,
};
use futures::StreamExt;
use hyper::{
    body::{Frame, Incoming, SizeHint},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustix::net::sockopt;
use std::{
    convert::Infallible,
    io,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::Instant,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

/// Pause after an error of accepting, such as too many open files.
const ACCEPT_RETRY_PAUSE: Duration = Duration::from_millis(500);
/// Time for a new connection to send its first request before it counts as idle, when connections are scarce.
const FIRST_REQUEST_TIME: Duration = Duration::from_millis(500);
/// Time at the soft stop for sending the buffered rest of a finished answer.
const FLUSH_TIME: Duration = Duration::from_millis(500);

/// Limits of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Maximum open connections.
    pub max_connections: usize,
    /// Longest time from the start of a connection, or the end of the previous answer, to the end of a request's head.
    pub head_time: Duration,
    /// Longest time between two parts of a request's body.
    pub body_pause: Duration,
    /// Longest time from a request's head to the end of its body.
    pub body_time: Duration,
    /// Longest time in which a client receives nothing of what was sent to it.
    pub send_pause: Duration,
}

impl ConnectionLimits {
    /// The limits of a server: a third of the open files for connections, so that the database, feeds and models have theirs.
    pub fn new() -> Self {
        Self {
            max_connections: open_files::max_connections(),
            head_time: Duration::from_secs(15),
            body_pause: Duration::from_secs(30),
            body_time: Duration::from_secs(300),
            send_pause: Duration::from_secs(60),
        }
    }
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self::new()
    }
}

/// Serves until the soft stop, then until all answers are finished. When the maximum of connections is open, those that wait for a
/// next request are closed.
pub async fn serve(app: App, listener: ServerListener, limits: ConnectionLimits) {
    let stop = app.lifecycle.soft_stop.clone();
    let body_stop = stop.clone();
    let router = router::router(app.clone())
        .layer(from_fn(move |request, next| limit_body_time(body_stop.clone(), limits, request, next)));
    let permits = Arc::new(Semaphore::new(limits.max_connections));
    let crowded = watch::Sender::new(());
    let connections = TaskTracker::new();
    let mut is_failing = false;
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer, tls)) => {
                is_failing = false;
                let permit = tokio::select! {
                    () = stop.cancelled() => break,
                    permit = acquire(&permits, &crowded) => permit,
                };
                let connection = ClientConnection { peer, router: router.clone(), stop: stop.clone(), limits };
                connections.spawn(connection.serve(stream, tls, crowded.subscribe(), permit));
            }
            // The client has disconnected already.
            Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) => {
            }
            Err(error) => {
                if open_files::is_exhausted(&error) {
                    app.open_files.record_exhaustion(&app.clock);
                    crowded.send_replace(());
                }
                if !std::mem::replace(&mut is_failing, true) {
                    tracing::error!(%error, "no connection can be accepted now; retrying");
                }
                tokio::time::sleep(ACCEPT_RETRY_PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

async fn acquire(permits: &Arc<Semaphore>, crowded: &watch::Sender<()>) -> Option<OwnedSemaphorePermit> {
    if let Ok(permit) = permits.clone().try_acquire_owned() {
        return Some(permit);
    }
    tracing::debug!("the maximum of connections is open; idle ones are closed");
    crowded.send_replace(());
    permits.clone().acquire_owned().await.ok()
}

/// Sleeps until `moment`; forever without one.
async fn wait_until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// One connection of a client.
struct ClientConnection {
    peer: ConnectionPeer,
    router: Router,
    stop: CancellationToken,
    limits: ConnectionLimits,
}

impl ClientConnection {
    /// Serves an accepted connection; `_permit` is released when it ends.
    async fn serve(
        self,
        stream: TcpStream,
        tls: Option<TlsAcceptor>,
        mut crowded: watch::Receiver<()>,
        _permit: Option<OwnedSemaphorePermit>,
    ) {
        let send_pause_ms = u32::try_from(self.limits.send_pause.as_millis()).unwrap_or(u32::MAX);
        if let Err(error) = sockopt::set_tcp_user_timeout(&stream, send_pause_ms) {
            tracing::debug!(%error, "the time in which a client receives nothing cannot be limited");
        }
        let Some(acceptor) = tls else { return self.serve_requests(stream, crowded).await };
        if let Some(stream) = self.accept_tls(&acceptor, stream, &mut crowded).await {
            self.serve_requests(stream, crowded).await;
        }
    }

    /// The handshake; `None` when it fails, takes longer than a request's head may, or longer than an idle client may when connections
    /// are scarce.
    async fn accept_tls(
        &self,
        acceptor: &TlsAcceptor,
        stream: TcpStream,
        crowded: &mut watch::Receiver<()>,
    ) -> Option<TlsStream<TcpStream>> {
        let is_scarce = async {
            tokio::time::sleep(FIRST_REQUEST_TIME).await;
            if crowded.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let handshake = tokio::time::timeout(self.limits.head_time, acceptor.accept(stream));
        let address = self.peer.address;
        tokio::select! {
            () = self.stop.cancelled() => None,
            () = is_scarce => None,
            done = handshake => match done {
                Ok(Ok(stream)) => Some(stream),
                Ok(Err(error)) => {
                    tracing::debug!(%address, %error, "a TLS handshake failed");
                    None
                }
                Err(_) => {
                    tracing::debug!(%address, "a TLS handshake took too long");
                    None
                }
            },
        }
    }

    /// Serves requests until the client disconnects, a limit is reached or the soft stop. `crowded` requests the end of an idle
    /// connection.
    async fn serve_requests(self, stream: impl AsyncRead + AsyncWrite + Unpin, mut crowded: watch::Receiver<()>) {
        let Self { peer, router, stop, limits } = self;
        let answers = Arc::new(AtomicUsize::new(0));
        let service = service_fn(|mut request: hyper::Request<Incoming>| {
            // Handlers extract it as with axum's own server.
            request.extensions_mut().insert(ConnectInfo(peer));
            let running = AnswerInProgress::new(&answers);
            let router = router.clone();
            async move {
                let response = router.oneshot(request).await?;
                Ok::<_, Infallible>(response.map(|body| CountedBody { body, _running: running }))
            }
        });
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(limits.head_time);
        let accepted_at = Instant::now();
        let mut close_at = None;
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
        loop {
            tokio::select! {
                _ = connection.as_mut() => return,
                () = stop.cancelled() => break,
                Ok(()) = crowded.changed() => close_at = Some(accepted_at + FIRST_REQUEST_TIME),
                () = wait_until(close_at) => {
                    close_at = None;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
        connection.as_mut().graceful_shutdown();
        loop {
            tokio::select! {
                _ = connection.as_mut() => return,
                // A connection without a complete request head is closed.
                () = tokio::time::sleep(FLUSH_TIME) => if answers.load(Ordering::SeqCst) == 0 { return },
            }
        }
    }
}

/// Counted from the head of a request to the end of its answer.
struct AnswerInProgress(Arc<AtomicUsize>);

impl AnswerInProgress {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count.clone())
    }
}

impl Drop for AnswerInProgress {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The body of an answer that counts as running until it is dropped.
struct CountedBody {
    body: Body,
    _running: AnswerInProgress,
}

impl HttpBody for CountedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Why a request's body was not read to its end.
#[derive(Debug, thiserror::Error)]
enum StalledBody {
    #[error("the request body did not arrive in time")]
    TooSlow,
    #[error("the server stops")]
    Stopping,
}

/// Ends the body of a request that arrives too slowly, and every body at the soft stop.
async fn limit_body_time(stop: CancellationToken, limits: ConnectionLimits, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let request = request.map(|body| {
        let mut parts = body.into_data_stream();
        let deadline = Instant::now() + limits.body_time;
        Body::from_stream(async_stream::stream! {
            loop {
                let error = tokio::select! {
                    part = parts.next() => match part {
                        Some(part) => {
                            yield part.map_err(axum::BoxError::from);
                            continue;
                        }
                        None => return,
                    },
                    () = stop.cancelled() => StalledBody::Stopping,
                    () = tokio::time::sleep(limits.body_pause) => StalledBody::TooSlow,
                    () = tokio::time::sleep_until(deadline) => StalledBody::TooSlow,
                };
                yield Err(error.into());
                return;
            }
        })
    });
    next.run(request).await
}
