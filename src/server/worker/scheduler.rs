//! The loop that starts checks of due feeds: some at the same time, those of one host one after the other with a pause after each
//! answer.

use super::fetcher::{self, FetchedCheck};
use crate::{
    domain::{ids::FeedId, time::Timestamp},
    server::{
        live::running_checks::CheckClaim,
        services::{storage_health, subscriptions},
        state::App,
        storage::checks::{self, FeedSource},
    },
};
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, HashSet, VecDeque},
    time::Duration,
};
use tokio::sync::mpsc;

/// Maximum checks that are stored together.
const MAX_CHECKS_PER_TRANSACTION: usize = 64;
/// Longest sleep of the loop.
const MAX_SLEEP: Duration = Duration::from_secs(60);

/// Milliseconds after which feeds of other hosts are looked for while those of a busy host still wait.
const DUE_QUERY_INTERVAL_MS: i128 = 10_000;

/// Checks due feeds until the soft stop; then waits for the fetches that are under way.
pub async fn run(app: App) {
    let concurrency = app.config.fetch.concurrency.max(1);
    let spacing = app.config.fetch.per_host_spacing.as_millis().cast_signed();
    let mut plan = FetchQueue::new(spacing, app.config.fetch.per_host_concurrency.max(1));
    // With room for all running fetches, so that none waits to send its result.
    let (send, mut receive) = mpsc::channel(concurrency);
    let mut obstacle = app.db.subscribe_to_obstacle();
    let mut is_query_due = true;
    let (mut queried_at, mut queried_at_ms) = (app.clock.now(), app.clock.monotonic_ms());
    if let Err(error) = subscriptions::set_crashing_feeds_aside(&app).await {
        tracing::error!(%error, "feeds that crashed the process could not be set aside");
    }
    app.lifecycle.spawn(finish_removals(app.clone()));
    loop {
        // Armed before the query, so that a signal in between is not lost.
        let wakeup = app.feeds_wakeup.notified();
        tokio::pin!(wakeup);
        wakeup.as_mut().enable();
        if app.lifecycle.soft_stop.is_cancelled() {
            break;
        }
        // Nothing is fetched while it could not be stored.
        let is_blocked = obstacle.borrow_and_update().is_some();
        if !is_blocked && std::mem::take(&mut is_query_due) {
            (queried_at, queried_at_ms) = (app.clock.now(), app.clock.monotonic_ms());
            match checks::list_due(&app.db.read, queried_at).await {
                Ok(due) => plan.offer(due),
                Err(error) => tracing::error!(%error, "due feeds could not be read"),
            }
        }
        while !is_blocked && plan.running.len() < concurrency {
            let Some(source) = plan.next(app.clock.monotonic_ms()) else { break };
            fetcher::spawn_check(&app, source, send.clone());
        }
        let pause =
            if is_blocked { MAX_SLEEP } else { time_until_next_step(&app, &plan, concurrency, queried_at).await };
        tokio::select! {
            () = app.lifecycle.soft_stop.cancelled() => break,
            () = &mut wakeup => is_query_due = true,
            Ok(()) = obstacle.changed() => is_query_due = true,
            Some(finding) = receive.recv() => {
                is_query_due = store_finished_checks(&app, &mut plan, finding, &mut receive).await && plan.is_empty();
            }
            () = app.clock.sleep(pause) => {
                is_query_due = plan.is_empty() || app.clock.monotonic_ms() - queried_at_ms >= DUE_QUERY_INTERVAL_MS;
            }
        }
    }
    while !plan.running.is_empty() {
        let Some(finding) = receive.recv().await else { break };
        store_finished_checks(&app, &mut plan, finding, &mut receive).await;
    }
}

/// Stores a check with all others that have arrived; `true` when that succeeded.
async fn store_finished_checks(
    app: &App,
    plan: &mut FetchQueue,
    first: FetchedCheck,
    receive: &mut mpsc::Receiver<FetchedCheck>,
) -> bool {
    let mut findings = vec![first];
    while findings.len() < MAX_CHECKS_PER_TRANSACTION {
        let Ok(next) = receive.try_recv() else { break };
        findings.push(next);
    }
    let (mut checks, mut claims) = (Vec::new(), Vec::new());
    for FetchedCheck { feed, check } in findings {
        // Feeds of a host that asked for a pause fall due again when it ends.
        let wants_pause = check.as_ref().is_some_and(|(check, _)| check.asks_for_pause());
        plan.finish(feed, app.clock.monotonic_ms(), wants_pause);
        if let Some((check, claim)) = check {
            checks.push(check);
            claims.push(claim);
        }
    }
    // A failure is in the log already; the feeds stay due and come up again.
    let is_stored = subscriptions::store_checks(app, &checks).await.is_ok();
    if is_stored {
        claims.into_iter().for_each(CheckClaim::finish);
    } else {
        storage_health::prove(app).await;
    }
    is_stored
}

