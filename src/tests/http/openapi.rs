//! The OpenAPI document describes exactly the existing routes. docs/api.md is made from it.

use crate::support::test_app::TestApp;
use gleaner::server::http::json::openapi_document as document;
use reqwest::Method;
use serde_json::Value;
use std::{collections::BTreeSet, fmt::Write as _};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

pub(super) fn openapi_document() -> Value {
    serde_json::to_value(document()).expect("JSON")
}

/// (path, method, operation), in the order of the document.
pub(super) fn operations(api: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = api["paths"].as_object().expect("paths");
    paths
        .iter()
        .flat_map(|(path, item)| METHODS.into_iter().filter_map(move |m| Some((path.as_str(), m, item.get(m)?))))
        .collect()
}

#[tokio::test]
async fn every_documented_route_answers_and_no_other() {
    let app = TestApp::start().await;
    let api = openapi_document();
    let served = app.get("/api/openapi.json").await;
    assert_eq!(served.json(), api);
    assert!(api["openapi"].as_str().expect("a version").starts_with("3.1"));
    let documented: Vec<(&str, &str)> = operations(&api).iter().map(|(path, method, _)| (*path, *method)).collect();
    for path in documented.iter().map(|(path, _)| *path) {
        for method in METHODS {
            // A method that is refused shows that the path is known; one that is let in is stopped by the id or the media type,
            // so that this test does nothing.
            let refused = method_refused(&app, path, method).await;
            assert_eq!(refused, !documented.contains(&(path, method)), "{method} {path}");
        }
    }
}

/// Whether a path does not take a method, from the Allow header of an answer to one that no path takes.
async fn method_refused(app: &TestApp, path: &str, method: &str) -> bool {
    let concrete = path.replace("{id}", "not-a-number").replace("{name}", "none");
    let answer = app.send(app.request(Method::TRACE, &concrete)).await;
    assert_eq!(answer.status, 405, "{path}: {}", answer.body);
    let allowed = answer.header("allow").to_ascii_lowercase();
    !allowed.split(',').any(|word| word.trim() == method)
}

#[test]
fn routes_of_the_specification_exist() {
    let api = openapi_document();
    let documented: Vec<String> = operations(&api).iter().map(|(path, method, _)| format!("{method} {path}")).collect();
    for route in [
        "get /api/articles",
        "get /api/articles/{id}",
        "patch /api/articles/{id}",
        "post /api/articles/{id}/full-text",
        "patch /api/articles/{id}/full-text",
        "post /api/articles/mark-read",
        "post /api/articles/undo",
        "get /api/feeds",
        "post /api/feeds",
        "patch /api/feeds/{id}",
        "delete /api/feeds/{id}",
        "post /api/feeds/refresh",
        "post /api/feeds/{id}/refresh",
        "get /api/folders",
        "post /api/folders",
        "patch /api/folders/{id}",
        "delete /api/folders/{id}",
        "get /api/rules",
        "post /api/rules",
        "post /api/rules/test",
        "get /api/rules/{id}",
        "patch /api/rules/{id}",
        "delete /api/rules/{id}",
        "post /api/rules/{id}/apply",
        "post /api/rules/{id}/undo",
        "post /api/articles/{id}/show",
        "get /api/retention",
        "put /api/retention",
        "post /api/retention/test",
        "post /api/retention/run",
        "get /api/searches",
        "post /api/searches",
        "patch /api/searches/{id}",
        "delete /api/searches/{id}",
        "get /api/categories",
        "post /api/categories",
        "patch /api/categories/{id}",
        "delete /api/categories/{id}",
        "get /api/preferences",
        "put /api/preferences",
        "get /api/opml",
        "post /api/opml",
        "get /api/scoring/status",
        "post /api/scoring/rescore",
        "post /api/scoring/rescore/cancel",
        "post /api/scoring/pause",
        "post /api/scoring/resume",
        "get /api/models",
        "get /api/ollama/health",
        "get /api/ollama/models",
        "get /api/ollama/config",
        "put /api/ollama/config",
        "get /api/ollama/prompts",
        "get /api/ollama/options",
        "put /api/ollama/options",
        "get /api/ollama/download-status",
        "post /api/ollama/models/pull",
        "post /api/ollama/models/pull/cancel",
        "delete /api/ollama/models/{name}",
        "post /api/ollama/models/{name}/load",
        "post /api/ollama/models/{name}/unload",
        "post /api/ollama/models/{name}/test",
        "post /api/chat",
        "get /api/conversations",
        "post /api/conversations",
        "get /api/conversations/{id}",
        "delete /api/conversations/{id}",
        "get /api/events",
        "get /api/openapi.json",
    ] {
        assert!(documented.iter().any(|d| d == route), "{route}");
    }
}

