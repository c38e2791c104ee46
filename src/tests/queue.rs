//! The queue through random interleavings of everything that can happen to it.

use crate::support::{
    articles::{broken_promises, entry, feed, looks, store, store_many},
    test_app::TestApp,
};
use gleaner::{
    domain::{
        article::ArticleChange,
        category::{CategoryChange, Choice, Weight},
        ids::{ArticleId, CategoryId},
        score::{Judgement, RescoreMode},
        scoring::{RescoreScope, Step},
        vote::Vote,
    },
    server::{
        services::{categories, reading, scoring},
        storage::{
            queue,
            scores::{self, Run},
        },
        worker::scorer,
    },
};
use proptest::{prelude::*, test_runner::TestRunner};

const ARTICLES: usize = 6;
/// Of the categories there are at the start: two parents, a child of each.
const CATEGORIES: [i64; 4] = [1, 2, 10, 12];

#[derive(Clone, Debug)]
enum Event {
    Claim(Step, usize),
    /// The n-th of those at work gets these categories (or this score, at the second step).
    Answer {
        nth: usize,
        categories: Vec<usize>,
        points: u8,
    },
    BadAnswer {
        nth: usize,
    },
    /// The n-th of those at work is given back: Ollama is down.
    Outage {
        nth: usize,
    },
    /// The process dies; what was at work is answered later all the same, by nobody.
    Kill,
    /// An answer that comes after its lease has ended.
    LateAnswer {
        article: usize,
    },
    Weigh {
        category: usize,
        weight: Option<Weight>,
    },
    Hide {
        category: usize,
        hidden: bool,
    },
    /// The publisher changes an article.
    Edit {
        article: usize,
        length: usize,
    },
    /// The reader votes, or takes the vote back.
    Vote {
        article: usize,
        vote: Option<Vote>,
    },
    Rescore {
        scope: usize,
        article: usize,
        mode: Option<RescoreMode>,
    },
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let step = prop_oneof![Just(Step::Categorize), Just(Step::Score)];
    let weight = prop_oneof![
        Just(None),
        Just(Some(Weight::Block)),
        Just(Some(Weight::Block)),
        Just(Some(Weight::Normal)),
        Just(Some(Weight::Max))
    ];
    let mode = prop_oneof![Just(None), Just(Some(RescoreMode::Full)), Just(Some(RescoreMode::ScoreOnly))];
    let event = prop_oneof![
        5 => (step, 1usize..4).prop_map(|(step, n)| Event::Claim(step, n)),
        8 => (0usize..8, prop::collection::vec(0..CATEGORIES.len(), 0..3), 0u8..=10)
            .prop_map(|(nth, categories, points)| Event::Answer { nth, categories, points }),
        3 => (0usize..8).prop_map(|nth| Event::BadAnswer { nth }),
        1 => (0usize..8).prop_map(|nth| Event::Outage { nth }),
        1 => Just(Event::Kill),
        1 => (0..ARTICLES).prop_map(|article| Event::LateAnswer { article }),
        3 => (0..CATEGORIES.len(), weight).prop_map(|(category, weight)| Event::Weigh { category, weight }),
        1 => (0..CATEGORIES.len(), any::<bool>()).prop_map(|(category, hidden)| Event::Hide { category, hidden }),
        2 => (0..ARTICLES, 1usize..200).prop_map(|(article, length)| Event::Edit { article, length }),
        1 => (0..ARTICLES, prop_oneof![Just(None), Just(Some(Vote::Up)), Just(Some(Vote::Down))])
            .prop_map(|(article, vote)| Event::Vote { article, vote }),
        2 => (0usize..4, 0..ARTICLES, mode).prop_map(|(scope, article, mode)| Event::Rescore { scope, article, mode }),
    ];
    prop::collection::vec(event, 1..60)
}

#[derive(Clone, Copy)]
struct AtWork {
    article: ArticleId,
    lease: i64,
    step: Step,
    /// About a text that is no more.
    stale: bool,
}

