//! A QR code as a page draws it.

use serde::{Deserialize, Serialize};

/// A QR code (ISO/IEC 18004) to be drawn black on white, as an SVG path with one unit for each module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QrCode {
    /// Modules in a row, with the white border of four modules on either side.
    pub side: i32,
    /// The dark modules.
    pub path: String,
}
