//! The queue under random sequences of events.

use crate::support::{
    articles::{
        article_records, invariant_violations, model_run, new_article, store_articles, store_plain_articles,
        test_feed_id,
    },
    test_app::TestApp,
};
use gleaner::{
    domain::{
        article::ArticleChange,
        category::{CategoryChange, CategoryWeight},
        feed::FeedChange,
        ids::{ArticleId, CategoryId},
        score::{Judgment, RescoreMode},
        scoring::{RescoreScope, ScoringStep},
        vote::Vote,
    },
    server::{
        services::{categories, reading, scoring, subscriptions},
        storage::{queue, scores},
        worker::scorer,
    },
};
use proptest::{prelude::*, test_runner::TestRunner};

const ARTICLE_COUNT: usize = 6;
/// Of the categories there are at the start: two parents, a child of each.
const CATEGORY_IDS: [i64; 4] = [1, 2, 10, 12];

#[derive(Clone, Debug)]
enum QueueEvent {
    Claim(ScoringStep, usize),
    /// The n-th claimed article gets these categories, or at the second step this score.
    Answer {
        nth: usize,
        categories: Vec<usize>,
        points: u8,
    },
    BadAnswer {
        nth: usize,
    },
    /// The n-th claimed article is released because Ollama is down.
    Outage {
        nth: usize,
    },
    /// The process crashes; answers to its requests are lost.
    Kill,
    /// An answer that arrives after its lease has ended.
    LateAnswer {
        article: usize,
    },
    Weigh {
        category: usize,
        weight: Option<CategoryWeight>,
    },
    Hide {
        category: usize,
        hidden: bool,
    },
    /// The reader changes how the feed takes part in scoring.
    SetFeed {
        weight: i64,
        never_score: bool,
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

fn queue_events() -> impl Strategy<Value = Vec<QueueEvent>> {
    let step = prop_oneof![Just(ScoringStep::Categorize), Just(ScoringStep::Score)];
    let weight = prop_oneof![
        Just(None),
        Just(Some(CategoryWeight::Block)),
        Just(Some(CategoryWeight::Block)),
        Just(Some(CategoryWeight::Normal)),
        Just(Some(CategoryWeight::Max))
    ];
    let mode = prop_oneof![Just(None), Just(Some(RescoreMode::Full)), Just(Some(RescoreMode::ScoreOnly))];
    let event = prop_oneof![
        5 => (step, 1usize..4).prop_map(|(step, n)| QueueEvent::Claim(step, n)),
        8 => (0usize..8, prop::collection::vec(0..CATEGORY_IDS.len(), 0..3), 0u8..=10)
            .prop_map(|(nth, categories, points)| QueueEvent::Answer { nth, categories, points }),
        3 => (0usize..8).prop_map(|nth| QueueEvent::BadAnswer { nth }),
        1 => (0usize..8).prop_map(|nth| QueueEvent::Outage { nth }),
        1 => Just(QueueEvent::Kill),
        1 => (0..ARTICLE_COUNT).prop_map(|article| QueueEvent::LateAnswer { article }),
        3 => (0..CATEGORY_IDS.len(), weight).prop_map(|(category, weight)| QueueEvent::Weigh { category, weight }),
        1 => (0..CATEGORY_IDS.len(), any::<bool>()).prop_map(|(category, hidden)| QueueEvent::Hide { category, hidden }),
        2 => (-3i64..=3, any::<bool>()).prop_map(|(weight, never_score)| QueueEvent::SetFeed { weight, never_score }),
        2 => (0..ARTICLE_COUNT, 1usize..200).prop_map(|(article, length)| QueueEvent::Edit { article, length }),
        1 => (0..ARTICLE_COUNT, prop_oneof![Just(None), Just(Some(Vote::Up)), Just(Some(Vote::Down))])
            .prop_map(|(article, vote)| QueueEvent::Vote { article, vote }),
        2 => (0usize..4, 0..ARTICLE_COUNT, mode).prop_map(|(scope, article, mode)| QueueEvent::Rescore { scope, article, mode }),
    ];
    prop::collection::vec(event, 1..60)
}

#[derive(Clone, Copy)]
struct LeasedArticle {
    article: ArticleId,
    lease: i64,
    step: ScoringStep,
    /// Whether it is about a text that was edited since.
    stale: bool,
}

async fn store_answer(app: &TestApp, at: LeasedArticle, categories: &[usize], points: u8) -> bool {
    let mut db = app.app.db.write().await.expect("a transaction");
    let stored = match at.step {
        ScoringStep::Categorize => {
            let chosen: Vec<CategoryId> = categories.iter().map(|n| CategoryId(CATEGORY_IDS[*n])).collect();
            scores::store_categories(&mut db, at.article, at.lease, &chosen, &model_run(at.step))
                .await
                .expect("stored")
                .is_some()
        }
        ScoringStep::Score => {
            let judgment = Judgment { interest: points, quality: points, reasoning: "r".into(), evidence: vec![] };
            scores::store_score(&mut db, at.article, at.lease, &judgment, &model_run(at.step), false)
                .await
                .expect("stored")
        }
    };
    db.commit().await.expect("committed");
    stored
}

async fn apply(
    app: &TestApp,
    ids: &[ArticleId],
    (at_work, lease, votes): (&mut Vec<LeasedArticle>, &mut i64, &mut [Option<Vote>]),
    event: &QueueEvent,
) {
    let taken = |at_work: &mut Vec<LeasedArticle>, nth: usize| {
        (!at_work.is_empty()).then(|| at_work.remove(nth % at_work.len()))
    };
    match event {
        QueueEvent::Claim(step, limit) => {
            *lease += 1;
            let mut db = app.app.db.write().await.expect("a transaction");
            let until = app.app.clock.now().plus(60);
            let claimed = queue::claim(&mut db, *step, *limit, (*lease, until), &[]).await.expect("claimed");
            db.commit().await.expect("committed");
            at_work.extend(claimed.into_iter().map(|article| LeasedArticle {
                article,
                lease: *lease,
                step: *step,
                stale: false,
            }));
        }
        QueueEvent::Answer { nth, categories, points } => {
            if let Some(at) = taken(at_work, *nth) {
                let stored = store_answer(app, at, categories, *points).await;
                assert!(!(stored && at.stale), "an answer about the old text was stored");
            }
        }
        QueueEvent::BadAnswer { nth } => {
            if let Some(at) = taken(at_work, *nth) {
                let mut db = app.app.db.write().await.expect("a transaction");
                queue::record_failed_attempt(&mut db, at.article, at.lease, "no").await.expect("refused");
                db.commit().await.expect("committed");
            }
        }
        QueueEvent::Outage { nth } => {
            if let Some(at) = taken(at_work, *nth) {
                let before = article_records(&app.app).await;
                let mut db = app.app.db.write().await.expect("a transaction");
                queue::release_leases(&mut db, queue::LeaseScope::Articles(&[at.article], at.lease))
                    .await
                    .expect("released");
                db.commit().await.expect("committed");
                let attempts =
                    |l: &[crate::support::articles::ArticleRecord]| l.iter().map(|l| l.attempts).sum::<i64>();
                assert_eq!(attempts(&before), attempts(&article_records(&app.app).await), "an outage costs no attempt");
            }
        }
        QueueEvent::Kill => {
            at_work.clear();
            scorer::release_stale_claims(&app.app).await.expect("recovered");
            assert!(article_records(&app.app).await.iter().all(|l| !l.leased), "nobody is at work after a kill");
        }
        QueueEvent::LateAnswer { article } => {
            let late = LeasedArticle { article: ids[*article], lease: -1, step: ScoringStep::Score, stale: true };
            assert!(!store_answer(app, late, &[], 10).await, "nothing is stored without the lease");
        }
        QueueEvent::Weigh { category, weight } => {
            let change = CategoryChange { weight: Some(*weight), ..CategoryChange::default() };
            categories::update(&app.app, CategoryId(CATEGORY_IDS[*category]), change).await.expect("weighed");
        }
        QueueEvent::Hide { category, hidden } => {
            let change = CategoryChange { hidden: Some(*hidden), ..CategoryChange::default() };
            categories::update(&app.app, CategoryId(CATEGORY_IDS[*category]), change).await.expect("hidden");
        }
        QueueEvent::SetFeed { weight, never_score } => {
            let change = FeedChange { weight: Some(*weight), never_score: Some(*never_score), ..FeedChange::default() };
            subscriptions::update_feed(&app.app, test_feed_id(&app.app).await, change).await.expect("changed");
        }
        QueueEvent::Edit { article, length } => {
            let before = article_records(&app.app).await[*article].title.clone();
            let text = format!("<p>{}</p>", "x".repeat(*length));
            let old = reading::load_article(&app.app, ids[*article]).await.expect("there").content_html;
            store_articles(&app.app, &[new_article(&before, &text)]).await;
            // The hash of such an entry is its length.
            for at in at_work.iter_mut().filter(|at| at.article == ids[*article] && old.len() != text.len()) {
                at.stale = true;
            }
        }
        QueueEvent::Vote { article, vote } => {
            let row =
                reading::update_article(&app.app, ids[*article], ArticleChange::set_vote(*vote)).await.expect("voted");
            assert_eq!(row.vote, *vote);
            votes[*article] = *vote;
        }
        QueueEvent::Rescore { scope, article, mode } => {
            let scope = match scope {
                0 => RescoreScope::Unread,
                1 => RescoreScope::Failed,
                2 => RescoreScope::Feed(test_feed_id(&app.app).await),
                _ => RescoreScope::Article(ids[*article]),
            };
            let before = article_records(&app.app).await;
            // A blocked article cannot be scored alone: that is said as an error.
            let _ = scoring::rescore(&app.app, scope, *mode, false).await;
            for (old, new) in before.iter().zip(article_records(&app.app).await) {
                assert!(old.state != "blocked" || new.state == "blocked", "no re-score un-blocks by itself");
                assert_eq!((old.interest, old.composite), (new.interest, new.composite), "the old score stays");
            }
        }
    }
}

async fn run_events(events: Vec<QueueEvent>) {
    let app = TestApp::start().await;
    let ids = store_plain_articles(&app.app, ARTICLE_COUNT).await;
    let (mut at_work, mut lease, mut votes) = (Vec::new(), 0, [None; ARTICLE_COUNT]);
    let mut is_never_scored = false;
    for event in &events {
        apply(&app, &ids, (&mut at_work, &mut lease, &mut votes), event).await;
        let looks = article_records(&app.app).await;
        assert_eq!(looks.len(), ARTICLE_COUNT, "none is lost");
        assert_eq!(invariant_violations(&looks), Vec::<String>::new(), "after {event:?}");
        if let QueueEvent::SetFeed { never_score, .. } = event {
            is_never_scored = *never_score;
        }
        let is_idle = looks.iter().all(|l| l.next_step.is_none() && !l.leased && l.state != "failed");
        assert!(is_idle || !is_never_scored, "never scored, after {event:?}");
    }
    let scored_again = QueueEvent::SetFeed { weight: 1, never_score: false };
    apply(&app, &ids, (&mut at_work, &mut lease, &mut votes), &scored_again).await;
    // In every state, a model that answers finishes all articles.
    apply(&app, &ids, (&mut at_work, &mut lease, &mut votes), &QueueEvent::Kill).await;
    for _ in 0..3 {
        for &step in ScoringStep::ALL {
            apply(&app, &ids, (&mut at_work, &mut lease, &mut votes), &QueueEvent::Claim(step, 99)).await;
            for at in std::mem::take(&mut at_work) {
                store_answer(&app, at, &[], 5).await;
            }
        }
    }
    for (id, vote) in ids.iter().zip(votes) {
        assert_eq!(
            reading::load_article(&app.app, *id).await.expect("there").row.vote,
            vote,
            "votes stay as they were cast"
        );
    }
    for l in article_records(&app.app).await {
        assert!(matches!(l.state.as_str(), "scored" | "blocked" | "failed"), "stuck: {l:?}");
        assert!(!l.leased && (l.state == "failed" || l.next_step.is_none()), "left over: {l:?}");
    }
}

#[test]
fn no_sequence_of_events_loses_or_blocks_an_article() {
    let cases = std::env::var_os("GLEANER_CASES").and_then(|n| n.to_str()?.parse().ok()).unwrap_or(24);
    let mut runner = TestRunner::new(ProptestConfig {
        cases,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    // A violated invariant panics; the runner catches that and shrinks the sequence.
    let outcome = runner.run(&queue_events(), |events| {
        runtime.block_on(run_events(events));
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

#[tokio::test]
async fn requested_articles_come_first_then_the_newest() {
    let app = TestApp::start().await;
    let mut entries: Vec<_> = ["older", "undated", "new", "old", "undated too", "asked for"]
        .map(|t| crate::support::articles::new_article(t, "<p>x</p>"))
        .to_vec();
    for (article, published_at) in [(0, 500), (2, 2_000), (3, 1_000), (5, 100)] {
        entries[article].published_at = Some(published_at);
    }
    let ids = crate::support::articles::store_articles(&app.app, &entries).await;
    scoring::rescore(&app.app, RescoreScope::Article(ids[5]), Some(RescoreMode::Full), false).await.expect("queued");
    let mut db = app.app.db.write().await.expect("a transaction");
    let claimed =
        queue::claim(&mut db, ScoringStep::Categorize, 9, (1, app.app.clock.now()), &[]).await.expect("claimed");
    db.commit().await.expect("committed");
    // An article without a date is as new as its arrival.
    assert_eq!(claimed, [5, 4, 1, 2, 3, 0].map(|article: usize| ids[article]));
}

#[tokio::test]
async fn shown_articles_come_after_requested_ones_and_before_the_newest() {
    let app = TestApp::start().await;
    let mut entries: Vec<_> =
        (0..60).map(|n| crate::support::articles::new_article(&format!("number {n}"), "<p>x</p>")).collect();
    for (entry, published_at) in entries.iter_mut().zip(1_000..) {
        entry.published_at = Some(published_at);
    }
    let ids = crate::support::articles::store_articles(&app.app, &entries).await;
    scoring::rescore(&app.app, RescoreScope::Article(ids[3]), Some(RescoreMode::Full), false).await.expect("queued");
    let claim = async |limit: usize| {
        let mut db = app.app.db.write().await.expect("a transaction");
        let shown = app.app.shown_articles.list(app.app.clock.now());
        let lease = (1, app.app.clock.now());
        let claimed = queue::claim(&mut db, ScoringStep::Categorize, limit, lease, &shown).await.expect("claimed");
        // No article stays claimed.
        drop(db);
        claimed
    };
    let expected = |numbers: &[usize]| numbers.iter().map(|n| ids[*n]).collect::<Vec<_>>();
    assert_eq!(claim(3).await, expected(&[3, 59, 58]));
    assert!(app.get(&format!("/articles/{}", ids[7])).await.body.contains("number 7"));
    assert_eq!(claim(4).await, expected(&[3, 7, 59, 58]), "the open article");
    assert_eq!(claim(1).await, expected(&[3]));
    app.get("/?view=all&sort=oldest").await;
    assert_eq!(claim(4).await, expected(&[3, 0, 1, 2]), "the open list in its order");
    app.clock.advance(std::time::Duration::from_secs(900));
    assert_eq!(claim(3).await, expected(&[3, 59, 58]), "the pages are of yesterday");
}

#[tokio::test]
async fn an_answer_under_a_lost_lease_is_not_stored() {
    for (case, step, is_bad) in [
        ("categories", ScoringStep::Categorize, false),
        ("a bad answer to the first question", ScoringStep::Categorize, true),
        ("a score", ScoringStep::Score, false),
        ("a bad answer to the second question", ScoringStep::Score, true),
    ] {
        let app = TestApp::start().await;
        let article = store_plain_articles(&app.app, 1).await[0];
        let under = |step, lease| LeasedArticle { article, lease, step, stale: false };
        claim_anew(&app, ScoringStep::Categorize, 1).await;
        if step == ScoringStep::Score {
            assert!(store_answer(&app, under(ScoringStep::Categorize, 1), &[0], 0).await, "{case}");
            claim_anew(&app, step, 1).await;
        }
        claim_anew(&app, step, 2).await;
        let answer = async |lease| {
            if !is_bad {
                return store_answer(&app, under(step, lease), &[0], 7).await;
            }
            let mut db = app.app.db.write().await.expect("a transaction");
            let counted = queue::record_failed_attempt(&mut db, article, lease, "no").await.expect("counted");
            db.commit().await.expect("committed");
            counted
        };
        let before = article_records(&app.app).await;
        assert!(!answer(1).await, "{case}: stored under the lease of another");
        assert_eq!(article_records(&app.app).await, before, "{case}");
        assert!(answer(2).await, "{case}: refused under the lease that holds");
        app.finish().await;
    }
}

/// Ends all leases and claims everything that waits for a step.
async fn claim_anew(app: &TestApp, step: ScoringStep, lease: i64) {
    let mut db = app.app.db.write().await.expect("a transaction");
    queue::release_leases(&mut db, queue::LeaseScope::All).await.expect("released");
    queue::claim(&mut db, step, ARTICLE_COUNT, (lease, app.app.clock.now().plus(60)), &[]).await.expect("claimed");
    db.commit().await.expect("committed");
}