/// The time until a host may be asked again or the next feed falls due; zero when one fell due since `queried_at`.
async fn time_until_next_step(app: &App, plan: &FetchQueue, concurrency: usize, queried_at: Timestamp) -> Duration {
    if plan.running.len() >= concurrency {
        return MAX_SLEEP;
    }
    let next_at = if plan.is_empty() {
        let due = checks::next_due_at(&app.db.read, queried_at).await.ok().flatten();
        due.map(|at| app.clock.monotonic_ms_at(at))
    } else {
        plan.next_at()
    };
    let millis = next_at.and_then(|at| u64::try_from((at - app.clock.monotonic_ms()).max(0)).ok());
    millis.map_or(MAX_SLEEP, |m| Duration::from_millis(m).min(MAX_SLEEP))
}

async fn finish_removals(app: App) {
    if let Err(error) = subscriptions::finish_removals(&app).await {
        tracing::error!(%error, "feeds that were unsubscribed from could not be removed; the next start tries again");
    }
}

/// The waiting checks by host. Pure: it is given the time, in milliseconds of
/// [`Clock::monotonic_ms`](crate::server::clock::Clock::monotonic_ms).
#[derive(Debug)]
struct FetchQueue {
    /// Milliseconds after the answer of a host before it is asked again.
    spacing: i128,
    /// Feeds of one host that are asked at once.
    max_running_per_host: usize,
    waiting: HashMap<String, VecDeque<FeedSource>>,
    /// Hosts with something waiting and room for it, by the moment they may be asked.
    hosts: BinaryHeap<Reverse<(i128, String)>>,
    /// The same hosts, for look-ups.
    ready_hosts: HashSet<String>,
    /// Hosts asked lately, and when they may be asked again.
    allowed_at: HashMap<String, i128>,
    queued: HashSet<FeedId>,
    /// The feeds that are being asked, with their hosts.
    running: HashMap<FeedId, String>,
}

impl FetchQueue {
    fn new(spacing: i128, max_running_per_host: usize) -> Self {
        Self {
            spacing,
            max_running_per_host,
            waiting: HashMap::new(),
            hosts: BinaryHeap::new(),
            ready_hosts: HashSet::new(),
            allowed_at: HashMap::new(),
            queued: HashSet::new(),
            running: HashMap::new(),
        }
    }

    /// Takes in due feeds; those known already are left out.
    fn offer(&mut self, due: Vec<FeedSource>) {
        for source in due {
            if self.running.contains_key(&source.id) || !self.queued.insert(source.id) {
                continue;
            }
            let host = source.url.authority();
            self.waiting.entry(host.clone()).or_default().push_back(source);
            self.add_ready_host(host);
        }
    }

    /// Puts a host among those that are asked next, when something waits for it and it has room.
    fn add_ready_host(&mut self, host: String) {
        let running = self.running.values().filter(|running| **running == host).count();
        let has_room = running < self.max_running_per_host;
        if has_room && self.waiting.contains_key(&host) && self.ready_hosts.insert(host.clone()) {
            let ready = self.allowed_at.get(&host).copied().unwrap_or(0);
            self.hosts.push(Reverse((ready, host)));
        }
    }

    /// The next feed whose host may be asked at `now` (milliseconds).
    fn next(&mut self, now: i128) -> Option<FeedSource> {
        let Reverse((ready, _)) = self.hosts.peek()?;
        if *ready > now {
            return None;
        }
        let Reverse((_, host)) = self.hosts.pop()?;
        self.ready_hosts.remove(&host);
        let queue = self.waiting.get_mut(&host)?;
        let source = queue.pop_front()?;
        if queue.is_empty() {
            self.waiting.remove(&host);
        }
        self.queued.remove(&source.id);
        self.running.insert(source.id, host.clone());
        self.add_ready_host(host);
        Some(source)
    }

