//! The moment something happens next.

use crate::domain::time::Timestamp;
use leptos::prelude::*;

/// An absolute moment; with JavaScript, the time left until then.
#[component]
pub fn Countdown(until: Timestamp) -> impl IntoView {
    view! { <time data-countdown datetime=until.to_string()>{until.readable()}</time> }
}
