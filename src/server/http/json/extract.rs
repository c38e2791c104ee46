//! Reading requests strictly: whatever cannot be used is refused with the name of the field.

use crate::domain::plain_text;
use crate::error::{AppError, ErrorKind};
use crate::server::http::json::error::ApiError;
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Request, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE, request::Parts},
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};

/// A JSON body. 415 without a JSON type, 413 when too large, 400 when it is no JSON or has unknown fields, 422 when a field
/// is missing or its value is not of its kind.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            let message = "The body must be JSON, with the header Content-Type: application/json.";
            return Err(ApiError(AppError::new(ErrorKind::UnsupportedMediaType, message)));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(body_error)?;
        parse_json(&bytes).map(Self).map_err(ApiError)
    }
}

/// Why the bytes of a body could not be read.
pub fn body_error(rejection: BytesRejection) -> ApiError {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return ApiError(AppError::new(ErrorKind::TooLarge, "The request body is too large."));
    }
    ApiError(AppError::new(ErrorKind::Malformed, "The request body ended early."))
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()) else { return false };
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, AppError> {
    let malformed = |message: String| AppError::new(ErrorKind::Malformed, message);
    let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|error| {
        malformed(format!("The body is not valid JSON at line {}, column {}.", error.line(), error.column()))
    })?;
    if !value.is_object() {
        return Err(malformed("The body must be a JSON object.".into()));
    }
    let mut unknown: Vec<String> = Vec::new();
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(value, &mut track);
    let parsed = serde_ignored::deserialize(tracked, |path| unknown.push(path.to_string()));
    if let Some(field) = unknown.first() {
        return Err(malformed(format!("`{}` is not a field of this request.", truncate(field)))
            .field(truncate(field))
            .hint("/api/openapi.json describes every request."));
    }
    parsed.map_err(|error| {
        let path = track.path().to_string();
        let cause = error.to_string();
        if path == "." {
            return AppError::invalid(format!("{cause}."));
        }
        AppError::invalid(format!("`{path}`: {}.", truncate(&cause))).field(path)
    })
}

fn truncate(text: &str) -> String {
    plain_text::truncate(text, 120)
}

/// Reads a parameter that is true or false, or 1 or 0.
pub fn parse_flag(name: &'static str, value: &str) -> Result<bool, AppError> {
    match value {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(AppError::invalid(format!("`{name}` is true or false.")).field(name)),
    }
}

/// The id in the address: `/api/…/{id}`.
#[derive(Clone, Copy, Debug)]
pub struct PathId(pub i64);

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let id = Path::<i64>::from_request_parts(parts, state).await;
        id.map(|Path(id)| Self(id))
            .map_err(|_| ApiError(AppError::new(ErrorKind::Malformed, "The id in the address must be a number.")))
    }
}

/// The parameters of an address, decoded, in their order.
#[derive(Debug)]
pub struct QueryParams(Vec<(String, String)>);

impl QueryParams {
    /// The parameters; 400 when there is one that is not among `known`.
    pub fn allow_only(&self, known: &[&str]) -> Result<impl Iterator<Item = (&str, &str)>, AppError> {
        if let Some((name, _)) = self.0.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            let message = format!("`{}` is not a parameter of this endpoint.", truncate(name));
            return Err(AppError::new(ErrorKind::Malformed, message).hint(format!("Allowed: {}.", known.join(", "))));
        }
        Ok(self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for QueryParams {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
    }
}

/// For a field of a PATCH that may be cleared: absent is `None`, `null` is `Some(None)`.
pub fn nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(value).map(Some)
}

#[cfg(test)]
mod tests {
    use super::{nullable, parse_json};
    use crate::error::ErrorKind;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    struct TestRequest {
        read: bool,
        #[serde(default, deserialize_with = "nullable")]
        folder: Option<Option<i64>>,
        inner: Option<TestRequestPart>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct TestRequestPart {
        size: Option<i64>,
    }

    #[test]
    fn null_and_absent_differ() {
        let read = |text: &str| parse_json::<TestRequest>(text.as_bytes()).map(|c| c.folder);
        assert_eq!(read(r#"{"read":true}"#), Ok(None));
        assert_eq!(read(r#"{"read":true,"folder":null}"#), Ok(Some(None)));
        assert_eq!(read(r#"{"read":true,"folder":3}"#), Ok(Some(Some(3))));
    }

    #[test]
    fn refusals_name_the_field() {
        for (body, kind, word) in [
            ("", ErrorKind::Malformed, "line 1"),
            ("{\"read\":tru", ErrorKind::Malformed, "line 1"),
            ("[]", ErrorKind::Malformed, "object"),
            (r#"{"read":true,"color":1}"#, ErrorKind::Malformed, "`color`"),
            (r#"{"read":true,"inner":{"sise":1}}"#, ErrorKind::Malformed, "sise"),
            (r#"{}"#, ErrorKind::Invalid, "`read`"),
            (r#"{"read":"yes"}"#, ErrorKind::Invalid, "`read`"),
            (r#"{"read":true,"inner":{"size":"big"}}"#, ErrorKind::Invalid, "`inner.size`"),
        ] {
            let error = parse_json::<TestRequest>(body.as_bytes()).expect_err(body);
            assert_eq!(error.kind, kind, "{body}");
            assert!(error.message.contains(word), "{body}: {}", error.message);
        }
    }
}
