//! Requests to the API of another reader whose address the owner named. The guard lets them to the addresses of that host and, of others
//! that are not public, only to those of the settings.

use super::{problems, resolve::Resolver, ssrf::SsrfGuard};
use crate::{
    domain::{
        feed_error::{FeedError, FeedErrorKind},
        feed_url::FeedUrl,
    },
    server::config::FetchConfig,
};
use ipnet::IpNet;
use reqwest::{RequestBuilder, header, redirect};
use std::{fmt, sync::Arc, time::Duration};

/// Bytes of an answer.
const MAX_ANSWER_BYTES: usize = 64 << 20;
/// How long an answer may take: a page of articles is put together by the other reader.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);

/// What lets requests in.
#[derive(Clone, Default)]
pub enum ReaderCredentials {
    /// Nothing.
    #[default]
    None,
    /// The header `X-Auth-Token`.
    Token(String),
    /// User name and password (RFC 7617).
    Basic(String, String),
    /// The value of `Auth` that a login of the Google Reader API answered.
    GoogleLogin(String),
}

/// Tells nothing that is secret.
impl fmt::Debug for ReaderCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReaderCredentials").finish_non_exhaustive()
    }
}

/// The client for one reader.
#[derive(Clone, Debug)]
pub struct ReaderApiClient {
    http: reqwest::Client,
    guard: Arc<SsrfGuard>,
    base: FeedUrl,
    credentials: ReaderCredentials,
}

impl ReaderApiClient {
    /// A client for the reader at `base`, below which its paths are; lets requests to the addresses that the host has now.
    ///
    /// # Errors
    /// The name is unknown, or TLS cannot be set up.
    pub async fn new(config: &FetchConfig, base: FeedUrl, credentials: ReaderCredentials) -> Result<Self, FeedError> {
        let mut allowed = config.allow_networks.clone();
        allowed.extend(resolve_named_host(&base).await?);
        let guard = Arc::new(SsrfGuard::new(allowed));
        let http = reqwest::Client::builder()
            .user_agent(&config.user_agent)
            .dns_resolver(Arc::new(Resolver::new(guard.clone())))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(config.timeout.min(Duration::from_secs(10)))
            .timeout(ANSWER_TIMEOUT)
            .build()
            .map_err(|_| FeedError::new(FeedErrorKind::Tls, "TLS could not be set up on this system."))?;
        Ok(Self { http, guard, base, credentials })
    }

    /// The address of the reader.
    pub const fn base(&self) -> &FeedUrl {
        &self.base
    }

    /// The same client with other credentials.
    #[must_use]
    pub fn with_credentials(mut self, credentials: ReaderCredentials) -> Self {
        self.credentials = credentials;
        self
    }

    /// GET of a path below the base, with parameters.
    pub async fn get(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Vec<u8>, FeedError> {
        let mut url = self.resolve(path)?.as_url().clone();
        if !parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(parameters);
        }
        self.send(self.http.get(url)).await
    }

    /// POST of a form to a path below the base.
    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Result<Vec<u8>, FeedError> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.http.post(self.resolve(path)?.as_url().clone());
        self.send(request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)).await
    }

    fn resolve(&self, path: &str) -> Result<FeedUrl, FeedError> {
        let text = format!("{}/{path}", self.base.as_str().trim_end_matches('/'));
        FeedUrl::parse(&text).map_err(|error| FeedError::new(FeedErrorKind::BadAddress, error.to_string()))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Vec<u8>, FeedError> {
        self.guard.check_host(&self.base)?;
        let request = match &self.credentials {
            ReaderCredentials::None => request,
            ReaderCredentials::Token(token) => request.header("X-Auth-Token", token),
            ReaderCredentials::Basic(user, password) => request.basic_auth(user, Some(password)),
            ReaderCredentials::GoogleLogin(auth) => {
                request.header(header::AUTHORIZATION, format!("GoogleLogin auth={auth}"))
            }
        };
        let mut response = request.send().await.map_err(|error| problems::from_request_error(&error, &self.base))?;
        let (status, host) = (response.status(), problems::host(&self.base));
        if !status.is_success() {
            let (kind, message) = match status.as_u16() {
                401 | 403 => {
                    (FeedErrorKind::Denied, format!("{host} does not accept the credentials (HTTP {status})."))
                }
                404 => (FeedErrorKind::Missing, format!("There is no such API at {} (HTTP 404).", self.base)),
                300..=399 => {
                    (FeedErrorKind::Redirects, format!("{} redirects: name the address that it leads to.", self.base))
                }
                _ => (FeedErrorKind::Status, format!("{host} responded with HTTP {status}.")),
            };
            return Err(FeedError::new(kind, message));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) =
            response.chunk().await.map_err(|error| problems::from_request_error(&error, &self.base))?
        {
            if bytes.len() + chunk.len() > MAX_ANSWER_BYTES {
                let limit = MAX_ANSWER_BYTES >> 20;
                return Err(FeedError::new(
                    FeedErrorKind::TooLarge,
                    format!("{host} sends more than {limit} MiB at once."),
                ));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

/// The addresses of a host, each as a network of its own.
async fn resolve_named_host(base: &FeedUrl) -> Result<Vec<IpNet>, FeedError> {
    let host = problems::host(base);
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let found = tokio::net::lookup_host((name, 0)).await;
    let unknown = |_| FeedError::new(FeedErrorKind::Dns, format!("The host name {host} cannot be resolved."));
    Ok(found.map_err(unknown)?.map(|address| IpNet::from(address.ip())).collect())
}
