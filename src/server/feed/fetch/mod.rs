//! The guarded HTTP client for feeds and sites. Every connection, also after a redirect, goes to an address that was checked when
//! it was opened.

mod deflate;
mod exchange;
mod feed_request;
mod freshness;
mod header_text;
mod host_limiter;
mod problems;
mod reader_api;
mod redirects;
mod resolve;
mod ssrf;

pub use crate::server::feed::fetch::ssrf::is_public;
pub use feed_request::{FeedRequest, MAX_HEADER_VALUE_BYTES, origin};
pub use reader_api::{ReaderApiClient, ReaderCredentials};

use crate::server::feed::fetch::{
    exchange::ExchangeRecorder,
    header_text::{encode_latin1, header_text, utf8_text},
    host_limiter::{HostLimiter, HostPermit, PausePolicy},
    problems::is_about_host,
    redirects::{redirect_permanence, redirect_target},
    ssrf::SsrfGuard,
};
use crate::{
    domain::{
        feed_check::Validators,
        feed_error::{FeedError, FeedErrorKind},
        feed_exchange::ExchangeRecord,
        feed_url::FeedUrl,
        time::Timestamp,
    },
    server::{
        blocking::{ParseKind, ParsePool},
        clock::Clock,
        config::FetchConfig,
    },
};
use reqwest::{
    Response, StatusCode,
    header::{self, HeaderMap, HeaderValue},
    redirect,
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Maximum redirects that are followed.
const MAX_REDIRECTS: usize = 8;
const ACCEPT_MEDIA_TYPES: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, \
                      text/xml;q=0.9, text/html;q=0.5, */*;q=0.1";

/// Fetches feeds and pages; refuses addresses that are not public.
#[derive(Clone, Debug)]
pub struct FeedClient {
    /// `None` when the system's TLS could not be set up; then every fetch fails.
    http: Option<reqwest::Client>,
    user_agent: String,
    guard: Arc<SsrfGuard>,
    hosts: Arc<HostLimiter>,
    timeout: Duration,
    max_bytes: u64,
    parse_pool: ParsePool,
}

/// What requests to an origin ([`origin`]) carry.
pub type OriginRequest = (String, FeedRequest);

/// What a server answered.
#[derive(Clone, Debug)]
pub enum FetchResponse {
    /// 304.
    Unchanged(ResponseMetadata),
    /// 200 with a body.
    Document(ResponseMetadata, FetchedDocument),
}

/// The metadata of every successful answer.
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
    /// Values of the `Link` headers (RFC 8288).
    pub link_headers: Vec<String>,
    /// The body.
    pub bytes: Vec<u8>,
    /// Whether the body is still in the content coding `deflate`; it never is outside of this module.
    is_deflated: bool,
}

/// What a host asked for with `Retry-After`, or by refusing a request (429 and 503) without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryAfter {
    /// When it may be asked again.
    pub until: Timestamp,
    /// The host, when the pause is for all of it (429 and 503), as [`FeedUrl::authority`] gives it.
    pub host: Option<String>,
}

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{problem}")]
pub struct FetchError {
    /// The cause and a sentence about it.
    pub problem: FeedError,
    /// The pause that the answer asks for.
    pub retry_after: Option<RetryAfter>,
    /// No request was made: the host asked for a pause until then.
    pub host_paused_until: Option<Timestamp>,
}

impl From<FeedError> for FetchError {
    fn from(problem: FeedError) -> Self {
        Self { problem, retry_after: None, host_paused_until: None }
    }
}

/// The answer to one request of a chain of redirects.
enum HopResponse {
    Redirect { target: FeedUrl, is_permanent: bool },
    Final(Box<FetchResponse>),
}

impl FeedClient {
    /// A client by the settings; pauses go by `clock`. Bodies are unpacked on `parse_pool`.
    pub fn new(config: &FetchConfig, clock: Clock, parse_pool: ParsePool) -> Self {
        let guard = Arc::new(SsrfGuard::new(config.allow_networks.clone()));
        let http = reqwest::Client::builder()
            .user_agent(&config.user_agent)
            .dns_resolver(Arc::new(resolve::Resolver::new(guard.clone())))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .referer(false)
            // Decoded here, since servers send two codings under this name.
            .no_deflate()
            .connect_timeout(config.timeout.min(Duration::from_secs(10)))
            // A host is asked once an hour, and idle connections to thousands of hosts would use up the open files.
            .pool_max_idle_per_host(0)
            .build()
            .inspect_err(|error| tracing::error!(%error, "feeds cannot be fetched"))
            .ok();
        let hosts = Arc::new(HostLimiter::new(clock, config.per_host_concurrency, config.per_host_spacing));
        let (user_agent, timeout, max_bytes) = (config.user_agent.clone(), config.timeout, config.max_bytes);
        Self { http, user_agent, guard, hosts, timeout, max_bytes, parse_pool }
    }

    /// Requests a document, conditionally when there are validators. The server's durations count from `now`. Waits until the
    /// host's limits allow a request; fails during a pause that the host asked for.
    pub async fn get(
        &self,
        url: &FeedUrl,
        validators: &Validators,
        now: Timestamp,
    ) -> Result<FetchResponse, FetchError> {
        self.get_with(url, validators, now, None).await
    }

    /// As [`FeedClient::get`], with what requests to one origin carry.
    pub async fn get_with(
        &self,
        url: &FeedUrl,
        validators: &Validators,
        now: Timestamp,
        request: Option<&OriginRequest>,
    ) -> Result<FetchResponse, FetchError> {
        self.exchange(url, Some(validators), now, request).await.0
    }

    /// As [`FeedClient::get_with`], with what was sent and answered, if anything was. Without validators also during a pause that the
    /// host asked for.
    pub async fn exchange(
        &self,
        url: &FeedUrl,
        validators: Option<&Validators>,
        now: Timestamp,
        request: Option<&OriginRequest>,
    ) -> (Result<FetchResponse, FetchError>, Option<ExchangeRecord>) {
        let policy = if validators.is_some() { PausePolicy::Respect } else { PausePolicy::Ignore };
        let (none, mut recorder) = (Validators::default(), ExchangeRecorder::default());
        let validators = validators.unwrap_or(&none);
        let answer = self.follow(url, validators, now, (policy, request), &mut recorder).await;
        (answer, recorder.finish())
    }

    /// Lets no request to a host ([`FeedUrl::authority`]) be made before `until`.
    pub fn pause_host(&self, host: &str, until: Timestamp) {
        self.hosts.pause(host, until);
    }

    /// Follows redirects. Only requests count against the timeout, not the wait for a host.
    async fn follow(
        &self,
        url: &FeedUrl,
        validators: &Validators,
        now: Timestamp,
        (policy, request): (PausePolicy, Option<&OriginRequest>),
        recorder: &mut ExchangeRecorder,
    ) -> Result<FetchResponse, FetchError> {
        let mut at = url.clone();
        let mut moved_to = None;
        let mut only_permanent = true;
        let mut permit: Option<HostPermit> = None;
        let mut time_left = self.timeout;
        for _ in 0..=MAX_REDIRECTS {
            self.guard.check_host(&at)?;
            let host = at.authority();
            if permit.as_ref().is_none_or(|permit| permit.host() != host) {
                // Never two hosts at once, so that no two chains wait for each other.
                drop(permit.take());
                permit = Some(self.hosts.acquire(&host, policy).await.map_err(|until| host_paused(&at, until))?);
            }
            let started = Instant::now();
            let response =
                tokio::time::timeout(time_left, self.request_hop(&at, validators, now, request, recorder)).await;
            recorder.add_time(started.elapsed());
            time_left = time_left.saturating_sub(started.elapsed());
            match response.map_err(|_| self.timeout_problem(url))?? {
                HopResponse::Redirect { target, is_permanent } => {
                    only_permanent &= is_permanent;
                    if only_permanent {
                        moved_to = Some(target.clone());
                    }
                    recorder.redirect(&target);
                    at = target;
                }
                HopResponse::Final(mut response) => {
                    let (FetchResponse::Unchanged(metadata) | FetchResponse::Document(metadata, _)) = &mut *response;
                    metadata.moved_to = moved_to;
                    if let FetchResponse::Document(_, document) = &mut *response {
                        self.unpack(document).await?;
                        recorder.body(document.bytes.len());
                    }
                    return Ok(*response);
                }
            }
        }
        Err(FeedError::new(
            FeedErrorKind::Redirects,
            format!("{} redirects more than {MAX_REDIRECTS} times.", problems::host(url)),
        )
        .into())
    }

    fn timeout_problem(&self, url: &FeedUrl) -> FeedError {
        let seconds = self.timeout.as_secs();
        let message = format!("{} did not respond within {seconds} s.", problems::host(url));
        FeedError::new(FeedErrorKind::Timeout, message)
    }

    async fn request_hop(
        &self,
        at: &FeedUrl,
        validators: &Validators,
        now: Timestamp,
        request: Option<&OriginRequest>,
        recorder: &mut ExchangeRecorder,
    ) -> Result<HopResponse, FetchError> {
        let response = self.ask(at, validators, request, recorder).await?;
        let status = response.status();
        if !is_about_host(status) {
            self.hosts.record_answer(&at.authority());
        }
        if let Some(is_permanent) = redirect_permanence(status) {
            return Ok(HopResponse::Redirect { target: redirect_target(&response, at)?, is_permanent });
        }
        let headers = response.headers();
        let metadata = ResponseMetadata {
            validators: Validators {
                etag: header_text(headers, header::ETAG),
                last_modified: header_text(headers, header::LAST_MODIFIED),
            },
            fresh_until: freshness::fresh_until(headers, now),
            moved_to: None,
        };
        if status == StatusCode::NOT_MODIFIED && validators.has_any() {
            return Ok(HopResponse::Final(Box::new(FetchResponse::Unchanged(metadata))));
        }
        if !status.is_success() {
            return Err(self.status_error(status, headers, at, now));
        }
        let content_type = header_text(headers, header::CONTENT_TYPE);
        let link_headers = headers.get_all(header::LINK).iter().map(utf8_text).collect();
        let coding = headers.get(header::CONTENT_ENCODING);
        let is_deflated = coding.is_some_and(|coding| coding.as_bytes().eq_ignore_ascii_case(b"deflate"));
        let bytes = self.body(response, at).await?;
        let document = FetchedDocument { url: at.clone(), content_type, link_headers, bytes, is_deflated };
        Ok(HopResponse::Final(Box::new(FetchResponse::Document(metadata, document))))
    }

    /// An answer that is neither a document nor a redirect. A pause that the host asks for begins here, whatever its length.
    fn status_error(&self, status: StatusCode, headers: &HeaderMap, at: &FeedUrl, now: Timestamp) -> FetchError {
        let host = is_about_host(status).then(|| at.authority());
        let retry_after = match (freshness::retry_after(headers, now), host) {
            (Some(until), host) => {
                host.iter().for_each(|host| self.hosts.pause(host, until));
                Some(RetryAfter { until, host })
            }
            (None, Some(host)) => Some(RetryAfter { until: self.hosts.pause_by_default(&host), host: Some(host) }),
            (None, None) => None,
        };
        let problem = problems::from_status(status, &problems::host(at));
        FetchError { problem, retry_after, host_paused_until: None }
    }

    async fn ask(
        &self,
        url: &FeedUrl,
        validators: &Validators,
        own: Option<&OriginRequest>,
        recorder: &mut ExchangeRecorder,
    ) -> Result<Response, FeedError> {
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
        // A redirect to another origin gets none of it.
        let own = own.filter(|(of, _)| *of == origin(url)).map(|(_, own)| own);
        if let Some(own) = own {
            request = own.add_to(request);
        }
        let to_problem = |error: reqwest::Error| problems::from_request_error(&error, url);
        let request = request.build().map_err(to_problem)?;
        recorder.begin(url, request.headers(), &self.user_agent, own);
        let response = http.execute(request).await.map_err(to_problem)?;
        recorder.answer(response.status(), response.headers());
        Ok(response)
    }

    /// Reads the body up to the limit, decompressed unless its coding is `deflate`: the length that a server announces is only a
    /// first hint.
    async fn body(&self, mut response: Response, url: &FeedUrl) -> Result<Vec<u8>, FeedError> {
        let announced = response.content_length().unwrap_or(0);
        if announced > self.max_bytes {
            return Err(self.size_problem(url));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(announced).unwrap_or(0).min(1 << 20));
        while let Some(chunk) = response.chunk().await.map_err(|e| problems::from_request_error(&e, url))? {
            if (bytes.len() + chunk.len()) as u64 > self.max_bytes {
                return Err(self.size_problem(url));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// Decodes the coding `deflate`, which may enlarge a body greatly, on the pool.
    async fn unpack(&self, document: &mut FetchedDocument) -> Result<(), FeedError> {
        if !std::mem::take(&mut document.is_deflated) {
            return Ok(());
        }
        let (packed, max_bytes) = (std::mem::take(&mut document.bytes), self.max_bytes);
        let unpacked = self.parse_pool.run(ParseKind::Body, move |limit| deflate::inflate(&packed, max_bytes, limit));
        document.bytes = unpacked
            .await
            .map_err(|_| FeedError::new(FeedErrorKind::NotAFeed, "The response could not be decompressed."))?;
        if document.bytes.len() as u64 > max_bytes { Err(self.size_problem(&document.url)) } else { Ok(()) }
    }

    fn size_problem(&self, url: &FeedUrl) -> FeedError {
        let limit = self.max_bytes >> 20;
        FeedError::new(FeedErrorKind::TooLarge, format!("{} sends more than {limit} MiB.", problems::host(url)))
    }
}

/// The error for a host that is not requested because of its pause.
fn host_paused(url: &FeedUrl, until: Timestamp) -> FetchError {
    let message = format!("{} asked for a pause until {}.", problems::host(url), until.format_readable());
    FetchError {
        problem: FeedError::new(FeedErrorKind::TooOften, message),
        retry_after: None,
        host_paused_until: Some(until),
    }
}
