//! Keyboard shortcuts. The table is [`crate::domain::keys`].

use super::browser::{all, go, json_field, one, page, post, press, toast, window, within};
use crate::domain::keys::{Action, action_of, begins_pair};
use leptos::{prelude::*, server_fn::ServerFn, task::spawn_local};
use std::cell::RefCell;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDialogElement, HtmlElement, KeyboardEvent};

/// Listens on the whole page; rendered only where the reader has not switched the keyboard off.
#[island]
pub fn Keyboard() -> impl IntoView {
    Effect::new(|_| {
        let pending = RefCell::new(None::<String>);
        // Lives as long as the page.
        let _ = window_event_listener(leptos::ev::keydown, move |event| on_key(&event, &pending));
    });
}

fn on_key(event: &KeyboardEvent, pending: &RefCell<Option<String>>) {
    let key = event.key();
    let first = pending.take();
    if event.ctrl_key() || event.meta_key() || event.alt_key() || is_busy(event, &key) {
        return;
    }
    if first.is_none() && begins_pair(&key) {
        pending.replace(Some(key));
        return;
    }
    if let Some(action) = action_of(first.as_deref(), &key)
        && act(action, &key)
    {
        event.prevent_default();
    }
}

/// Whether the key belongs to something else: a field, an open dialog, or a control that Enter presses.
fn is_busy(event: &KeyboardEvent, key: &str) -> bool {
    let Some(target) = event.target().and_then(|t| t.dyn_into::<Element>().ok()) else { return false };
    let fields = "input, textarea, select, [contenteditable], dialog[open], :popover-open";
    let presses = if key == "Enter" { ", a, button, summary" } else { "" };
    target.closest(&format!("{fields}{presses}")).is_ok_and(|found| found.is_some())
}

/// Does it; whether there was anything to do.
fn act(action: Action, key: &str) -> bool {
    match action {
        Action::Next => press(".reader a[rel=next]") || step(1),
        Action::Previous => press(".reader a[rel=prev]") || step(-1),
        Action::Open => press_here("h2 a"),
        Action::Back => press("[data-back]"),
        Action::Original => press("[data-original]") || open_original(),
        Action::ToggleRead => press_here("[name=read], [name=unread]"),
        Action::ToggleStar => press_here("[name=star], [name=unstar]"),
        Action::VoteUp => press_here("[data-vote=up]"),
        Action::VoteDown => press_here("[data-vote=down]"),
        Action::Rescore => press("[name=rescore]") || rescore(),
        Action::MarkAllRead => ask_mark_all(),
        Action::Search => focus(".find [name=q]"),
        Action::GoHome => to("/"),
        Action::GoFeeds => to("/feeds"),
        Action::GoSettings => to("/settings"),
        Action::GoChat => to("/chat"),
        Action::Help => key == "?" && show_keys(),
    }
}

fn to(path: &str) -> bool {
    go(path);
    true
}

/// The row with the focus, or the article of the reader.
fn here() -> Option<Element> {
    let focused = document().active_element().and_then(|e| e.closest(".row").ok()?);
    focused.or_else(|| one(".reader"))
}

fn press_here(selector: &str) -> bool {
    here().and_then(|place| within(&place, selector)).inspect(HtmlElement::click).is_some()
}

fn focus(selector: &str) -> bool {
    let field = one(selector).and_then(|e| e.dyn_into::<HtmlElement>().ok());
    field.is_some_and(|field| field.focus().is_ok())
}

/// Moves the focus along the titles of the list.
fn step(by: isize) -> bool {
    let rows = all(".row");
    let current = here().and_then(|row| rows.iter().position(|r| *r == row));
    let next = match current {
        None if by > 0 => Some(0),
        None => rows.len().checked_sub(1),
        Some(at) => at.checked_add_signed(by),
    };
    let title = next.and_then(|at| within(rows.get(at)?, "h2 a"));
    title.is_some_and(|title| title.focus().is_ok())
}

/// The article's id from the `id` of its row.
fn id_here() -> Option<String> {
    here()?.id().strip_prefix('a').map(str::to_owned)
}

fn open_original() -> bool {
    let Some(id) = id_here() else { return false };
    spawn_local(async move {
        let address = json_field(&format!("/api/articles/{id}"), "url").await;
        match address.filter(|a| a.starts_with("https://") || a.starts_with("http://")) {
            Some(address) => {
                // With "noopener" the browser never hands the new window back.
                let _ = window().map(|w| w.open_with_url_and_target_and_features(&address, "_blank", "noopener"));
            }
            None => toast("This article has no address of its own."),
        }
    });
    true
}

fn rescore() -> bool {
    let Some(id) = id_here() else { return false };
    spawn_local(async move {
        match post(crate::api::articles::RescoreArticle::url(), "rescore", &id).await {
            Ok(()) => toast(&crate::domain::notice::Notice::ArticleQueued.sentence(1)),
            Err(sentence) => toast(&sentence),
        }
    });
    true
}

/// Opens the question that stands on the page; the answer is a key press of its own.
fn ask_mark_all() -> bool {
    let Some(question) = one("#mark-all") else { return false };
    let _ = question.set_attribute("open", "");
    within(&question, "form button").is_some_and(|button| button.focus().is_ok())
}

/// The list of keys from its own page, in a dialog.
fn show_keys() -> bool {
    spawn_local(async {
        let list = page("/keys").await.and_then(|page| page.get_element_by_id("keys"));
        let dialog = document().create_element("dialog").ok().and_then(|d| d.dyn_into::<HtmlDialogElement>().ok());
        let (Some(list), Some(dialog), Some(body)) = (list, dialog, document().body()) else { return go("/keys") };
        dialog.set_class_name("keys");
        dialog.set_inner_html("<form method=dialog><button class='button small'>Close</button></form>");
        let shown = dialog.prepend_with_node_1(&list).is_ok() && body.append_child(&dialog).is_ok();
        if !shown || dialog.show_modal().is_err() {
            go("/keys");
        }
    });
    true
}
