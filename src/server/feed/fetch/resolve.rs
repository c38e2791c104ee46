//! Resolves names to addresses, without those that must not be connected to.

use crate::server::feed::fetch::ssrf::SsrfGuard;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::{net::SocketAddr, sync::Arc};

/// Why a name gave no address.
#[derive(Debug, thiserror::Error)]
pub(super) enum ResolveError {
    #[error("the name is unknown: {0}")]
    Unknown(std::io::Error),
    #[error("the name leads to addresses that are not public")]
    Private,
}

/// The system's resolver behind the guard. The connection goes to exactly the addresses that were checked.
pub(super) struct Resolver {
    guard: Arc<SsrfGuard>,
}

impl Resolver {
    pub const fn new(guard: Arc<SsrfGuard>) -> Self {
        Self { guard }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.guard.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await.map_err(ResolveError::Unknown)?.collect();
            let (public, private): (Vec<_>, Vec<_>) = found.into_iter().partition(|a| guard.allows(a.ip()));
            if public.is_empty() && !private.is_empty() {
                return Err(ResolveError::Private.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{ResolveError, Resolver};
    use crate::server::feed::fetch::ssrf::SsrfGuard;
    use reqwest::dns::{Name, Resolve};
    use std::sync::Arc;

    #[tokio::test]
    async fn names_of_private_addresses_are_refused() {
        for name in ["localhost", "127.0.0.1", "::1"] {
            let resolver = Resolver::new(Arc::new(SsrfGuard::new(Vec::new())));
            let resolved = resolver.resolve(name.parse::<Name>().expect("a name")).await;
            let error = resolved.err().and_then(|error| error.downcast::<ResolveError>().ok());
            assert!(matches!(error.as_deref(), Some(ResolveError::Private)), "{name}: {error:?}");
        }
    }
}
