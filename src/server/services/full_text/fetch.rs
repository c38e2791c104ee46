//! Fetching a page by the same rules as a feed: robots.txt first, then through the guarded client, which spaces requests to a host.

use crate::{
    domain::{
        feed_check::Validators,
        feed_error::{FeedError, FeedErrorKind},
        feed_url::FeedUrl,
        full_text::FullTextProblem,
        safe_html::SafeHtml,
        time::Timestamp,
    },
    server::{
        blocking::ParseKind,
        feed::{
            fetch::{FetchError, FetchResponse, FetchedDocument, OriginRequest},
            parse::charset,
            robots::{ROBOTS_PATH, RobotsRules},
        },
        html::extraction::extract_article,
        state::App,
    },
};
use std::sync::Arc;

/// Why there is no text.
#[derive(Clone, Debug)]
pub(super) struct PageFailure {
    pub problem: FullTextProblem,
    /// The host asked not to be asked before.
    pub not_before: Option<Timestamp>,
}

impl PageFailure {
    pub const fn new(problem: FullTextProblem) -> Self {
        Self { problem, not_before: None }
    }
}

/// The article of a page, sanitized.
pub(super) async fn fetch_article(
    app: &App,
    url: &FeedUrl,
    request: Option<&OriginRequest>,
) -> Result<SafeHtml, PageFailure> {
    check_robots(app, url).await?;
    let FetchedDocument { url: answered, content_type, bytes, .. } =
        fetch(app, url, request).await.map_err(page_failure)?;
    if answered.authority() != url.authority() {
        check_robots(app, &answered).await?;
    }
    if !is_web_page(content_type.as_deref(), &bytes) {
        return Err(PageFailure::new(FullTextProblem::NotAPage));
    }
    let extracted = app.parse_pool.run(ParseKind::Article, move |_| {
        extract_article(&charset::decode(&bytes, content_type.as_deref()), answered.as_url())
    });
    // Pages are read by code of others: what it cannot read has no text.
    extracted.await.unwrap_or(Err(FullTextProblem::NoText)).map_err(PageFailure::new)
}

async fn check_robots(app: &App, page: &FeedUrl) -> Result<(), PageFailure> {
    let host = format!("{}://{}", page.as_url().scheme(), page.authority());
    let now = app.clock.now();
    let rules = match app.robots.find(&host, now) {
        Some(rules) => rules,
        None => {
            let file = page.join(ROBOTS_PATH).map_err(|_| PageFailure::new(FullTextProblem::NotAPage))?;
            let rules = match fetch(app, &file, None).await {
                Ok(document) => RobotsRules::parse(&document.bytes),
                // Nothing was asked, so nothing is known.
                Err(error) if error.host_paused_until.is_some() => return Err(page_failure(error)),
                Err(error) => RobotsRules::after_failure(error.problem.kind),
            };
            let rules = Arc::new(rules);
            app.robots.store(host, rules.clone(), now);
            rules
        }
    };
    match rules.allows(page) {
        Ok(true) => Ok(()),
        Ok(false) => Err(PageFailure::new(FullTextProblem::Robots)),
        Err(kind) => Err(PageFailure::new(problem_of(kind))),
    }
}

async fn fetch(app: &App, url: &FeedUrl, request: Option<&OriginRequest>) -> Result<FetchedDocument, FetchError> {
    match app.feed_client.get_with(url, &Validators::default(), app.clock.now(), request).await? {
        FetchResponse::Document(_, document) => Ok(document),
        // Never without validators.
        FetchResponse::Unchanged(_) => Err(FeedError::new(FeedErrorKind::Status, "An answer without a body.").into()),
    }
}

fn page_failure(error: FetchError) -> PageFailure {
    let until = error.host_paused_until.or(error.retry_after.map(|wish| wish.until));
    PageFailure { problem: problem_of(error.problem.kind), not_before: until }
}

const fn problem_of(kind: FeedErrorKind) -> FullTextProblem {
    match kind {
        FeedErrorKind::Private => FullTextProblem::Private,
        FeedErrorKind::Timeout => FullTextProblem::Timeout,
        FeedErrorKind::TooLarge => FullTextProblem::TooLarge,
        FeedErrorKind::Redirects => FullTextProblem::Redirects,
        FeedErrorKind::Denied => FullTextProblem::Denied,
        FeedErrorKind::Missing | FeedErrorKind::Gone => FullTextProblem::Missing,
        FeedErrorKind::TooOften => FullTextProblem::TooOften,
        FeedErrorKind::Server => FullTextProblem::Server,
        FeedErrorKind::Tls => FullTextProblem::Tls,
        FeedErrorKind::Dns | FeedErrorKind::Unreachable | FeedErrorKind::Transfer | FeedErrorKind::TooManyOpenFiles => {
            FullTextProblem::Unreachable
        }
        FeedErrorKind::BadAddress
        | FeedErrorKind::Status
        | FeedErrorKind::WebPage
        | FeedErrorKind::Empty
        | FeedErrorKind::NotAFeed
        | FeedErrorKind::Crashed => FullTextProblem::NoText,
    }
}

/// By its type; without one by its beginning.
fn is_web_page(content_type: Option<&str>, bytes: &[u8]) -> bool {
    let kind = content_type.and_then(|kind| kind.split(';').next()).map(|kind| kind.trim().to_ascii_lowercase());
    match kind.as_deref() {
        Some("text/html" | "application/xhtml+xml") => true,
        Some("" | "text/plain" | "application/xml" | "text/xml") | None => {
            bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
        }
        Some(_) => false,
    }
}
