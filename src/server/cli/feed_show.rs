//! `gleaner feeds show`: a feed with its last exchanges.

use super::{Exit, print_json, print_stdout, table};
use crate::{
    domain::{feed_exchange::FeedExchange, ids::FeedId},
    error::AppError,
    server::{http::json::FeedExchangeResponse, services::subscriptions, state::App},
};
use std::fmt::Write as _;

/// Prints a feed and its last exchanges, newest first.
pub(super) async fn show_feed(app: &App, id: FeedId, json: bool) -> Result<Exit, AppError> {
    let feed = subscriptions::load_feed(app, id).await?;
    let exchanges = subscriptions::list_feed_exchanges(app, id).await?;
    if json {
        let exchanges: Vec<FeedExchangeResponse> = exchanges.into_iter().map(Into::into).collect();
        return print_json(&serde_json::json!({ "feed": feed, "exchanges": exchanges }));
    }
    let mut text = format!("{} ({}), {}\n", feed.display_title(), feed.id, feed.health.state.as_str());
    let _ = writeln!(text, "{}", feed.url);
    for problem in feed.health.message.iter().chain(&feed.health.remedy) {
        let _ = writeln!(text, "{problem}");
    }
    for exchange in &exchanges {
        push_exchange(&mut text, exchange);
    }
    for line in text.lines() {
        print_stdout(table::replace_control_chars(line));
    }
    Ok(Exit::Done)
}

fn push_exchange(text: &mut String, exchange: &FeedExchange) {
    let record = &exchange.record;
    let _ = writeln!(text, "\n{}: {}", exchange.at.format_readable(), exchange.facts());
    for redirect in &record.redirects {
        let _ = writeln!(text, "  redirect: {redirect}");
    }
    let _ = writeln!(text, "  GET {}", record.url);
    for (sign, headers) in [('>', &record.request_headers), ('<', &record.response_headers)] {
        for (name, value) in headers {
            let _ = writeln!(text, "  {sign} {name}: {value}");
        }
    }
    let _ = writeln!(text, "  {}", exchange.decision);
    let next = exchange.next.map_or_else(|| "none".to_owned(), |next| next.at.format_from(exchange.at));
    let _ = writeln!(text, "  Next check: {next}, {}.", exchange.next_reason());
}
