//! What is asked of authenticators and what is believed of their answers: registration and login with passkeys (WebAuthn Level 3,
//! sections 7.1 and 7.2), verified by `webauthn_rp`. User verification is required by both.

use crate::server::config::PublicUrl;
use axum::http::uri::Authority;
use std::{fmt, net::IpAddr};
use url::Url;
use webauthn_rp::{
    AuthenticatedCredential, DiscoverableAuthentication, DiscoverableAuthenticationServerState,
    DiscoverableCredentialRequestOptions, PublicKeyCredentialCreationOptions, Registration, RegistrationServerState,
    bin::{Decode, Encode},
    request::{
        AsciiDomain, PublicKeyCredentialDescriptor, RpId,
        auth::AuthenticationVerificationOptions,
        register::{CredProtect, PublicKeyCredentialUserEntity, RegistrationVerificationOptions, UserHandle, Username},
    },
    response::{
        AuthTransports, CredentialId,
        register::{CompressedPubKey, DynamicState, StaticState},
    },
};

/// The handle under which authenticators know the owner, in bytes.
pub const USER_HANDLE_BYTES: usize = 32;
/// What logins change of a credential, encoded, in bytes.
pub const CREDENTIAL_STATE_BYTES: usize = 7;

/// The handle under which authenticators know the owner.
pub type UserHandleBytes = [u8; USER_HANDLE_BYTES];

/// Why an answer is not believed; for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WebauthnError(String);

impl WebauthnError {
    fn new(cause: impl fmt::Display) -> Self {
        Self(cause.to_string())
    }
}

/// The relying party of passkeys: a host, and the origin whose pages may request them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingParty {
    host: String,
    origin: String,
}

impl RelyingParty {
    /// The one for requests to `host` (with a port): the public address when it is `https` and its host was asked, or localhost.
    /// Browsers allow no passkeys for IP addresses, and for names without TLS.
    pub fn of_request(public_url: Option<&PublicUrl>, host: &str, is_secure: bool) -> Option<Self> {
        let authority: Authority = host.parse().ok()?;
        let name = authority.host().trim_end_matches('.').to_ascii_lowercase();
        if name == "localhost" || name.ends_with(".localhost") {
            let scheme = if is_secure { "https" } else { "http" };
            let origin = Url::parse(&format!("{scheme}://{host}")).ok()?.origin().ascii_serialization();
            return Some(Self { host: name, origin });
        }
        let url = public_url.filter(|url| url.is_https() && url.host() == name && name.parse::<IpAddr>().is_err())?;
        (!name.starts_with('[')).then(|| Self { host: name, origin: url.origin() })
    }

    /// The host: the RP ID of its passkeys.
    pub fn host(&self) -> &str {
        &self.host
    }

    fn rp_id(&self) -> Result<RpId, WebauthnError> {
        Ok(RpId::Domain(AsciiDomain::try_from(self.host.clone()).map_err(WebauthnError::new)?))
    }
}

/// A stored passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCredential {
    /// The credential id that the authenticator chose.
    pub credential_id: Vec<u8>,
    /// Public key and extensions, encoded.
    pub public_key: Vec<u8>,
    /// The state that logins change, encoded.
    pub state: Vec<u8>,
    /// The transports of the authenticator, as a bit set.
    pub transports: u8,
}

/// A registration that waits for its answer.
#[derive(Debug)]
pub struct RegistrationChallenge {
    party: RelyingParty,
    state: RegistrationServerState<USER_HANDLE_BYTES>,
}

impl RegistrationChallenge {
    /// A new challenge, with the options for the browser (`PublicKeyCredentialCreationOptionsJSON`). `existing`: credential ids and
    /// transports of the passkeys for this host; an authenticator that holds one of them refuses to make another.
    pub fn begin(
        party: RelyingParty,
        (user, name): (&UserHandleBytes, &str),
        existing: Vec<(Vec<u8>, u8)>,
    ) -> Result<(Self, String), WebauthnError> {
        let (rp_id, Ok(user)) = (party.rp_id()?, UserHandle::decode(*user));
        let mut entity = PublicKeyCredentialUserEntity::from(&user);
        // A name that webauthn_rp rejects is left blank; the authenticator shows the host too.
        if let Ok(name) = Username::try_from(name) {
            entity.name = name;
        }
        let mut excluded = Vec::with_capacity(existing.len());
        for (id, transports) in existing {
            excluded.push(PublicKeyCredentialDescriptor {
                id: CredentialId::decode(id).map_err(WebauthnError::new)?,
                transports: AuthTransports::decode(transports).map_err(WebauthnError::new)?,
            });
        }
        let mut options = PublicKeyCredentialCreationOptions::passkey(&rp_id, entity, excluded);
        // Security keys without this extension are allowed, since every answer is checked for user verification.
        options.extensions.cred_protect = CredProtect::None;
        let (state, client) = options.start_ceremony().map_err(WebauthnError::new)?;
        let json = serde_json::to_string(&client).map_err(WebauthnError::new)?;
        Ok((Self { party, state }, json))
    }

    /// The host that it was made for.
    pub fn host(&self) -> &str {
        self.party.host()
    }