fn run(step: Step) -> Run {
    Run {
        step,
        model: "m".into(),
        model_digest: None,
        prompt_version: "v".into(),
        options: "{}".into(),
        prompt_tokens: None,
        output_tokens: None,
        duration_ms: 1,
        cut_chars: 0,
        at: crate::support::test_app::START,
    }
}

async fn answer(app: &TestApp, at: AtWork, categories: &[usize], points: u8) -> bool {
    let mut db = app.app.db.write().await.expect("a transaction");
    let stored = match at.step {
        Step::Categorize => {
            let choices: Vec<Choice> = categories.iter().map(|n| Choice::Known(CategoryId(CATEGORIES[*n]))).collect();
            scores::store_categories(&mut db, at.article, at.lease, &choices, &run(at.step))
                .await
                .expect("stored")
                .is_some()
        }
        Step::Score => {
            let judgement = Judgement { interest: points, quality: points, reasoning: "r".into(), evidence: vec![] };
            scores::store_score(&mut db, at.article, at.lease, &judgement, &run(at.step)).await.expect("stored")
        }
    };
    db.commit().await.expect("committed");
    stored
}

async fn happen(
    app: &TestApp,
    ids: &[ArticleId],
    (at_work, lease, votes): (&mut Vec<AtWork>, &mut i64, &mut [Option<Vote>]),
    event: &Event,
) {
    let taken =
        |at_work: &mut Vec<AtWork>, nth: usize| (!at_work.is_empty()).then(|| at_work.remove(nth % at_work.len()));
    match event {
        Event::Claim(step, limit) => {
            *lease += 1;
            let mut db = app.app.db.write().await.expect("a transaction");
            let until = app.app.clock.now().plus(60);
            let claimed = queue::claim(&mut db, *step, *limit, *lease, until).await.expect("claimed");
            db.commit().await.expect("committed");
            at_work.extend(claimed.into_iter().map(|article| AtWork {
                article,
                lease: *lease,
                step: *step,
                stale: false,
            }));
        }
        Event::Answer { nth, categories, points } => {
            if let Some(at) = taken(at_work, *nth) {
                let stored = answer(app, at, categories, *points).await;
                assert!(!(stored && at.stale), "an answer about the old text was stored");
            }
        }
        Event::BadAnswer { nth } => {
            if let Some(at) = taken(at_work, *nth) {
                let mut db = app.app.db.write().await.expect("a transaction");
                queue::refuse(&mut db, at.article, at.lease, "no").await.expect("refused");
                db.commit().await.expect("committed");
            }
        }
        Event::Outage { nth } => {
            if let Some(at) = taken(at_work, *nth) {
                let before = looks(&app.app).await;
                let mut db = app.app.db.write().await.expect("a transaction");
                queue::release(&mut db, &[at.article], at.lease).await.expect("released");
                db.commit().await.expect("committed");
                let attempts = |l: &[crate::support::articles::Look]| l.iter().map(|l| l.attempts).sum::<i64>();
                assert_eq!(attempts(&before), attempts(&looks(&app.app).await), "an outage costs no attempt");
            }
        }
        Event::Kill => {
            at_work.clear();
            scorer::recover(&app.app).await.expect("recovered");
            assert!(looks(&app.app).await.iter().all(|l| !l.leased), "nobody is at work after a kill");
        }
        Event::LateAnswer { article } => {
            let late = AtWork { article: ids[*article], lease: -1, step: Step::Score, stale: true };
            assert!(!answer(app, late, &[], 10).await, "nothing is stored without the lease");
        }
        Event::Weigh { category, weight } => {
            let change = CategoryChange { weight: Some(*weight), ..CategoryChange::default() };
            categories::update(&app.app, CategoryId(CATEGORIES[*category]), change).await.expect("weighed");
        }
        Event::Hide { category, hidden } => {
            let change = CategoryChange { hidden: Some(*hidden), ..CategoryChange::default() };
            categories::update(&app.app, CategoryId(CATEGORIES[*category]), change).await.expect("hidden");
        }
        Event::Edit { article, length } => {
            let before = looks(&app.app).await[*article].title.clone();
            let text = format!("<p>{}</p>", "x".repeat(*length));
            let old = reading::article(&app.app, ids[*article]).await.expect("there").content_html;
            store(&app.app, &[entry(&before, &text)]).await;
            // The hash of such an entry is its length.
            for at in at_work.iter_mut().filter(|at| at.article == ids[*article] && old.len() != text.len()) {
                at.stale = true;
            }
        }
        Event::Vote { article, vote } => {
            let row = reading::update(&app.app, ids[*article], ArticleChange::vote(*vote)).await.expect("voted");
            assert_eq!(row.vote, *vote);
            votes[*article] = *vote;
        }
        Event::Rescore { scope, article, mode } => {
            let scope = match scope {
                0 => RescoreScope::Unread,
                1 => RescoreScope::Failed,
                2 => RescoreScope::Feed(feed(&app.app).await),
                _ => RescoreScope::Article(ids[*article]),
            };
            let before = looks(&app.app).await;
            // A blocked article cannot be scored alone: that is said as an error.
            let _ = scoring::rescore(&app.app, scope, *mode, false).await;
            for (old, new) in before.iter().zip(looks(&app.app).await) {
                assert!(old.state != "blocked" || new.state == "blocked", "no re-score un-blocks by itself");
                assert_eq!((old.interest, old.composite), (new.interest, new.composite), "the old score stays");
            }
        }
    }
}

