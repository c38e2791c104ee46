//! Resolves names to addresses within private networks only.

use crate::server::models::private_network::is_private_ip;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::io;

/// For a server that may not receive text outside of private networks.
#[derive(Debug)]
pub(super) struct PrivateResolver;

impl Resolve for PrivateResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let private: Vec<_> = found.filter(|address| is_private_ip(address.ip())).collect();
            if private.is_empty() {
                let refusal = format!("{} has no address within a private network", name.as_str());
                return Err(io::Error::new(io::ErrorKind::NotFound, refusal).into());
            }
            let addresses: Addrs = Box::new(private.into_iter());
            Ok(addresses)
        })
    }
}
