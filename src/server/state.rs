//! The application state that every request and every loop shares.

use super::{
    blocking::ParsePool,
    clock::Clock,
    config::Config,
    feed::fetch::FeedClient,
    lifecycle::Lifecycle,
    live::{
        access::AccessState, answers::RunningAnswers, client_lists::ClientLists, model_servers::ModelServers,
        open_files::OpenFiles, open_pages::OpenPages, pulls::LivePulls, rendered_answers::RenderedAnswers,
        robots::RobotsCache, running_checks::RunningChecks, saved_search_cache::SavedSearchCache,
        scoring_activity::ScoringActivity, shown_articles::ShownArticles,
    },
    metrics::Metrics,
    models::{
        ollama::client::OllamaClient, resilience::priority_queue::PriorityQueue, status::model_status::ModelStatus,
    },
    password::PasswordPool,
    storage::Db,
};
use crate::domain::{ids::ArticleId, live_event::LiveEvent, search::HitCount};
use std::{ops::Deref, sync::Arc};
use tokio::sync::{Mutex, Notify, broadcast, watch};

/// The running application. Cheap to clone; services take it by reference.
#[derive(Clone, Debug)]
pub struct App(Arc<AppState>);

/// The parts of the application.
#[derive(Debug)]
pub struct AppState {
    /// The effective settings.
    pub config: Config,
    /// The clock.
    pub clock: Clock,
    /// The database.
    pub db: Db,
    /// The two stages of shutdown and the tasks they wait for.
    pub lifecycle: Lifecycle,
    /// Counters since the start of the process.
    pub metrics: Metrics,
    /// Bounds the parsing at once.
    pub parse_pool: ParsePool,
    /// Fetches feeds and the pages that lead to them.
    pub feed_client: FeedClient,
    /// The robots.txt rules of hosts.
    pub robots: RobotsCache,
    /// When too many files were open.
    pub open_files: OpenFiles,
    /// The feeds that are being checked.
    pub running_checks: RunningChecks,
    /// The client of Ollama.
    pub ollama: OllamaClient,
    /// What is known of Ollama and its models.
    pub models: ModelStatus,
    /// The model servers, that one among them.
    pub servers: ModelServers,
    /// Orders the requests to models: questions of a reader before articles.
    pub priority_queue: PriorityQueue,
    /// Hashes the owner's password.
    pub passwords: PasswordPool,
    /// Login attempts, the first-run code, requests of devices.
    pub access: AccessState,
    /// Answers to readers that are being written.
    pub answers: RunningAnswers,
    /// Finished answers as HTML.
    pub rendered_answers: RenderedAnswers,
    /// Lists that other readers page through.
    pub client_lists: ClientLists,
    /// Unread articles of saved searches.
    pub saved_search_counts: SavedSearchCache<HitCount>,
    /// Articles of saved searches, for other readers.
    pub saved_search_articles: SavedSearchCache<Arc<[ArticleId]>>,
    /// The pull that runs in this process, and those that ended recently.
    pub pulls: watch::Sender<LivePulls>,
    /// What the scoring worker does now; written by it alone.
    pub scoring_activity: watch::Sender<ScoringActivity>,
    /// Held while the rules of retention run.
    pub retention_lock: Arc<Mutex<()>>,
    /// Held while the rules run for articles that arrived or changed.
    pub rules_lock: Mutex<()>,
    /// Held while rules are applied to articles that were there already, or that is undone.
    pub rule_applications_lock: Mutex<()>,
    /// Events for open pages.
    pub events: broadcast::Sender<LiveEvent>,
    /// How many pages are open; counted by `http::events`.
    pub open_pages: OpenPages,
    /// Articles on pages that were made lately; scored before the rest.
    pub shown_articles: ShownArticles,
    /// Signaled after a commit that put articles into the queue, resumed it, or changed the models.
    pub scoring_wakeup: Notify,
    /// Signaled after a commit that chose other models or options.
    pub choice_wakeup: Notify,
    /// Signaled after a commit that made a feed due now.
    pub feeds_wakeup: Notify,
    /// Signaled after a commit that stored new articles.
    pub new_articles_wakeup: Notify,
    /// Signaled after a commit that queued pages to be fetched.
    pub full_text_wakeup: Notify,
    /// Signaled after a commit that changed the interests.
    pub interests_wakeup: Notify,
    /// Signaled after a commit that queued a pull.
    pub pulls_wakeup: Notify,
}

impl App {
    /// Wraps the parts.
    pub fn new(parts: AppState) -> Self {
        Self(Arc::new(parts))
    }

    /// Sends an event to open pages; without any it is dropped.
    pub fn publish(&self, event: LiveEvent) {
        let _ = self.events.send(event);
    }
}

impl Deref for App {
    type Target = AppState;
    fn deref(&self) -> &AppState {
        &self.0
    }
}
