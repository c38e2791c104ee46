//! What hosts let programs fetch, as far as it was asked lately.

use crate::{domain::time::Timestamp, server::feed::robots::RobotsRules};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Seconds for which rules hold (RFC 9309, section 2.4).
const LIFETIME_SECONDS: i64 = 86_400;
/// Seconds until a host is asked again whose rules could not be had.
const UNREACHABLE_SECONDS: i64 = 600;
/// Hosts that are remembered; the one that was asked longest ago is forgotten first.
const MAX_HOSTS: usize = 1_000;

/// Rules by host and port.
#[derive(Debug, Default)]
pub struct RobotsCache {
    hosts: Mutex<HashMap<String, (Timestamp, Arc<RobotsRules>)>>,
}

impl RobotsCache {
    /// The rules of a host, unless they are too old.
    pub fn find(&self, host: &str, now: Timestamp) -> Option<Arc<RobotsRules>> {
        let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let (asked_at, rules) = hosts.get(host)?;
        let lifetime = match **rules {
            RobotsRules::Unreachable(_) => UNREACHABLE_SECONDS,
            RobotsRules::File(_) | RobotsRules::AllowAll => LIFETIME_SECONDS,
        };
        (0..lifetime).contains(&now.since(*asked_at)).then(|| rules.clone())
    }

    /// Remembers the rules of a host.
    pub fn store(&self, host: String, rules: Arc<RobotsRules>, now: Timestamp) {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= MAX_HOSTS
            && let Some(oldest) = hosts.iter().min_by_key(|(_, (asked_at, _))| *asked_at).map(|(host, _)| host.clone())
        {
            hosts.remove(&oldest);
        }
        hosts.insert(host, (now, rules));
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_HOSTS, RobotsCache};
    use crate::{
        domain::{feed_error::FeedErrorKind, time::Timestamp},
        server::feed::robots::RobotsRules,
    };
    use std::sync::Arc;

    #[test]
    fn rules_are_forgotten_after_a_day_and_failures_after_ten_minutes() {
        let cache = RobotsCache::default();
        cache.store("a".into(), Arc::new(RobotsRules::AllowAll), Timestamp(0));
        cache.store("b".into(), Arc::new(RobotsRules::Unreachable(FeedErrorKind::Server)), Timestamp(0));
        for (host, at, is_known) in
            [("a", 86_399, true), ("a", 86_400, false), ("b", 599, true), ("b", 600, false), ("a", -1, false)]
        {
            assert_eq!(cache.find(host, Timestamp(at)).is_some(), is_known, "{host} at {at}");
        }
    }

    #[test]
    fn no_more_hosts_are_remembered_than_allowed() {
        let cache = RobotsCache::default();
        for n in 0..=MAX_HOSTS {
            let at = Timestamp(i64::try_from(n).expect("small"));
            cache.store(n.to_string(), Arc::new(RobotsRules::AllowAll), at);
        }
        assert!(cache.find("0", Timestamp(10)).is_none(), "the oldest is gone");
        assert!(cache.find("1", Timestamp(10)).is_some());
    }
}
