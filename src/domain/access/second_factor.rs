//! What the login asks for beside the password.

use crate::domain::qr_code::QrCode;
use serde::{Deserialize, Serialize};

/// The state of the second factor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecondFactor {
    /// The password suffices.
    Off,
    /// A secret was created and is not yet confirmed with a code of an authenticator app; the password still suffices.
    SettingUp {
        /// The secret in Base32, in groups of four.
        secret: String,
        /// The secret as a QR code; `None` when the name of the owner is too long for one.
        qr_code: Option<QrCode>,
    },
    /// A code of the app, or a recovery code, is asked for.
    On {
        /// Recovery codes that were not used.
        recovery_codes_left: i64,
    },
}
