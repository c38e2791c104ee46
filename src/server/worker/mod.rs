//! The loops that run beside the pages. They decide when; what is done is in `services`.

pub mod clock_watch;
mod fetcher;
pub mod full_text;
pub mod icons;
mod interrupted_work;
pub mod keyword_ranker;
mod poller;
pub mod pulls;
pub mod readiness;
pub mod retention;
pub mod scheduler;
pub mod scorer;
mod server_watch;
pub mod storage_watch;
pub mod warm_up;

use super::state::App;

/// Starts every loop, and what goes on with interrupted work. Each ends at the soft stop.
pub fn start(app: &App) {
    app.lifecycle.spawn(clock_watch::run(app.clone()));
    app.lifecycle.spawn(storage_watch::run(app.clone()));
    app.lifecycle.spawn(poller::run(app.clone()));
    app.lifecycle.spawn(readiness::run(app.clone()));
    app.lifecycle.spawn(warm_up::run(app.clone()));
    app.lifecycle.spawn(pulls::run(app.clone()));
    app.lifecycle.spawn(scheduler::run(app.clone()));
    app.lifecycle.spawn(interrupted_work::run(app.clone()));
    app.lifecycle.spawn(icons::run(app.clone()));
    app.lifecycle.spawn(retention::run(app.clone()));
    app.lifecycle.spawn(full_text::run(app.clone()));
    app.lifecycle.spawn(scorer::run(app.clone()));
    app.lifecycle.spawn(server_watch::run(app.clone()));
    app.lifecycle.spawn(keyword_ranker::run(app.clone()));
}
