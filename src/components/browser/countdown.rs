//! The moment something happens next.

use crate::components::browser::dom::query_selector_all;
use crate::domain::time::Timestamp;
use leptos::prelude::*;
use std::time::Duration;

/// An absolute moment; with JavaScript, the time left until then.
#[component]
pub fn Countdown(until: Timestamp) -> impl IntoView {
    view! {
        <time data-countdown datetime=until.to_string()>
            {until.format_readable()}
        </time>
        <CountdownTicker />
    }
}

/// Counts every `<time data-countdown>` of the page down, second by second.
#[island]
pub fn CountdownTicker() -> impl IntoView {
    Effect::new(|_| {
        update_countdowns();
        set_interval(update_countdowns, Duration::from_secs(1));
    });
}

fn update_countdowns() {
    let now = js_sys::Date::now();
    for time in query_selector_all("time[data-countdown]") {
        let until = js_sys::Date::parse(&time.get_attribute("datetime").unwrap_or_default());
        if until.is_finite() {
            time.set_text_content(Some(&format_time_left(((until - now) / 1000.0) as i64)));
        }
    }
}

/// What is left of a number of seconds.
fn format_time_left(seconds: i64) -> String {
    match seconds {
        ..=0 => "now".to_owned(),
        1..60 => format!("in {seconds} s"),
        60..3_600 => format!("in {} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("in {} h {} min", seconds / 3_600, seconds / 60 % 60),
        _ => format!("in {} d {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::format_time_left;

    #[test]
    fn two_units_say_enough() {
        for (seconds, text) in [
            (-5, "now"),
            (0, "now"),
            (59, "in 59 s"),
            (60, "in 1 min 0 s"),
            (3_599, "in 59 min 59 s"),
            (7_260, "in 2 h 1 min"),
            (90_000, "in 1 d 1 h"),
        ] {
            assert_eq!(format_time_left(seconds), text);
        }
    }
}
