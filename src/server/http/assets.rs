//! Serves the files of the browser half that are embedded in the binary: precompressed, with ETags; hashed names are immutable.

use crate::components::layout::assets::AssetUrls;
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;

/// The site that cargo-leptos built. In debug builds it is read from the folder at run time.
#[derive(RustEmbed)]
#[folder = "target/site"]
#[exclude = "*.d.ts"]
#[exclude = "*.d.ts.*"]
struct EmbeddedSite;

/// The names of script, wasm and style as this build has them.
pub fn asset_names() -> AssetUrls {
    let all: Vec<_> = EmbeddedSite::iter().collect();
    let find = |extension: &str| {
        all.iter()
            .filter(|name| name.starts_with("pkg/gleaner.") && name.ends_with(extension))
            // A folder of a debug build may hold both; the unhashed one is the newest there.
            .min_by_key(|name| name.len())
            .map(|name| format!("/{name}"))
    };
    let unhashed = AssetUrls::default();
    AssetUrls {
        js: find(".js").unwrap_or(unhashed.js),
        wasm: find(".wasm").unwrap_or(unhashed.wasm),
        css: find(".css").unwrap_or(unhashed.css),
    }
}

/// The asset at `path`, if there is one, for GET and HEAD.
pub fn serve_asset(method: &Method, path: &str, headers: &HeaderMap) -> Option<Response> {
    if method != Method::GET && method != Method::HEAD {
        return None;
    }
    let name = path.trim_start_matches('/');
    // The precompressed files have no addresses of their own.
    if name.ends_with(".br") || name.ends_with(".gz") {
        return None;
    }
    let plain = EmbeddedSite::get(name)?;
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let precompressed = |encoding, suffix| {
        accepts_encoding(accepted, encoding)
            .then(|| EmbeddedSite::get(&format!("{name}{suffix}")))
            .flatten()
            .map(|file| (file, Some(encoding)))
    };
    let (file, encoding) = precompressed("br", ".br").or_else(|| precompressed("gzip", ".gz")).unwrap_or((plain, None));
    Some(asset_response(name, file.data.into_owned(), file.metadata.sha256_hash(), encoding, headers))
}

fn asset_response(
    name: &str,
    data: Vec<u8>,
    hash: [u8; 32],
    encoding: Option<&'static str>,
    request: &HeaderMap,
) -> Response {
    let etag = format!("\"{}\"", hex::encode(&hash[..16]));
    let mut headers = HeaderMap::new();
    let mut set = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(header::ETAG, &etag);
    set(header::VARY, "accept-encoding");
    set(
        header::CACHE_CONTROL,
        if is_hashed(name) { "public, max-age=31536000, immutable" } else { "public, no-cache" },
    );
    if matches_etag(request, &etag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let kind = mime_guess::from_path(name).first_or_octet_stream();
    let charset = if kind.type_() == mime_guess::mime::TEXT { "; charset=utf-8" } else { "" };
    set(header::CONTENT_TYPE, &format!("{kind}{charset}"));
    set(header::CONTENT_LENGTH, &data.len().to_string());
    if let Some(encoding) = encoding {
        set(header::CONTENT_ENCODING, encoding);
    }
    // axum leaves the body out of answers to HEAD by itself.
    (headers, Body::from(data)).into_response()
}

/// Whether a name carries the hash that cargo-leptos puts in: `gleaner.<22 characters>.js`.
fn is_hashed(name: &str) -> bool {
    let Some(file) = name.strip_prefix("pkg/") else { return false };
    file.split('.').rev().nth(1).is_some_and(|part| part.len() == 22 && file.matches('.').count() >= 2)
}

/// Whether an Accept-Encoding header allows `encoding`.
fn accepts_encoding(header: &str, encoding: &str) -> bool {
    header.split(',').any(|part| {
        let mut words = part.split(';').map(str::trim);
        let named = words.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        named && !words.any(|word| word.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()) == Some(0.0))
    })
}

/// Whether `If-None-Match` names a tag, which is in quotes.
pub(super) fn matches_etag(request: &HeaderMap, etag: &str) -> bool {
    request.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).is_some_and(|given| {
        given.split(',').map(|tag| tag.trim().trim_start_matches("W/")).any(|tag| tag == etag || tag == "*")
    })
}

#[cfg(test)]
mod tests {
    use super::{accepts_encoding, asset_response, is_hashed};
    use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

    #[test]
    fn assets_are_revalidated_by_their_tag() {
        let respond = |request: &HeaderMap| {
            let response = asset_response("pkg/gleaner.css", b"p{}".to_vec(), [7; 32], Some("br"), request);
            (response.status(), response.headers().clone())
        };
        let (status, headers) = respond(&HeaderMap::new());
        assert_eq!(status, StatusCode::OK);
        for (name, value) in [
            (header::ETAG, "\"07070707070707070707070707070707\""),
            (header::VARY, "accept-encoding"),
            (header::CACHE_CONTROL, "public, no-cache"),
            (header::CONTENT_TYPE, "text/css; charset=utf-8"),
            (header::CONTENT_LENGTH, "3"),
            (header::CONTENT_ENCODING, "br"),
        ] {
            assert_eq!(headers.get(&name), Some(&HeaderValue::from_static(value)), "{name}");
        }
        for (tag, expected) in [
            ("\"07070707070707070707070707070707\"", StatusCode::NOT_MODIFIED),
            ("W/\"other\", W/\"07070707070707070707070707070707\"", StatusCode::NOT_MODIFIED),
            ("*", StatusCode::NOT_MODIFIED),
            ("\"other\"", StatusCode::OK),
        ] {
            let request = HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(tag))]);
            assert_eq!(respond(&request).0, expected, "{tag}");
        }
    }

    #[test]
    fn quality_zero_is_a_refusal() {
        for (header, br) in
            [("gzip, deflate, br", true), ("br;q=0, gzip", false), ("BR;q=0.5", true), ("", false), ("brotli", false)]
        {
            assert_eq!(accepts_encoding(header, "br"), br, "{header}");
        }
    }

    #[test]
    fn only_hashed_names_are_cached_for_ever() {
        for (name, hashed) in [
            ("pkg/gleaner.3kP0h1lQvZyB2d9mXw7RtA.js", true),
            ("pkg/gleaner.js", false),
            ("favicon.svg", false),
            ("pkg/snippets/x/inline0.js", false),
        ] {
            assert_eq!(is_hashed(name), hashed, "{name}");
        }
    }
}
