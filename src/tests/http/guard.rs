//! The guard: unsafe requests of other sites and unknown host names are refused.

use crate::support::test_app::TestApp;
use reqwest::{Method, StatusCode};

#[tokio::test]
async fn a_live_process_answers_with_the_security_headers() {
    let app = TestApp::start().await;
    let answer = app.get("/healthz").await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "ok\n"));
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    assert!(answer.header("content-security-policy").contains("default-src 'none'"));
    assert!(!answer.header("permissions-policy").is_empty());
    app.finish().await;
}

#[tokio::test]
async fn unsafe_requests_of_other_sites_are_refused() {
    let app = TestApp::start().await;
    let own = app.url.clone();
    let other_scheme = own.replace("http://", "https://");
    type OriginCase<'a> = (&'a str, &'a [(&'a str, &'a str)], bool);
    let cases: &[OriginCase] = &[
        ("/fn/x", &[("sec-fetch-site", "same-origin")], true),
        ("/fn/x", &[("sec-fetch-site", "none")], true),
        ("/fn/x", &[("sec-fetch-site", "same-site")], false),
        ("/fn/x", &[("sec-fetch-site", "cross-site")], false),
        ("/api/x", &[("sec-fetch-site", "cross-site")], false),
        ("/fn/x", &[("sec-fetch-site", "cross-site"), ("origin", &own)], false),
        ("/fn/x", &[("origin", &own)], true),
        ("/fn/x", &[("origin", &other_scheme)], true),
        ("/fn/x", &[("origin", "http://evil.example")], false),
        ("/fn/x", &[("origin", "http://127.0.0.1:1")], false),
        ("/fn/x", &[("origin", "null")], false),
        ("/fn/x", &[], false),
        ("/fn/x", &[("referer", &format!("{own}/articles/1?view=all"))], true),
        ("/fn/x", &[("referer", &own)], true),
        ("/api/x", &[("referer", &format!("{own}/")), ("cookie", "a=b")], true),
        ("/fn/x", &[("referer", "http://evil.example/")], false),
        ("/fn/x", &[("referer", &format!("http://evil.example/?{own}/"))], false),
        ("/fn/x", &[("referer", &format!("{own}.evil.example/"))], false),
        ("/fn/x", &[("referer", &format!("http://a@evil.example#{own}"))], false),
        ("/fn/x", &[("referer", "/articles/1")], false),
        ("/fn/x", &[("referer", ""), ("cookie", "a=b")], false),
        ("/fn/x", &[("referer", &format!("{own}/")), ("origin", "null")], false),
        ("/fn/x", &[("referer", &format!("{own}/")), ("sec-fetch-site", "cross-site")], false),
        ("/api/x", &[], true),
        ("/api/x", &[("cookie", "a=b")], false),
        ("/api/x", &[("referer", "http://evil.example/")], false),
        ("/apis", &[], false),
    ];
    for (path, headers, passes) in cases {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let request =
                headers.iter().fold(app.request(method.clone(), path), |r, (name, value)| r.header(*name, *value));
            let status = app.send(request).await.status;
            assert_eq!(status != StatusCode::FORBIDDEN, *passes, "{method} {path} {headers:?} → {status}");
        }
        // Reading is never refused for where it comes from.
        let request =
            headers.iter().fold(app.request(Method::GET, "/healthz"), |r, (name, value)| r.header(*name, *value));
        assert_eq!(app.send(request).await.status, StatusCode::OK, "{headers:?}");
    }
    app.finish().await;
}

#[tokio::test]
async fn unknown_hosts_are_refused() {
    let app = TestApp::with(|config| config.hosts = vec!["gleaner.lan".into()]).await;
    for (host, passes) in [
        ("localhost", true),
        ("LOCALHOST:3000", true),
        ("reader.localhost", true),
        ("127.0.0.1:1", true),
        ("127.9.9.9", true),
        ("[::1]:3000", true),
        ("gleaner.lan", true),
        ("gleaner.lan.:80", true),
        ("evil.example", false),
        ("localhost.evil.example", false),
        ("gleaner.lan.evil.example", false),
        ("192.168.1.5", false),
        ("me@localhost", false),
    ] {
        let answer = app.send(app.request(Method::GET, "/healthz").header("host", host)).await;
        assert_eq!(answer.status == StatusCode::OK, passes, "{host} → {}", answer.body);
        if !passes {
            assert_eq!(answer.json()["error"]["kind"], "forbidden", "{host}");
        }
    }
    app.finish().await;
}

/// A proxy that does not pass on the Host header puts its own name for Gleaner there.
#[tokio::test]
async fn a_proxy_that_changes_the_host_is_named_as_the_cause() {
    let app = TestApp::with(|config| config.hosts = vec!["news.example".into()]).await;
    for (host, origin, told) in [
        (
            "127.0.0.1:3000",
            Some("http://news.example"),
            "The page is at news.example, but the request came with the Host header",
        ),
        ("gleaner_backend", Some("http://news.example"), "The host name gleaner_backend is not allowed."),
        ("gleaner_backend", None, "The host name gleaner_backend is not allowed."),
    ] {
        let request = app.request(Method::POST, "/fn/theme").header("host", host).header("accept", "text/html");
        let request = origin.iter().fold(request, |request, origin| request.header("origin", *origin));
        let answer = app.send(request).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{host}");
        assert!(answer.body.contains(told), "{host}: {}", answer.body);
        assert!(answer.body.contains("proxy_set_header Host $http_host;"), "{host}: {}", answer.body);
    }
    let request = app.request(Method::POST, "/fn/theme").header("origin", "null").header("accept", "text/html");
    assert!(app.send(request).await.body.contains("A cross-site request was blocked"), "an origin without a name");
    app.finish().await;
}
