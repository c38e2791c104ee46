//! The loop that keeps one model server busy while there is work: woken, not ticking. `scorer` runs one for each server.
//!
//! Three things go on at once, and none waits for another: requests are out (as many as the server has slots), the next batch is
//! being claimed and prepared, and what came back is being stored. The loop itself only decides.

use super::probe::{self, ClaimError, internal_outage};
use super::{
    activity_publisher::ActivityPublisher, in_flight::InFlightArticle, join_task::join_task, quarantine::Quarantine,
    queue_watch::QueueWatch,
};
use crate::domain::model_name::ModelName;
use crate::{
    domain::ids::ArticleId,
    error::AppError,
    server::{
        live::model_servers::QueueChanges,
        models::{
            resilience::circuit_breaker::{CircuitBreaker, Outage},
            server::ModelServer,
        },
        scoring::{answer::AnswerError, step_order::StepRun},
        services::{
            scoring::{
                claim::{ClaimOutcome, ScoringTask, StepProgress},
                model_call::{self, AcceptedAnswer, ModelCallError},
                store_results::{self, ScoringOutcome, ScoringVerdict},
            },
            storage_health,
        },
        state::App,
    },
};
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};
use tokio::task::{Id, JoinError, JoinHandle, JoinSet};

/// Articles claimed at once for each request in flight: enough to prepare ahead, few enough that a change of settings or an
/// article asked for by hand does not wait long.
const PREFETCHED_ARTICLES_PER_REQUEST: usize = 4;

/// With nothing to do, the queue is still read at this interval: `gleaner score` and `gleaner feeds` are processes of their
/// own and cannot wake this one.
const QUEUE_POLL_INTERVAL: Duration = Duration::from_secs(30);

/// When a scorer ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum StopCondition {
    /// At the soft stop, or when its server is retired.
    Shutdown,
    /// When nothing waits, or the server cannot be asked.
    Idle,
}

/// The scorer of one server.
pub(super) struct Scorer {
    app: App,
    server: Arc<ModelServer>,
    breaker: CircuitBreaker,
    quarantine: Quarantine,
    publisher: ActivityPublisher,
    /// Claimed and prepared.
    prefetched: VecDeque<ScoringTask>,
    calls: JoinSet<Result<AcceptedAnswer, ModelCallError>>,
    in_flight: HashMap<Id, InFlightArticle>,
    claim_task: Option<JoinHandle<Result<ClaimOutcome, ClaimError>>>,
    store_task: Option<JoinHandle<StoreTaskResult>>,
    unstored: Vec<ScoringOutcome>,
    /// The run of articles at work; `None` once the queue was empty.
    current_run: Option<StepRun>,
    queue: QueueWatch,
    paused: bool,
    stopping: bool,
    /// Answers that were stored.
    answers: usize,
    wakeups_seen: u64,
    /// How models must be told to think, where that differs from the setting, which is part of the key.
    think_overrides: HashMap<(ModelName, bool), Option<bool>>,
}

/// What was to be stored, and how many articles are done with.
type StoreTaskResult = (Vec<ScoringOutcome>, Result<usize, AppError>);

impl Scorer {
    /// For a server. `is_public`: whether its activity is what pages show.
    pub(super) fn new(app: App, server: Arc<ModelServer>, is_public: bool) -> Self {
        Self {
            publisher: ActivityPublisher::new(app.clone(), is_public, server.settings.is_main()),
            wakeups_seen: app.servers.wakeups(),
            app,
            server,
            breaker: CircuitBreaker::default(),
            quarantine: Quarantine::default(),
            prefetched: VecDeque::new(),
            calls: JoinSet::new(),
            in_flight: HashMap::new(),
            claim_task: None,
            store_task: None,
            unstored: Vec::new(),
            current_run: None,
            queue: QueueWatch::default(),
            paused: false,
            stopping: false,
            answers: 0,
            think_overrides: HashMap::new(),
        }
    }

