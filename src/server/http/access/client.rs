//! The client of a request: its address behind trusted proxies, the scheme, and the user that a proxy names.

use crate::server::{
    config::AccessConfig, http::request_host::request_host, listener::ConnectionPeer, services::access::ClientInfo,
};
use axum::http::{HeaderMap, HeaderName, Uri, header};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// Headers of proxies: a request with one of them does not come from this machine, whatever its connection says.
const PROXY_HEADERS: [&str; 4] = ["x-forwarded-for", "forwarded", "x-real-ip", "x-forwarded-host"];

/// The client of a request. `connection` is `None` when the request came over no socket. Removes the header of the user, unless a
/// trusted proxy sent it.
pub fn take_client(
    config: &AccessConfig,
    connection: Option<ConnectionPeer>,
    uri: &Uri,
    headers: &mut HeaderMap,
) -> ClientInfo {
    let peer = connection.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.address.ip().to_canonical());
    let is_proxy = config.is_trusted_proxy(peer);
    if !is_proxy && let Some(name) = &config.user_header {
        headers.remove(name);
    }
    let forwarded: Vec<&str> = header_texts(headers, &FORWARDED_FOR).flat_map(|list| list.split(',')).collect();
    let address = if is_proxy { behind_proxies(config, peer, &forwarded) } else { peer };
    let says_https = header_texts(headers, &FORWARDED_PROTO).next_back().is_some_and(|proto| proto.trim() == "https");
    // The browser itself sends the origin of a form; a false one only makes the cookie of its sender unusable.
    let from_https = header_texts(headers, &header::ORIGIN).any(|origin| origin.starts_with("https://"));
    let user_agent = header_texts(headers, &header::USER_AGENT).next().unwrap_or_default().to_owned();
    // A request for the public address was sent to it as configured, through any proxies.
    let is_public = config
        .public_url
        .as_ref()
        .is_some_and(|url| url.is_https() && request_host(uri, headers).as_deref() == Some(url.host()));
    let is_tls = connection.is_some_and(|connection| connection.is_tls);
    ClientInfo { address, user_agent, is_secure: is_tls || (is_proxy && says_https) || from_https || is_public }
}

/// Whether a request comes from a program on this machine, without a proxy in between.
pub fn is_local(client: &ClientInfo, headers: &HeaderMap) -> bool {
    client.address.is_loopback() && !PROXY_HEADERS.iter().any(|name| headers.contains_key(*name))
}

/// Whether a request comes from this machine, as far as proxies on it tell.
pub fn is_on_this_machine(client: &ClientInfo, headers: &HeaderMap) -> bool {
    const REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");
    let hops = [FORWARDED_FOR, REAL_IP].into_iter().flat_map(|name| header_texts(headers, &name).collect::<Vec<_>>());
    let mut hops = hops.flat_map(|list| list.split(',')).map(|hop| parse_hop(hop.trim()));
    let is_forwarded = headers.contains_key(header::FORWARDED);
    client.address.is_loopback() && !is_forwarded && hops.all(|hop| hop.is_some_and(|address| address.is_loopback()))
}

/// The user that a trusted proxy names; [`take_client`] removed the header of all others.
pub fn proxy_user<'a>(config: &AccessConfig, headers: &'a HeaderMap) -> Option<&'a str> {
    if !config.trusts_a_proxy() {
        return None;
    }
    headers.get(config.user_header.as_ref()?)?.to_str().ok()
}

/// The rightmost address that is no trusted proxy; those left of it may be forged.
fn behind_proxies(config: &AccessConfig, peer: IpAddr, forwarded: &[&str]) -> IpAddr {
    let mut client = peer;
    for hop in forwarded.iter().rev() {
        if !config.is_trusted_proxy(client) {
            break;
        }
        let Some(address) = parse_hop(hop.trim()) else { break };
        client = address;
    }
    client
}

/// An address, which may carry a port.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let bare = hop.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|hop| hop.ip()));
    address.map(|address| address.to_canonical())
}

