//! A scripted feed server on loopback that records its requests.

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
    task::JoinHandle,
};

/// The reply to requests for a path.
#[derive(Clone, Debug)]
pub struct FeedReply {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
    hangs: bool,
    is_held: bool,
    authorization: Option<String>,
}

impl FeedReply {
    /// 200 with a body of the type given.
    pub fn ok(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: body.into(),
            hangs: false,
            is_held: false,
            authorization: None,
        }
        .header("content-type", content_type)
    }

    /// 200 with a feed.
    pub fn feed(body: impl Into<Vec<u8>>) -> Self {
        Self::ok("application/xml", body)
    }

    /// A status without a body.
    pub fn status(status: u16) -> Self {
        let status = StatusCode::from_u16(status).expect("a status code");
        Self { status, headers: HeaderMap::new(), body: Vec::new(), hangs: false, is_held: false, authorization: None }
    }

    /// A redirect.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::status(status).header("location", location)
    }

    /// Takes the request and never answers.
    pub fn hang() -> Self {
        Self { hangs: true, ..Self::status(200) }
    }

    /// Answers 401 to requests without exactly this `Authorization` header.
    #[must_use]
    pub fn only_with(mut self, authorization: &str) -> Self {
        self.authorization = Some(authorization.to_owned());
        self
    }

    /// Waits for [`FeedServer::release`] before it answers.
    #[must_use]
    pub fn held(self) -> Self {
        Self { is_held: true, ..self }
    }

    /// Adds a header whose value is any bytes.
    #[must_use]
    pub fn header_bytes(mut self, name: &'static str, value: &[u8]) -> Self {
        let value = HeaderValue::from_bytes(value).expect("a header's value");
        self.headers.insert(HeaderName::from_static(name), value);
        self
    }

    /// Adds a header. With `etag` or `last-modified` the server answers 304 to requests with exactly that validator.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
        self.headers.insert(name, HeaderValue::from_bytes(value.as_bytes()).expect("a header's value"));
        self
    }
}

/// A received request.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    pub path: String,
    pub headers: HeaderMap,
}

impl ReceivedRequest {
    /// A header's value as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }
}

#[derive(Debug)]
struct FeedScript {
    replies: HashMap<String, FeedReply>,
    asked: Vec<ReceivedRequest>,
    /// How many, for those who wait.
    count: watch::Sender<usize>,
    /// Permits for held replies.
    releases: Arc<Semaphore>,
    /// Held requests, and their maximum so far.
    held: (usize, usize),
}

/// A running feed server; stops when dropped.
#[derive(Debug)]
pub struct FeedServer {
    pub addr: SocketAddr,
    script: Arc<Mutex<FeedScript>>,
    task: JoinHandle<()>,
}

impl FeedServer {
    /// Listens on a free port of 127.0.0.1.
    pub async fn start() -> Self {
        Self::start_on("127.0.0.1:0").await
    }

    /// Listens on the given address.
    pub async fn start_on(addr: &str) -> Self {
        let listener = TcpListener::bind(addr).await.expect("a free port");
        let addr = listener.local_addr().expect("an address");
        let script = Arc::new(Mutex::new(FeedScript {
            replies: HashMap::new(),
            asked: Vec::new(),
            count: watch::Sender::default(),
            releases: Arc::new(Semaphore::new(0)),
            held: (0, 0),
        }));
        let router = Router::new().fallback(serve_reply).with_state(script.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
        Self { addr, script, task }
    }

    /// The address of a path on this server.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// Sets the reply to `path` (with its query). Other paths answer 404.
    pub fn on(&self, path: &str, reply: FeedReply) {
        self.script.lock().expect("not poisoned").replies.insert(path.to_owned(), reply);
    }

    /// Every request so far, first to last.
    pub fn asked(&self) -> Vec<ReceivedRequest> {
        self.script.lock().expect("not poisoned").asked.clone()
    }

    /// Waits until `count` requests were received.
    pub async fn wait_for_requests(&self, count: usize) {
        let mut asked = self.script.lock().expect("not poisoned").count.subscribe();
        asked.wait_for(|n| *n >= count).await.expect("the server is there");
    }

    /// Releases `count` held replies.
    pub fn release(&self, count: usize) {
        self.script.lock().expect("not poisoned").releases.add_permits(count);
    }

    /// The most requests that were held at once.
    pub fn most_held_at_once(&self) -> usize {
        self.script.lock().expect("not poisoned").held.1
    }

    /// Requests for one path so far.
    pub fn requests_for(&self, path: &str) -> Vec<ReceivedRequest> {
        self.asked().into_iter().filter(|a| a.path == path).collect()
    }
}

impl Drop for FeedServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve_reply(State(script): State<Arc<Mutex<FeedScript>>>, request: Request) -> Response {
    let path = request.uri().path_and_query().map_or_else(|| "/".to_owned(), |p| p.as_str().to_owned());
    let (reply, releases) = {
        let mut script = script.lock().expect("not poisoned");
        let reply = script.replies.get(&path).cloned().unwrap_or_else(|| FeedReply::status(404));
        if reply.is_held {
            script.held.0 += 1;
            script.held.1 = script.held.1.max(script.held.0);
        }
        script.asked.push(ReceivedRequest { path: path.clone(), headers: request.headers().clone() });
        script.count.send_modify(|n| *n += 1);
        (reply, script.releases.clone())
    };
    if reply.hangs {
        std::future::pending::<()>().await;
    }
    if reply.is_held {
        releases.acquire().await.expect("never closed").forget();
        script.lock().expect("not poisoned").held.0 -= 1;
    }
    if reply.authorization.is_some()
        && reply.authorization.as_deref()
            != request.headers().get("authorization").and_then(|value| value.to_str().ok())
    {
        let mut denied = Response::new(Body::empty());
        *denied.status_mut() = StatusCode::UNAUTHORIZED;
        return denied;
    }
    let known = |ours: HeaderName, theirs: HeaderName| {
        reply.headers.get(ours).is_some_and(|value| request.headers().get(theirs) == Some(value))
    };
    let unchanged = reply.status == StatusCode::OK
        && (known(header::ETAG, header::IF_NONE_MATCH) || known(header::LAST_MODIFIED, header::IF_MODIFIED_SINCE));
    let (status, body) =
        if unchanged { (StatusCode::NOT_MODIFIED, Body::empty()) } else { (reply.status, Body::from(reply.body)) };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = reply.headers;
    response
}

/// An RSS 2.0 document with a title and entries given as (guid, title, HTML body).
pub fn rss_document(title: &str, entries: &[(&str, &str, &str)]) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>{title}</title><link>https://example.org/</link>"
    );
    for (guid, title, body) in entries {
        out.push_str(&format!(
            "<item><guid isPermaLink=\"false\">{guid}</guid><title>{title}</title><link>https://example.org/{guid}</link>\
             <pubDate>Wed, 01 Jul 2026 10:00:00 GMT</pubDate><description><![CDATA[{body}]]></description></item>"
        ));
    }
    out.push_str("</channel></rss>");
    out
}
