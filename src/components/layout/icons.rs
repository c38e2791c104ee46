//! The few drawings of the house, as inline SVG that takes the colour of the text. Always beside or within a named control.

use leptos::prelude::*;

/// A line drawing on a 24 × 24 field, hidden from screen readers.
#[component]
pub fn Icon(
    /// The `d` of its path.
    path: &'static str,
) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
            <path d=path></path>
        </svg>
    }
}

/// Three lines: the menu.
pub const MENU_ICON: &str = "M4 7h16M4 12h16M4 17h16";
/// A magnifying glass.
pub const SEARCH_ICON: &str = "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM20 20l-4-4";
/// A cross.
pub const CLOSE_ICON: &str = "M6 6l12 12M18 6 6 18";
/// An arrow to the left.
pub const ARROW_LEFT_ICON: &str = "M19 12H5m6-6-6 6 6 6";
/// An arrow to the right.
pub const ARROW_RIGHT_ICON: &str = "M5 12h14m-6-6 6 6-6 6";
/// An arrow out of a box: leaves the house.
pub const EXTERNAL_LINK_ICON: &str = "M10 5H5v14h14v-5M14 4h6v6M20 4l-9 9";
/// A gear: settings of the thing beside it.
pub const GEAR_ICON: &str = "M12 15.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4ZM12 3v2.4M12 18.6V21M3 12h2.4M18.6 12H21M5.6 5.6l1.7 1.7M16.7 16.7l1.7 1.7M18.4 5.6l-1.7 1.7M7.3 16.7l-1.7 1.7";
/// An ear of wheat: Gleaner's mark.
pub const LOGO_ICON: &str = "M12 22V9m0 4c-3 0-5-2-5-5 3 0 5 2 5 5Zm0 0c3 0 5-2 5-5-3 0-5 2-5 5Zm0 6c-3 0-5-2-5-5 3 0 5 2 5 5Zm0 0c3 0 5-2 5-5-3 0-5 2-5 5Zm0-11c-2-2-2-4 0-6 2 2 2 4 0 6Z";