/// What the pages do by a server function, and what a program calls for the same.
const ROUTES_OF_SERVER_FUNCTIONS: [(&str, &str); 111] = [
    ("rules/all", "get /api/rules"),
    ("rules/form", "post /api/rules/test"),
    ("rules/save", "post /api/rules"),
    ("rules/move", "patch /api/rules/{id}"),
    ("rules/remove", "delete /api/rules/{id}"),
    ("rules/apply", "post /api/rules/{id}/apply"),
    ("rules/undo", "post /api/rules/{id}/undo"),
    ("articles/show", "post /api/articles/{id}/show"),
    ("retention/all", "get /api/retention"),
    ("retention/save", "put /api/retention"),
    ("retention/run", "post /api/retention/run"),
    ("articles/list", "get /api/articles"),
    ("search/results", "get /api/articles"),
    ("articles/open", "get /api/articles/{id}"),
    ("articles/mark", "patch /api/articles/{id}"),
    ("articles/mark-all-read", "post /api/articles/mark-read"),
    ("articles/undo", "post /api/articles/undo"),
    ("articles/rescore", "post /api/scoring/rescore"),
    ("articles/fetch-full-text", "post /api/articles/{id}/full-text"),
    ("articles/show-text", "patch /api/articles/{id}/full-text"),
    ("articles/media-position", "put /api/articles/{id}/media-position"),
    ("feeds/add-pack", "post /api/starter-packs/{name}"),
    ("first-run/end", "delete /api/first-run"),
    ("feeds/save-request", "put /api/feeds/{id}/request"),
    ("categories/all", "get /api/categories"),
    ("categories/overview", "get /api/categories/suggestions"),
    ("categories/suggestions/accept", "post /api/categories/suggestions/{id}/accept"),
    ("categories/suggestions/merge", "post /api/categories/suggestions/{id}/merge"),
    ("categories/suggestions/refuse", "post /api/categories/suggestions/{id}/refuse"),
    ("categories/one", "get /api/categories"),
    ("categories/add", "post /api/categories"),
    ("categories/weigh", "patch /api/categories/{id}"),
    ("categories/save", "patch /api/categories/{id}"),
    ("categories/hide", "patch /api/categories/{id}"),
    ("categories/merge", "post /api/categories/{id}/merge"),
    ("categories/remove", "delete /api/categories/{id}"),
    ("categories/seen", "post /api/categories/acknowledge"),
    ("chat/list", "get /api/conversations"),
    ("chat/open", "get /api/conversations/{id}"),
    ("chat/ask", "post /api/conversations/{id}/messages"),
    ("chat/stop", "post /api/conversations/{id}/stop"),
    ("chat/again", "post /api/conversations/{id}/again"),
    ("chat/rename", "patch /api/conversations/{id}"),
    ("chat/delete", "delete /api/conversations/{id}"),
    ("feeds/all", "get /api/feeds"),
    ("feeds/one", "get /api/feeds/{id}"),
    ("feeds/rescore", "post /api/scoring/rescore"),
    ("feeds/add", "post /api/feeds"),
    ("feeds/add-several", "post /api/feeds"),
    ("feeds/save", "patch /api/feeds/{id}"),
    ("feeds/remove", "delete /api/feeds/{id}"),
    ("feeds/refresh-forced", "post /api/feeds/{id}/refresh"),
    ("feeds/refresh", "post /api/feeds/{id}/refresh"),
    ("feeds/refresh-all", "post /api/feeds/refresh"),
    ("servers/all", "get /api/servers"),
    ("servers/add", "post /api/servers"),
    ("servers/save", "put /api/servers/{id}"),
    ("servers/test", "post /api/servers/{id}/test"),
    ("servers/remove", "delete /api/servers/{id}"),
    ("folders/add", "post /api/folders"),
    ("folders/rename", "patch /api/folders/{id}"),
    ("folders/remove", "delete /api/folders/{id}"),
    ("searches/all", "get /api/searches"),
    ("searches/save", "post /api/searches"),
    ("searches/edit", "patch /api/searches/{id}"),
    ("searches/move", "patch /api/searches/{id}"),
    ("searches/remove", "delete /api/searches/{id}"),
    ("searches/outgoing", "get /api/searches/{id}/feed"),
    ("searches/outgoing/renew", "put /api/searches/{id}/feed"),
    ("searches/outgoing/off", "delete /api/searches/{id}/feed"),
    ("ollama/check", "post /api/ollama/check"),
    ("ollama/delete", "delete /api/ollama/models/{name}"),
    ("ollama/library", "get /api/ollama/library"),
    ("ollama/load", "post /api/ollama/models/{name}/load"),
    ("ollama/models", "put /api/ollama/config"),
    ("ollama/options", "put /api/ollama/options"),
    ("ollama/options/show", "get /api/ollama/options"),
    ("ollama/test", "post /api/ollama/models/{name}/test"),
    ("ollama/overview", "get /api/ollama/models"),
    ("ollama/pull", "post /api/ollama/models/pull"),
    ("ollama/pull/cancel", "post /api/ollama/models/pull/cancel"),
    ("ollama/pull/dismiss", "post /api/ollama/models/pull/dismiss"),
    ("ollama/pull/first", "post /api/ollama/models/pull/first"),
    ("ollama/pull/preview", "get /api/ollama/manifest"),
    ("ollama/copy", "post /api/ollama/copy"),
    ("ollama/versions", "get /api/ollama/versions"),
    ("ollama/versions/check", "post /api/ollama/versions/check"),
    ("ollama/versions/lock", "post /api/ollama/versions/lock"),
    ("ollama/versions/sync", "post /api/ollama/versions/sync"),
    ("ollama/versions/pull-again", "post /api/ollama/versions/pull-again"),
    ("ollama/versions/use-earlier", "post /api/ollama/versions/use-earlier"),
    ("ollama/versions/remove-earlier", "post /api/ollama/versions/remove-earlier"),
    ("ollama/unload", "post /api/ollama/models/{name}/unload"),
    ("preferences/get", "get /api/preferences"),
    ("preferences/settings", "get /api/preferences"),
    ("preferences/interests", "put /api/preferences"),
    ("preferences/save", "put /api/preferences"),
    ("theme", "put /api/preferences"),
    ("registry/overview", "get /api/registry/variants"),
    ("registry/import", "post /api/registry/import"),
    ("registry/deprecate", "patch /api/registry/variants/{name}"),
    ("registry/undeprecate", "patch /api/registry/variants/{name}"),
    ("registry/roles", "patch /api/registry/variants/{name}"),
    ("registry/backfill", "post /api/registry/backfill"),
    ("scoring/status", "get /api/scoring/status"),
    ("scoring/rescore-preview", "post /api/scoring/rescore"),
    ("scoring/prompts", "get /api/ollama/prompts"),
    ("scoring/pause", "post /api/scoring/pause"),
    ("scoring/retry-failed", "post /api/scoring/rescore"),
    ("scoring/reevaluate", "post /api/scoring/rescore"),
    ("scoring/cancel-rescore", "post /api/scoring/rescore/cancel"),
];

