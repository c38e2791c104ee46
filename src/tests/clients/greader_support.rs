//! A Gleaner asked as readers of Google Reader's API ask it.

use super::support::ClientApp;
use crate::support::test_app::TestResponse;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use url::form_urlencoded::Serializer;

/// A device that logged in.
pub struct GreaderClient {
    pub client: ClientApp,
    pub token: String,
}

impl GreaderClient {
    pub async fn start() -> Self {
        let client = ClientApp::start().await;
        let token = log_in(&client).await;
        Self { client, token }
    }

    /// A request with the token in its header. `path` follows `/reader/api/0/`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let path = format!("/reader/api/0/{path}");
        self.client.app.request(method, &path).header("authorization", format!("GoogleLogin auth={}", self.token))
    }

    /// GET, which must succeed.
    pub async fn get(&self, path: &str) -> Value {
        let answer = self.client.app.send(self.request(Method::GET, path)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }

    /// POST of a form.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> TestResponse {
        self.client.app.send(with_form(self.request(Method::POST, path), form)).await
    }

    /// POST of a form, which must be answered with `OK`.
    pub async fn change(&self, path: &str, form: &[(&str, &str)]) {
        let answer = self.post(path, form).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "OK"), "{path} {form:?}");
    }

    /// The ids of a list.
    pub async fn ids(&self, query: &str) -> Vec<i64> {
        refs_in(&self.get(&format!("stream/items/ids?{query}")).await)
    }
}

/// The token that the device gets for its password.
pub async fn log_in(client: &ClientApp) -> String {
    let secrets = &client.secrets;
    let form = [("Email", secrets.username.as_str()), ("Passwd", secrets.password.as_str())];
    let answer = client.app.send(with_form(client.app.request(Method::POST, "/accounts/ClientLogin"), &form)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let token = answer.body.lines().find_map(|line| line.strip_prefix("Auth="));
    token.expect("a token").to_owned()
}

pub fn with_form(request: RequestBuilder, form: &[(&str, &str)]) -> RequestBuilder {
    let body = Serializer::new(String::new()).extend_pairs(form).finish();
    request.header("content-type", "application/x-www-form-urlencoded").body(body)
}

/// The ids of an answer of `stream/items/ids`.
pub fn refs_in(answer: &Value) -> Vec<i64> {
    let refs = answer["itemRefs"].as_array().expect("a list").iter();
    refs.map(|item| item["id"].as_str().expect("a text").parse().expect("decimal")).collect()
}
