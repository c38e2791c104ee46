//! Building, starting and stopping the server.

use super::{
    blocking::ParsePool,
    clock::Clock,
    config::Config,
    feed,
    lifecycle::Lifecycle,
    listener::ServerListener,
    live::{
        access::AccessState, answers::RunningAnswers, client_lists::ClientLists, model_servers::ModelServers,
        open_files::OpenFiles, open_pages::OpenPages, rendered_answers::RenderedAnswers, robots::RobotsCache,
        running_checks::RunningChecks, saved_search_cache::SavedSearchCache, shown_articles::ShownArticles,
    },
    password::PasswordPool,
    services::{access, clock_jumps, servers},
    state::{App, AppState},
    storage::{self, Db, OpenError, owner},
    tls::{CertificateReloader, TlsError},
};
use crate::server::{
    http::connections::{self, ConnectionLimits},
    metrics::Metrics,
    models::{ollama::client::OllamaClient, resilience::priority_queue::PriorityQueue},
};
use crate::{domain::access::AccessMode, error::AppError};
use std::{fs, io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    sync::{Mutex, Notify, broadcast, watch},
};

/// Events that a page may fall behind before it is sent the current state again.
const MAX_PENDING_EVENTS: usize = 256;

/// Why the server could not start: one sentence, with what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Another process holds the lock of the data folder.
    #[error("another Gleaner is running on {data_dir}. Stop it, or choose another folder with --data-dir")]
    AlreadyRunning {
        /// The data folder.
        data_dir: PathBuf,
    },
    /// The address can be reached from other machines, and no access control is configured.
    #[error(
        "{addr} can be reached from other machines, and no password is set. Three ways on: `gleaner owner set-password` sets one; \
         `gleaner serve --setup` prints a code with which the page /setup sets one; or name a proxy that logs you in with \
         access.trusted_proxies and access.user_header"
    )]
    NoPassword {
        /// The address.
        addr: SocketAddr,
    },
    /// The database could not be read.
    #[error("the database could not be read: {0}")]
    Unreadable(AppError),
    /// Another program listens on the address.
    #[error("{addr} is taken by another program. Stop that one, or choose another port with --addr")]
    AddrInUse {
        /// The address.
        addr: SocketAddr,
    },
    /// The system does not let this process listen on the address.
    #[error("{addr} cannot be listened on: {cause}. Choose another address with --addr")]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// The error of the system.
        cause: io::Error,
    },
    /// Certificate or key cannot be used.
    #[error("{0}. Correct tls.cert and tls.key, or set neither to serve without TLS")]
    Tls(#[from] TlsError),
}

/// Opens the database and builds the application state; starts no loop.
pub async fn build(config: Config, clock: Clock, lifecycle: Lifecycle) -> Result<App, OpenError> {
    let db = storage::open(&config.data_dir).await?;
    let app = assemble(config, clock, lifecycle, db);
    if let Err(error) = clock_jumps::correct_planned_checks(&app).await {
        tracing::error!(%error, "checks that were planned while the clock was ahead stay as they are");
    }
    if let Err(error) = servers::refresh(&app).await {
        tracing::error!(%error, "the model servers could not be read; only the Ollama of the settings is used");
    }
    match storage::checks::list_paused_hosts(&app.db.read, app.clock.now()).await {
        Ok(hosts) => hosts.iter().for_each(|(host, until)| app.feed_client.pause_host(host, *until)),
        Err(error) => tracing::error!(%error, "pauses of feed servers could not be read"),
    }
    Ok(app)
}

/// As [`build`], read only: nothing in the data folder is created or changed.
pub async fn build_read_only(config: Config, clock: Clock, lifecycle: Lifecycle) -> Result<App, OpenError> {
    let db = storage::open_read_only(&config.data_dir).await?;
    Ok(assemble(config, clock, lifecycle, db))
}

/// As [`build`], with an empty database in memory: for checks while the real one cannot be opened.
pub async fn build_in_memory(config: Config, clock: Clock, lifecycle: Lifecycle) -> Result<App, OpenError> {
    let db = storage::open_in_memory().await?;
    Ok(assemble(config, clock, lifecycle, db))
}

