//! Errors of the layers around the routes, such as the guard, in the form of the API that was called.

use super::{fever::error::FeverError, greader::error::GreaderError, miniflux::error::MinifluxError};
use crate::error::AppError;
use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

/// The error as the API at this path answers it, which pages of any origin may read as they may read its other answers; `None` when it
/// is the path of no such API.
pub fn layer_error_response(error: &AppError, path: &str) -> Option<Response> {
    let starts_with = |paths: &[&str]| paths.iter().any(|start| path.starts_with(start));
    let error = error.clone();
    let mut response = if starts_with(&["/v1/", "/healthcheck"]) {
        MinifluxError(error).into_response()
    } else if starts_with(&["/fever", "/api/fever.php"]) {
        FeverError(error).into_response()
    } else if starts_with(&["/reader/", "/accounts/", "/api/greader.php"]) {
        GreaderError(error).into_response()
    } else {
        return None;
    };
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::layer_error_response;
    use crate::error::AppError;
    use axum::body::to_bytes;

    #[tokio::test]
    async fn each_api_gets_its_own_form_of_an_error() {
        let said = "Something went wrong inside Gleaner.";
        let hint = "See the server log for the cause, then try again.";
        let miniflux = format!("{{\"error_message\":\"{said} {hint}\"}}");
        let fever = format!("{{\"api_version\":3,\"error\":\"{said}\"}}");
        let greader = format!("{said} {hint}");
        for (path, kind, body) in [
            ("/v1/entries", "application/json", &miniflux),
            ("/healthcheck", "application/json", &miniflux),
            ("/fever/", "application/json", &fever),
            ("/api/fever.php", "application/json", &fever),
            ("/reader/api/0/token", "text/plain; charset=utf-8", &greader),
            ("/accounts/ClientLogin", "text/plain; charset=utf-8", &greader),
            ("/api/greader.php/reader/api/0/tag/list", "text/plain; charset=utf-8", &greader),
        ] {
            let answer = layer_error_response(&AppError::internal(), path).expect("an API");
            assert_eq!(
                (answer.status().as_u16(), &answer.headers()["content-type"]),
                (500, &kind.parse().expect("a value"))
            );
            assert_eq!(answer.headers()["access-control-allow-origin"], "*", "{path}");
            let found = to_bytes(answer.into_body(), 1_000).await.expect("read");
            assert_eq!(String::from_utf8_lossy(&found), *body, "{path}");
        }
        for path in ["/", "/api/feeds", "/out/0f.atom", "/fn/x"] {
            assert!(layer_error_response(&AppError::internal(), path).is_none(), "{path}");
        }
    }
}
