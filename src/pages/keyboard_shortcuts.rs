//! `/keys`: the list of keyboard shortcuts. The keyboard island shows the same list in a dialog.

use crate::domain::keyboard_shortcuts::{SHORTCUTS, key_label};
use leptos::prelude::*;
use leptos_meta::Title;

/// Made from the table that the handlers use.
#[component]
pub fn KeyboardShortcutsPage() -> impl IntoView {
    view! {
        <Title text="Keyboard shortcuts" />
        <section id="keys">
            <h1>"Keyboard shortcuts"</h1>
            <dl class="keylist">
                {SHORTCUTS
                    .iter()
                    .map(|shortcut| {
                        view! {
                            <dt>
                                {shortcut
                                    .keys
                                    .iter()
                                    .flat_map(|keys| keys.split(' '))
                                    .map(|key| view! { <kbd>{key_label(key)}</kbd> " " })
                                    .collect_view()}
                            </dt>
                            <dd>{shortcut.description}</dd>
                        }
                    })
                    .collect_view()}
            </dl>
            <p class="muted">
                "Shortcuts are inactive while you type. You can turn them off in the " <a href="/settings">"settings"</a> "."
            </p>
        </section>
    }
}
