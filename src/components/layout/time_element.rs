//! A time, shown in UTC and localized by an island.

use crate::domain::time::Timestamp;
use leptos::prelude::*;

/// To the minute, as it is shown: absolute UTC in `<time datetime>`; the island [`LocalTimes`](crate::components::browser::local_times::LocalTimes) turns it into the reader's own.
#[component]
pub fn TimeElement(at: Timestamp) -> impl IntoView {
    let minute = Timestamp(at.0 - at.0.rem_euclid(60));
    view! { <time datetime=minute.to_string()>{at.format_readable()}</time> }
}
