//! The loop that keeps the model busy while there is work: woken, not ticking.
//!
//! Three things go on at once, and none waits for another: requests are out (`ollama.concurrency` of them), the next batch is
//! being claimed and prepared, and what came back is being stored. The loop itself only decides.

mod activity;
mod look;
mod suspects;

use crate::{
    domain::{ids::ArticleId, scoring::Step},
    error::AppError,
    server::{
        ollama::gate::{Gate, Outage},
        scoring::reply::BadAnswer,
        services::scoring::{
            ask::{self, Failed, Reply},
            claim::{AtWork, Claimed, Work},
            keep::{self, Outcome, Verdict},
        },
        state::App,
        storage::queue,
    },
};
use activity::Activity;
use look::{Refusal, fault};
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};
use suspects::Suspects;
use tokio::task::{Id, JoinError, JoinHandle, JoinSet};

/// Articles claimed at once for each request in flight: enough to prepare ahead, few enough that a change of settings or an
/// article asked for by hand does not wait long.
const AHEAD: usize = 4;

/// With nothing to do, the queue is looked at so often all the same: `gleaner score` and `gleaner feeds` are processes of their
/// own and cannot ring the bell of this one.
const GLANCE: Duration = Duration::from_secs(30);

/// Ends the claims of the process before this one, then scores until the soft stop; what is out then may finish.
pub async fn run(app: App) {
    match recover(&app).await {
        Ok(0) => {}
        Ok(articles) => tracing::info!(articles, "articles that were being scored are back in the queue"),
        Err(error) => tracing::error!(%error, "articles that were being scored could not be put back into the queue"),
    }
    Scorer::new(app).run(Until::Stopped).await;
}

/// Works until nothing is waiting any more, or until the model cannot be asked: for the command line and for tests.
pub async fn drain(app: &App) {
    Scorer::new(app.clone()).run(Until::Idle).await;
}

/// Puts back into the queue whatever the process before this one had claimed; how many articles.
pub async fn recover(app: &App) -> Result<u64, AppError> {
    let mut db = app.db.write().await?;
    let articles = queue::release_all(&mut db).await?;
    db.commit().await?;
    Ok(articles)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    Stopped,
    Idle,
}

/// An article that is out: under which lease, whether it is the one that tries whether the model is back, and whether it is
/// asked about alone.
#[derive(Clone, Copy)]
struct Out {
    article: ArticleId,
    lease: i64,
    probe: bool,
    alone: bool,
    /// Whether the settings want it to think.
    wish: bool,
}

struct Scorer {
    app: App,
    gate: Gate,
    suspects: Suspects,
    activity: Activity,
    /// Claimed and prepared.
    ready: VecDeque<Work>,
    asking: JoinSet<Result<Reply, Failed>>,
    out: HashMap<Id, Out>,
    claiming: Option<JoinHandle<Result<Claimed, Refusal>>>,
    keeping: Option<JoinHandle<Stored>>,
    unsaved: Vec<Outcome>,
    /// The step at work, and for how many articles in a row it was claimed.
    at: Option<(Step, usize)>,
    /// Nothing to claim until the bell rings or something is stored.
    dry: bool,
    /// Whether one of the two happened since the look at the queue that is under way: then that look proves nothing.
    stirred: bool,
    paused: bool,
    stopping: bool,
    /// How models must be told to think, where that differs from the setting, which is part of the key.
    thinking: HashMap<(String, bool), Option<bool>>,
}

/// What was to be stored, and how many articles are done with.
type Stored = (Vec<Outcome>, Result<usize, AppError>);

impl Scorer {
    fn new(app: App) -> Self {
        Self {
            activity: Activity::new(app.clone()),
            app,
            gate: Gate::default(),
            suspects: Suspects::default(),
            ready: VecDeque::new(),
            asking: JoinSet::new(),
            out: HashMap::new(),
            claiming: None,
            keeping: None,
            unsaved: Vec::new(),
            at: None,
            dry: false,
            stirred: false,
            paused: false,
            stopping: false,
            thinking: HashMap::new(),
        }
    }