async fn story(events: Vec<Event>) {
    let app = TestApp::start().await;
    let ids = store_many(&app.app, ARTICLES).await;
    let (mut at_work, mut lease, mut votes) = (Vec::new(), 0, [None; ARTICLES]);
    for event in &events {
        happen(&app, &ids, (&mut at_work, &mut lease, &mut votes), event).await;
        let looks = looks(&app.app).await;
        assert_eq!(looks.len(), ARTICLES, "none is lost");
        assert_eq!(broken_promises(&looks), Vec::<String>::new(), "after {event:?}");
    }
    // However it stands, a model that answers brings everything to an end.
    happen(&app, &ids, (&mut at_work, &mut lease, &mut votes), &Event::Kill).await;
    for _ in 0..3 {
        for step in Step::ALL {
            happen(&app, &ids, (&mut at_work, &mut lease, &mut votes), &Event::Claim(step, 99)).await;
            for at in std::mem::take(&mut at_work) {
                answer(&app, at, &[], 5).await;
            }
        }
    }
    for (id, vote) in ids.iter().zip(votes) {
        assert_eq!(
            reading::article(&app.app, *id).await.expect("there").row.vote,
            vote,
            "votes stay as they were cast"
        );
    }
    for l in looks(&app.app).await {
        assert!(matches!(l.state.as_str(), "scored" | "blocked" | "failed"), "stuck: {l:?}");
        assert!(!l.leased && (l.state == "failed" || l.next_step.is_none()), "left over: {l:?}");
    }
}

#[test]
fn whatever_happens_no_article_is_lost_stuck_or_in_a_forbidden_state() {
    let cases = std::env::var_os("GLEANER_CASES").and_then(|n| n.to_str()?.parse().ok()).unwrap_or(24);
    let mut runner = TestRunner::new(ProptestConfig {
        cases,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    // A broken promise panics inside; the runner catches that and looks for a shorter story.
    let outcome = runner.run(&events(), |events| {
        runtime.block_on(story(events));
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

#[tokio::test]
async fn the_order_is_priority_then_age_with_unknown_dates_last() {
    let app = TestApp::start().await;
    let mut entries: Vec<_> =
        ["undated", "new", "old", "asked for"].map(|t| crate::support::articles::entry(t, "<p>x</p>")).to_vec();
    (entries[1].published_at, entries[2].published_at) = (Some(2_000), Some(1_000));
    let ids = crate::support::articles::store(&app.app, &entries).await;
    scoring::rescore(&app.app, RescoreScope::Article(ids[3]), Some(RescoreMode::Full), false).await.expect("queued");
    let mut db = app.app.db.write().await.expect("a transaction");
    let claimed = queue::claim(&mut db, Step::Categorize, 9, 1, app.app.clock.now()).await.expect("claimed");
    db.commit().await.expect("committed");
    assert_eq!(claimed, [ids[3], ids[2], ids[1], ids[0]]);
}
