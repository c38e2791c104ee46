//! Keyboard shortcuts. The table is [`crate::domain::keyboard_shortcuts`].

use crate::components::browser::dom::{
    click, fetch_page, navigate, post_form, query_selector, query_selector_all, query_selector_in, show_toast,
};
use crate::domain::keyboard_shortcuts::{ShortcutAction, find_action, latin_key, starts_sequence};
use crate::{api::articles::RescoreArticle, domain::notice::Notice};
use leptos::{prelude::*, task::spawn_local};
use server_fn::ServerFn;
use std::cell::RefCell;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDialogElement, HtmlElement, KeyboardEvent};

/// The notice alone; the table of all of them stays on the server.
const ARTICLE_QUEUED_SENTENCE: &str = Notice::ArticleQueued.singular();

/// Listens on the whole page; rendered only where the reader has not switched the keyboard off.
#[island]
pub fn KeyboardShortcuts() -> impl IntoView {
    Effect::new(|_| {
        let pending = RefCell::new(None::<String>);
        // Lives as long as the page.
        let _ = window_event_listener(leptos::ev::keydown, move |event| on_keydown(&event, &pending));
    });
}

fn on_keydown(event: &KeyboardEvent, pending: &RefCell<Option<String>>) {
    let key = latin_key(event.key(), &event.code(), event.shift_key());
    let first = pending.take();
    if event.ctrl_key() || event.meta_key() || event.alt_key() || is_key_in_use(event, &key) {
        return;
    }
    if first.is_none() && starts_sequence(&key) {
        pending.replace(Some(key));
        return;
    }
    if let Some(action) = find_action(first.as_deref(), &key)
        && perform_action(action, &key)
    {
        event.prevent_default();
    }
}

/// Whether the key belongs to something else: a field, an open dialog, or a control that Enter presses.
fn is_key_in_use(event: &KeyboardEvent, key: &str) -> bool {
    let Some(target) = event.target().and_then(|t| t.dyn_into::<Element>().ok()) else { return false };
    let fields = "input, textarea, select, [contenteditable], dialog[open], :popover-open";
    let presses = if key == "Enter" { ", a, button, summary" } else { "" };
    target.closest(&format!("{fields}{presses}")).is_ok_and(|found| found.is_some())
}

/// Performs an action; whether there was anything to do.
fn perform_action(action: ShortcutAction, key: &str) -> bool {
    match action {
        ShortcutAction::Next => click(".reader a[rel=next]") || move_focus(1),
        ShortcutAction::Previous => click(".reader a[rel=prev]") || move_focus(-1),
        ShortcutAction::Open => click_in_current_article("h2 a"),
        ShortcutAction::Back => click("[data-back]"),
        ShortcutAction::OpenOriginal => open_original(),
        ShortcutAction::ToggleRead => click_in_current_article("[name=read], [name=unread]"),
        ShortcutAction::ToggleStar => click_in_current_article("[name=star], [name=unstar]"),
        ShortcutAction::VoteUp => click_in_current_article("[data-vote=up]"),
        ShortcutAction::VoteDown => click_in_current_article("[data-vote=down]"),
        ShortcutAction::Rescore => click("[name=rescore]") || rescore_current_article(),
        ShortcutAction::MarkAllRead => open_mark_all_confirmation(),
        ShortcutAction::Search => focus_first(".find [name=q]"),
        ShortcutAction::NextPage => click(".pager [rel=next]"),
        ShortcutAction::FirstPage => click(".pager [rel=first]"),
        ShortcutAction::GoHome => navigate_to("/"),
        ShortcutAction::GoStarred => navigate_to("/?view=starred"),
        ShortcutAction::GoFeeds => navigate_to("/feeds"),
        ShortcutAction::GoSettings => navigate_to("/settings"),
        ShortcutAction::GoChat => navigate_to("/chat"),
        ShortcutAction::Help => key == "?" && show_shortcuts_dialog(),
    }
}

fn navigate_to(path: &str) -> bool {
    navigate(path);
    true
}

/// The row with the focus, or the article of the reader.
fn current_article() -> Option<Element> {
    let focused = document().active_element().and_then(|e| e.closest(".row").ok()?);
    focused.or_else(|| query_selector(".reader"))
}

fn click_in_current_article(selector: &str) -> bool {
    current_article().and_then(|place| query_selector_in(&place, selector)).inspect(HtmlElement::click).is_some()
}

fn focus_first(selector: &str) -> bool {
    let field = query_selector(selector).and_then(|e| e.dyn_into::<HtmlElement>().ok());
    field.is_some_and(|field| field.focus().is_ok())
}

/// Moves the focus along the titles of the list.
fn move_focus(by: isize) -> bool {
    let rows = query_selector_all(".row");
    let current = current_article().and_then(|row| rows.iter().position(|r| *r == row));
    let next = match current {
        None if by > 0 => Some(0),
        None => rows.len().checked_sub(1),
        Some(at) => at.checked_add_signed(by),
    };
    let title = next.and_then(|at| query_selector_in(rows.get(at)?, "h2 a"));
    title.is_some_and(|title| title.focus().is_ok())
}

/// The article's id from the `id` of its row.
fn current_article_id() -> Option<String> {
    current_article()?.id().strip_prefix('a').map(str::to_owned)
}

/// Opening the original counts as reading it.
fn open_original() -> bool {
    if click_in_current_article("[data-original]") {
        click_in_current_article("[name=read]");
    } else if current_article().is_some() {
        show_toast("This article has no link to an original.");
    }
    true
}

fn rescore_current_article() -> bool {
    // Without a model a row has no score.
    let Some(id) = query_selector(".row .score").and_then(|_| current_article_id()) else { return false };
    spawn_local(async move {
        match post_form(RescoreArticle::PATH, &format!("rescore={id}")).await {
            Ok(()) => show_toast(ARTICLE_QUEUED_SENTENCE),
            Err(sentence) => show_toast(&sentence),
        }
    });
    true
}

/// Opens the confirmation on the page, which another key press answers.
fn open_mark_all_confirmation() -> bool {
    let Some(question) = query_selector("#mark-all") else { return false };
    let _ = question.set_attribute("open", "");
    query_selector_in(&question, "form button").is_some_and(|button| button.focus().is_ok())
}

/// The list of keys from its own page, in a dialog.
fn show_shortcuts_dialog() -> bool {
    spawn_local(async {
        let list = fetch_page("/keys").await.and_then(|page| page.get_element_by_id("keys"));
        let dialog = document().create_element("dialog").ok().and_then(|d| d.dyn_into::<HtmlDialogElement>().ok());
        let (Some(list), Some(dialog), Some(body)) = (list, dialog, document().body()) else {
            return navigate("/keys");
        };
        dialog.set_class_name("keys");
        dialog.set_inner_html("<form method=dialog><button class='button small'>Close</button></form>");
        let shown = dialog.prepend_with_node_1(&list).is_ok() && body.append_child(&dialog).is_ok();
        if !shown || dialog.show_modal().is_err() {
            navigate("/keys");
        }
    });
    true
}
