//! The guarded client: the only way out to feeds and sites. Every connection, of every redirect, goes to an address that was
//! checked at the moment of connecting.

mod freshness;
mod problems;
mod resolve;
mod ssrf;

pub use crate::server::feed::fetch::ssrf::is_public;

use crate::server::feed::fetch::ssrf::SsrfGuard;
use crate::{
    domain::{
        feed_check::Validators,
        feed_error::{FeedError, FeedErrorKind},
        feed_url::FeedUrl,
        time::Timestamp,
    },
    server::config::FetchConfig,
};
use reqwest::{
    Response, StatusCode,
    header::{self, HeaderMap, HeaderName, HeaderValue},
    redirect,
};
use std::{sync::Arc, time::Duration};

/// Longer chains of redirects are loops.
const MAX_REDIRECTS: usize = 8;
const ACCEPT_MEDIA_TYPES: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, \
                      text/xml;q=0.9, text/html;q=0.5, */*;q=0.1";

/// Fetches feeds and pages; refuses addresses that are not public.
#[derive(Clone, Debug)]
pub struct FeedClient {
    /// `None` when the system's TLS could not be set up; every fetch says so.
    http: Option<reqwest::Client>,
    guard: Arc<SsrfGuard>,
    timeout: Duration,
    max_bytes: u64,
}

/// What a server answered.
#[derive(Clone, Debug)]
pub enum FetchResponse {
    /// 304.
    Unchanged(ResponseMetadata),
    /// 200 with a body.
    Document(ResponseMetadata, FetchedDocument),
}

/// What every good answer tells.
#[derive(Clone, Debug)]
pub struct ResponseMetadata {
    /// As sent with this answer; for a 304 only what it brought.
    pub validators: Validators,
    /// `Cache-Control: max-age` or `Expires`.
    pub fresh_until: Option<Timestamp>,
    /// Where the address has moved to for good.
    pub moved_to: Option<FeedUrl>,
}

/// A body, decompressed.
#[derive(Clone, Debug)]
pub struct FetchedDocument {
    /// The address that answered, after redirects.
    pub url: FeedUrl,
    /// Value of the `Content-Type` header.
    pub content_type: Option<String>,
    /// The body.
    pub bytes: Vec<u8>,
}

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{problem}")]
pub struct FetchError {
    /// The cause and a sentence about it.
    pub problem: FeedError,
    /// `Retry-After`: not to be asked before.
    pub retry_after: Option<Timestamp>,
}

impl From<FeedError> for FetchError {
    fn from(problem: FeedError) -> Self {
        Self { problem, retry_after: None }
    }
}

impl FeedClient {
    /// A client by the settings.
    pub fn new(config: &FetchConfig) -> Self {
        let guard = Arc::new(SsrfGuard::new(config.allow_networks.clone()));
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
    pub async fn get(
        &self,
        url: &FeedUrl,
        validators: &Validators,
        now: Timestamp,
    ) -> Result<FetchResponse, FetchError> {
        tokio::time::timeout(self.timeout, self.follow(url, validators, now)).await.unwrap_or_else(|_| {
            let seconds = self.timeout.as_secs();
            Err(FeedError::new(
                FeedErrorKind::Timeout,
                format!("{} did not respond within {seconds} s.", problems::host(url)),
            )
            .into())
        })
    }

    async fn follow(
        &self,
        url: &FeedUrl,
        validators: &Validators,
        now: Timestamp,
    ) -> Result<FetchResponse, FetchError> {
        let mut at = url.clone();
        let mut moved_to = None;
        let mut only_permanent = true;
        for _ in 0..=MAX_REDIRECTS {
            self.guard.check_ip_literal(&at)?;
            let response = self.ask(&at, validators).await?;
            let status = response.status();
            if let Some(permanent) = redirect_permanence(status) {
                let target = redirect_target(&response, &at)?;
                only_permanent &= permanent;
                if only_permanent {
                    moved_to = Some(target.clone());
                }
                at = target;
                continue;
            }
            let headers = response.headers();
            let fetched = ResponseMetadata {
                validators: Validators {
                    etag: header_text(headers, header::ETAG),
                    last_modified: header_text(headers, header::LAST_MODIFIED),
                },
                fresh_until: freshness::fresh_until(headers, now),
                moved_to,
            };
            return match status {
                StatusCode::NOT_MODIFIED if validators.has_any() => Ok(FetchResponse::Unchanged(fetched)),
                status if status.is_success() => {
                    let content_type = header_text(headers, header::CONTENT_TYPE);
                    let bytes = self.body(response, &at).await?;
                    Ok(FetchResponse::Document(fetched, FetchedDocument { url: at, content_type, bytes }))
                }
                status => Err(FetchError {
                    problem: problems::from_status(status, &problems::host(&at)),
                    retry_after: freshness::retry_after(headers, now),
                }),
            };
        }
        Err(FeedError::new(
            FeedErrorKind::Redirects,
            format!("{} redirects more than {MAX_REDIRECTS} times.", problems::host(url)),
        )
        .into())
    }

    async fn ask(&self, url: &FeedUrl, validators: &Validators) -> Result<Response, FeedError> {
        let Some(http) = &self.http else {
            return Err(FeedError::new(FeedErrorKind::Tls, "TLS could not be set up on this system; see the log."));
        };
        let mut request = http.get(url.as_url().clone()).header(header::ACCEPT, ACCEPT_MEDIA_TYPES);
        for (name, value) in
            [(header::IF_NONE_MATCH, &validators.etag), (header::IF_MODIFIED_SINCE, &validators.last_modified)]
        {
            if let Some(value) = value.as_deref().and_then(|v| HeaderValue::from_bytes(&encode_latin1(v)).ok()) {
                request = request.header(name, value);
            }
        }
        request.send().await.map_err(|e| problems::from_request_error(&e, url))
    }

    /// Reads the body, decompressed, up to the limit: what a server says of its length is only a first hint.
    async fn body(&self, mut response: Response, url: &FeedUrl) -> Result<Vec<u8>, FeedError> {
        let too_large = || {
            let limit = self.max_bytes >> 20;
            FeedError::new(FeedErrorKind::TooLarge, format!("{} sends more than {limit} MiB.", problems::host(url)))
        };
        let announced = response.content_length().unwrap_or(0);
        if announced > self.max_bytes {
            return Err(too_large());
        }
        let mut bytes = Vec::with_capacity(usize::try_from(announced).unwrap_or(0).min(1 << 20));
        while let Some(chunk) = response.chunk().await.map_err(|e| problems::from_request_error(&e, url))? {
            if (bytes.len() + chunk.len()) as u64 > self.max_bytes {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

/// Whether a status is a redirect, and whether a permanent one.
fn redirect_permanence(status: StatusCode) -> Option<bool> {
    match status.as_u16() {
        301 | 308 => Some(true),
        302 | 303 | 307 => Some(false),
        _ => None,
    }
}

fn redirect_target(response: &Response, at: &FeedUrl) -> Result<FeedUrl, FeedError> {
    let Some(target) = header_text(response.headers(), header::LOCATION) else {
        return Err(FeedError::new(
            FeedErrorKind::Redirects,
            format!("{} redirects without a target.", problems::host(at)),
        ));
    };
    at.join(&target).map_err(|e| {
        FeedError::new(FeedErrorKind::Redirects, format!("{} redirects to an unusable URL: {e}", problems::host(at)))
    })
}

/// A header's value, byte for byte: each becomes the character of the same number.
fn header_text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).map(|v| v.as_bytes().iter().map(|b| char::from(*b)).collect())
}

/// The bytes that [`header_text`] read.
fn encode_latin1(text: &str) -> Vec<u8> {
    text.chars().filter_map(|c| u8::try_from(u32::from(c)).ok()).collect()
}
