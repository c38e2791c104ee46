//! The parts of a page that change while it is open.

use crate::components::browser::{
    dom::{fetch_page, query_selector_all, window},
    local_times::localize_times,
};
use leptos::{prelude::*, task::spawn_local};

/// Replaces the rows and the elements marked `data-live`, by their ids, with those of a freshly loaded page. Nothing is added,
/// removed or moved, and what has the focus or an open `<details>` stays.
pub fn refresh_live_parts() {
    spawn_local(async {
        let Some(address) = window().and_then(|w| w.location().href().ok()) else { return };
        let Some(fresh) = fetch_page(address.split('#').next().unwrap_or(&address)).await else { return };
        let focused = document().active_element();
        for old in query_selector_all(".row, [data-live]") {
            let in_use = focused.as_ref().is_some_and(|f| old.contains(Some(f)))
                || old.query_selector("details[open]").is_ok_and(|open| open.is_some());
            let Some(new) = fresh.get_element_by_id(&old.id()).filter(|_| !in_use) else { continue };
            let _ = old.replace_with_with_node_1(&new);
        }
        localize_times();
    });
}
