//! Logins whose password was right and whose code is still to be typed.

use crate::{
    domain::time::Timestamp,
    server::secrets::{random_session_token, sha256},
};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How long the code can be typed, in seconds.
pub const PENDING_LOGIN_SECONDS: i64 = 300;
/// Maximum pending logins; the oldest are dropped first.
const MAX_PENDING: usize = 64;

/// A login that waits for its code.
#[derive(Clone, Debug, PartialEq, Eq)]
struct PendingLogin {
    /// SHA-256 of the value of its cookie.
    token_hash: Vec<u8>,
    /// The hash of the password that was typed, so that another password ends it.
    password_hash: String,
    /// When it expires.
    expires_at: Timestamp,
}

/// The logins that wait for their code, oldest first.
#[derive(Debug, Default)]
pub struct PendingLogins(Mutex<Vec<PendingLogin>>);

impl PendingLogins {
    /// Adds a pending login; returns the value of its cookie.
    pub fn add(&self, password_hash: String, now: Timestamp) -> String {
        let token = random_session_token();
        let mut all = self.lock(now);
        if all.len() == MAX_PENDING {
            all.remove(0);
        }
        let expires_at = now.plus(PENDING_LOGIN_SECONDS);
        all.push(PendingLogin { token_hash: sha256(&token), password_hash, expires_at });
        token
    }

    /// The hash of the password of a pending login.
    pub fn find(&self, token: &str, now: Timestamp) -> Option<String> {
        let token_hash = sha256(token);
        self.lock(now).iter().find(|login| login.token_hash == token_hash).map(|login| login.password_hash.clone())
    }

    /// Ends a pending login; whether there was one.
    pub fn remove(&self, token: &str, now: Timestamp) -> bool {
        let token_hash = sha256(token);
        let mut all = self.lock(now);
        let count = all.len();
        all.retain(|login| login.token_hash != token_hash);
        all.len() < count
    }

    fn lock(&self, now: Timestamp) -> MutexGuard<'_, Vec<PendingLogin>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|login| now.since(login.expires_at) < 0);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_PENDING, PENDING_LOGIN_SECONDS, PendingLogins};
    use crate::domain::time::Timestamp;

    const NOW: Timestamp = Timestamp(1_772_366_400);

    #[test]
    fn they_end_by_use_by_time_and_by_number() {
        let logins = PendingLogins::default();
        let token = logins.add("hash".into(), NOW);
        assert_eq!(logins.find(&token, NOW.plus(PENDING_LOGIN_SECONDS - 1)).as_deref(), Some("hash"));
        assert_eq!(logins.find("another", NOW), None);
        assert!(logins.remove(&token, NOW) && !logins.remove(&token, NOW) && logins.find(&token, NOW).is_none());
        let late = logins.add("hash".into(), NOW);
        assert_eq!(logins.find(&late, NOW.plus(PENDING_LOGIN_SECONDS)), None);
        let first = logins.add("hash".into(), NOW);
        (0..MAX_PENDING).for_each(|_| drop(logins.add("hash".into(), NOW)));
        assert_eq!(logins.find(&first, NOW), None);
    }
}