    /// Works until the condition holds; how many answers were stored, and whether the server could be asked in the end.
    pub(super) async fn run(mut self, until: StopCondition) -> (usize, bool) {
        let app = self.app.clone();
        let mut model_changes = app.models.subscribe();
        let mut queue_changes = app.servers.subscribe_to_queue();
        let retired = self.server.retired.clone();
        loop {
            // Armed before reading the queue: a signal in between is not lost.
            let wakeup = app.scoring_wakeup.notified();
            tokio::pin!(wakeup);
            wakeup.as_mut().enable();

            self.send_requests();
            self.start_claim();
            self.start_store();
            self.publisher.update(self.in_flight.len(), self.paused, &self.breaker);
            if self.is_done(until) {
                return (self.answers, self.breaker.open_circuit().is_none());
            }
            let pause =
                if self.in_flight.is_empty() { self.breaker.time_until_probe(app.clock.monotonic_ms()) } else { None };
            tokio::select! {
                () = app.lifecycle.soft_stop.cancelled(), if !self.stopping => self.begin_shutdown(),
                () = retired.cancelled(), if !self.stopping => self.begin_shutdown(),
                () = wakeup => self.on_wakeup(),
                Ok(()) = queue_changes.changed() => self.on_queue_changes(*queue_changes.borrow_and_update()),
                // A model that comes into memory ends the phase of loading.
                Ok(()) = model_changes.changed(), if !self.in_flight.is_empty() => {}
                Some(joined) = self.calls.join_next_with_id() => self.on_answer(joined),
                claimed = join_task(&mut self.claim_task) => self.on_claimed(claimed),
                stored = join_task(&mut self.store_task) => self.on_stored(stored),
                () = app.clock.sleep(pause.unwrap_or_default()), if pause.is_some_and(|p| !p.is_zero()) => {}
                () = app.clock.sleep(QUEUE_POLL_INTERVAL), if self.queue.is_empty() && !self.stopping => self.queue.poll_again(),
            }
        }
    }

    fn is_done(&self, until: StopCondition) -> bool {
        let without_rate = self.in_flight.is_empty()
            && self.claim_task.is_none()
            && self.store_task.is_none()
            && self.unstored.is_empty();
        let nothing_to_do =
            self.prefetched.is_empty() && (self.queue.is_empty() || self.breaker.open_circuit().is_some());
        without_rate && (self.stopping || (until == StopCondition::Idle && nothing_to_do))
    }

    /// Sends as many requests as may be out.
    fn send_requests(&mut self) {
        let width = self.breaker.max_in_flight(self.server.slots(), self.app.clock.monotonic_ms());
        while self.in_flight.len() < width
            && let Some(next) = self.prefetched.front()
        {
            // Without other articles in flight, so that none of them is taken for the cause of a crash.
            let alone = self.quarantine.contains(next.article.id);
            if (alone && !self.in_flight.is_empty()) || self.in_flight.values().any(|out| out.is_isolated) {
                break;
            }
            if alone && self.quarantine.needs_canary() {
                self.release_prefetched();
                break;
            }
            let Some(work) = self.prefetched.pop_front() else { break };
            let think_setting = work.batch.options.think;
            let think = self
                .think_overrides
                .get(&(work.batch.model.clone(), think_setting))
                .copied()
                .unwrap_or(Some(think_setting));
            let out = InFlightArticle {
                article: work.article.id,
                lease: work.batch.lease,
                is_probe: self.breaker.open_circuit().is_some(),
                is_isolated: alone,
                think_setting,
            };
            self.publisher.record_request(&work);
            let (app, server) = (self.app.clone(), self.server.clone());
            let task = self.calls.spawn(async move { model_call::call_model(&app, &server, &work, think).await });
            self.in_flight.insert(task.id(), out);
        }
    }