/// Server functions without a route of their own, and why.
const WITHOUT_ROUTE: [(&str, &str); 28] = [
    ("access/end", "the login is for browsers; a token must not change who is let in"),
    ("access/factor/begin", "the login is for browsers; a token must not change who is let in"),
    ("access/factor/cancel", "the login is for browsers; a token must not change who is let in"),
    ("access/factor/confirm", "the login is for browsers; a token must not change who is let in"),
    ("access/factor/off", "the login is for browsers; a token must not change who is let in"),
    ("access/factor/renew", "the login is for browsers; a token must not change who is let in"),
    ("access/login", "the login is for browsers; a token must not change who is let in"),
    ("access/login/code", "the login is for browsers; a token must not change who is let in"),
    ("access/login/options", "the login is for browsers; a token must not change who is let in"),
    ("access/login/passkey", "the login is for browsers; a token must not change who is let in"),
    ("access/login/passkey/begin", "the login is for browsers; a token must not change who is let in"),
    ("access/logout", "the login is for browsers; a token must not change who is let in"),
    ("access/mode", "the login is for browsers; a token must not change who is let in"),
    ("access/overview", "the login is for browsers; a token must not change who is let in"),
    ("access/passkeys/add", "the login is for browsers; a token must not change who is let in"),
    ("access/passkeys/begin", "the login is for browsers; a token must not change who is let in"),
    ("access/passkeys/remove", "the login is for browsers; a token must not change who is let in"),
    ("access/passkeys/rename", "the login is for browsers; a token must not change who is let in"),
    ("access/password", "the login is for browsers; a token must not change who is let in"),
    ("access/seen", "the login is for browsers; a token must not change who is let in"),
    ("access/setup", "the login is for browsers; a token must not change who is let in"),
    ("devices/add", "a token must not make or end others"),
    ("devices/addresses", "it is for the page of devices: a program knows the address that it asks"),
    ("devices/all", "a token must not make or end others"),
    ("devices/revoke", "a token must not make or end others"),
    ("devices/view", "a token must not make or end others"),
    ("frame", "the sidebar puts together feeds, folders, categories and counts, each of which has a route"),
    ("status", "the page puts together scoring status, health, failed articles and feeds, each of which has a route"),
];

