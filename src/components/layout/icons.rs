//! Icons as inline SVG in the color of the text. Always beside or within a named control.

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
/// An arrow out of a box: an external link.
pub const EXTERNAL_LINK_ICON: &str = "M10 5H5v14h14v-5M14 4h6v6M20 4l-9 9";
/// A gear: settings of the thing beside it.
pub const GEAR_ICON: &str = "M10.1 5.3L10.4 2.7L13.6 2.7L13.9 5.3L15.5 5.9L17.4 4.3L19.7 6.6L18.1 8.5L18.7 10.1L21.3 10.4L21.3 13.6L18.7 13.9L18.1 15.5L19.7 17.4L17.4 19.7L15.5 18.1L13.9 18.7L13.6 21.3L10.4 21.3L10.1 18.7L8.5 18.1L6.6 19.7L4.3 17.4L5.9 15.5L5.3 13.9L2.7 13.6L2.7 10.4L5.3 10.1L5.9 8.5L4.3 6.6L6.6 4.3L8.5 5.9ZM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z";
/// An ear of wheat: Gleaner's mark.
pub const LOGO_ICON: &str = "M12 22V9m0 4c-3 0-5-2-5-5 3 0 5 2 5 5Zm0 0c3 0 5-2 5-5-3 0-5 2-5 5Zm0 6c-3 0-5-2-5-5 3 0 5 2 5 5Zm0 0c3 0 5-2 5-5-3 0-5 2-5 5Zm0-11c-2-2-2-4 0-6 2 2 2 4 0 6Z";