    /// Claims more articles when few prepared ones are left.
    fn start_claim(&mut self) {
        let most = self.server.slots();
        let width = self.breaker.max_in_flight(most, self.app.clock.monotonic_ms());
        let wanted = !self.stopping
            && !self.queue.is_empty()
            && self.prefetched.len() < width
            && (width == most || self.in_flight.is_empty());
        if !wanted || self.claim_task.is_some() {
            return;
        }
        let at = StepProgress {
            current: self.current_run,
            busy: !(self.in_flight.is_empty()
                && self.unstored.is_empty()
                && self.prefetched.is_empty()
                && self.store_task.is_none()),
        };
        let probing = self.breaker.open_circuit().map(|shut| shut.outage.probe_kind);
        let in_doubt = self.quarantine.needs_canary();
        let limit = if probing.is_some() { 1 } else { most * PREFETCHED_ARTICLES_PER_REQUEST };
        self.queue.begin_claim();
        let (app, server) = (self.app.clone(), self.server.clone());
        self.claim_task =
            Some(tokio::spawn(
                async move { probe::probe_and_claim(&app, &server, &at, limit, probing, in_doubt).await },
            ));
    }

    fn on_claimed(&mut self, claimed: Result<Result<ClaimOutcome, ClaimError>, JoinError>) {
        let now = self.app.clock.monotonic_ms();
        match claimed {
            Ok(Ok(ClaimOutcome::Tasks(tasks))) => {
                if let Some(step) = tasks.first().map(|w| w.batch.instructions.step) {
                    self.current_run = Some(StepRun::after_claim(self.current_run, step, tasks.len()));
                }
                self.paused = false;
                self.prefetched.extend(tasks);
                // An outage may have come while the claim was under way: other servers are not to wait for what it brought.
                let must_wait = self.breaker.time_until_probe(now).is_some_and(|pause| !pause.is_zero());
                if self.stopping || must_wait {
                    self.release_prefetched();
                }
            }
            Ok(Ok(ClaimOutcome::Paused)) => {
                self.queue.mark_empty();
                self.paused = true;
                self.release_prefetched();
            }
            Ok(Ok(ClaimOutcome::QueueEmpty)) => {
                self.queue.mark_empty();
                self.paused = false;
                self.current_run = None;
                // Nothing waits for the model, so nothing has to be said about it; unless what brought it down is on its way back
                // into the queue.
                if !self.quarantine.needs_canary() {
                    self.breaker.record_success();
                }
            }
            Ok(Ok(ClaimOutcome::CanaryPassed)) => self.on_model_available(),
            Ok(Ok(ClaimOutcome::Deferred)) => self.queue.mark_empty(),
            Ok(Err(ClaimError::Outage(outage))) => self.breaker.record_failure(outage, now),
            Ok(Err(ClaimError::Internal(error))) => self.breaker.record_failure(internal_outage(&error), now),
            Err(panic) => {
                tracing::error!(%panic, "claiming articles failed");
                self.breaker.record_failure(internal_outage(&AppError::internal()), now);
            }
        }
    }

    fn on_answer(&mut self, joined: Result<(Id, Result<AcceptedAnswer, ModelCallError>), JoinError>) {
        let (id, result) = match joined {
            Ok((id, result)) => (id, Some(result)),
            Err(panic) => {
                tracing::error!(%panic, "asking the model failed");
                (panic.id(), None)
            }
        };
        let Some(InFlightArticle { article, lease, is_probe, is_isolated, think_setting }) = self.in_flight.remove(&id)
        else {
            return;
        };
        let verdict = match result {
            Some(Ok(reply)) => {
                self.on_model_available();
                self.quarantine.release(article);
                if let Some(think) = reply.think_override {
                    self.think_overrides.insert((reply.run.model.clone(), think_setting), think);
                }
                ScoringVerdict::Accepted(Box::new(reply))
            }
            Some(Err(ModelCallError::InvalidAnswer(bad))) => {
                tracing::warn!(%article, reason = %bad.error, "the model's answer was refused");
                self.on_model_available();
                self.quarantine.release(article);
                ScoringVerdict::Refused(*bad)
            }
            Some(Err(ModelCallError::Outage(outage))) => self.on_outage(article, outage, is_probe, is_isolated),
            Some(Err(ModelCallError::Stopped)) => ScoringVerdict::Released,
            None => ScoringVerdict::Rejected(AnswerError::ModelCrash),
        };
        self.unstored.push(ScoringOutcome { article, lease, verdict });
    }

