//! Making of QR codes.

use crate::domain::qr_code::QrCode;
use qrcodegen::QrCodeEcc;
use std::fmt::Write as _;

/// White modules around a QR code: ISO/IEC 18004 asks for four.
const QUIET_ZONE: i32 = 4;

/// The QR code of a text; `None` when it is too long for one, from about 2,300 bytes on.
pub fn qr_code_of(text: &str) -> Option<QrCode> {
    let code = qrcodegen::QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let run = (x..code.size()).take_while(|x| code.get_module(*x, y)).count();
            if run > 0 {
                // Writing into a string cannot fail.
                let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET_ZONE, y + QUIET_ZONE);
            }
            x += i32::try_from(run).unwrap_or(i32::MAX).max(1);
        }
    }
    Some(QrCode { side: code.size() + 2 * QUIET_ZONE, path })
}

#[cfg(test)]
mod tests {
    use super::qr_code_of;

    #[test]
    fn a_code_has_its_three_finders_within_a_white_border() {
        let code = qr_code_of("http://127.0.0.1:3000/api/greader.php").expect("short enough");
        let far = code.side - 11;
        for corner in ["M4 4h7v1h-7z".into(), format!("M{far} 4h7v1h-7z"), format!("M4 {far}h7v1h-7z")] {
            assert!(code.path.contains(&corner), "{corner}: {}", code.path);
        }
        assert!(!code.path.contains(&format!("M{far} {far}h7")), "no finder in the fourth corner: {}", code.path);
        assert!((0..code.side).all(|at| !code.path.contains(&format!("M{at} 3h"))), "{}", code.path);
        assert_eq!(qr_code_of(&"x".repeat(4_000)), None);
    }
}
