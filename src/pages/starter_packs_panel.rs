//! Well-known feeds by topic on `/feeds/new`: what each list would add, and a button that adds it.

use crate::{
    api::first_run::AddStarterPack,
    components::forms::form::{FieldError, FormValidation},
    domain::{humanize::format_count, starter_pack::StarterPackOffer},
};
use leptos::prelude::*;
use server_fn::ServerFn;

/// All lists.
#[component]
pub fn StarterPacksPanel(packs: Vec<StarterPackOffer>) -> impl IntoView {
    let form = FormValidation::of::<AddStarterPack>();
    let lines = packs.into_iter().map(|pack| view! { <StarterPackLine pack /> }).collect_view();
    view! {
        <section class="panel" id="packs" aria-labelledby="packs-title">
            <h2 id="packs-title">"Starter packs"</h2>
            <p class="muted">"Well-known feeds by topic. They come into a folder of that name; feeds that you have stay as they are."</p>
            <FieldError form />
            <ul class="lines">{lines}</ul>
        </section>
    }
}

#[component]
fn StarterPackLine(pack: StarterPackOffer) -> impl IntoView {
    let new_count = pack.new_count();
    let StarterPackOffer { name, title, feeds } = pack;
    let all = format_count(feeds.len().try_into().unwrap_or(i64::MAX), "feed", "feeds");
    let label = if new_count > 0 {
        format!("Add {}", format_count(new_count, "feed", "feeds"))
    } else {
        "You have all of them".to_owned()
    };
    let rows = feeds
        .into_iter()
        .map(|feed| {
            let known = if feed.is_subscribed { " · you have it" } else { "" };
            view! { <li><span dir="auto">{feed.title}</span> <span class="muted">" · " {feed.url} {known}</span></li> }
        })
        .collect_view();
    view! {
        <li>
            <details>
                <summary><strong>{title.clone()}</strong> <span class="muted">" · " {all}</span></summary>
                <ul class="lines">{rows}</ul>
            </details>
            <form method="post" action=AddStarterPack::url()>
                <input type="hidden" name="name" value=name />
                <button class="button small" disabled=new_count == 0 aria-label=format!("{title}: {label}")>{label.clone()}</button>
            </form>
        </li>
    }
}
