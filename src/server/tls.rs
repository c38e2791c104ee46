//! TLS by Gleaner itself: certificate and key from two PEM files, read again when they change.

use super::{clock::Clock, config::TlsConfig};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};
use tokio_rustls::rustls;
use tokio_util::sync::CancellationToken;

/// How often the files are read to see whether they changed.
const CHECK_INTERVAL: Duration = Duration::from_secs(60);
/// The protocol that is offered (RFC 7301).
const ALPN_PROTOCOL: &[u8] = b"http/1.1";

/// Why certificate and key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{setting} cannot be read from {path}: {cause}")]
    Unreadable {
        /// The setting.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// The error of the system.
        cause: io::Error,
    },
    /// A file lacks the content that its setting requires.
    #[error("{setting}: {path} holds no {content} in PEM (lines that begin with -----BEGIN)")]
    NotPem {
        /// The setting.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// The required content.
        content: &'static str,
    },
    /// Certificate and key do not fit together, or are of a kind that rustls does not take.
    #[error("the certificate {cert} and the key {key} cannot be used together: {cause}")]
    Unusable {
        /// The file of the certificate.
        cert: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// The error of rustls.
        cause: rustls::Error,
    },
    /// The process cannot listen for SIGHUP.
    #[error("SIGHUP cannot be received: {0}")]
    Signal(io::Error),
}

/// The bytes of both files.
#[derive(Clone, PartialEq, Eq)]
struct CertificateFiles {
    cert: Vec<u8>,
    key: Vec<u8>,
}

/// The certificate in use, and the files that it comes from.
pub struct CertificateReloader {
    cert: PathBuf,
    key: PathBuf,
    /// The files as last read, also when they could not be used.
    last_read: CertificateFiles,
    current: watch::Sender<Arc<ServerConfig>>,
    hangups: Signal,
}

impl CertificateReloader {
    /// Reads the files of `config`; `None` when it names none. From here on SIGHUP no longer ends the process.
    ///
    /// # Errors
    /// When they cannot be read or used.
    pub fn load(config: &TlsConfig) -> Result<Option<Self>, TlsError> {
        let Some((cert, key)) = config.files() else { return Ok(None) };
        let last_read = read_files(cert, key)?;
        let current = watch::Sender::new(Arc::new(server_config(cert, key, &last_read)?));
        let hangups = signal(SignalKind::hangup()).map_err(TlsError::Signal)?;
        Ok(Some(Self { cert: cert.to_owned(), key: key.to_owned(), last_read, current, hangups }))
    }

    /// The settings of new connections, as they change.
    pub fn subscribe(&self) -> watch::Receiver<Arc<ServerConfig>> {
        self.current.subscribe()
    }

    /// Reads the files every minute and on SIGHUP until `stop`; an unusable certificate is logged once, and the previous one stays in
    /// use.
    pub async fn run(mut self, clock: Clock, stop: CancellationToken) {
        loop {
            let is_asked = tokio::select! {
                () = stop.cancelled() => return,
                _ = self.hangups.recv() => true,
                () = clock.sleep(CHECK_INTERVAL) => false,
            };
            match self.reload(is_asked) {
                Ok(true) => tracing::info!(cert = %self.cert.display(), "the certificate was read again"),
                Ok(false) => {}
                Err(error) => tracing::error!(%error, "the certificate was not changed"),
            }
        }
    }

    /// Uses the files when they changed since they were last read, or when `is_asked`; returns whether they are used.
    fn reload(&mut self, is_asked: bool) -> Result<bool, TlsError> {
        let files = match read_files(&self.cert, &self.key) {
            Ok(files) => files,
            // A file that is being replaced may be missing for a moment; the next check reads it.
            Err(TlsError::Unreadable { cause, .. }) if !is_asked && cause.kind() == io::ErrorKind::NotFound => {
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        if files == self.last_read && !is_asked {
            return Ok(false);
        }
        let config = server_config(&self.cert, &self.key, &files);
        self.last_read = files;
        self.current.send_replace(Arc::new(config?));
        Ok(true)
    }
}

fn read_files(cert: &Path, key: &Path) -> Result<CertificateFiles, TlsError> {
    let read = |setting, path: &Path| {
        fs::read(path).map_err(|cause| TlsError::Unreadable { setting, path: path.to_owned(), cause })
    };
    Ok(CertificateFiles { cert: read("tls.cert", cert)?, key: read("tls.key", key)? })
}

fn server_config(cert: &Path, key: &Path, files: &CertificateFiles) -> Result<ServerConfig, TlsError> {
    let not_pem = |setting, path: &Path, content| TlsError::NotPem { setting, path: path.to_owned(), content };
    let chain = CertificateDer::pem_slice_iter(&files.cert).collect::<Result<Vec<_>, _>>().unwrap_or_default();
    if chain.is_empty() {
        return Err(not_pem("tls.cert", cert, "certificate"));
    }
    let private_key = PrivateKeyDer::from_pem_slice(&files.key).map_err(|_| not_pem("tls.key", key, "private key"))?;
    let unusable = |cause| TlsError::Unusable { cert: cert.to_owned(), key: key.to_owned(), cause };
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, private_key)
        .map_err(unusable)?;
    config.alpn_protocols = vec![ALPN_PROTOCOL.to_vec()];
    Ok(config)
}

/// Whether users outside of the file's group may do anything with it, or its group more than read it.
///
/// # Errors
/// When the system does not say.
pub fn is_open_to_others(path: &Path) -> io::Result<bool> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o037 != 0)
}
