//! What this process knows of logins and devices beside the database: attempts by address, the first-run code, and requests of
//! devices that are not stored yet.

use super::{passkey_challenges::PasskeyChallenges, pending_logins::PendingLogins};
use crate::{
    domain::{
        access::throttle::{Attempts, network_of},
        ids::DeviceId,
        time::Timestamp,
    },
    server::webauthn::{LoginChallenge, RegistrationChallenge},
};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;

/// Maximum addresses whose attempts are counted; the oldest are dropped first.
const MAX_ADDRESSES: usize = 10_000;

/// The state of logins and devices.
#[derive(Debug, Default)]
pub struct AccessState {
    /// Attempts to log in.
    pub logins: AddressThrottle,
    /// Wrong names and passwords of devices. Tokens have 256 random bits, so guesses of them are not counted.
    pub device_guesses: AddressThrottle,
    /// Logins that wait for their code.
    pub pending_logins: PendingLogins,
    /// Passkeys that are being added.
    pub passkey_registrations: PasskeyChallenges<RegistrationChallenge>,
    /// Logins with passkeys.
    pub passkey_logins: PasskeyChallenges<LoginChallenge>,
    /// The first-run code.
    pub setup: Mutex<Option<SetupCode>>,
    /// Requests of devices that are not stored yet.
    pub device_requests: DeviceRequests,
    /// Changes with every session, device or password that ends or begins; open event streams then check whether they may go on.
    pub changes: watch::Sender<u64>,
}

impl AccessState {
    /// Makes open event streams check whether they may go on.
    pub fn publish_change(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// The first-run code, for reading or changing.
    pub fn lock_setup(&self) -> MutexGuard<'_, Option<SetupCode>> {
        self.setup.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A code that sets the first password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupCode {
    /// SHA-256 of the code.
    pub hash: Vec<u8>,
    /// When it expires, by [`Clock::monotonic_ms`](crate::server::clock::Clock::monotonic_ms).
    pub expires_at_ms: i128,
}

/// Attempts by client address; those of IPv6 by /64, since one machine may use any address of its network.
#[derive(Debug, Default)]
pub struct AddressThrottle(Mutex<HashMap<IpAddr, Attempts>>);

impl AddressThrottle {
    /// Counts an attempt from `address`, if one is allowed now.
    pub fn try_acquire(&self, address: IpAddr, now: Timestamp) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = network_of(address);
        if all.len() >= MAX_ADDRESSES
            && !all.contains_key(&key)
            && let Some(oldest) = all.iter().min_by_key(|(_, attempts)| attempts.last_at).map(|(key, _)| *key)
        {
            all.remove(&oldest);
        }
        all.entry(key).or_default().try_acquire(now)
    }

    /// Seconds until the next attempt from `address` is allowed.
    pub fn wait_seconds(&self, address: IpAddr, now: Timestamp) -> i64 {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&network_of(address)).map_or(0, |attempts| attempts.wait_seconds(now))
    }

    /// Resets the attempts from `address`.
    pub fn clear(&self, address: IpAddr) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&network_of(address));
    }
}

/// Requests of devices since they were last stored.
#[derive(Debug, Default)]
pub struct DeviceRequests(Mutex<HashMap<DeviceId, PendingRequests>>);

/// Requests of one device that are not stored yet.
#[derive(Clone, Copy, Debug, Default)]
struct PendingRequests {
    count: i64,
    last_at: Timestamp,
    stored_at: Timestamp,
}

impl DeviceRequests {
    /// Counts a request; returns how many are to be stored, when `interval` seconds passed since the last time.
    pub fn count(&self, device: DeviceId, now: Timestamp, interval: i64) -> Option<i64> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pending = all.entry(device).or_default();
        if !is_same_day(pending.last_at, now) {
            pending.count = 0;
        }
        *pending = PendingRequests { count: pending.count + 1, last_at: now, ..*pending };
        // A negative time since the last store means that the clock was set back.
        if (0..interval).contains(&now.since(pending.stored_at)) {
            return None;
        }
        let count = pending.count;
        *pending = PendingRequests { count: 0, last_at: now, stored_at: now };
        Some(count)
    }

    /// Requests of a device today that are not stored yet.
    pub fn pending(&self, device: DeviceId, now: Timestamp) -> i64 {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&device).filter(|pending| is_same_day(pending.last_at, now)).map_or(0, |pending| pending.count)
    }
}

/// Whether two moments are on one day in UTC.
const fn is_same_day(a: Timestamp, b: Timestamp) -> bool {
    a.0.div_euclid(86_400) == b.0.div_euclid(86_400)
}

#[cfg(test)]
mod tests {
    use super::{AddressThrottle, DeviceRequests, MAX_ADDRESSES};
    use crate::domain::{access::throttle::FREE_ATTEMPTS, ids::DeviceId, time::Timestamp};
    use std::net::IpAddr;

    const NOW: Timestamp = Timestamp(1_772_366_400);

    #[test]
    fn addresses_are_counted_apart_and_ipv6_by_network() {
        let throttle = AddressThrottle::default();
        let allowed = |address: &str| {
            let address: IpAddr = address.parse().expect("an address");
            (0..20).filter(|_| throttle.try_acquire(address, NOW)).count()
        };
        let free = usize::try_from(FREE_ATTEMPTS).expect("small");
        assert_eq!((allowed("192.0.2.1"), allowed("192.0.2.1"), allowed("192.0.2.2")), (free, 0, free));
        assert_eq!((allowed("2001:db8::1"), allowed("2001:db8::2"), allowed("2001:db8:0:1::1")), (free, 0, free));
        throttle.clear("192.0.2.1".parse().expect("an address"));
        assert_eq!(allowed("192.0.2.1"), free);
    }

    #[test]
    fn a_flood_of_addresses_is_bounded() {
        let throttle = AddressThrottle::default();
        for n in 0..u32::try_from(MAX_ADDRESSES).expect("small") + 100 {
            throttle.try_acquire(IpAddr::from(n.to_be_bytes()), NOW.plus(i64::from(n)));
        }
        assert_eq!(throttle.0.lock().expect("not poisoned").len(), MAX_ADDRESSES);
    }

    #[test]
    fn requests_are_stored_once_a_minute() {
        let (requests, id) = (DeviceRequests::default(), DeviceId(1));
        assert_eq!(requests.count(id, NOW, 60), Some(1));
        assert_eq!((requests.count(id, NOW, 60), requests.count(id, NOW.plus(59), 60)), (None, None));
        assert_eq!(requests.pending(id, NOW.plus(59)), 2);
        assert_eq!((requests.count(id, NOW.plus(60), 60), requests.pending(id, NOW.plus(60))), (Some(3), 0));
    }
}
