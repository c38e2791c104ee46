//! Which addresses of model servers lie within private networks, so that text sent there stays with its owner.

use std::net::{IpAddr, Ipv4Addr};
use url::{Host, Url};

/// Ends of names that are for private use (RFC 6761, RFC 6762, RFC 8375, `.internal` of ICANN) or by convention (`.lan`).
const PRIVATE_NAME_ENDS: [&str; 5] = [".localhost", ".local", ".home.arpa", ".internal", ".lan"];

/// Whether an address is of this machine or of a private network, with those between carriers and customers (RFC 6598), which
/// overlay networks such as Tailscale use.
pub const fn is_private_ip(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local() || is_shared(ip),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

const fn is_shared(ip: Ipv4Addr) -> bool {
    let [first, second, ..] = ip.octets();
    first == 100 && second & 0xc0 == 64
}

/// Whether an address names a private network: a private IP address, a name without a dot, or a name for private use. What such a
/// name resolves to is checked when a connection is made.
pub fn is_private_host(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => is_private_ip(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => is_private_ip(IpAddr::V6(ip)),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            !name.contains('.') || PRIVATE_NAME_ENDS.iter().any(|end| name.ends_with(end))
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_private_host;

    #[test]
    fn private_and_other_hosts() {
        for (host, is_private) in [
            ("127.0.0.1", true),
            ("10.1.2.3", true),
            ("172.16.0.1", true),
            ("192.168.1.9", true),
            ("169.254.1.1", true),
            ("100.64.0.1", true),
            ("100.127.0.1", true),
            ("100.128.0.1", false),
            ("172.32.0.1", false),
            ("8.8.8.8", false),
            ("0.0.0.0", false),
            ("[::1]", true),
            ("[fd12::1]", true),
            ("[fe80::1]", true),
            ("[::ffff:10.0.0.1]", true),
            ("[::ffff:8.8.8.8]", false),
            ("[2606:4700::1111]", false),
            ("localhost", true),
            ("gpu", true),
            ("gpu.local", true),
            ("gpu.lan.", true),
            ("box.home.arpa", true),
            ("api.example.com", false),
            ("local.example.com", false),
            ("notlocal", true),
            ("evil-local.com", false),
        ] {
            let url = format!("http://{host}:8000/").parse().expect(host);
            assert_eq!(is_private_host(&url), is_private, "{host}");
        }
    }
}
