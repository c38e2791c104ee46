//! The addresses of this instance for readers, and one of them as a QR code.

use crate::{domain::access::reader_address::ReaderAddresses, server::qr::qr_code_of};

/// The addresses of the instance that a browser asked as `host`, over TLS or not.
pub fn reader_addresses(host: &str, is_secure: bool) -> ReaderAddresses {
    let scheme = if is_secure { "https" } else { "http" };
    let addresses = ReaderAddresses::below(&format!("{scheme}://{host}/"));
    ReaderAddresses { qr_code: qr_code_of(&addresses.miniflux), ..addresses }
}

#[cfg(test)]
mod tests {
    use super::reader_addresses;

    #[test]
    fn addresses_follow_the_host_and_the_scheme() {
        let addresses = reader_addresses("news.example:8443", true);
        assert_eq!(addresses.miniflux, "https://news.example:8443/");
        assert_eq!(addresses.fever, "https://news.example:8443/fever/");
        assert!(addresses.qr_code.is_some());
        assert!(reader_addresses("[::1]:3000", false).miniflux.starts_with("http://[::1]:3000/"));
    }
}