    /// The model is there.
    fn on_model_available(&mut self) {
        if self.breaker.open_circuit().is_some() {
            tracing::info!(server = self.server.settings.name, "the model answers again");
        }
        self.breaker.record_success();
        self.quarantine.record_answer();
        self.queue.mark_changed();
    }

    /// No answer, and no fault of the article unless it brings the model down again and again when it is asked about alone.
    fn on_outage(&mut self, article: ArticleId, outage: Outage, is_probe: bool, is_isolated: bool) -> ScoringVerdict {
        let is_cause = outage.counts_for_quarantine && self.quarantine.record_crash(article, is_isolated);
        // Of several requests that were out together, the first tells; the others would only make the pause longer.
        if is_probe || self.breaker.open_circuit().is_none() {
            if !is_probe {
                let server = self.server.settings.name.as_str();
                tracing::warn!(server, reason = outage.reason, message = outage.message, "scoring waits");
            }
            let is_back =
                self.server.settings.is_main() && outage.reason == "model_missing" && self.publisher.has_last_model();
            self.breaker.record_failure(outage, self.app.clock.monotonic_ms());
            if is_back {
                self.breaker.allow_probe_now(self.app.clock.monotonic_ms(), false);
            }
        }
        self.release_prefetched();
        if is_cause { ScoringVerdict::Rejected(AnswerError::ModelCrash) } else { ScoringVerdict::Released }
    }

    /// What is prepared goes back to the queue as it was.
    fn release_prefetched(&mut self) {
        let returned = self.prefetched.drain(..).map(|work| ScoringOutcome {
            article: work.article.id,
            lease: work.batch.lease,
            verdict: ScoringVerdict::Released,
        });
        self.unstored.extend(returned);
    }

    /// Stores what came back, all that has come by now in one transaction.
    fn start_store(&mut self) {
        if self.unstored.is_empty() || self.store_task.is_some() {
            return;
        }
        let (app, outcomes) = (self.app.clone(), std::mem::take(&mut self.unstored));
        self.store_task = Some(tokio::spawn(async move {
            let stored = store_results::store_results(&app, &outcomes).await;
            if stored.is_err() {
                // The disk may be full. What the model said is not thrown away; it is tried again.
                storage_health::wait_after_failed_write(&app).await;
            }
            (outcomes, stored)
        }));
    }

    fn on_stored(&mut self, stored: Result<StoreTaskResult, JoinError>) {
        match stored {
            Ok((outcomes, Ok(finished))) => {
                self.publisher.record_finished(finished);
                self.answers += outcomes.iter().filter(|outcome| outcome.verdict.is_accepted()).count();
                // Another server may be waiting for what was put back, or for what has its categories now.
                self.app.servers.announce_queue_change();
                if !self.paused {
                    self.queue.mark_changed();
                }
            }
            // The next start puts their articles back into the queue.
            Ok((_, Err(_))) if self.stopping => {}
            Ok((outcomes, Err(_))) => self.unstored.splice(0..0, outcomes).for_each(drop),
            Err(panic) => {
                tracing::error!(%panic, "storing answers failed; their articles are asked again when the leases end")
            }
        }
    }

    fn on_wakeup(&mut self) {
        self.queue.mark_changed();
        self.wakeups_seen = self.app.servers.announce_wakeup();
        self.allow_probe_after_change();
    }

    /// The scorer of another server, or this one, told of a change.
    fn on_queue_changes(&mut self, counts: QueueChanges) {
        self.queue.mark_changed();
        if std::mem::replace(&mut self.wakeups_seen, counts.wakeups) != counts.wakeups {
            self.allow_probe_after_change();
        }
    }

    fn allow_probe_after_change(&mut self) {
        let is_request_in_flight = !self.in_flight.is_empty() || self.claim_task.is_some();
        self.breaker.allow_probe_now(self.app.clock.monotonic_ms(), is_request_in_flight);
    }

    fn begin_shutdown(&mut self) {
        self.stopping = true;
        self.release_prefetched();
    }
}

#[cfg(test)]
mod tests;