fn assemble(config: Config, clock: Clock, lifecycle: Lifecycle, db: Db) -> App {
    let metrics = Metrics::new(clock.now());
    let ollama = OllamaClient::new(&config.ollama, clock.clone());
    let priority_queue = PriorityQueue::new(config.ollama.concurrency);
    let main_server = servers::main_server(&config.ollama, &ollama, &priority_queue);
    let parse_pool = ParsePool::new(metrics.parse_seconds());
    App::new(AppState {
        robots: RobotsCache::default(),
        open_files: OpenFiles::default(),
        running_checks: RunningChecks::default(),
        feed_client: feed::fetch::FeedClient::new(&config.fetch, clock.clone(), parse_pool.clone()),
        models: ollama.status().clone(),
        ollama,
        servers: ModelServers::new(vec![Arc::new(main_server)]),
        priority_queue,
        passwords: PasswordPool::default(),
        access: AccessState::default(),
        answers: RunningAnswers::default(),
        rendered_answers: RenderedAnswers::default(),
        client_lists: ClientLists::default(),
        saved_search_counts: SavedSearchCache::default(),
        saved_search_articles: SavedSearchCache::default(),
        pulls: watch::Sender::default(),
        scoring_activity: watch::Sender::default(),
        retention_lock: Arc::default(),
        rules_lock: Mutex::default(),
        rule_applications_lock: Mutex::default(),
        parse_pool,
        metrics,
        db,
        clock,
        lifecycle,
        events: broadcast::Sender::new(MAX_PENDING_EVENTS),
        open_pages: OpenPages::default(),
        shown_articles: ShownArticles::default(),
        scoring_wakeup: Notify::new(),
        choice_wakeup: Notify::new(),
        feeds_wakeup: Notify::new(),
        new_articles_wakeup: Notify::new(),
        full_text_wakeup: Notify::new(),
        interests_wakeup: Notify::new(),
        pulls_wakeup: Notify::new(),
        config,
    })
}

/// A file lock on a data folder; the system releases it however the process ends.
#[derive(Debug)]
pub struct DataDirLock {
    _file: fs::File,
}

/// Takes the lock of the server on the data folder, which is created when it is missing.
pub fn lock_data_dir(config: &Config) -> Result<DataDirLock, StartError> {
    acquire_lock(config, "gleaner.lock")
}

/// Takes the lock of pulls on the data folder: the server holds it, or a command while no server runs.
pub fn lock_pulls(config: &Config) -> Result<DataDirLock, StartError> {
    acquire_lock(config, "pulls.lock")
}

fn acquire_lock(config: &Config, name: &str) -> Result<DataDirLock, StartError> {
    let folder = config.data_dir.clone();
    let unusable = |cause| StartError::Open(OpenError::Folder { folder: folder.clone(), cause });
    storage::create_data_folder(&folder).map_err(unusable)?;
    let file =
        fs::File::options().create(true).truncate(false).write(true).open(folder.join(name)).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(DataDirLock { _file: file }),
        Err(fs::TryLockError::WouldBlock) => Err(StartError::AlreadyRunning { data_dir: folder }),
        Err(fs::TryLockError::Error(cause)) => Err(unusable(cause)),
    }
}

/// Listens where the settings say, and reads a certificate again when it changes.
///
/// # Errors
/// Other machines can reach the address, and there is no password, first-run code or trusted proxy.
pub async fn listen(app: &App) -> Result<ServerListener, StartError> {
    let addr = app.config.addr;
    let mode = access::mode(app).await.map_err(StartError::Unreadable)?;
    let has_password = owner::has_password(&app.db.read).await.map_err(|error| StartError::Unreadable(error.into()))?;
    match mode {
        AccessMode::Closed if !has_password && !app.config.access.trusts_a_proxy() => {
            return Err(StartError::NoPassword { addr });
        }
        AccessMode::Open => tracing::info!(
            "no password is set: everybody on this machine can read and change everything; `gleaner owner set-password` sets one"
        ),
        AccessMode::Closed | AccessMode::Setup => {}
    }
    let certificate = CertificateReloader::load(&app.config.tls)?;
    let tcp = TcpListener::bind(addr).await.map_err(|cause| match cause.kind() {
        io::ErrorKind::AddrInUse => StartError::AddrInUse { addr },
        _ => StartError::Listen { addr, cause },
    })?;
    let listener = ServerListener::new(tcp, certificate.as_ref());
    if let Some(certificate) = certificate {
        app.lifecycle.spawn(certificate.run(app.clock.clone(), app.lifecycle.soft_stop.clone()));
    }
    Ok(listener)
}

/// Removes the records of feeds being read, since a hard stop is not a crash.
async fn forget_feeds_being_read(db: &Db) -> Result<(), AppError> {
    let mut tx = db.write().await?;
    storage::feed_reading::end_all(&mut tx).await?;
    Ok(tx.commit().await?)
}

/// Serves until the soft stop and the end of running requests, or the hard stop; then closes the database.
pub async fn serve(app: App, listener: ServerListener) {
    tokio::select! {
        () = connections::serve(app.clone(), listener, ConnectionLimits::new()) => {}
        () = app.lifecycle.hard_stop.cancelled() => {}
    }
    // The loops must end before the database closes.
    app.lifecycle.wait_for_tasks().await;
    if let Err(error) = forget_feeds_being_read(&app.db).await {
        tracing::warn!(%error, "the records of feeds being read could not be removed; the next start counts them as crashes");
    }
    // A request that the hard stop interrupted may hold a connection for ever; committed data is safe without closing it.
    if tokio::time::timeout(Duration::from_secs(2), app.db.close()).await.is_err() {
        tracing::warn!("the database was still in use at the end");
    }
}
