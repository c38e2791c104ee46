//! A software authenticator with its browser (WebAuthn Level 3, section 6).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const HAS_CREDENTIAL: u8 = 1 << 6;

/// An authenticator with one key, and a browser on a page of `origin`.
#[derive(Clone, Debug)]
pub struct Authenticator {
    pub key: SigningKey,
    pub credential_id: Vec<u8>,
    /// As the options of the registration had it.
    pub user_handle: String,
    pub sign_count: u32,
    pub origin: String,
    pub is_user_verified: bool,
    pub is_user_present: bool,
    pub is_cross_origin: bool,
    /// In place of the one of the options.
    pub rp_id: Option<&'static str>,
}

impl Authenticator {
    /// A new one, with a counter.
    pub fn new(origin: &str) -> Self {
        let secret: [u8; 32] = rand::random();
        let id: [u8; 20] = rand::random();
        Self {
            key: SigningKey::from_slice(&secret).expect("a scalar, but for one in 2^32"),
            credential_id: id.to_vec(),
            user_handle: String::new(),
            sign_count: 1,
            origin: origin.to_owned(),
            is_user_verified: true,
            is_user_present: true,
            is_cross_origin: false,
            rp_id: None,
        }
    }

    /// Another key behind the same name.
    pub fn with_another_key(&self) -> Self {
        Self { key: Self::new("").key, ..self.clone() }
    }

    /// The result of `navigator.credentials.create`, as JSON.
    pub fn create(&mut self, options: &str) -> String {
        let options: Value = serde_json::from_str(options).expect("JSON");
        self.user_handle = text(&options["user"]["id"]);
        let mut data = self.authenticator_data(&text(&options["rp"]["id"]), HAS_CREDENTIAL);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.credential_id.len()).expect("short").to_be_bytes());
        data.extend(&self.credential_id);
        let point = self.key.verifying_key().to_encoded_point(false);
        // COSE_Key: kty EC2, alg ES256, crv P-256, x, y (RFC 9053, section 7.1.1).
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(point.x().expect("a point"));
        data.extend([0x22, 0x58, 0x20]);
        data.extend(point.y().expect("a point"));
        // {"fmt": "none", "attStmt": {}, "authData": …}
        let mut attestation = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        attestation.push(u8::try_from(data.len()).expect("short"));
        attestation.extend(data);
        let client_data = self.client_data("webauthn.create", &options);
        self.credential(&json!({
            "clientDataJSON": encode(client_data.as_bytes()),
            "attestationObject": encode(&attestation),
            "transports": ["internal"],
        }))
    }

    /// A credential of this authenticator (PublicKeyCredential of WebAuthn), as JSON.
    fn credential(&self, response: &Value) -> String {
        json!({
            "id": encode(&self.credential_id),
            "rawId": encode(&self.credential_id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        })
        .to_string()
    }

    /// The result of `navigator.credentials.get`, as JSON; increments the signature counter.
    pub fn get(&mut self, options: &str) -> String {
        let options: Value = serde_json::from_str(options).expect("JSON");
        self.sign_count += 1;
        let data = self.authenticator_data(&text(&options["rpId"]), 0);
        let client_data = self.client_data("webauthn.get", &options);
        let signed = [data.as_slice(), &Sha256::digest(client_data.as_bytes())].concat();
        let signature: Signature = self.key.sign(&signed);
        self.credential(&json!({
            "clientDataJSON": encode(client_data.as_bytes()),
            "authenticatorData": encode(&data),
            "signature": encode(signature.to_der().as_bytes()),
            "userHandle": self.user_handle,
        }))
    }

    fn authenticator_data(&self, rp_id: &str, flags: u8) -> Vec<u8> {
        let present = if self.is_user_present { USER_PRESENT } else { 0 };
        let verified = if self.is_user_verified { USER_VERIFIED } else { 0 };
        let mut data = Sha256::digest(self.rp_id.unwrap_or(rp_id)).to_vec();
        data.push(flags | present | verified);
        data.extend(self.sign_count.to_be_bytes());
        data
    }

    fn client_data(&self, kind: &str, options: &Value) -> String {
        json!({
            "type": kind,
            "challenge": text(&options["challenge"]),
            "origin": self.origin,
            "crossOrigin": self.is_cross_origin,
        })
        .to_string()
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
