//! Hashing of the owner's password, off the async threads and a few at a time.

use crate::error::{AppError, ErrorKind};
use argon2::{Algorithm, Argon2, Params, Version, password_hash::PasswordHasher, password_hash::PasswordVerifier};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Memory of one hash, in KiB (19 MiB).
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over it.
const PASSES: u32 = 2;
/// Hashes at once.
const MAX_RUNNING: usize = 2;
/// Hashes that run or wait; more are refused, so that a flood of logins costs no memory.
const MAX_WAITING: usize = 32;
/// Hashes of throttled attempts that run or wait, one at a time.
const MAX_WAITING_THROTTLED: usize = 8;

/// A hash that no password has, and whose check takes as long as that of any other.
const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$Z2xlYW5lciBub2JvZHkgICAg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The threads that hash passwords. Cheap to clone.
#[derive(Clone, Debug)]
pub struct PasswordPool {
    places: HashPlaces,
    /// Those of attempts that the throttle refuses: however many there are, those that it lets through do not wait for them.
    throttled: HashPlaces,
}

/// How many hashes run and wait.
#[derive(Clone, Debug)]
struct HashPlaces {
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl HashPlaces {
    fn new(running: usize, waiting: usize) -> Self {
        Self { running: Arc::new(Semaphore::new(running)), waiting: Arc::new(Semaphore::new(waiting)) }
    }
}

impl Default for PasswordPool {
    fn default() -> Self {
        Self { places: HashPlaces::new(MAX_RUNNING, MAX_WAITING), throttled: HashPlaces::new(1, MAX_WAITING_THROTTLED) }
    }
}

impl PasswordPool {
    /// The argon2id hash of a password with a salt of its own, as a PHC string.
    ///
    /// # Errors
    /// 503 when too many wait.
    pub async fn hash(&self, password: String) -> Result<String, AppError> {
        run(&self.places, move || {
            let salt: [u8; 16] = rand::random();
            let hash = argon2().map_err(|_| AppError::internal())?.hash_password_with_salt(password.as_bytes(), &salt);
            hash.map(|hash| hash.to_string()).map_err(|_| AppError::internal())
        })
        .await?
    }

    /// Whether a password has this hash. Without a hash the answer is no and takes as long.
    ///
    /// # Errors
    /// 503 when too many wait.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, AppError> {
        run(&self.places, move || is_password(&password, hash.as_deref())).await
    }

    /// Takes as long as [`PasswordPool::verify`], for an attempt that the throttle refuses.
    ///
    /// # Errors
    /// 503 when too many such attempts wait.
    pub async fn refuse(&self, password: String) -> Result<(), AppError> {
        run(&self.throttled, move || _ = is_password(&password, None)).await
    }
}

fn is_password(password: &str, hash: Option<&str>) -> bool {
    let stored = hash.unwrap_or(NOBODYS_HASH);
    let is_right = argon2().is_ok_and(|argon2| argon2.verify_password(password.as_bytes(), stored).is_ok());
    is_right && hash.is_some()
}

async fn run<T: Send + 'static>(places: &HashPlaces, work: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
    let _place = places.waiting.try_acquire().map_err(|_| {
        AppError::new(ErrorKind::Unavailable, "Too many logins are being checked.").hint("Try again in a moment.")
    })?;
    let permit = places.running.clone().acquire_owned().await.map_err(|_| AppError::internal())?;
    let done = tokio::task::spawn_blocking(move || {
        let value = work();
        drop(permit);
        value
    });
    done.await.map_err(|_| AppError::internal())
}

fn argon2() -> argon2::Result<Argon2<'static>> {
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(MEMORY_KIB, PASSES, 1, None)?))
}

#[cfg(test)]
mod tests {
    use super::{MAX_WAITING, NOBODYS_HASH, PasswordPool};

    #[tokio::test]
    async fn only_the_right_password_is_verified() {
        let pool = PasswordPool::default();
        let hash = pool.hash("correct horse battery".into()).await.expect("hashed");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, pool.hash("correct horse battery".into()).await.expect("hashed"), "salted");
        for (password, stored, is_right) in [
            ("correct horse battery", Some(hash.clone()), true),
            ("correct horse batterz", Some(hash.clone()), false),
            ("correct horse battery", None, false),
            ("", Some("not a hash".to_owned()), false),
        ] {
            assert_eq!(pool.verify(password.into(), stored).await.expect("checked"), is_right, "{password}");
        }
    }

    /// With other parameters than [`PasswordPool::hash`] uses, the time would tell whether a password is set.
    #[test]
    fn nobodys_hash_can_be_read_and_has_the_same_parameters() {
        use super::{PasswordVerifier, argon2};
        let parsed = argon2::password_hash::phc::PasswordHash::new(NOBODYS_HASH).expect("a PHC string");
        let cost = |params: &argon2::Params| (params.m_cost(), params.t_cost(), params.p_cost());
        let nobodys = argon2::Params::try_from(&parsed).expect("parameters");
        assert_eq!(cost(&nobodys), cost(argon2().expect("valid").params()));
        let wrong = argon2().expect("valid").verify_password(b"x", NOBODYS_HASH);
        assert_eq!(wrong, Err(argon2::password_hash::Error::PasswordInvalid));
    }

    #[tokio::test]
    async fn too_many_waiting_hashes_are_refused() {
        let pool = PasswordPool::default();
        let logins = (0..MAX_WAITING + 8).map(|_| pool.verify("x".into(), None));
        let refused = futures::future::join_all(logins).await.into_iter().filter(Result::is_err).count();
        assert_eq!(refused, 8);
    }

    #[tokio::test]
    async fn a_flood_of_throttled_attempts_leaves_room_for_the_others() {
        let pool = PasswordPool::default();
        let flood = futures::future::join_all((0..100).map(|_| pool.refuse("x".into())));
        let others = futures::future::join_all((0..MAX_WAITING).map(|_| pool.verify("x".into(), None)));
        let (flood, others) = futures::join!(flood, others);
        assert_eq!(flood.into_iter().filter(Result::is_ok).count(), super::MAX_WAITING_THROTTLED);
        assert!(others.iter().all(Result::is_ok), "{others:?}");
    }
}