    /// Verifies the answer of the browser (`RegistrationResponseJSON`).
    pub fn finish(self, response: &str) -> Result<StoredCredential, WebauthnError> {
        let registration = Registration::from_json_relaxed(response.as_bytes()).map_err(WebauthnError::new)?;
        let origins = [self.party.origin.as_str()];
        let options = RegistrationVerificationOptions::<&str, &str> {
            allowed_origins: &origins,
            error_on_unsolicited_extensions: false,
            ..RegistrationVerificationOptions::default()
        };
        let credential =
            self.state.verify(&self.party.rp_id()?, &registration, &options).map_err(WebauthnError::new)?;
        let (static_state, dynamic_state) = (credential.static_state(), credential.dynamic_state());
        let (Ok(public_key), Ok(state), Ok(transports)) =
            (static_state.encode(), dynamic_state.encode(), credential.transports().encode());
        Ok(StoredCredential {
            credential_id: credential.id().inner().to_vec(),
            public_key,
            state: state.to_vec(),
            transports,
        })
    }
}

/// The answer of a browser to a [`LoginChallenge`].
#[derive(Debug)]
pub struct LoginAssertion(DiscoverableAuthentication<USER_HANDLE_BYTES>);

impl LoginAssertion {
    /// Reads an answer (`AuthenticationResponseJSON`).
    pub fn parse(response: &str) -> Result<Self, WebauthnError> {
        DiscoverableAuthentication::from_json_relaxed(response.as_bytes()).map(Self).map_err(WebauthnError::new)
    }

    /// The credential id that the answer names.
    pub fn credential_id(&self) -> &[u8] {
        self.0.raw_id().into_inner()
    }
}

/// A login that waits for its answer.
#[derive(Debug)]
pub struct LoginChallenge {
    party: RelyingParty,
    state: DiscoverableAuthenticationServerState,
}

impl LoginChallenge {
    /// A new challenge, with the options for the browser (`PublicKeyCredentialRequestOptionsJSON`).
    pub fn begin(party: RelyingParty) -> Result<(Self, String), WebauthnError> {
        let rp_id = party.rp_id()?;
        let options = DiscoverableCredentialRequestOptions::passkey(&rp_id);
        let (state, client) = options.start_ceremony().map_err(WebauthnError::new)?;
        let json = serde_json::to_string(&client).map_err(WebauthnError::new)?;
        Ok((Self { party, state }, json))
    }

    /// The host that it was made for.
    pub fn host(&self) -> &str {
        self.party.host()
    }

    /// Verifies the answer of the browser against the credential that it names; the state of the credential from now on. A sign
    /// count that does not grow is an error: the key may have been copied.
    pub fn finish(
        self,
        assertion: &LoginAssertion,
        user: &UserHandleBytes,
        stored: &StoredCredential,
    ) -> Result<Vec<u8>, WebauthnError> {
        type PublicKey = CompressedPubKey<[u8; 32], [u8; 32], [u8; 48], Vec<u8>>;
        let Ok(user) = UserHandle::decode(*user);
        let state: [u8; CREDENTIAL_STATE_BYTES] =
            stored.state.as_slice().try_into().map_err(|_| WebauthnError::new("the stored state is damaged"))?;
        let mut credential = AuthenticatedCredential::new(
            CredentialId::decode(stored.credential_id.as_slice()).map_err(WebauthnError::new)?,
            &user,
            StaticState::<PublicKey>::decode(&stored.public_key).map_err(WebauthnError::new)?,
            DynamicState::decode(state).map_err(WebauthnError::new)?,
        )
        .map_err(WebauthnError::new)?;
        let origins = [self.party.origin.as_str()];
        let options = AuthenticationVerificationOptions::<&str, &str> {
            allowed_origins: &origins,
            error_on_unsolicited_extensions: false,
            ..AuthenticationVerificationOptions::default()
        };
        let rp_id = self.party.rp_id()?;
        self.state.verify(&rp_id, &assertion.0, &mut credential, &options).map_err(WebauthnError::new)?;
        let Ok(state) = credential.dynamic_state().encode();
        Ok(state.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::{PublicUrl, RelyingParty};

    #[test]
    fn passkeys_belong_to_localhost_or_to_the_public_address() {
        let https: PublicUrl = "https://news.example.org".parse().expect("an address");
        let with_port: PublicUrl = "https://news.example.org:8443".parse().expect("an address");
        let http: PublicUrl = "http://news.example.org".parse().expect("an address");
        let numeric: PublicUrl = "https://192.0.2.1".parse().expect("an address");
        let six: PublicUrl = "https://[2001:db8::1]".parse().expect("an address");
        for (public, host, is_secure, expected) in [
            (None, "localhost:3000", false, Some(("localhost", "http://localhost:3000"))),
            (None, "LocalHost", false, Some(("localhost", "http://localhost"))),
            (None, "localhost:443", true, Some(("localhost", "https://localhost"))),
            (None, "me.localhost:3000", false, Some(("me.localhost", "http://me.localhost:3000"))),
            (None, "127.0.0.1:3000", false, None),
            (None, "news.example.org", true, None),
            (Some(&https), "news.example.org", true, Some(("news.example.org", "https://news.example.org"))),
            (Some(&https), "News.Example.org:443", true, Some(("news.example.org", "https://news.example.org"))),
            (
                Some(&with_port),
                "news.example.org:8443",
                true,
                Some(("news.example.org", "https://news.example.org:8443")),
            ),
            (Some(&https), "evil.example", true, None),
            (Some(&https), "news.example.org.evil.example", true, None),
            (Some(&https), "localhost:3000", false, Some(("localhost", "http://localhost:3000"))),
            (Some(&http), "news.example.org", false, None),
            (Some(&numeric), "192.0.2.1", true, None),
            (Some(&six), "[2001:db8::1]", true, None),
            (None, "", false, None),
        ] {
            let found = RelyingParty::of_request(public, host, is_secure);
            let found = found.as_ref().map(|party| (party.host.as_str(), party.origin.as_str()));
            assert_eq!(found, expected, "{public:?} {host}");
        }
    }
}
