//! Codes of authenticator apps: time-based one-time passwords (RFC 6238) with HMAC-SHA-1, six digits and steps of 30 seconds, which
//! are what every app knows.

use crate::{
    domain::{qr_code::QrCode, time::Timestamp},
    server::qr::qr_code_of,
};
use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use url::form_urlencoded::byte_serialize;

/// Bytes of a secret, as RFC 4226, section 4, recommends.
pub const SECRET_BYTES: usize = 20;
/// Seconds of a step.
const STEP_SECONDS: i64 = 30;
/// Steps before and after the present one whose codes are taken, for clocks that differ (RFC 6238, section 5.2).
const SKEW_STEPS: i64 = 1;
/// The clock is not set back by more steps than this (a day) unless it was wrong.
const MAX_CORRECTION_STEPS: i64 = 86_400 / STEP_SECONDS;
/// 10 to the power of the digits of a code.
const MODULUS: u32 = 1_000_000;

/// A secret that the server and an authenticator app share.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret([u8; SECRET_BYTES]);

impl TotpSecret {
    /// The secret of these bytes.
    pub const fn new(bytes: [u8; SECRET_BYTES]) -> Self {
        Self(bytes)
    }

    /// The code of a moment.
    pub fn code_at(&self, now: Timestamp) -> String {
        format!("{:06}", self.code(step_of(now)))
    }

    /// The step whose code was typed, when it is at most one step away from now and later than `last_step`, whose code was used.
    pub fn find_step(&self, typed: &str, now: Timestamp, last_step: i64) -> Option<i64> {
        let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
        if typed.len() != 6 || !typed.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let (typed, present) = (typed.parse::<u32>().ok()?, step_of(now));
        // A step that far ahead was used while the clock was.
        let last_step = Some(last_step).filter(|step| *step <= present + MAX_CORRECTION_STEPS).unwrap_or(i64::MIN);
        let steps = present - SKEW_STEPS..=present + SKEW_STEPS;
        // All are computed, whichever fits.
        steps.filter(|step| self.code(*step) == typed).filter(|step| *step > last_step).max()
    }

    /// The secret in Base32 (RFC 4648), in groups of four, to be typed into an app.
    pub fn to_text(&self) -> String {
        let text = BASE32_NOPAD.encode(&self.0);
        let groups: Vec<&str> = text.as_bytes().chunks(4).filter_map(|group| std::str::from_utf8(group).ok()).collect();
        groups.join(" ")
    }

    /// The QR code that an app scans: an `otpauth:` address with the name of the account.
    /// `None` for a name of more than about 2,000 bytes.
    pub fn to_qr_code(&self, account: &str) -> Option<QrCode> {
        qr_code_of(&self.to_url(account))
    }

    fn to_url(&self, account: &str) -> String {
        // Apps show a plus sign as it is.
        let account = byte_serialize(account.as_bytes()).collect::<String>().replace('+', "%20");
        format!("otpauth://totp/Gleaner:{account}?secret={}&issuer=Gleaner", BASE32_NOPAD.encode(&self.0))
    }

    /// The code of a step: RFC 4226, section 5.3.
    fn code(&self, step: i64) -> u32 {
        let mut block = [0; 64];
        block[..SECRET_BYTES].copy_from_slice(&self.0);
        let mut mac = <Hmac<Sha1> as KeyInit>::new(&block.into());
        mac.update(&step.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let at = usize::from(digest[SECRET_BYTES - 1] & 0x0f);
        let word = u32::from_be_bytes([digest[at], digest[at + 1], digest[at + 2], digest[at + 3]]);
        (word & 0x7fff_ffff) % MODULUS
    }
}

impl std::fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpSecret")
    }
}

/// Steps since the Unix epoch.
const fn step_of(now: Timestamp) -> i64 {
    now.0.div_euclid(STEP_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::{TotpSecret, step_of};
    use crate::domain::time::Timestamp;

    const RFC_SECRET: TotpSecret = TotpSecret::new(*b"12345678901234567890");

    /// RFC 6238, appendix B, mode SHA1. Its codes have eight digits, of which the last six are ours.
    #[test]
    fn the_codes_are_those_of_rfc_6238() {
        for (seconds, code) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(RFC_SECRET.code_at(Timestamp(seconds)), code[2..], "{seconds}");
        }
    }

    /// RFC 4226, appendix D.
    #[test]
    fn the_codes_of_steps_are_those_of_rfc_4226() {
        let codes: Vec<u32> = (0..10).map(|step| RFC_SECRET.code(step)).collect();
        let expected = [755_224, 287_082, 359_152, 969_429, 338_314, 254_676, 287_922, 162_583, 399_871, 520_489];
        assert_eq!(codes, expected);
    }

    #[test]
    fn codes_of_neighboring_steps_are_taken_and_none_that_was_used() {
        let now = Timestamp(1_111_111_111);
        let step = step_of(now);
        for (offset, is_taken) in [(-60, false), (-30, true), (0, true), (30, true), (60, false)] {
            let code = RFC_SECRET.code_at(now.plus(offset));
            assert_eq!(RFC_SECRET.find_step(&code, now, 0).is_some(), is_taken, "{offset}");
        }
        let code = RFC_SECRET.code_at(now);
        assert_eq!(RFC_SECRET.find_step(&format!(" {} {} ", &code[..3], &code[3..]), now, step - 1), Some(step));
        assert_eq!(RFC_SECRET.find_step(&code, now, step), None, "used");
        assert_eq!(RFC_SECRET.find_step(&code, now, step + 2_880), None, "the clock was corrected by a day");
        assert_eq!(RFC_SECRET.find_step(&code, now, step + 10_512_000), Some(step), "the clock was ten years ahead");
        for typed in ["", "05047", "0050471", "+50471", "05047a", "０５０４７１"] {
            assert_eq!(RFC_SECRET.find_step(typed, now, 0), None, "{typed}");
        }
    }

    #[test]
    fn an_app_can_read_the_secret() {
        assert_eq!(RFC_SECRET.to_text(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert_eq!(
            RFC_SECRET.to_url("my name"),
            "otpauth://totp/Gleaner:my%20name?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Gleaner"
        );
        assert_eq!(format!("{RFC_SECRET:?}"), "TotpSecret");
    }
}
