//! Articles that their publishers edit while they are being scored.

use crate::support::simulator::Simulator;
use crate::support::{
    articles::{article_record, article_records, invariant_violations, new_article, store_articles},
    simulated_model::{app_with, article_prompt, is_categorization, valid_answer},
};
use gleaner::server::worker::scorer;
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::{runtime::Handle, task::block_in_place};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_about_the_old_text_is_dropped_and_the_new_text_is_scored() {
    for at_first_step in [true, false] {
        let sim = Simulator::start().await.expect("a simulator");
        let app = app_with(&sim).await;
        let id = store_articles(&app.app, &[new_article("Loom", "<p>Old text.</p>")]).await[0];
        let (runtime, inner, edited) = (Handle::current(), app.app.clone(), AtomicBool::new(false));
        sim.answer_with(move |body| {
            let is_old = article_prompt(body).contains("Old text");
            if is_old && is_categorization(body) == at_first_step && !edited.swap(true, Ordering::Relaxed) {
                // The publisher's edit arrives while the model thinks.
                let new = [new_article("Loom", "<p>New text, and longer.</p>")];
                block_in_place(|| runtime.block_on(store_articles(&inner, &new)));
            }
            match (is_categorization(body), is_old) {
                (true, true) => valid_answer(body),
                (true, false) => json!({"categories": ["Law"], "new_categories": []}).to_string(),
                (false, is_old) => {
                    let interest = if is_old { 1 } else { 9 };
                    json!({"evidence": [], "explanation": "x", "interest": interest, "quality": 5}).to_string()
                }
            }
        });
        scorer::drain(&app.app).await;
        let look = article_record(&app.app, id).await;
        assert_eq!(invariant_violations(&article_records(&app.app).await), Vec::<String>::new());
        assert_eq!((look.state.as_str(), look.attempts, look.leased), ("scored", 0, false), "{look:?}");
        assert_eq!((look.interest, look.categories.as_str()), (Some(9), "Law"), "of the new text: {look:?}");
    }
}

#[tokio::test]
async fn an_edit_requeues_a_failed_article_and_leaves_read_ones_unchanged() {
    let sim = Simulator::start().await.expect("a simulator");
    let app = app_with(&sim).await;
    let ids = store_articles(&app.app, &["unread", "read"].map(|title| new_article(title, "<p>Old.</p>"))).await;
    sim.answer_with(|_| "nonsense".into());
    scorer::drain(&app.app).await;
    let change = gleaner::domain::article::ArticleChange::mark_read(true);
    gleaner::server::services::reading::update_article(&app.app, ids[1], change).await.expect("read");
    store_articles(&app.app, &["unread", "read"].map(|title| new_article(title, "<p>New, and longer.</p>"))).await;
    let (unread, read) = (article_record(&app.app, ids[0]).await, article_record(&app.app, ids[1]).await);
    assert_eq!((unread.state.as_str(), unread.attempts, unread.last_error), ("queued", 0, None));
    assert_eq!((read.state.as_str(), read.attempts, read.last_error.is_some()), ("failed", 3, true));
    assert_eq!(invariant_violations(&article_records(&app.app).await), Vec::<String>::new());
}
