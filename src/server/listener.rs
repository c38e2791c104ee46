//! Where connections come from: TCP, or TLS over it.

use super::tls::CertificateReloader;
use std::{io, net::SocketAddr, sync::Arc};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

/// The other end of a connection; an extension of every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionPeer {
    /// The client's address, or that of the proxy before it.
    pub address: SocketAddr,
    /// Whether it came over TLS by Gleaner itself.
    pub is_tls: bool,
}

/// Accepts connections, and says with which certificate TLS is to be spoken on them.
pub struct ServerListener {
    tcp: TcpListener,
    certificate: Option<watch::Receiver<Arc<ServerConfig>>>,
}

impl ServerListener {
    /// Plain TCP, or TLS with the certificate of `reloader`.
    pub fn new(tcp: TcpListener, reloader: Option<&CertificateReloader>) -> Self {
        Self { tcp, certificate: reloader.map(CertificateReloader::subscribe) }
    }

    /// The next connection, and what makes TLS of it, when TLS is on.
    ///
    /// # Errors
    /// As the system has them, such as too many open files; the next connection may be accepted.
    pub async fn accept(&self) -> io::Result<(TcpStream, ConnectionPeer, Option<TlsAcceptor>)> {
        let (stream, address) = self.tcp.accept().await?;
        let acceptor = self.certificate.as_ref().map(|current| TlsAcceptor::from(current.borrow().clone()));
        Ok((stream, ConnectionPeer { address, is_tls: acceptor.is_some() }, acceptor))
    }

    /// The address that is listened on.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}
