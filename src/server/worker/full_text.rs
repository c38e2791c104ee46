//! The loop that fetches pages behind articles: a few at once, one of each host.

use crate::{
    domain::ids::ArticleId,
    server::{services::full_text, state::App},
};
use std::{collections::HashMap, time::Duration};
use tokio::task::{self, JoinSet};

/// Pages that are fetched at once.
const MAX_RUNNING: usize = 4;
/// The queue is looked at this often whatever happens.
const MAX_SLEEP: Duration = Duration::from_secs(60);

/// Runs until the soft stop. What is being fetched then is given back to the queue.
pub async fn run(app: App) {
    let mut obstacle = app.db.subscribe_to_obstacle();
    let mut fetches = RunningFetches::default();
    loop {
        // Armed before looking, so that a signal in between is not lost.
        let wakeup = app.full_text_wakeup.notified();
        tokio::pin!(wakeup);
        wakeup.as_mut().enable();
        if app.lifecycle.soft_stop.is_cancelled() {
            break;
        }
        // What is fetched while it cannot be stored has to be fetched again.
        if obstacle.borrow_and_update().is_none() {
            if let Err(error) = full_text::end_holds(&app).await {
                tracing::error!(%error, "articles that waited for their full text still wait");
            }
            fetches.start(&app).await;
        }
        let pause = time_until_due(&app, &fetches).await;
        tokio::select! {
            () = app.lifecycle.soft_stop.cancelled() => break,
            () = &mut wakeup => {}
            Ok(()) = obstacle.changed() => {}
            Some(done) = fetches.tasks.join_next_with_id() => {
                let id = match done {
                    Ok((id, ())) => id,
                    Err(error) => {
                        tracing::error!(%error, "a page was not fetched to its end; it is tried again");
                        error.id()
                    }
                };
                fetches.pages.remove(&id);
            }
            () = app.clock.sleep(pause) => {}
        }
    }
    fetches.tasks.shutdown().await;
    let unfinished: Vec<ArticleId> = fetches.pages.values().map(|(article, _)| *article).collect();
    if let Err(error) = full_text::release(&app, &unfinished).await {
        tracing::warn!(%error, "pages that were being fetched are fetched anew after a pause");
    }
}

/// The fetches that are under way.
#[derive(Debug, Default)]
struct RunningFetches {
    tasks: JoinSet<()>,
    /// Article and host of each.
    pages: HashMap<task::Id, (ArticleId, String)>,
}

impl RunningFetches {
    /// Begins as many fetches as there are pages due and room.
    async fn start(&mut self, app: &App) {
        while self.pages.len() < MAX_RUNNING {
            let busy: Vec<String> = self.pages.values().map(|(_, host)| host.clone()).collect();
            let page = match full_text::claim_next(app, &busy).await {
                Ok(Some(page)) => page,
                Ok(None) => return,
                Err(error) => {
                    tracing::error!(%error, "the next page could not be taken from the queue");
                    return;
                }
            };
            let (article, host, app) = (page.article, page.host.clone(), app.clone());
            let task = self.tasks.spawn(async move {
                if let Err(error) = full_text::fetch_claimed(&app, &page).await {
                    tracing::error!(%error, %article, "a full text was not stored; it is tried again");
                }
            });
            self.pages.insert(task.id(), (article, host));
        }
    }
}

/// Until the next page falls due; those of a busy host wait for its answer.
async fn time_until_due(app: &App, fetches: &RunningFetches) -> Duration {
    if !fetches.pages.is_empty() {
        return MAX_SLEEP;
    }
    let due = full_text::next_due_at(app).await.ok().flatten();
    let millis = due.map(|due| app.clock.monotonic_ms_at(due) - app.clock.monotonic_ms());
    millis.and_then(|ms| u64::try_from(ms.max(0)).ok()).map_or(MAX_SLEEP, |ms| Duration::from_millis(ms).min(MAX_SLEEP))
}
