//! What the worker shows of itself: phase, article, pace; throttled, so that telling costs less than working.

use crate::{
    domain::{
        event::Event,
        scoring::{Phase, Readiness},
        time::Timestamp,
    },
    server::{
        ollama::gate::Gate,
        services::scoring::{self, claim::Work},
        state::App,
    },
};

/// Open pages are told at most so often, besides every change of the phase.
const TELL_EVERY_MS: i128 = 1_000;

/// The worker's public face.
pub struct Activity {
    app: App,
    /// The model that answered last: it is in memory.
    warm: Option<String>,
    asked: Option<(Phase, String)>,
    told_ms: i128,
    news: bool,
}

impl Activity {
    /// Nothing is going on yet.
    pub fn new(app: App) -> Self {
        Self { app, warm: None, asked: None, told_ms: i128::MIN / 2, news: false }
    }

    /// A request goes out.
    pub fn asking(&mut self, work: &Work) {
        let batch = &work.batch;
        if self.asked.as_ref().is_none_or(|(_, model)| *model != batch.model) {
            self.warm = None;
        }
        self.asked = Some((batch.instructions.step.phase(), batch.model.clone()));
        self.app.worker.send_modify(|state| {
            state.article = Some(work.subject.id);
            if state.model.as_ref() != Some(&batch.model) {
                state.model = Some(batch.model.clone());
            }
        });
    }

    /// A model answered.
    pub fn answered(&mut self, model: &str) {
        if self.warm.as_deref() != Some(model) {
            self.warm = Some(model.to_owned());
        }
    }

    /// The model may have left memory.
    pub fn cold(&mut self) {
        self.warm = None;
    }

    /// So many articles were scored or blocked.
    pub fn finished(&mut self, articles: usize) {
        let now = self.app.clock.millis();
        self.app.worker.send_modify(|state| (0..articles).for_each(|_| state.finished(now)));
        self.news = true;
    }

    /// Brings the public state up to date, and tells open pages when it is time.
    pub fn show(&mut self, out: usize, paused: bool, gate: &Gate) {
        let (phase, readiness) = match (&self.asked, gate.shut()) {
            (Some((phase, _)), _) if out > 0 => (if self.warm.is_some() { *phase } else { Phase::Loading }, ready()),
            (_, Some(shut)) => (
                Phase::Waiting,
                Readiness {
                    ready: false,
                    reason: Some(shut.outage.reason.clone()),
                    message: Some(shut.outage.message.clone()),
                },
            ),
            _ => (if paused { Phase::Paused } else { Phase::Idle }, ready()),
        };
        let now = self.app.clock.millis();
        let since_ms = gate.shut().map_or(now, |shut| shut.since_ms);
        let changed = self.app.worker.send_if_modified(|state| {
            if state.phase == phase && state.readiness == readiness && state.since.is_some() {
                return false;
            }
            if state.phase != phase || state.since.is_none() {
                state.since = i64::try_from(since_ms.div_euclid(1000)).ok().map(Timestamp);
            }
            if out == 0 {
                state.article = None;
            }
            (state.phase, state.readiness) = (phase, readiness);
            true
        });
        if changed || (self.news && now - self.told_ms >= TELL_EVERY_MS) {
            (self.news, self.told_ms) = (false, now);
            self.tell();
        }
    }

    fn tell(&self) {
        if self.app.events.receiver_count() == 0 {
            return;
        }
        let app = self.app.clone();
        self.app.lifecycle.spawn(async move {
            // A failure is in the log already, and the next event comes soon.
            if let Ok(status) = scoring::status(&app).await {
                app.tell(Event::Scoring(status));
            }
        });
    }
}

fn ready() -> Readiness {
    Readiness { ready: true, reason: None, message: None }
}
