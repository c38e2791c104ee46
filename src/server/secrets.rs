//! Random secrets, their hashes, and their encryption.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha2::{Digest, Sha256};

/// 256 random bits.
pub type InstanceKey = [u8; 32];

/// The prefix of every token of a device.
pub const TOKEN_PREFIX: &str = "gl_";

/// 256 random bits from a cryptographic generator that the system seeds.
pub fn random_key() -> InstanceKey {
    rand::random()
}

/// The value of a session's cookie: 256 random bits in hex.
pub fn random_session_token() -> String {
    hex::encode(random_key())
}

/// A token of a device: [`TOKEN_PREFIX`] and 256 random bits in hex.
pub fn random_device_token() -> String {
    format!("{TOKEN_PREFIX}{}", hex::encode(random_key()))
}

/// `count` random small letters; each has 4.7 bits.
pub fn random_letters(count: usize) -> String {
    (0..count).map(|_| char::from(rand::random_range(b'a'..=b'z'))).collect()
}

/// SHA-256.
pub fn sha256(text: &str) -> Vec<u8> {
    Sha256::digest(text).to_vec()
}

/// The key of the Fever API in place of name and password: `md5(name:password)` in hex.
pub fn fever_digest(username: &str, password: &str) -> String {
    hex::encode(Md5::digest(format!("{username}:{password}")))
}

/// HMAC-SHA-256 of a secret, for one purpose.
pub fn mac(key: &InstanceKey, purpose: &str, secret: &[u8]) -> Vec<u8> {
    keyed(key, purpose, secret).finalize().into_bytes().to_vec()
}

/// Encrypts a secret with a key for its purpose (AES-256-GCM, RFC 5116): nonce, then ciphertext and tag. `None` when the system has
/// no random numbers.
pub fn seal(key: &InstanceKey, purpose: &str, secret: &str) -> Option<Vec<u8>> {
    let mut text = secret.as_bytes().to_vec();
    let nonce = sealing_key(key, purpose)?.seal_in_place_append_tag(Aad::empty(), &mut text).ok()?;
    Some([nonce.as_ref().as_slice(), &text].concat())
}

/// Decrypts a secret of [`seal`]; `None` when key or purpose differ, or when it was changed.
pub fn unseal(key: &InstanceKey, purpose: &str, sealed: &[u8]) -> Option<String> {
    let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>()?;
    let mut text = text.to_vec();
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let secret = sealing_key(key, purpose)?.open_in_place(nonce, Aad::empty(), &mut text).ok()?;
    String::from_utf8(secret.to_vec()).ok()
}

fn sealing_key(key: &InstanceKey, purpose: &str) -> Option<RandomizedNonceKey> {
    RandomizedNonceKey::new(&AES_256_GCM, &mac(key, purpose, b"seal")).ok()
}

/// Whether `expected` is the HMAC-SHA-256 of a secret; takes the same time either way.
pub fn is_mac(key: &InstanceKey, purpose: &str, secret: &[u8], expected: &[u8]) -> bool {
    keyed(key, purpose, secret).verify_slice(expected).is_ok()
}

fn keyed(key: &InstanceKey, purpose: &str, secret: &[u8]) -> Hmac<Sha256> {
    // RFC 2104: a key shorter than the block is filled up with zeros.
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
    // The length keeps purpose and secret apart.
    mac.update(&(purpose.len() as u64).to_be_bytes());
    mac.update(purpose.as_bytes());
    mac.update(secret);
    mac
}

#[cfg(test)]
mod tests {
    use super::{fever_digest, is_mac, mac, random_device_token, random_letters, random_session_token, seal, unseal};

    #[test]
    fn secrets_have_their_shape_and_differ() {
        assert_eq!((random_session_token().len(), random_device_token().len()), (64, 67));
        assert_ne!(random_session_token(), random_session_token());
        let letters = random_letters(20);
        assert!(letters.len() == 20 && letters.bytes().all(|byte| byte.is_ascii_lowercase()), "{letters}");
        assert_ne!(letters, random_letters(20));
    }

    #[test]
    fn a_mac_depends_on_key_purpose_and_secret() {
        let one = mac(&[1; 32], "token", b"secret");
        assert!(is_mac(&[1; 32], "token", b"secret", &one));
        for (key, purpose, secret) in [
            ([2; 32], "token", "secret"),
            ([1; 32], "fever", "secret"),
            ([1; 32], "token", "Secret"),
            ([1; 32], "tokens", "ecret"),
        ] {
            assert!(!is_mac(&key, purpose, secret.as_bytes(), &one), "{purpose} {secret}");
        }
    }

    #[test]
    fn a_sealed_secret_is_read_with_its_own_key_only() {
        let sealed = seal(&[1; 32], "token", "secret").expect("sealed");
        assert_ne!(Some(&sealed), seal(&[1; 32], "token", "secret").as_ref(), "a nonce of its own");
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        assert_eq!(unseal(&[1; 32], "token", &sealed).as_deref(), Some("secret"));
        assert_eq!(unseal(&[2; 32], "token", &sealed), None);
        assert_eq!(unseal(&[1; 32], "other", &sealed), None);
        assert_eq!(unseal(&[1; 32], "token", &sealed[..9]), None);
    }

    #[test]
    fn the_fever_digest_is_md5() {
        assert_eq!(fever_digest("user", "password"), "3ae9ea5fe7ad5bf652c51f43da57422c");
    }
}