    /// Records an answer at `now`. Waiting checks of a host that asked for a pause are dropped until they fall due again.
    fn finish(&mut self, feed: FeedId, now: i128, wants_pause: bool) {
        let Some(host) = self.running.remove(&feed) else { return };
        if self.spacing > 0 {
            self.allowed_at.retain(|_, at| *at > now);
            self.allowed_at.insert(host.clone(), now + self.spacing);
        }
        if wants_pause {
            for source in self.waiting.remove(&host).into_iter().flatten() {
                self.queued.remove(&source.id);
            }
            self.hosts.retain(|Reverse((_, ready))| *ready != host);
            self.ready_hosts.remove(&host);
        }
        self.add_ready_host(host);
    }

    /// When the next waiting host may be asked.
    fn next_at(&self) -> Option<i128> {
        self.hosts.peek().map(|Reverse((at, _))| *at)
    }

    fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::FetchQueue;
    use crate::{
        domain::{
            feed::FeedState, feed_check::Validators, feed_schedule::FeedScheduleHints, feed_url::FeedUrl,
            full_text::FullTextChoice, ids::FeedId,
        },
        server::storage::checks::FeedSource,
    };

    fn source(id: i64, url: &str) -> FeedSource {
        FeedSource {
            id: FeedId(id),
            url: FeedUrl::parse(url).expect(url),
            site_url: None,
            state: FeedState::New,
            validators: Validators::default(),
            body_hash: None,
            failures: 0,
            hints: FeedScheduleHints::default(),
            moved: None,
            not_before: None,
            crashes: 0,
            full_text: FullTextChoice::default(),
            own_interval: None,
        }
    }

    fn next(plan: &mut FetchQueue, at: i128) -> Option<i64> {
        plan.next(at).map(|source| source.id.0)
    }

    #[test]
    fn hosts_are_asked_one_at_a_time_and_do_not_hold_each_other_up() {
        let mut plan = FetchQueue::new(1_000, 1);
        plan.offer(vec![source(1, "http://a/1"), source(2, "https://a/2"), source(3, "http://b/")]);
        assert_eq!(next(&mut plan, 0), Some(1));
        assert_eq!(next(&mut plan, 0), Some(3));
        assert_eq!((next(&mut plan, 9_000), plan.next_at()), (None, None), "the answer is still to come");
        plan.finish(FeedId(1), 9_000, false);
        assert_eq!(next(&mut plan, 9_999), None, "the pause begins with the answer");
        assert_eq!(plan.next_at(), Some(10_000));
        assert_eq!(next(&mut plan, 10_000), Some(2));
        plan.finish(FeedId(2), 10_000, false);
        plan.offer(vec![source(1, "http://a/1")]);
        assert_eq!(next(&mut plan, 10_500), None, "the pause outlasts the queue");
        assert_eq!(next(&mut plan, 11_000), Some(1));
    }

    #[test]
    fn several_at_once_when_that_is_allowed() {
        let mut plan = FetchQueue::new(0, 2);
        plan.offer((1..=3).map(|id| source(id, "http://a/")).collect());
        assert_eq!([0; 3].map(|at| next(&mut plan, at)), [Some(1), Some(2), None]);
        plan.finish(FeedId(2), 0, false);
        assert_eq!(next(&mut plan, 0), Some(3));
    }

    #[test]
    fn a_host_that_asked_for_a_pause_gets_no_request() {
        let mut plan = FetchQueue::new(0, 1);
        plan.offer(vec![source(1, "http://a/1"), source(2, "http://a/2"), source(3, "http://b/")]);
        assert_eq!(next(&mut plan, 0), Some(1));
        plan.finish(FeedId(1), 0, true);
        assert_eq!([0; 2].map(|at| next(&mut plan, at)), [Some(3), None]);
        plan.offer(vec![source(2, "http://a/2")]);
        assert_eq!(next(&mut plan, 0), Some(2), "it comes back when it is due");
    }

    #[test]
    fn a_feed_is_never_asked_twice_at_once() {
        let mut plan = FetchQueue::new(0, 1);
        plan.offer(vec![source(1, "http://a/"), source(1, "http://a/")]);
        assert!(plan.next(0).is_some());
        plan.offer(vec![source(1, "http://a/")]);
        assert!(plan.next(0).is_none() && plan.is_empty());
    }
}