    async fn run(mut self, until: Until) {
        let app = self.app.clone();
        loop {
            // Armed before looking: a ring between the look and the wait is not lost.
            let rung = app.scoring_bell.notified();
            tokio::pin!(rung);
            rung.as_mut().enable();

            self.send();
            self.claim();
            self.store();
            self.activity.show(self.out.len(), self.paused, &self.gate);
            if self.is_done(until) {
                return;
            }
            let pause = if self.out.is_empty() { self.gate.wait(app.clock.millis()) } else { None };
            tokio::select! {
                () = app.lifecycle.soft.cancelled(), if !self.stopping => self.stop(),
                () = rung => self.rung(),
                Some(joined) = self.asking.join_next_with_id() => self.answered(joined),
                claimed = finished(&mut self.claiming) => self.claimed(claimed),
                kept = finished(&mut self.keeping) => self.kept(kept),
                () = app.clock.sleep(pause.unwrap_or_default()), if pause.is_some_and(|p| !p.is_zero()) => {}
                () = app.clock.sleep(GLANCE), if self.dry && !self.stopping => self.dry = false,
            }
        }
    }

    fn is_done(&self, until: Until) -> bool {
        let at_rest =
            self.out.is_empty() && self.claiming.is_none() && self.keeping.is_none() && self.unsaved.is_empty();
        let nothing_to_do = self.ready.is_empty() && (self.dry || self.gate.shut().is_some());
        at_rest && (self.stopping || (until == Until::Idle && nothing_to_do))
    }

    /// Sends as many requests as may be out.
    fn send(&mut self) {
        let width = self.gate.width(self.app.config.ollama.concurrency.max(1), self.app.clock.millis());
        while self.out.len() < width
            && let Some(next) = self.ready.front()
        {
            // Alone with the model, so that nobody who is out with it is taken for the cause.
            let alone = self.suspects.is_suspect(next.subject.id);
            if (alone && !self.out.is_empty()) || self.out.values().any(|out| out.alone) {
                break;
            }
            if alone && self.suspects.is_open() {
                self.give_back();
                break;
            }
            let Some(work) = self.ready.pop_front() else { break };
            let wish = work.batch.options.think;
            let think = self.thinking.get(&(work.batch.model.clone(), wish)).copied().unwrap_or(Some(wish));
            let out = Out {
                article: work.subject.id,
                lease: work.batch.lease,
                probe: self.gate.shut().is_some(),
                alone,
                wish,
            };
            self.activity.asking(&work);
            let app = self.app.clone();
            let task = self.asking.spawn(async move { ask::ask(&app, &work, think).await });
            self.out.insert(task.id(), out);
        }
    }

    /// Looks for more work when what is prepared runs low.
    fn claim(&mut self) {
        let most = self.app.config.ollama.concurrency.max(1);
        let width = self.gate.width(most, self.app.clock.millis());
        let wanted = !self.stopping && !self.dry && self.ready.len() < width && (width == most || self.out.is_empty());
        if !wanted || self.claiming.is_some() {
            return;
        }
        let at = AtWork {
            run: self.at,
            busy: !(self.out.is_empty() && self.unsaved.is_empty() && self.ready.is_empty() && self.keeping.is_none()),
        };
        let probing = self.gate.shut().map(|shut| shut.outage.return_by);
        let in_doubt = self.suspects.is_open();
        let limit = if probing.is_some() { 1 } else { most * AHEAD };
        self.stirred = false;
        let app = self.app.clone();
        self.claiming = Some(tokio::spawn(async move { look::look(&app, &at, limit, probing, in_doubt).await }));
    }

    fn claimed(&mut self, claimed: Result<Result<Claimed, Refusal>, JoinError>) {
        let now = self.app.clock.millis();
        match claimed {
            Ok(Ok(Claimed::Work(works))) => {
                if let Some(step) = works.first().map(|w| w.batch.instructions.step) {
                    let run = self.at.filter(|(s, _)| *s == step).map_or(0, |(_, run)| run);
                    self.at = Some((step, run + works.len()));
                }
                self.paused = false;
                self.ready.extend(works);
                if self.stopping {
                    self.give_back();
                }
            }
            Ok(Ok(Claimed::Paused)) => {
                (self.dry, self.paused) = (!self.stirred, true);
                self.give_back();
            }
            Ok(Ok(Claimed::Nothing)) => {
                (self.dry, self.paused) = (!self.stirred, false);
                // Nothing waits for the model, so nothing has to be said about it; unless what brought it down is on its way back
                // into the queue.
                if !self.suspects.is_open() {
                    self.gate.answered();
                }
            }
            Ok(Ok(Claimed::Sound)) => self.heard(),
            Ok(Ok(Claimed::Later)) => self.dry = !self.stirred,
            Ok(Err(Refusal::Outage(outage))) => self.gate.met(outage, now),
            Ok(Err(Refusal::Fault(error))) => self.gate.met(fault(&error), now),
            Err(panic) => {
                tracing::error!(%panic, "claiming articles failed");
                self.gate.met(fault(&AppError::internal()), now);
            }
        }
    }

