//! How scores reach a reader that knows none: decided for each request, never stored (docs/spec/client-apis.md "Views").

use crate::domain::time::{MICROS_PER_SECOND, Timestamp};
use crate::{
    domain::access::device::{Device, LabelChoice},
    error::AppError,
    server::{
        state::App,
        storage::{client_articles::ArticleCondition, preferences},
    },
};

/// Articles without a score are held back this long from a view with a lowest score, in seconds.
const UNSCORED_DELAY_SECONDS: i64 = 24 * 3_600;

/// Programs that show every label as an empty folder, by the beginning of their User-Agent.
const PROGRAMS_WITHOUT_LABELS: [&str; 1] = ["NetNewsWire"];

/// What a device is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClientView {
    /// Whether a model scores at all.
    pub has_model: bool,
    /// Whether it gets labels for scores and votes.
    pub shows_scores: bool,
    /// Whether it gets labels for topics.
    pub shows_topics: bool,
    /// The lowest score that it gets; `None` for all articles.
    pub min_score: Option<f64>,
    /// Whether titles begin with the score.
    pub score_in_title: bool,
}

impl ClientView {
    /// The conditions that every list of the device is under. `now_us`: microseconds since the Unix epoch.
    pub fn conditions(&self, now_us: i64) -> Vec<ArticleCondition> {
        let unscored_until = now_us.saturating_sub(UNSCORED_DELAY_SECONDS * MICROS_PER_SECOND);
        self.min_score.map(|score| ArticleCondition::Worth { score, unscored_until }).into_iter().collect()
    }

    /// What a list can hold that it did not hold before a moment (microseconds since the Unix epoch): what arrived from then on, and in
    /// a view with a lowest score also what came into it by a score, or by having none for long enough.
    pub fn shown_from(&self, us: i64) -> ArticleCondition {
        self.with_late_scores(ArticleCondition::ArrivedFrom(us), us)
    }

    /// As [`Self::shown_from`], with what was edited from a second on.
    pub fn changed_from(&self, at: Timestamp) -> ArticleCondition {
        self.with_late_scores(ArticleCondition::ChangedFrom(at), at.0.saturating_mul(MICROS_PER_SECOND))
    }

    fn with_late_scores(&self, new: ArticleCondition, us: i64) -> ArticleCondition {
        if self.min_score.is_none() {
            return new;
        }
        let unscored_from = us.saturating_sub(UNSCORED_DELAY_SECONDS * MICROS_PER_SECOND);
        ArticleCondition::Any(vec![
            new,
            ArticleCondition::ScoredFrom(Timestamp(us.div_euclid(MICROS_PER_SECOND))),
            ArticleCondition::UnscoredFrom(unscored_from),
        ])
    }
}

/// The view of a device whose program sends this User-Agent.
#[tracing::instrument(name = "clients.view.load_view", level = "debug", skip_all)]
pub async fn load_view(app: &App, device: &Device, user_agent: &str) -> Result<ClientView, AppError> {
    let has_model = !preferences::get(&app.db.read).await?.without_model;
    let view = device.view;
    let (scores, topics) = match view.labels {
        LabelChoice::Auto => {
            let shows = !PROGRAMS_WITHOUT_LABELS.iter().any(|program| user_agent.starts_with(program));
            (shows, shows)
        }
        LabelChoice::Scores => (true, false),
        LabelChoice::ScoresAndTopics => (true, true),
        LabelChoice::None => (false, false),
    };
    Ok(ClientView {
        has_model,
        shows_scores: scores,
        shows_topics: topics && has_model,
        min_score: view.min_score.filter(|_| has_model),
        score_in_title: view.score_in_title && has_model,
    })
}
