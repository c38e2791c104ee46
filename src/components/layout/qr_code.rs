//! A QR code in the page.

use crate::domain::qr_code::QrCode;
use leptos::prelude::*;

/// A QR code, black on white in both themes, since cameras expect it. `label`: what it holds.
#[component]
pub fn QrCodeImage(code: QrCode, label: &'static str) -> impl IntoView {
    let QrCode { side, path } = code;
    let view_box = format!("0 0 {side} {side}");
    view! {
        <svg role="img" aria-label=label width="176" height="176" viewBox=view_box shape-rendering="crispEdges">
            <rect width=side height=side fill="#fff" />
            <path d=path fill="#000" />
        </svg>
    }
}
