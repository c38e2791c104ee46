//! `/keys`: the list of keyboard shortcuts. The keyboard island shows the same list in a dialog.

use crate::domain::keys::{SHORTCUTS, written};
use leptos::prelude::*;
use leptos_meta::Title;

/// Made from the table that the handlers use.
#[component]
pub fn KeysPage() -> impl IntoView {
    view! {
        <Title text="Keyboard" />
        <section id="keys">
            <h1>"Keyboard"</h1>
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
                                    .map(|key| view! { <kbd>{written(key)}</kbd> " " })
                                    .collect_view()}
                            </dt>
                            <dd>{shortcut.says}</dd>
                        }
                    })
                    .collect_view()}
            </dl>
            <p class="muted">
                "Keys do nothing while you type. They can be switched off in the " <a href="/settings">"settings"</a> "."
            </p>
        </section>
    }
}
