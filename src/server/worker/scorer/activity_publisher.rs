//! Publishes the worker's phase, article and rate to pages, throttled.

use crate::domain::model_name::ModelName;
use crate::{
    domain::{
        live_event::LiveEvent,
        scoring::{ScoringPhase, ScoringReadiness},
    },
    server::{
        models::resilience::circuit_breaker::CircuitBreaker,
        services::{
            models,
            scoring::{self, claim::ScoringTask},
        },
        state::App,
    },
};

/// Shortest time between two updates of open pages without a change of the phase, in milliseconds.
const PUBLISH_INTERVAL_MS: i128 = 1_000;

/// Publishes what the worker is doing.
pub struct ActivityPublisher {
    app: App,
    /// Whether pages show what this one tells, beside the articles that it counts.
    is_public: bool,
    /// Whether the snapshot knows which models are in memory: of the main server.
    knows_memory: bool,
    last_request: Option<(ScoringPhase, ModelName)>,
    last_published_ms: i128,
    has_unpublished: bool,
}

impl ActivityPublisher {
    /// Nothing is going on yet.
    pub fn new(app: App, is_public: bool, knows_memory: bool) -> Self {
        Self {
            app,
            is_public,
            knows_memory,
            last_request: None,
            last_published_ms: i128::MIN / 2,
            has_unpublished: false,
        }
    }

    /// Records that a request is sent.
    pub fn record_request(&mut self, work: &ScoringTask) {
        let batch = &work.batch;
        if !self.is_public {
            return;
        }
        self.last_request = Some((batch.instructions.step.phase(), batch.model.clone()));
        self.app.scoring_activity.send_modify(|state| {
            state.article = Some(work.article.id);
            if state.model.as_ref() != Some(&batch.model) {
                state.model = Some(batch.model.clone());
            }
        });
    }

    /// Whether Ollama has the model that was asked last: it may be installed while the outage of a missing one is handled.
    pub fn has_last_model(&self) -> bool {
        let snapshot = self.app.models.snapshot();
        let is_installed = |model: &ModelName| snapshot.find(model).is_some() && !snapshot.is_missing(model);
        self.last_request.as_ref().is_some_and(|(_, model)| is_installed(model))
    }

    /// Records that so many articles were scored or blocked.
    pub fn record_finished(&mut self, articles: usize) {
        let now = self.app.clock.monotonic_ms();
        self.app.scoring_activity.send_modify(|state| (0..articles).for_each(|_| state.record_finished(now)));
        self.has_unpublished = true;
    }

    /// Brings the public state up to date, and tells open pages when it is time.
    pub fn update(&mut self, in_flight: usize, paused: bool, breaker: &CircuitBreaker) {
        if !self.is_public {
            return;
        }
        let (phase, readiness) = match (&self.last_request, breaker.open_circuit()) {
            (Some((phase, model)), _) if in_flight > 0 => {
                let is_loaded = !self.knows_memory || models::needs_no_load(&self.app, model);
                (if is_loaded { *phase } else { ScoringPhase::Loading }, ready_state())
            }
            (_, Some(open)) => (
                ScoringPhase::Waiting,
                ScoringReadiness {
                    ready: false,
                    reason: Some(open.outage.reason.clone()),
                    message: Some(open.outage.message.clone()),
                },
            ),
            _ => (if paused { ScoringPhase::Paused } else { ScoringPhase::Idle }, ready_state()),
        };
        let now = self.app.clock.monotonic_ms();
        let since_ms = breaker.open_circuit().map_or(now, |open| open.since_ms);
        let changed = self.app.scoring_activity.send_if_modified(|state| {
            if state.phase == phase && state.readiness == readiness && state.since.is_some() {
                return false;
            }
            if state.phase != phase || state.since.is_none() {
                state.since = Some(self.app.clock.at_monotonic_ms(since_ms));
            }
            if in_flight == 0 {
                state.article = None;
            }
            (state.phase, state.readiness) = (phase, readiness);
            true
        });
        if changed || (self.has_unpublished && now - self.last_published_ms >= PUBLISH_INTERVAL_MS) {
            (self.has_unpublished, self.last_published_ms) = (false, now);
            self.publish_status();
        }
    }

    fn publish_status(&self) {
        if self.app.events.receiver_count() == 0 {
            return;
        }
        let app = self.app.clone();
        self.app.lifecycle.spawn(async move {
            // A failure is in the log already, and the next event comes soon.
            if let Ok(status) = scoring::load_status(&app).await {
                app.publish(LiveEvent::Scoring(status));
            }
        });
    }
}

fn ready_state() -> ScoringReadiness {
    ScoringReadiness { ready: true, reason: None, message: None }
}
