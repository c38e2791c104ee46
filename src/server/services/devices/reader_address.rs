//! The addresses of this instance for readers, and one of them as a QR code.

use crate::{
    domain::access::reader_address::ReaderAddresses,
    server::{
        config::{AccessConfig, PublicUrl},
        qr::qr_code_of,
    },
};

/// The address of this instance, with `/` at the end: `access.public_url`; without one, that of `host`, the Host header of the
/// request, over TLS or not.
pub fn site_address(access: &AccessConfig, host: &str, is_secure: bool) -> String {
    let scheme = if is_secure { "https" } else { "http" };
    let origin = access.public_url.as_ref().map_or_else(|| format!("{scheme}://{host}"), PublicUrl::origin);
    format!("{origin}{}/", access.base_path)
}

/// The addresses below [`site_address`].
pub fn reader_addresses(access: &AccessConfig, host: &str, is_secure: bool) -> ReaderAddresses {
    let addresses = ReaderAddresses::below(&site_address(access, host, is_secure));
    ReaderAddresses { qr_code: qr_code_of(&addresses.google_reader), ..addresses }
}

#[cfg(test)]
mod tests {
    use super::{AccessConfig, reader_addresses};

    fn access(public_url: Option<&str>, base_path: &str) -> AccessConfig {
        AccessConfig {
            owner: "owner".into(),
            trusted_proxies: Vec::new(),
            user_header: None,
            public_url: public_url.map(|url| url.parse().expect("an address")),
            base_path: base_path.parse().expect("a path"),
        }
    }

    #[test]
    fn addresses_are_those_of_the_settings_or_of_the_host_and_scheme_that_were_asked() {
        for (public_url, base_path, host, is_secure, address) in [
            (None, "", "news.example:8443", true, "https://news.example:8443/"),
            (None, "", "[::1]:3000", false, "http://[::1]:3000/"),
            (None, "/reader", "news.example", true, "https://news.example/reader/"),
            (Some("https://news.example.org"), "", "127.0.0.1:3000", false, "https://news.example.org/"),
            (
                Some("https://news.example.org:8443"),
                "/a/b",
                "evil.example",
                false,
                "https://news.example.org:8443/a/b/",
            ),
        ] {
            let found = reader_addresses(&access(public_url, base_path), host, is_secure);
            assert_eq!((found.miniflux.as_str(), found.fever), (address, format!("{address}fever/")));
            assert_eq!(found.google_reader, format!("{address}api/greader.php"));
            assert!(found.qr_code.is_some());
        }
    }
}
