//! Challenges of passkeys that wait for the answer of the browser that asked for them.

use crate::{
    domain::{access::throttle::network_of, time::Timestamp},
    server::secrets::{random_session_token, sha256},
};
use std::{
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How long a challenge can be answered, in seconds.
const CHALLENGE_SECONDS: i64 = 300;
/// Challenges at once; the oldest go first.
const MAX_CHALLENGES: usize = 1_024;
/// Challenges of one client address (IPv6: /64) at once; its oldest go first, so that one client cannot push out another's.
const MAX_CHALLENGES_PER_ADDRESS: usize = 8;

/// A challenge of a browser.
#[derive(Debug)]
struct PendingChallenge<C> {
    /// SHA-256 of the value of its cookie.
    token_hash: Vec<u8>,
    network: IpAddr,
    challenge: C,
    /// From then on it is void.
    expires_at: Timestamp,
}

/// The challenges that wait for their answer, oldest first.
#[derive(Debug)]
pub struct PasskeyChallenges<C>(Mutex<Vec<PendingChallenge<C>>>);

impl<C> Default for PasskeyChallenges<C> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<C> PasskeyChallenges<C> {
    /// Adds one; the value of its cookie.
    pub fn add(&self, challenge: C, address: IpAddr, now: Timestamp) -> String {
        let (token, network) = (random_session_token(), network_of(address));
        let mut all = self.lock(now);
        let count = all.iter().filter(|pending| pending.network == network).count();
        if count >= MAX_CHALLENGES_PER_ADDRESS {
            if let Some(oldest) = all.iter().position(|pending| pending.network == network) {
                all.remove(oldest);
            }
        } else if all.len() >= MAX_CHALLENGES {
            all.remove(0);
        }
        let expires_at = now.plus(CHALLENGE_SECONDS);
        all.push(PendingChallenge { token_hash: sha256(&token), network, challenge, expires_at });
        token
    }

    /// Takes out the challenge of a cookie: each can be answered once.
    pub fn take(&self, token: &str, now: Timestamp) -> Option<C> {
        let token_hash = sha256(token);
        let mut all = self.lock(now);
        let at = all.iter().position(|pending| pending.token_hash == token_hash)?;
        Some(all.remove(at).challenge)
    }

    fn lock(&self, now: Timestamp) -> MutexGuard<'_, Vec<PendingChallenge<C>>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|pending| now.since(pending.expires_at) < 0);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::{CHALLENGE_SECONDS, MAX_CHALLENGES, MAX_CHALLENGES_PER_ADDRESS, PasskeyChallenges};
    use crate::domain::time::Timestamp;
    use std::net::IpAddr;

    const NOW: Timestamp = Timestamp(1_772_366_400);

    fn address(n: usize) -> IpAddr {
        IpAddr::from(u32::try_from(n).expect("small").to_be_bytes())
    }

    #[test]
    fn each_is_answered_once_and_in_time() {
        let challenges = PasskeyChallenges::default();
        let (one, two) = (challenges.add(1, address(1), NOW), challenges.add(2, address(1), NOW));
        assert_eq!(challenges.take("another", NOW), None);
        assert_eq!((challenges.take(&one, NOW), challenges.take(&one, NOW)), (Some(1), None));
        assert_eq!(challenges.take(&two, NOW.plus(CHALLENGE_SECONDS)), None);
        let three = challenges.add(3, address(1), NOW);
        assert_eq!(challenges.take(&three, NOW.plus(CHALLENGE_SECONDS - 1)), Some(3));
    }

    #[test]
    fn a_flood_from_one_address_costs_nobody_else_a_challenge() {
        let challenges = PasskeyChallenges::default();
        let mine = challenges.add(0, address(1), NOW);
        let flood: Vec<_> = (1..=2 * MAX_CHALLENGES).map(|n| challenges.add(n, address(2), NOW)).collect();
        assert_eq!(challenges.take(&mine, NOW), Some(0));
        let left = flood.iter().filter(|token| challenges.take(token, NOW).is_some()).count();
        assert_eq!(left, MAX_CHALLENGES_PER_ADDRESS);
        for n in 0..MAX_CHALLENGES + 10 {
            challenges.add(n, address(n), NOW);
        }
        assert_eq!(challenges.lock(NOW).len(), MAX_CHALLENGES);
    }
}
