//! The last exchanges of a feed with its server, on the page of the feed.

use crate::{
    components::layout::time_element::TimeElement,
    domain::feed_exchange::{ExchangeRecord, FeedExchange},
};
use leptos::prelude::*;

/// All of them, newest first; nothing before the first check.
#[component]
pub fn FeedExchangesPanel(exchanges: Vec<FeedExchange>) -> impl IntoView {
    let lines = exchanges.into_iter().map(|exchange| view! { <ExchangeLine exchange /> }).collect_view();
    (!lines.is_empty()).then(|| {
        view! {
            <section class="panel" id="exchanges" aria-labelledby="exchanges-title">
                <h2 id="exchanges-title">"Last exchanges with the server"</h2>
                <ul class="lines">{lines}</ul>
                <p class="muted">"Passwords, cookies and your own headers are never kept."</p>
            </section>
        }
    })
}

#[component]
fn ExchangeLine(exchange: FeedExchange) -> impl IntoView {
    let (facts, reason) = (exchange.facts(), exchange.next_reason());
    let FeedExchange { at, record, decision, next } = exchange;
    let ExchangeRecord { url, redirects, request_headers, status, response_headers, .. } = record;
    let status = status.map_or_else(|| "none".to_owned(), |status| status.to_string());
    let redirects =
        redirects.into_iter().map(|redirect| view! { <dt>"Redirect"</dt> <dd>{redirect}</dd> }).collect_view();
    view! {
        <li>
            <details>
                <summary><TimeElement at /> " · " {facts} " · " {decision}</summary>
                <dl class="facts">
                    {redirects}
                    <dt>"Request"</dt>
                    <dd><code>"GET " {url}</code></dd>
                    <HeaderFacts headers=request_headers />
                    <dt>"Answer"</dt>
                    <dd>{status}</dd>
                    <HeaderFacts headers=response_headers />
                </dl>
            </details>
            <p class="muted">
                "Next check: " {next.map_or_else(|| "none".into_any(), |next| view! { <TimeElement at=next.at /> }.into_any())} ", " {reason} "."
            </p>
        </li>
    }
}

#[component]
fn HeaderFacts(headers: Vec<(String, String)>) -> impl IntoView {
    headers.into_iter().map(|(name, value)| view! { <dt>{name}</dt> <dd>{value}</dd> }).collect_view()
}
