//! The address of a server with OpenAI's API.

use crate::server::models::ollama::address::OllamaAddressError;
use url::Url;

/// Reads `host:port`, or a URL with or without `/v1` at the end. The result ends in `/v1/`, so that paths can be joined.
///
/// # Errors
/// Another scheme than http(s), credentials in the address, or a text that is no address.
pub fn parse(text: &str) -> Result<Url, OllamaAddressError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(OllamaAddressError::Unreadable);
    }
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let mut url = Url::parse(&with_scheme).map_err(|_| OllamaAddressError::Unreadable)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(OllamaAddressError::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(OllamaAddressError::Credentials);
    }
    if url.host().is_none() || url.query().is_some() || url.fragment().is_some() {
        return Err(OllamaAddressError::Unreadable);
    }
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/v1").unwrap_or(path).to_owned();
    url.set_path(&format!("{path}/v1/"));
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::{OllamaAddressError, parse};

    #[test]
    fn forms_of_addresses() {
        for (text, url) in [
            ("gpu:8000", "http://gpu:8000/v1/"),
            ("http://10.0.0.5:8000", "http://10.0.0.5:8000/v1/"),
            ("http://10.0.0.5:8000/v1", "http://10.0.0.5:8000/v1/"),
            (" https://box/llm/v1/ ", "https://box/llm/v1/"),
            ("http://[fd00::2]:1234/", "http://[fd00::2]:1234/v1/"),
        ] {
            assert_eq!(parse(text).map(String::from), Ok(url.to_owned()), "{text}");
        }
        for (text, error) in [
            ("", OllamaAddressError::Unreadable),
            ("ftp://x", OllamaAddressError::Scheme),
            ("http://me:secret@x", OllamaAddressError::Credentials),
            ("http://x/?key=1", OllamaAddressError::Unreadable),
            ("http://", OllamaAddressError::Unreadable),
        ] {
            assert_eq!(parse(text), Err(error), "{text}");
        }
    }
}
