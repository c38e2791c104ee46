//! The kinds of secrets of a device.

use crate::server::secrets::{self, InstanceKey};

/// What a secret is for; secrets of different kinds never match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SecretKind {
    /// The token of the JSON and Miniflux APIs.
    Token,
    /// The password of Google Reader.
    Password,
    /// The digest of the Fever API.
    Fever,
    /// What Google Reader's ClientLogin answers.
    GoogleReader,
}

impl SecretKind {
    /// The word that keeps hashes of this kind apart.
    pub(super) const fn purpose(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Password => "password",
            Self::Fever => "fever",
            Self::GoogleReader => "greader",
        }
    }

    /// The keyed hash of a secret of this kind.
    pub(super) fn mac(self, key: &InstanceKey, secret: &str) -> Vec<u8> {
        secrets::mac(key, self.purpose(), secret.as_bytes())
    }
}