#[test]
fn every_server_function_has_a_route() {
    let api = openapi_document();
    let documented: BTreeSet<String> =
        operations(&api).iter().map(|(path, method, _)| format!("{method} {path}")).collect();
    let mapped = ROUTES_OF_SERVER_FUNCTIONS.iter();
    for (function, route) in mapped.clone() {
        assert!(documented.contains(*route), "{function}: there is no {route}");
    }
    let known: BTreeSet<&str> = mapped.chain(&WITHOUT_ROUTE).map(|(function, _)| *function).collect();
    let there: BTreeSet<&str> =
        server_fn::axum::server_fn_paths().map(|(path, _)| path.trim_start_matches("/fn/")).collect();
    assert_eq!(there, known);
}

#[test]
fn requests_refuse_fields_that_they_do_not_name() {
    let api = openapi_document();
    for (path, method, operation) in operations(&api) {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
        let Some(name) = schema.as_str().and_then(|reference| reference.rsplit('/').next()) else { continue };
        assert_eq!(api["components"]["schemas"][name]["additionalProperties"], false, "{method} {path} {name}");
    }
}

#[test]
fn the_reference_is_up_to_date() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/api.md");
    let made = render_reference(&openapi_document());
    if std::fs::read_to_string(file).unwrap_or_default() != made {
        std::fs::write(file, made).expect("docs/api.md can be written");
        panic!("docs/api.md was out of date and has been made anew: commit it");
    }
}

fn render_reference(api: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut page =
        String::from("# The JSON API\n\n<!-- Made from the OpenAPI document by a test; do not edit. -->\n\n");
    let _ = writeln!(page, "{}\n\nThe same for programs: `/api/openapi.json`.", text(&api["info"]["description"]));
    let _ = writeln!(
        page,
        "\nErrors: `{{\"error\":{{\"kind\":\"not_found\",\"message\":\"…\",\"hint\":\"…\",\"field\":\"…\",\"link\":null}}}}`."
    );
    for tag in api["tags"].as_array().into_iter().flatten() {
        let _ = writeln!(page, "\n## {}\n\n{}", capitalize(&text(&tag["name"])), text(&tag["description"]));
        for (path, method, operation) in operations(api) {
            if operation["tags"][0] == tag["name"] {
                render_operation(&mut page, path, method, operation);
            }
        }
    }
    let _ = writeln!(page, "\n## Bodies");
    for (name, schema) in api["components"]["schemas"].as_object().into_iter().flatten() {
        let _ = writeln!(page, "\n### {name}\n\n{}\n", text(&schema["description"]));
        let parts = schema["allOf"].as_array().cloned().unwrap_or_else(|| vec![schema.clone()]);
        for part in &parts {
            if part["$ref"].is_string() {
                let _ = writeln!(page, "- all of {}", schema_type(part));
            }
            for (field, about) in part["properties"].as_object().into_iter().flatten() {
                let about_text = text(&about["description"]).replace('\n', " ");
                let dash = if about_text.is_empty() { "" } else { " — " };
                let _ = writeln!(page, "- `{field}`: {}{dash}{about_text}", schema_type(about));
            }
        }
    }
    page
}

fn render_operation(page: &mut String, path: &str, method: &str, operation: &Value) {
    let summary = operation["summary"].as_str().unwrap_or_default();
    let _ = writeln!(page, "\n### `{} {path}`\n\n{summary}\n", method.to_uppercase());
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let about = parameter["description"].as_str().unwrap_or_default();
        let dash = if about.is_empty() { "" } else { " — " };
        let name = parameter["name"].as_str().unwrap_or_default();
        let _ = writeln!(page, "- `{name}`: {}{dash}{about}", schema_type(&parameter["schema"]));
    }
    for (media, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
        let _ = writeln!(page, "- takes {} ({media})", schema_type(&content["schema"]));
    }
    for (status, response) in operation["responses"].as_object().into_iter().flatten().filter(|(s, _)| *s != "default")
    {
        let bodies = response["content"].as_object().into_iter().flatten();
        let bodies: Vec<String> =
            bodies.map(|(media, content)| format!(" {} ({media})", schema_type(&content["schema"]))).collect();
        let body = bodies.join(" or");
        let about =
            response["description"].as_str().filter(|d| !d.is_empty()).map_or_else(String::new, |d| format!(" {d}"));
        let _ = writeln!(page, "- {status}:{about}{body}");
    }
}

/// A schema in a word or two.
fn schema_type(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(options) = schema["oneOf"].as_array() {
        let kinds: Vec<String> = options.iter().map(schema_type).collect();
        return kinds.join(" or ");
    }
    match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        Value::String(array) if array == "array" => format!("array of {}", schema_type(&schema["items"])),
        Value::String(word) => word.clone(),
        _ => "anything".into(),
    }
}

fn capitalize(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
