//! Which addresses may be connected to.

use crate::domain::{
    feed_error::{FeedError, FeedErrorKind},
    feed_url::FeedUrl,
};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::Host;

/// Networks of the IANA special-purpose registries that are not for public servers.
const NON_PUBLIC_IPV4_NETWORKS: [(Ipv4Addr, u8); 15] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// The one block of IPv6 that is handed out to the public …
const GLOBAL_UNICAST_IPV6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
/// … and what is special within it: protocol assignments with Teredo, documentation, 6to4.
const NON_PUBLIC_IPV6_NETWORKS: [(Ipv6Addr, u8); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Whether an address belongs to a public server. Addresses that carry another one within (mapped, 6to4, NAT64, Teredo) do not.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            !NON_PUBLIC_IPV4_NETWORKS.iter().any(|(net, length)| Ipv4Net::new_assert(*net, *length).contains(&ip))
        }
        IpAddr::V6(ip) => {
            let within = |(net, length): &(Ipv6Addr, u8)| Ipv6Net::new_assert(*net, *length).contains(&ip);
            within(&GLOBAL_UNICAST_IPV6) && !NON_PUBLIC_IPV6_NETWORKS.iter().any(within)
        }
    }
}

/// Decides by the settings.
#[derive(Debug)]
pub(super) struct SsrfGuard {
    allowed: Vec<IpNet>,
}

impl SsrfGuard {
    pub const fn new(allowed: Vec<IpNet>) -> Self {
        Self { allowed }
    }

    /// Whether a connection to this address may be opened.
    pub fn allows(&self, ip: IpAddr) -> bool {
        let plain = ip.to_canonical();
        is_public(ip) || self.allowed.iter().any(|net| net.contains(&ip) || net.contains(&plain))
    }

    /// Refuses an address written as a number, for which no name is ever resolved, and names of this machine (RFC 6761, section
    /// 6.3), which some resolvers do not know.
    pub fn check_host(&self, url: &FeedUrl) -> Result<(), FeedError> {
        let ip = match url.as_url().host() {
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
            Some(Host::Domain(name)) if is_localhost(name) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            Some(Host::Domain(_)) | None => return Ok(()),
        };
        if self.allows(ip) { Ok(()) } else { Err(non_public_problem(&ip.to_string())) }
    }
}

fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
}

pub(super) fn non_public_problem(host: &str) -> FeedError {
    FeedError::new(
        FeedErrorKind::Private,
        format!("{host} is not an address on the public internet, so it was not contacted."),
    )
}

#[cfg(test)]
mod tests {
    use super::{SsrfGuard, is_public};
    use crate::domain::feed_url::FeedUrl;
    use url::Host;

    #[test]
    fn only_public_addresses_pass() {
        for ip in ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"] {
            assert!(is_public(ip.parse().expect("an address")), "{ip}");
        }
        for ip in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "192.0.2.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "100::1",
        ] {
            assert!(!is_public(ip.parse().expect("an address")), "{ip}");
        }
    }

    #[test]
    fn literal_addresses_of_the_fixture_are_told_apart() {
        let guard = SsrfGuard::new(Vec::new());
        let is_other_name =
            |url: &FeedUrl| matches!(url.as_url().host(), Some(Host::Domain(name)) if !super::is_localhost(name));
        let rows = include_str!("../../../tests/fixtures/forbidden-addresses.tsv").lines();
        for row in rows.filter(|row| !row.starts_with('#')) {
            let (verdict, address) = row.split_once('\t').expect("columns");
            let address = address.split('\t').next().expect("an address");
            let url = FeedUrl::parse(address);
            // Names are checked by what they resolve to.
            if url.as_ref().is_ok_and(is_other_name) {
                continue;
            }
            let is_allowed = url.is_ok_and(|url| guard.check_host(&url).is_ok());
            assert_eq!(if is_allowed { "allowed" } else { "forbidden" }, verdict, "{address}");
        }
    }

    #[test]
    fn named_networks_are_let_through_in_every_spelling() {
        let guard = SsrfGuard::new(vec!["127.0.0.0/8".parse().expect("a network")]);
        assert!(guard.allows("127.0.0.1".parse().expect("an address")));
        assert!(guard.allows("::ffff:127.0.0.1".parse().expect("an address")));
        assert!(!guard.allows("10.0.0.1".parse().expect("an address")));
        assert!(!guard.allows("::1".parse().expect("an address")));
    }
}
