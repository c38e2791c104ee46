//! Lists of feeds: reports of imports, and the starter packs.

use super::{Exit, print_json, print_stderr, print_stdout, table};
use crate::{
    domain::feed::OpmlImportReport,
    error::AppError,
    server::{services::subscriptions, state::App},
};

/// The starter packs, and how many of their feeds are new.
pub(super) async fn list_packs(app: &App, json: bool) -> Result<Exit, AppError> {
    let packs = subscriptions::list_starter_packs(app).await?;
    if json {
        return print_json(&packs);
    }
    let rows = packs.into_iter().map(|pack| {
        let titles: Vec<&str> = pack.feeds.iter().map(|feed| feed.title.as_str()).collect();
        vec![pack.name.clone(), pack.new_count().to_string(), titles.join(", ")]
    });
    print_stdout(table::render(&["NAME", "NEW", "FEEDS"], rows, &[1]));
    Ok(Exit::Done)
}

/// Subscribes to the feeds of a starter pack, or only says which would be new.
pub(super) async fn add_pack(app: &App, name: &str, dry_run: bool, json: bool) -> Result<Exit, AppError> {
    let pack = subscriptions::list_starter_packs(app).await?.into_iter().find(|pack| pack.name == name);
    let Some(pack) = pack.filter(|_| dry_run) else {
        return print_import_report(subscriptions::add_starter_pack(app, name).await?, json);
    };
    if json {
        return print_json(&pack);
    }
    let rows = pack.feeds.into_iter().map(|feed| {
        let outcome = if feed.is_subscribed { "known already" } else { "would be added" };
        vec![feed.title, outcome.to_owned(), feed.url]
    });
    print_stdout(table::render(&["TITLE", "OUTCOME", "ADDRESS"], rows, &[]));
    Ok(Exit::Done)
}

/// What an import did.
pub(super) fn print_import_report(report: OpmlImportReport, json: bool) -> Result<Exit, AppError> {
    if json {
        return print_json(&report);
    }
    print_stdout(format_args!(
        "{} added, {} known already, {} unusable.",
        report.added,
        report.duplicates,
        report.invalid.len()
    ));
    for outline in report.invalid {
        print_stderr(table::replace_control_chars(&format!("{}: {}", outline.url, outline.reason)));
    }
    Ok(Exit::Done)
}