fn header_texts<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl DoubleEndedIterator<Item = &'a str> {
    headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::{
        AccessConfig, ClientInfo, ConnectionPeer, HeaderMap, Uri, is_on_this_machine, proxy_user, take_client,
    };
    use crate::server::config::BasePath;
    use axum::http::{HeaderName, HeaderValue};
    use std::net::IpAddr;

    fn config() -> AccessConfig {
        AccessConfig {
            owner: "owner".into(),
            trusted_proxies: vec!["10.0.0.0/8".parse().expect("a network"), "::1/128".parse().expect("a network")],
            user_header: Some(HeaderName::from_static("remote-user")),
            public_url: Some("https://news.example.org".parse().expect("an address")),
            base_path: BasePath::default(),
        }
    }

    fn client_of(peer: IpAddr, headers: &mut HeaderMap) -> ClientInfo {
        let connection = ConnectionPeer { address: (peer, 4711).into(), is_tls: false };
        take_client(&config(), Some(connection), &Uri::from_static("/"), headers)
    }

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        list.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn the_client_is_the_rightmost_hop_that_is_no_proxy() {
        for (peer, forwarded, client) in [
            ("192.0.2.9", "198.51.100.1", "192.0.2.9"),
            ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("10.0.0.1", "203.0.113.66, 198.51.100.1", "198.51.100.1"),
            ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
            ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
            ("::1", "[2001:db8::7]:443", "2001:db8::7"),
            ("::1", "2001:db8::7", "2001:db8::7"),
            ("::ffff:10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
            ("10.0.0.1", "198.51.100.1, unknown", "10.0.0.1"),
            ("10.0.0.1", "", "10.0.0.1"),
        ] {
            let mut map = headers(&[("x-forwarded-for", forwarded)]);
            let found = client_of(peer.parse().expect("an address"), &mut map);
            assert_eq!(found.address.to_string(), client, "{peer}: {forwarded}");
        }
        let mut lines = headers(&[("x-forwarded-for", "203.0.113.66"), ("x-forwarded-for", "198.51.100.1")]);
        let found = client_of([10, 0, 0, 1].into(), &mut lines);
        assert_eq!(found.address.to_string(), "198.51.100.1", "several lines are one list");
    }

    #[test]
    fn a_proxy_tells_who_is_on_another_machine() {
        let this = ClientInfo { address: [127, 0, 0, 1].into(), user_agent: String::new(), is_secure: false };
        let other = ClientInfo { address: [192, 0, 2, 9].into(), ..this.clone() };
        for (client, sent, is_here) in [
            (&this, &[][..], true),
            (&other, &[], false),
            (&this, &[("x-forwarded-for", "127.0.0.1")], true),
            (&this, &[("x-forwarded-for", "::1, 127.0.0.1:4711")], true),
            (&this, &[("x-forwarded-for", "203.0.113.7")], false),
            (&this, &[("x-forwarded-for", "127.0.0.1, 203.0.113.7")], false),
            (&this, &[("x-forwarded-for", "unknown")], false),
            (&this, &[("x-real-ip", "203.0.113.7")], false),
            (&this, &[("forwarded", "for=203.0.113.7")], false),
            (&this, &[("x-forwarded-host", "localhost")], true),
        ] {
            assert_eq!(is_on_this_machine(client, &headers(sent)), is_here, "{} {sent:?}", client.address);
        }
    }

    #[test]
    fn scheme_and_user_count_from_trusted_proxies_only() {
        let sent = [("x-forwarded-proto", "https"), ("remote-user", "owner")];
        for (peer, is_secure, user) in [([10, 0, 0, 1], true, Some("owner")), ([192, 0, 2, 9], false, None)] {
            let mut map = headers(&sent);
            let client = client_of(peer.into(), &mut map);
            assert_eq!((client.is_secure, proxy_user(&config(), &map)), (is_secure, user), "{peer:?}");
        }
        let mut map = headers(&[("remote-user", "owner")]);
        take_client(&config(), None, &Uri::from_static("/"), &mut map);
        assert_eq!(proxy_user(&config(), &map), None, "an unknown peer is no proxy");
    }

    #[test]
    fn what_came_over_tls_is_told_by_the_connection_the_public_address_or_the_page() {
        for (is_tls, sent, uri, is_secure) in [
            (false, &[("host", "127.0.0.1:3000")][..], "/", false),
            (true, &[("host", "127.0.0.1:3000")], "/", true),
            (false, &[("host", "news.example.org")], "/", true),
            (false, &[("host", "News.Example.org.:443")], "/", true),
            (false, &[], "https://news.example.org/feeds", true),
            (false, &[("host", "127.0.0.1:3000"), ("origin", "https://news.example.org")], "/", true),
            (false, &[("host", "127.0.0.1:3000"), ("x-forwarded-host", "news.example.org")], "/", false),
            (false, &[("host", "127.0.0.1:3000"), ("x-forwarded-proto", "https")], "/", false),
        ] {
            let connection = ConnectionPeer { address: ([192, 0, 2, 9], 4711).into(), is_tls };
            let client = take_client(&config(), Some(connection), &Uri::from_static(uri), &mut headers(sent));
            assert_eq!(client.is_secure, is_secure, "{is_tls} {sent:?} {uri}");
        }
    }
}
