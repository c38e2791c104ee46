//! `/settings`: how often feeds are checked, how the pages look and behave, and where everything else is set.

use crate::{
    api::preferences::{SaveSettings, SettingsOverview, load_settings},
    components::{
        browser::countdown::Countdown,
        forms::form::{FieldError, FormValidation, render_loaded},
        layout::sidebar::{PullIndicator, ThemeSwitch},
    },
    domain::preferences::Preferences,
};
use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn;

/// The page.
#[component]
pub fn SettingsPage() -> impl IntoView {
    view! {
        <Title text="Settings" />
        {render_loaded(
            load_settings(),
            |SettingsOverview { preferences, next_check, is_pulling, .. }| {
                let next = next_check
                    .map(|until| view! { <p>"Next refresh: " <Countdown until /> "."</p> }.into_any())
                    .unwrap_or_else(|| view! { <p>"No feeds to refresh yet."</p> }.into_any());
                view! {
                    <header class="page-head">
                        <h1>"Settings"</h1>
                    </header>
                    <SettingsLinks is_pulling />
                    <section class="panel stack" aria-labelledby="look">
                        <h2 id="look">"Theme"</h2>
                        <ThemeSwitch theme=preferences.theme />
                    </section>
                    <PreferencesForm preferences next=next.into_any() />
                }
            },
        )}
    }
}

/// Refresh interval, keyboard and suggestions of categories.
#[component]
fn PreferencesForm(preferences: Preferences, next: AnyView) -> impl IntoView {
    let form = FormValidation::of::<SaveSettings>();
    let minutes = form.value("refresh_minutes", (preferences.feed_refresh_interval / 60).to_string());
    let ticked = |name: &str, saved: bool| if form.is_refused() { form.value(name, "") == "true" } else { saved };
    let keyboard = ticked("keyboard", preferences.keyboard);
    let suggest_categories = ticked("suggest_categories", preferences.suggest_categories);
    view! {
        <form class="panel stack" method="post" action=SaveSettings::url()>
            <h2>"Refresh, keyboard and suggestions"</h2>
            <label class="field narrow">
                <span>"Refresh interval (minutes)"</span>
                <input name="refresh_minutes" inputmode="numeric" required value=minutes aria-invalid=form.invalid("refresh_minutes") aria-describedby=form.aria_describedby_with_hint("refresh_minutes") />
                <small id="refresh_minutes-hint">"1 to 1440. A feed that asks for a longer interval, or fails, is refreshed less often, and with the default of 60 one whose server cannot say that nothing has changed once a day. The page of each feed shows its interval with the reason."</small>
            </label>
            <FieldError form />
            {next}
            <label class="check">
                <input type="checkbox" name="keyboard" value="true" checked=keyboard />
                <span>"Keyboard shortcuts (press ? for the list)"</span>
            </label>
            <label class="check">
                <input type="checkbox" name="suggest_categories" value="true" checked=suggest_categories />
                <span>"Models may suggest categories (listed under Categories)"</span>
            </label>
            <div class="actions">
                <button class="button primary">"Save"</button>
            </div>
        </form>
    }
}

/// The other pages where something is set.
#[component]
fn SettingsLinks(is_pulling: bool) -> impl IntoView {
    let links = [
        ("/settings/access", "Access", "password, browsers that are logged in, sign-ins"),
        ("/settings/clients", "Devices", "readers, scripts and their secrets"),
        ("/settings/ollama", "Ollama and models", "connection, models in use, downloads, prompts"),
        ("/interests", "Interests", "what you want more and less of, in your own words"),
        ("/categories", "Categories", "weights, names, visibility"),
        ("/feeds", "Feeds", "subscriptions, folders, OPML import and export"),
        ("/status", "Status", "scoring queue, failed articles, feed errors"),
    ]
    .map(|(href, name, what)| {
        view! {
            <li>
                <a href=href>{name}</a>
                {(is_pulling && href == "/settings/ollama").then(|| view! { <PullIndicator /> })}
                <span class="muted">": " {what}</span>
            </li>
        }
    })
    .collect_view();
    view! {
        <nav class="panel" id="elsewhere" aria-label="Settings" data-live>
            <ul class="lines">{links}</ul>
        </nav>
    }
}
