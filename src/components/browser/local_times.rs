//! Relative times, with the local date and time on hover.

use crate::components::browser::dom::{query_selector_all, window};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, closure::Closure};

/// Rewrites every `<time datetime>` of the page, and again each minute.
#[island]
pub fn LocalTimes() -> impl IntoView {
    Effect::new(|_| {
        localize_times();
        let again = Closure::<dyn FnMut()>::new(localize_times);
        if let Some(window) = window() {
            let _ =
                window.set_interval_with_callback_and_timeout_and_arguments_0(again.as_ref().unchecked_ref(), 60_000);
        }
        // Lives as long as the page.
        again.forget();
    });
}

/// Rewrites every time of the page once.
pub fn localize_times() {
    let now = js_sys::Date::now();
    for time in query_selector_all("time[datetime]:not([data-countdown])") {
        let Some(moment) = time.get_attribute("datetime") else { continue };
        let date = js_sys::Date::new(&moment.into());
        let millis = date.get_time();
        if millis.is_nan() {
            continue;
        }
        let locale = js_sys::Array::new();
        let full = date.to_locale_string("default", &locale).as_string().unwrap_or_default();
        let text = relative_time(((now - millis) / 1000.0) as i64)
            .or_else(|| date.to_locale_date_string("default", &locale).as_string());
        time.set_text_content(text.as_deref());
        let _ = time.set_attribute("title", &full);
    }
}

/// How long ago, or how soon, a moment `seconds` before now is; `None` for a week and more, when a date is clearer.
fn relative_time(seconds: i64) -> Option<String> {
    let (n, unit) = match seconds.unsigned_abs() {
        0..60 => return Some("just now".to_owned()),
        s @ 60..3_600 => (s / 60, "min"),
        s @ 3_600..86_400 => (s / 3_600, "h"),
        s @ 86_400..604_800 => (s / 86_400, "d"),
        _ => return None,
    };
    Some(if seconds < 0 { format!("in {n} {unit}") } else { format!("{n} {unit} ago") })
}

#[cfg(test)]
mod tests {
    use super::relative_time;

    #[test]
    fn near_times_are_relative_and_far_ones_are_dates() {
        for (seconds, text) in [
            (0, Some("just now")),
            (-30, Some("just now")),
            (60, Some("1 min ago")),
            (7_199, Some("1 h ago")),
            (200_000, Some("2 d ago")),
            (-300, Some("in 5 min")),
            (604_800, None),
            (-9_000_000, None),
        ] {
            assert_eq!(relative_time(seconds).as_deref(), text);
        }
    }
}
