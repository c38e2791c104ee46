//! Watches whether Gleaner answers. An open page shows within two seconds that it does not, sends no form meanwhile, so that
//! nothing typed is lost, and recovers automatically.

use crate::components::browser::dom::{answers, query_selector, run_after, show_toast};
use leptos::{prelude::*, task::spawn_local};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{SubmitEvent, VisibilityState};

/// The path of the probe, which is answered without the database.
const PROBE_PATH: &str = "/healthz";
/// Milliseconds without an event after which the connection is probed; the stream sends one every 15 s.
const MAX_SILENCE_MS: f64 = 20_000.0;
/// Milliseconds between two checks for silence.
const SILENCE_CHECK_INTERVAL_MS: i32 = 5_000;
/// How long the answer to a probe may take, in milliseconds.
const PROBE_TIMEOUT_MS: i32 = 1_500;
/// Milliseconds between two probes while there is no answer.
const PROBE_INTERVAL_MS: i32 = 1_000;
/// The element of the page layout that shows that Gleaner does not answer.
pub const CONNECTION_NOTICE_ID: &str = "offline";

thread_local! {
    /// When something was last received, in milliseconds of the browser's clock.
    static LAST_RECEIVED_MS: Cell<f64> = const { Cell::new(0.0) };
    static IS_LOST: Cell<bool> = const { Cell::new(false) };
    static IS_PROBING: Cell<bool> = const { Cell::new(false) };
    static ON_RETURN: RefCell<Option<Rc<dyn Fn()>>> = const { RefCell::new(None) };
}

/// Watches as long as the page lives; `on_return` runs when Gleaner answers again.
pub fn watch_connection(on_return: impl Fn() + 'static) {
    record_contact();
    ON_RETURN.set(Some(Rc::new(on_return)));
    block_forms();
    check_silence();
}

/// Records that Gleaner answered or sent an event.
pub fn record_contact() {
    LAST_RECEIVED_MS.set(js_sys::Date::now());
    if IS_LOST.replace(false) {
        show_notice(None);
        if let Some(on_return) = ON_RETURN.with_borrow(Clone::clone) {
            on_return();
        }
    }
}

/// Probes Gleaner, because its stream broke off or is silent.
pub fn probe_connection() {
    if is_hidden() || IS_PROBING.replace(true) {
        return;
    }
    let is_decided = Rc::new(Cell::new(false));
    let too_late = is_decided.clone();
    spawn_local(async move {
        let is_answering = answers(PROBE_PATH).await;
        if !is_decided.replace(true) || is_answering {
            conclude_probe(is_answering);
        }
    });
    run_after(PROBE_TIMEOUT_MS, move || {
        if !too_late.replace(true) {
            conclude_probe(false);
        }
    });
}

fn conclude_probe(is_answering: bool) {
    IS_PROBING.set(false);
    if is_answering {
        record_contact();
        return;
    }
    if !IS_LOST.replace(true) {
        let now = js_sys::Date::new_0();
        show_notice(Some(&lost_sentence(now.get_hours(), now.get_minutes())));
    }
    run_after(PROBE_INTERVAL_MS, probe_connection);
}

fn check_silence() {
    if is_silent(LAST_RECEIVED_MS.get(), js_sys::Date::now()) && !IS_LOST.get() {
        probe_connection();
    }
    run_after(SILENCE_CHECK_INTERVAL_MS, check_silence);
}

/// Blocks forms while Gleaner does not answer, since what was typed into them would be lost.
fn block_forms() {
    let listener = Closure::<dyn Fn(SubmitEvent)>::new(|event: SubmitEvent| {
        if IS_LOST.get() {
            event.prevent_default();
            event.stop_propagation();
            show_toast("Gleaner does not answer, so nothing was sent. What you typed stays here.");
        }
    });
    // Before every other listener.
    let _ = document().add_event_listener_with_callback_and_bool("submit", listener.as_ref().unchecked_ref(), true);
    listener.forget();
}

/// Shows the sentence; hides the notice without one.
fn show_notice(sentence: Option<&str>) {
    if let Some(notice) = query_selector(&format!("#{CONNECTION_NOTICE_ID}")) {
        notice.set_text_content(sentence);
        let _ = notice.toggle_attribute_with_force("hidden", sentence.is_none());
    }
}

fn lost_sentence(hours: u32, minutes: u32) -> String {
    format!("Gleaner does not answer since {hours:02}:{minutes:02}. What you typed stays here; the page then resumes.")
}

fn is_silent(last_received_ms: f64, now_ms: f64) -> bool {
    now_ms - last_received_ms > MAX_SILENCE_MS
}

fn is_hidden() -> bool {
    document().visibility_state() != VisibilityState::Visible
}

#[cfg(test)]
mod tests {
    use super::{is_silent, lost_sentence};

    #[test]
    fn a_stream_without_keepalive_is_silent() {
        for (last_received, now, silent) in [(0.0, 15_500.0, false), (0.0, 20_001.0, true), (50_000.0, 20_001.0, false)]
        {
            assert_eq!(is_silent(last_received, now), silent, "{last_received} {now}");
        }
        assert!(lost_sentence(14, 3).starts_with("Gleaner does not answer since 14:03."));
    }
}
