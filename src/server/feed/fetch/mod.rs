//! The guarded client: the only way out to feeds and sites. Every connection, of every redirect, goes to an address that was
//! checked at the moment of connecting.

mod address;
mod freshness;
mod resolve;
mod trouble;

pub use address::is_public;

use crate::{
    domain::{
        feed_check::Validators,
        feed_problem::{Problem, ProblemKind},
        time::Timestamp,
        url::FeedUrl,
    },
    server::config::FetchConfig,
};
use address::Guard;
use reqwest::{
    Response, StatusCode,
    header::{self, HeaderMap, HeaderName, HeaderValue},
    redirect,
};
use std::{sync::Arc, time::Duration};

/// Longer chains of redirects are loops.
const MOST_REDIRECTS: usize = 8;
const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, \
                      text/xml;q=0.9, text/html;q=0.5, */*;q=0.1";

/// Fetches feeds and pages; refuses addresses that are not public.
#[derive(Clone, Debug)]
pub struct Client {
    /// `None` when the system's TLS could not be set up; every fetch says so.
    http: Option<reqwest::Client>,
    guard: Arc<Guard>,
    timeout: Duration,
    max_bytes: u64,
}

/// What a server answered.
#[derive(Clone, Debug)]
pub enum Answer {
    /// 304.
    Unchanged(Fetched),
    /// 200 with a body.
    Document(Fetched, Document),
}

/// What every good answer tells.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// As sent with this answer; for a 304 only what it brought.
    pub validators: Validators,
    /// `Cache-Control: max-age` or `Expires`.
    pub fresh_until: Option<Timestamp>,
    /// Where the address has moved to for good.
    pub moved_to: Option<FeedUrl>,
}

/// A body, decompressed.
#[derive(Clone, Debug)]
pub struct Document {
    /// The address that answered, after redirects.
    pub url: FeedUrl,
    pub content_type: Option<String>,
    pub bytes: Vec<u8>,
}

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{problem}")]
pub struct Failure {
    pub problem: Problem,
    /// `Retry-After`: not to be asked before.
    pub retry_after: Option<Timestamp>,
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self { problem, retry_after: None }
    }
}

impl Client {
    /// A client by the settings.
    pub fn new(config: &FetchConfig) -> Self {
        let guard = Arc::new(Guard::new(config.allow_networks.clone()));
        let http = reqwest::Client::builder()
            .user_agent(&config.user_agent)
            .dns_resolver(Arc::new(resolve::Resolver::new(guard.clone())))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(config.timeout.min(Duration::from_secs(10)))
            .pool_max_idle_per_host(config.concurrency)
            .pool_idle_timeout(Duration::from_secs(30))
            .build()
            .inspect_err(|error| tracing::error!(%error, "feeds cannot be fetched"))
            .ok();
        Self { http, guard, timeout: config.timeout, max_bytes: config.max_bytes }
    }

    /// Asks for a document, conditionally when there are validators. `now` turns the server's durations into moments.
    pub async fn get(&self, url: &FeedUrl, validators: &Validators, now: Timestamp) -> Result<Answer, Failure> {
        tokio::time::timeout(self.timeout, self.follow(url, validators, now)).await.unwrap_or_else(|_| {
            let seconds = self.timeout.as_secs();
            Err(Problem::new(ProblemKind::Timeout, format!("{} did not answer within {seconds} s.", host(url))).into())
        })
    }

    async fn follow(&self, url: &FeedUrl, validators: &Validators, now: Timestamp) -> Result<Answer, Failure> {
        let mut at = url.clone();
        let mut moved_to = None;
        let mut only_permanent = true;
        for _ in 0..=MOST_REDIRECTS {
            self.guard.check_literal(&at)?;
            let response = self.ask(&at, validators).await?;
            let status = response.status();
            if let Some(permanent) = redirects(status) {
                let target = location(&response, &at)?;
                only_permanent &= permanent;
                if only_permanent {
                    moved_to = Some(target.clone());
                }
                at = target;
                continue;
            }
            let headers = response.headers();
            let fetched = Fetched {
                validators: Validators {
                    etag: text(headers, header::ETAG),
                    last_modified: text(headers, header::LAST_MODIFIED),
                },
                fresh_until: freshness::fresh_until(headers, now),
                moved_to,
            };
            return match status {
                StatusCode::NOT_MODIFIED if validators.any() => Ok(Answer::Unchanged(fetched)),
                status if status.is_success() => {
                    let content_type = text(headers, header::CONTENT_TYPE);
                    let bytes = self.body(response, &at).await?;
                    Ok(Answer::Document(fetched, Document { url: at, content_type, bytes }))
                }
                status => Err(Failure {
                    problem: trouble::of_status(status, &host(&at)),
                    retry_after: freshness::retry_after(headers, now),
                }),
            };
        }
        Err(Problem::new(ProblemKind::Redirects, format!("{} redirects more than {MOST_REDIRECTS} times.", host(url)))
            .into())
    }

    async fn ask(&self, url: &FeedUrl, validators: &Validators) -> Result<Response, Problem> {
        let Some(http) = &self.http else {
            return Err(Problem::new(
                ProblemKind::Tls,
                "This system's encryption could not be set up; the log says why.",
            ));
        };
        let mut request = http.get(url.as_url().clone()).header(header::ACCEPT, ACCEPT);
        for (name, value) in
            [(header::IF_NONE_MATCH, &validators.etag), (header::IF_MODIFIED_SINCE, &validators.last_modified)]
        {
            if let Some(value) = value.as_deref().and_then(|v| HeaderValue::from_bytes(&latin1(v)).ok()) {
                request = request.header(name, value);
            }
        }
        request.send().await.map_err(|e| trouble::of_request(&e, url))
    }

    /// Reads the body, decompressed, up to the limit: what a server says of its length is only a first hint.
    async fn body(&self, mut response: Response, url: &FeedUrl) -> Result<Vec<u8>, Problem> {
        let too_large = || {
            let limit = self.max_bytes >> 20;
            Problem::new(ProblemKind::TooLarge, format!("{} sends more than {limit} MiB.", host(url)))
        };
        let announced = response.content_length().unwrap_or(0);
        if announced > self.max_bytes {
            return Err(too_large());
        }
        let mut bytes = Vec::with_capacity(usize::try_from(announced).unwrap_or(0).min(1 << 20));
        while let Some(chunk) = response.chunk().await.map_err(|e| trouble::of_request(&e, url))? {
            if (bytes.len() + chunk.len()) as u64 > self.max_bytes {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

/// Whether a status is a redirect, and whether a permanent one.
fn redirects(status: StatusCode) -> Option<bool> {
    match status.as_u16() {
        301 | 308 => Some(true),
        302 | 303 | 307 => Some(false),
        _ => None,
    }
}

fn location(response: &Response, at: &FeedUrl) -> Result<FeedUrl, Problem> {
    let Some(target) = text(response.headers(), header::LOCATION) else {
        return Err(Problem::new(ProblemKind::Redirects, format!("{} redirects without saying where to.", host(at))));
    };
    at.join(&target)
        .map_err(|e| Problem::new(ProblemKind::Redirects, format!("{} redirects to no usable address: {e}", host(at))))
}

/// A header's value, byte for byte: each becomes the character of the same number.
fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).map(|v| v.as_bytes().iter().map(|b| char::from(*b)).collect())
}

/// The bytes that [`text`] read.
fn latin1(text: &str) -> Vec<u8> {
    text.chars().filter_map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

fn host(url: &FeedUrl) -> String {
    url.as_url().host_str().unwrap_or_default().to_owned()
}
