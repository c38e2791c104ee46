//! The address of Ollama in every form that Ollama itself takes for `OLLAMA_HOST`.

use std::net::IpAddr;
use url::Url;

const DEFAULT_PORT: u16 = 11434;

/// Why a text is not an address of Ollama. The text is not repeated: it may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OllamaAddressError {
    /// The scheme is not http or https.
    #[error("it begins neither with http:// nor with https://")]
    Scheme,
    /// The address contains credentials.
    #[error(
        "leave the user name and password out of the address; they go into ollama.basic_auth, a token into ollama.bearer_token"
    )]
    Credentials,
    /// The text is not an address.
    #[error("it is not an address; write it like http://127.0.0.1:11434")]
    Unreadable,
}

/// Reads `host`, `host:port`, `:port`, an IPv6 address, a full URL with an optional path prefix, or nothing (the default).
/// The addresses "any interface" (`0.0.0.0`, `[::]`) mean this machine. The result ends in `/` so that paths can be joined.
///
/// # Errors
/// Another scheme than http(s), credentials in the address, or a text that is no address.
pub fn parse(text: &str) -> Result<Url, OllamaAddressError> {
    let text = text.trim().trim_matches(['"', '\'']).trim();
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let default_port = match scheme.to_ascii_lowercase().as_str() {
        "" => DEFAULT_PORT,
        "http" => 80,
        "https" => 443,
        _ => return Err(OllamaAddressError::Scheme),
    };
    let scheme = if scheme.eq_ignore_ascii_case("https") { "https" } else { "http" };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if authority.contains('@') {
        return Err(OllamaAddressError::Credentials);
    }
    let (host, port) = split_port(authority, default_port);
    let path = path.trim_matches('/');
    let slash = if path.is_empty() { "" } else { "/" };
    let url = Url::parse(&format!("{scheme}://{}:{port}/{path}{slash}", url_host(host)))
        .map_err(|_| OllamaAddressError::Unreadable)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(OllamaAddressError::Unreadable);
    }
    Ok(url)
}

/// A port that is not a number from 0 to 65535 falls back to the default, as it does in Ollama.
fn split_port(authority: &str, default: u16) -> (&str, u16) {
    if authority.parse::<std::net::Ipv6Addr>().is_ok() {
        return (authority, default);
    }
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().unwrap_or(default)),
        _ => (authority, default),
    }
}

/// What a client connects to: this machine for nothing and for "any interface"; IPv6 in brackets.
fn url_host(host: &str) -> String {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) if ip.is_unspecified() => "127.0.0.1".into(),
        Ok(IpAddr::V6(ip)) if ip.is_unspecified() => "[::1]".into(),
        Ok(IpAddr::V6(ip)) => format!("[{ip}]"),
        _ if bare.is_empty() => "127.0.0.1".into(),
        _ => bare.to_owned(),
    }
}

/// Whether the address is on this machine; requests to it do not use the system proxy.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{OllamaAddressError, is_loopback, parse};

    #[test]
    fn every_form_that_ollama_takes() {
        for (text, url) in [
            ("", "http://127.0.0.1:11434/"),
            ("1.2.3.4", "http://1.2.3.4:11434/"),
            (":1234", "http://127.0.0.1:1234/"),
            ("box", "http://box:11434/"),
            ("box:80", "http://box/"),
            ("0.0.0.0", "http://127.0.0.1:11434/"),
            ("0.0.0.0:8080", "http://127.0.0.1:8080/"),
            ("[::]:8080", "http://[::1]:8080/"),
            ("::1", "http://[::1]:11434/"),
            ("[::1]", "http://[::1]:11434/"),
            ("[fe80::2]:99", "http://[fe80::2]:99/"),
            ("http://box", "http://box/"),
            ("https://box", "https://box/"),
            ("https://box:8443/ollama", "https://box:8443/ollama/"),
            ("box:1234/a/b/", "http://box:1234/a/b/"),
            (" \"box:9\" ", "http://box:9/"),
            ("box:99999", "http://box:11434/"),
            ("HTTPS://Box/", "https://box/"),
        ] {
            assert_eq!(parse(text).map(|u| u.to_string()), Ok(url.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_refused() {
        assert_eq!(parse("ftp://x"), Err(OllamaAddressError::Scheme));
        assert_eq!(parse("http://me:secret@x"), Err(OllamaAddressError::Credentials));
        for text in ["a b", "http://x/?y", "http://x/#y"] {
            assert_eq!(parse(text), Err(OllamaAddressError::Unreadable), "{text}");
        }
    }

    #[test]
    fn this_machine() {
        for (text, here) in [
            ("", true),
            ("localhost", true),
            ("::1", true),
            ("127.9.9.9", true),
            ("192.168.0.2", false),
            ("box", false),
        ] {
            assert_eq!(is_loopback(&parse(text).expect(text)), here, "{text}");
        }
    }
}
