//! `/settings`: how often feeds are checked, what lists show, how the pages look, and where everything else is set.

use crate::{
    api::preferences::{SaveSettings, SettingsOverview, load_settings},
    components::{
        article::list_toolbar::{sort_label, view_label},
        browser::countdown::Countdown,
        forms::form::{FieldError, FormValidation, render_loaded},
        layout::sidebar::{PullIndicator, ThemeSwitch},
    },
    domain::{
        article::{ArticleSort, ArticleView},
        preferences::Preferences,
    },
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
                    <SettingsLinks is_pulling without_model=preferences.without_model />
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

/// Refresh interval, lists, duplicates, the model, the keyboard, suggestions of categories.
#[component]
fn PreferencesForm(preferences: Preferences, next: AnyView) -> impl IntoView {
    let form = FormValidation::of::<SaveSettings>();
    let minutes = form.value("refresh_minutes", (preferences.feed_refresh_interval / 60).to_string());
    let ticked = |name: &str, saved: bool| if form.is_refused() { form.value(name, "") == "true" } else { saved };
    let (keyboard, uses_model) =
        (ticked("keyboard", preferences.keyboard), ticked("model", !preferences.without_model));
    let hide_duplicates = ticked("hide_duplicates", preferences.hide_duplicates);
    let suggest_categories = ticked("suggest_categories", preferences.suggest_categories);
    let view = form.value("view", preferences.list_defaults.view.as_str());
    let sort = form.value("sort", preferences.list_defaults.sort.as_str());
    let views = [ArticleView::Unread, ArticleView::All, ArticleView::Starred]
        .map(|choice| (choice.as_str(), view_label(choice)));
    let sorts = ArticleSort::OF_LISTS.iter().map(|choice| (choice.as_str(), sort_label(*choice)));
    view! {
        <form class="panel stack" method="post" action=SaveSettings::url()>
            <h2>"Feeds and lists"</h2>
            <label class="field narrow">
                <span>"Refresh interval (minutes)"</span>
                <input name="refresh_minutes" inputmode="numeric" required value=minutes aria-invalid=form.invalid("refresh_minutes") aria-describedby=form.aria_describedby_with_hint("refresh_minutes") />
                <small id="refresh_minutes-hint">"1 to 1440. A feed that asks for a longer interval, or fails, is refreshed less often. At 60 or more, one whose server cannot say that nothing has changed is refreshed once a day. The page of each feed shows its interval with the reason."</small>
            </label>
            <FieldError form />
            {next}
            <div class="fields">
                <ChoiceField name="view" label="The inbox shows" chosen=view choices=views.to_vec() />
                <ChoiceField name="sort" label="Lists are sorted by" chosen=sort choices=sorts.collect() />
            </div>
            <label class="check">
                <input type="checkbox" name="hide_duplicates" value="true" checked=hide_duplicates aria-describedby="duplicates-hint" />
                <span>"Show a story that several feeds tell once"</span>
            </label>
            <p class="help" id="duplicates-hint">
                "The article with the best score stands in the list and names the other feeds. Read mark, star, vote and score are shared. "
                <a href="/search?q=is%3Aduplicate">"Hidden articles"</a> " are found with " <code>"is:duplicate"</code> "."
            </p>
            <h2 id="model">"Model and keyboard"</h2>
            <label class="check">
                <input type="checkbox" name="model" value="true" checked=uses_model aria-describedby="model-hint" />
                <span>"Score articles with a model"</span>
            </label>
            <p class="help" id="model-hint">
                "Without a model Gleaner is a plain feed reader: nothing is scored, no page shows scores, and lists are sorted by date. Scores and queue are kept."
            </p>
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

/// A `<select>` of values and their labels.
#[component]
fn ChoiceField(
    name: &'static str,
    label: &'static str,
    chosen: String,
    choices: Vec<(&'static str, &'static str)>,
) -> impl IntoView {
    let options = choices
        .into_iter()
        .map(|(value, label)| view! { <option value=value selected=value == chosen>{label}</option> })
        .collect_view();
    view! {
        <label class="field">
            <span>{label}</span>
            <select name=name>{options}</select>
        </label>
    }
}

/// The other pages where something is set.
#[component]
fn SettingsLinks(is_pulling: bool, without_model: bool) -> impl IntoView {
    let status = if without_model { "feed errors" } else { "scoring queue, failed articles, feed errors" };
    let links = [
        ("/settings/access", "Access", "password, browsers that are logged in, sign-ins"),
        ("/settings/clients", "Devices", "readers, scripts and their secrets"),
        ("/settings/ollama", "Ollama and models", "connection, models in use, downloads, prompts"),
        ("/settings/servers", "Model servers", "more machines and other engines that score"),
        ("/interests", "Interests", "what you want more and less of, in your own words"),
        ("/categories", "Categories", "weights, names, visibility"),
        ("/feeds", "Feeds", "subscriptions, folders, OPML import and export"),
        ("/searches", "Saved searches", "queries in the sidebar, and their outgoing feeds"),
        ("/rules", "Rules", "what is done with articles that a query finds"),
        ("/settings/retention", "Retention", "rules that remove articles"),
        ("/status", "Status", status),
    ]
    .into_iter()
    .filter(|(href, ..)| {
        !without_model || matches!(*href, "/feeds" | "/searches" | "/rules" | "/settings/retention" | "/status")
    })
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
