//! What the login asks for beside the password.

use crate::domain::qr_code::QrCode;
use serde::{Deserialize, Serialize};

/// The state of the second factor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecondFactor {
    /// The password suffices.
    Off,
    /// The secret waits to be put into an authenticator app and confirmed with its first code; the password still suffices.
    SettingUp {
        /// The secret in Base32, in groups of four.
        secret: String,
        /// The same for a camera; `None` when the name of the owner is too long for it.
        qr_code: Option<QrCode>,
    },
    /// A code of the app, or a recovery code, is asked for.
    On {
        /// Recovery codes that were not used.
        recovery_codes_left: i64,
    },
}
