//! A moment, written so that every reader can use it.

use crate::domain::time::Timestamp;
use leptos::prelude::*;

/// Absolute UTC in `<time datetime>`; the island [`LocalTimes`](crate::components::browser::local_times::LocalTimes) turns it into the reader's own.
#[component]
pub fn TimeElement(at: Timestamp) -> impl IntoView {
    view! { <time datetime=at.to_string()>{at.format_readable()}</time> }
}
