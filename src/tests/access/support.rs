//! A Gleaner with a password, and simulated browsers.

use crate::support::test_app::{TestApp, TestResponse};
use gleaner::server::{
    config::Config,
    services::access::password::{NewPassword, set_password},
};
use reqwest::{Method, StatusCode};

/// The owner's password in these tests.
pub const PASSWORD: &str = "correct horse battery";

/// With a password.
pub async fn start_closed(change: impl FnOnce(&mut Config)) -> TestApp {
    let app = TestApp::with(change).await;
    let new = NewPassword { password: PASSWORD.into(), repeated: PASSWORD.into() };
    set_password(&app.app, new).await.expect("a valid password");
    app
}

/// A browser with its User-Agent and its cookie.
#[derive(Clone, Debug)]
pub struct Browser {
    pub user_agent: &'static str,
    /// `name=value`; empty before the login.
    pub cookie: String,
}

impl Browser {
    /// Firefox on Linux, not logged in.
    pub fn firefox() -> Self {
        Self {
            user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            cookie: String::new(),
        }
    }

    /// Safari on an iPhone, not logged in.
    pub fn safari() -> Self {
        Self {
            user_agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1",
            cookie: String::new(),
        }
    }

    fn request(&self, app: &TestApp, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = app.request(method, path).header("user-agent", self.user_agent).header("accept", "text/html");
        if self.cookie.is_empty() { request } else { request.header("cookie", &self.cookie) }
    }

    /// Opens a page.
    pub async fn get(&self, app: &TestApp, path: &str) -> TestResponse {
        app.send(self.request(app, Method::GET, path)).await
    }

    /// Sends a form without JavaScript; takes a cookie that the answer sets.
    pub async fn post(&mut self, app: &TestApp, path: &str, fields: &[(&str, &str)]) -> TestResponse {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self
            .request(app, Method::POST, path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .header("referer", format!("{}/", app.url));
        let answer = app.send(request.body(body)).await;
        if let Some(cookie) = answer.headers.get("set-cookie").and_then(|value| value.to_str().ok()) {
            self.cookie = cookie.split(';').next().expect("a pair").to_owned();
        }
        answer
    }

    /// Logs in.
    pub async fn log_in(&mut self, app: &TestApp, name: &str, password: &str) -> TestResponse {
        self.post(app, "/fn/access/login", &[("name", name), ("password", password), ("next", "/feeds?view=all")]).await
    }

    /// Logs in as the owner.
    pub async fn logged_in(mut self, app: &TestApp) -> Self {
        let answer = self.log_in(app, "owner", PASSWORD).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::FOUND, "/feeds?view=all"), "{answer:?}");
        self
    }

    /// Whether the inbox is shown, rather than the login.
    pub async fn is_let_in(&self, app: &TestApp) -> bool {
        let page = self.get(app, "/").await;
        assert!(page.status == StatusCode::OK || page.header("location").starts_with("/login"), "{page:?}");
        page.status == StatusCode::OK
    }
}
