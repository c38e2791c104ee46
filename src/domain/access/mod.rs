//! Who may use an instance: its owner's sessions, sign-ins and devices.

pub mod device;
pub mod local_path;
pub mod passkey;
pub mod password_rules;
pub mod reader_address;
pub mod second_factor;
pub mod throttle;
pub mod user_agent;

use super::{ids::SessionId, time::Timestamp};
use passkey::Passkey;
use second_factor::SecondFactor;
use serde::{Deserialize, Serialize};

/// A session ends this long after its last use, in seconds (30 days).
pub const SESSION_IDLE_SECONDS: i64 = 30 * 86_400;
/// A session dated further in the future than this is over, in seconds: the clock was wrong when it was stored.
const MAX_CLOCK_CORRECTION_SECONDS: i64 = 86_400;
/// A session ends this long after its login, in seconds (180 days).
pub const SESSION_LIFETIME_SECONDS: i64 = 180 * 86_400;
/// Sign-ins are kept for this long, in seconds (90 days).
pub const SIGN_INS_KEPT_SECONDS: i64 = 90 * 86_400;

/// Who may use an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccessMode {
    /// Everybody on this machine: no password is set and the address is a loopback address.
    Open,
    /// Those who know the first-run code; no password is set yet.
    Setup,
    /// The owner, devices, and requests of a trusted proxy.
    Closed,
}

string_enum! {
    /// How a browser logs in.
    LoginMethod {
        Password = "password",
        /// With the password and a code of an authenticator app.
        Code = "code",
        /// With the password and a recovery code.
        RecoveryCode = "recovery-code",
        /// With a passkey, without the password.
        Passkey = "passkey",
    }
}

impl LoginMethod {
    /// The text on the page, after "with".
    pub const fn label(self) -> &'static str {
        match self {
            Self::Password => "the password",
            Self::Code => "password and code",
            Self::RecoveryCode => "password and recovery code",
            Self::Passkey => "a passkey",
        }
    }
}

string_enum! {
    /// The outcome of a sign-in.
    SignInOutcome {
        Success = "success",
        /// The password was right, and a code was asked for.
        HalfDone = "half-done",
        /// Wrong name, password or code.
        Refused = "refused",
        /// Not checked, because of the attempts before.
        Throttled = "throttled",
        Logout = "logout",
        /// The password was changed.
        Password = "password",
        /// The second factor was switched on.
        FactorOn = "factor-on",
        /// The second factor was switched off.
        FactorOff = "factor-off",
        /// A passkey was added.
        PasskeyAdded = "passkey-added",
        /// A passkey was removed.
        PasskeyRemoved = "passkey-removed",
    }
}

/// The text on the page for a sign-in with this outcome and method.
pub fn describe_sign_in(outcome: SignInOutcome, method: LoginMethod) -> String {
    match (outcome, method) {
        (SignInOutcome::Success, method) => format!("logged in with {}", method.label()),
        (SignInOutcome::HalfDone, _) => "right password, code asked for".into(),
        (SignInOutcome::Refused, LoginMethod::Password) => "wrong name or password".into(),
        (SignInOutcome::Refused, LoginMethod::Code | LoginMethod::RecoveryCode) => "right password, wrong code".into(),
        (SignInOutcome::Refused, LoginMethod::Passkey) => "passkey refused".into(),
        (SignInOutcome::Throttled, _) => "refused: too many attempts".into(),
        (SignInOutcome::Logout, _) => "logged out".into(),
        (SignInOutcome::Password, _) => "password changed".into(),
        (SignInOutcome::FactorOn, _) => "second factor switched on".into(),
        (SignInOutcome::FactorOff, _) => "second factor switched off".into(),
        (SignInOutcome::PasskeyAdded, _) => "passkey added".into(),
        (SignInOutcome::PasskeyRemoved, _) => "passkey removed".into(),
    }
}

/// Equal sign-ins of one hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// Its row: `sign_ins.id`.
    pub id: i64,
    /// The outcome.
    pub outcome: SignInOutcome,
    /// The login method that was tried.
    pub method: LoginMethod,
    /// The address of the browser.
    pub address: String,
    /// Browser and system.
    pub device: String,
    /// Time of the last of them.
    pub last_at: Timestamp,
    /// How many there were.
    pub count: i64,
    /// A success of a device that had none in the 90 days before.
    pub is_new_device: bool,
}

/// A browser that is logged in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionSummary {
    /// Its row: `sessions.id`.
    pub id: SessionId,
    /// When it logged in.
    pub created_at: Timestamp,
    /// Its last request, to the minute.
    pub last_used_at: Timestamp,
    /// The IP address of that request.
    pub address: String,
    /// Browser and system.
    pub device: String,
    /// How it logged in.
    pub method: LoginMethod,
}

/// Whether a session that began and was used at these times is over. One dated
/// far in the future is: it would last for years.
pub const fn is_session_over(created_at: Timestamp, last_used_at: Timestamp, now: Timestamp) -> bool {
    now.since(created_at) >= SESSION_LIFETIME_SECONDS
        || now.since(last_used_at) >= SESSION_IDLE_SECONDS
        || created_at.since(now) > MAX_CLOCK_CORRECTION_SECONDS
        || last_used_at.since(now) > MAX_CLOCK_CORRECTION_SECONDS
}

/// What `/login` offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginOptions {
    /// Whom the instance lets in.
    pub mode: AccessMode,
    /// Whether there is a passkey for the host that was asked.
    pub has_passkey: bool,
}

/// What `/settings/access` shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessOverview {
    /// Who may use the instance.
    pub mode: AccessMode,
    /// Whether a password is set.
    pub has_password: bool,
    /// The name to log in with.
    pub owner: String,
    /// State of the second factor.
    pub second_factor: SecondFactor,
    /// What logs in without the password, the oldest first.
    pub passkeys: Vec<Passkey>,
    /// The host for which this browser can add passkeys; `None` where browsers allow none.
    pub passkey_host: Option<String>,
    /// The session of this browser; `None` without a login.
    pub current: Option<SessionId>,
    /// Browsers that are logged in, the last used first.
    pub sessions: Vec<SessionSummary>,
    /// The newest sign-ins first.
    pub sign_ins: Vec<SignIn>,
}

#[cfg(test)]
mod tests {
    use super::{Timestamp, is_session_over};

    #[test]
    fn sessions_end_by_idleness_and_by_age() {
        const DAY: i64 = 86_400;
        for (used_day, now_day, is_over) in
            [(0, 0, false), (0, 29, false), (0, 30, true), (170, 179, false), (179, 180, true), (170, 200, true)]
        {
            let (used, now) = (Timestamp(used_day * DAY), Timestamp(now_day * DAY));
            assert_eq!(is_session_over(Timestamp(0), used, now), is_over, "used {used_day}, now {now_day}");
        }
    }
}