    fn answered(&mut self, joined: Result<(Id, Result<Reply, Failed>), JoinError>) {
        let (id, result) = match joined {
            Ok((id, result)) => (id, Some(result)),
            Err(panic) => {
                tracing::error!(%panic, "asking the model failed");
                (panic.id(), None)
            }
        };
        let Some(Out { article, lease, probe, alone, wish }) = self.out.remove(&id) else { return };
        let verdict = match result {
            Some(Ok(reply)) => {
                self.heard();
                self.suspects.cleared(article);
                self.activity.answered(&reply.run.model);
                if let Some(think) = reply.think {
                    self.thinking.insert((reply.run.model.clone(), wish), think);
                }
                Verdict::Accepted(Box::new(reply))
            }
            Some(Err(Failed::Bad(bad))) => {
                tracing::warn!(%article, reason = %bad, "the model's answer was refused");
                self.heard();
                self.suspects.cleared(article);
                Verdict::Refused(bad)
            }
            Some(Err(Failed::Outage(outage))) => self.interrupted(article, outage, probe, alone),
            Some(Err(Failed::Stopped)) => Verdict::Returned,
            None => Verdict::Refused(BadAnswer::Crashes),
        };
        self.unsaved.push(Outcome { article, lease, verdict });
    }

    /// The model is there.
    fn heard(&mut self) {
        if self.gate.shut().is_some() {
            tracing::info!("the model answers again");
        }
        self.gate.answered();
        self.suspects.answered();
        self.stir();
    }

    /// No answer, and no fault of the article unless it brings the model down again and again when it is asked about alone.
    fn interrupted(&mut self, article: ArticleId, outage: Outage, probe: bool, alone: bool) -> Verdict {
        let guilty = outage.suspicious && self.suspects.crashed(article, alone);
        // Of several requests that were out together, the first tells; the others would only make the pause longer.
        if probe || self.gate.shut().is_none() {
            if !probe {
                tracing::warn!(reason = outage.reason, message = outage.message, "scoring waits");
            }
            self.gate.met(outage, self.app.clock.millis());
        }
        self.activity.cold();
        self.give_back();
        if guilty { Verdict::Refused(BadAnswer::Crashes) } else { Verdict::Returned }
    }

    /// What is prepared goes back to the queue as it was.
    fn give_back(&mut self) {
        let returned = self.ready.drain(..).map(|work| Outcome {
            article: work.subject.id,
            lease: work.batch.lease,
            verdict: Verdict::Returned,
        });
        self.unsaved.extend(returned);
    }

    /// Stores what came back, all that has come by now in one transaction.
    fn store(&mut self) {
        if self.unsaved.is_empty() || self.keeping.is_some() {
            return;
        }
        let (app, outcomes) = (self.app.clone(), std::mem::take(&mut self.unsaved));
        self.keeping = Some(tokio::spawn(async move {
            let kept = keep::keep(&app, &outcomes).await;
            if kept.is_err() {
                // The disk may be full. What the model said is not thrown away; it is tried again.
                app.clock.sleep(Duration::from_secs(1)).await;
            }
            (outcomes, kept)
        }));
    }

    fn kept(&mut self, kept: Result<Stored, JoinError>) {
        match kept {
            Ok((_, Ok(finished))) => {
                self.activity.finished(finished);
                if !self.paused {
                    self.stir();
                }
            }
            Ok((outcomes, Err(_))) => self.unsaved.splice(0..0, outcomes).for_each(drop),
            Err(panic) => {
                tracing::error!(%panic, "storing answers failed; their articles are asked again when the leases end")
            }
        }
    }

    /// There may be something to claim that there was not before.
    fn stir(&mut self) {
        (self.dry, self.stirred) = (false, true);
    }

    fn rung(&mut self) {
        self.stir();
        self.gate.ring(self.app.clock.millis());
    }

    fn stop(&mut self) {
        self.stopping = true;
        self.give_back();
    }
}

/// Waits for a task, if there is one, and takes it away.
async fn finished<T>(task: &mut Option<JoinHandle<T>>) -> Result<T, JoinError> {
    match task {
        Some(running) => {
            let result = running.await;
            *task = None;
            result
        }
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
