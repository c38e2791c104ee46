//! Where readers on other machines find this instance.

use crate::domain::qr_code::QrCode;
use serde::{Deserialize, Serialize};

/// The addresses that are typed into readers, one for each API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReaderAddresses {
    /// For Miniflux: scheme and host of this instance, with `/` at the end.
    pub miniflux: String,
    /// For Google Reader and FreshRSS.
    pub google_reader: String,
    /// For Fever.
    pub fever: String,
    /// The address for Google Reader as a QR code; `None` when it is too long for one.
    pub qr_code: Option<QrCode>,
}

impl ReaderAddresses {
    /// The addresses below `base`, which ends with `/`.
    pub fn below(base: &str) -> Self {
        Self {
            miniflux: base.to_owned(),
            google_reader: format!("{base}api/greader.php"),
            fever: format!("{base}fever/"),
            qr_code: None,
        }
    }
}
