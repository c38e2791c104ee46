//! `/feeds/{id}`: one subscription, its health with cause and remedy, and what can be done with it.

use crate::pages::feed_exchanges_panel::FeedExchangesPanel;
use crate::{
    api::feeds::{FeedOverview, ForceRefreshFeed, RefreshFeed, RescoreFeed, SaveFeed, load_feed},
    components::{
        article::feed_health_badge::FeedHealthBadge,
        browser::countdown::Countdown,
        forms::{
            feed_request_form::FeedRequestForm,
            folder_select::FolderSelect,
            form::{FieldError, FormValidation, render_loaded},
        },
        layout::time_element::TimeElement,
    },
    domain::{
        feed::{FEED_WEIGHTS, Feed, FeedEvent, FeedHealth, FeedScoring, FeedState, Folder, MAX_TITLE_CHARS},
        full_text::FullTextChoice,
        humanize::{format_count, format_duration_rough},
        ids::FeedId,
        scoring::RescoreReport,
    },
    error::AppError,
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use server_fn::ServerFn;

/// The page of one feed.
#[component]
pub fn FeedPage() -> impl IntoView {
    render_loaded(load_feed_of_path(), |data| {
        let FeedOverview { feed, events, exchanges, folders, rescore_preview, request, .. } = data;
        let title = feed.display_title().to_owned();
        view! {
            <Title text=title.clone() />
            <header class="page-head">
                <div>
                    <p><a href="/feeds">"Feeds"</a></p>
                    <h1 dir="auto">{title}</h1>
                    <p class="muted">
                        <a href=format!("/?feed={}&view=all", feed.id)>{format_count(feed.total, "article", "articles")}</a>
                        ", " {feed.unread} " unread"
                        {feed.site_url.clone().map(|site| view! { " · " <a href=site rel="noopener noreferrer">"Visit website"</a> })}
                    </p>
                </div>
            </header>
            <FeedHealthPanel feed=feed.clone() />
            <EditFeedForm feed=feed.clone() folders />
            <FeedRequestForm id=feed.id request />
            {rescore_preview.map(|report| view! { <RescoreFeedForm id=feed.id report /> })}
            <FeedExchangesPanel exchanges />
            <FeedHistory events />
            <p><a class="button danger" href=format!("/feeds/{}/remove", feed.id)>"Remove this feed …"</a></p>
        }
    })
}

/// The feed that the address names.
pub async fn load_feed_of_path() -> Result<FeedOverview, AppError> {
    let id = use_params_map().read_untracked().get("id").and_then(|id| id.parse::<FeedId>().ok());
    // No feed has the number 0: an address that is no number ends in the same 404.
    load_feed(id.unwrap_or(FeedId(0))).await
}

#[component]
fn FeedHealthPanel(feed: Feed) -> impl IntoView {
    let reason = feed.check_reason.zip(feed.check_interval).map(|(reason, interval)| reason.describe(interval));
    let Feed { id, health, last_fetched_at, next_fetch_at, items_left_out, url, paused_until, pause_until, .. } = feed;
    let (next_fetch_at, reason) = match pause_until {
        Some(until) if until > next_fetch_at => (until, Some("you paused the feed until then".to_owned())),
        _ => (next_fetch_at, reason),
    };
    let state = health.state;
    let form = FormValidation::of::<RefreshFeed>();
    let FeedHealth { message, remedy, failures, failing_since, last_success_at, .. } = health.clone();
    view! {
        <section class="panel" aria-labelledby="health">
            <h2 id="health">"Health"</h2>
            <p><FeedHealthBadge health /></p>
            {message.map(|message| view! { <p><strong>{message}</strong></p> })}
            {remedy.map(|remedy| view! { <p>{remedy}</p> })}
            <dl class="facts">
                <dt>"Feed URL"</dt>
                <dd><code>{url.to_string()}</code></dd>
                <dt>"Last check"</dt>
                <dd>{last_fetched_at.map_or_else(|| "never".into_any(), |at| view! { <TimeElement at /> }.into_any())}</dd>
                {state
                    .needs_attention()
                    .then(|| {
                        view! {
                            {failing_since.map(|at| view! { <dt>"Failing since"</dt> <dd><TimeElement at /></dd> })}
                            <dt>"Last success"</dt>
                            <dd>{last_success_at.map_or_else(|| "none known".into_any(), |at| view! { <TimeElement at /> }.into_any())}</dd>
                        }
                    })}
                <dt>"Next check"</dt>
                <dd>
                    {if state == FeedState::Gone {
                        "none: the feed is gone".into_any()
                    } else {
                        view! { <Countdown until=next_fetch_at /> {reason.map(|reason| format!(": {reason}"))} }.into_any()
                    }}
                </dd>
                {paused_until
                    .map(|until| {
                        view! {
                            <dt>"Pause"</dt>
                            <dd>"The site asked for no requests until " <TimeElement at=until />"."</dd>
                        }
                    })}
                {(items_left_out > 0)
                    .then(|| {
                        view! {
                            <dt>"Left out"</dt>
                            <dd>
                                {format_count(items_left_out, "older item", "older items")}
                                ": the feed sends more than Gleaner stores of one document"
                            </dd>
                        }
                    })}
                {(failures > 0).then(|| view! { <dt>"Consecutive failures"</dt> <dd>{failures}</dd> })}
            </dl>
            <FieldError form />
            <div class="actions">
                <form method="post" action=RefreshFeed::url()>
                    <input type="hidden" name="id" value=id.to_string() />
                    <button class="button">"Refresh"</button>
                </form>
                <form method="post" action=ForceRefreshFeed::url()>
                    <input type="hidden" name="id" value=id.to_string() />
                    <button class="button" aria-describedby="force-hint">"Fetch anyway"</button>
                </form>
            </div>
            <p class="muted" id="force-hint">
                "“Fetch anyway” fetches the whole feed even if the site asked for a pause or says that nothing has changed."
            </p>
        </section>
    }
}

#[component]
fn EditFeedForm(feed: Feed, folders: Vec<Folder>) -> impl IntoView {
    let own = feed.custom_title.clone().unwrap_or_default();
    let form = FormValidation::of::<SaveFeed>();
    let interval = feed.own_interval.map(|seconds| (seconds / 60).to_string()).unwrap_or_default();
    let pause = feed.pause_until.map(|until| until.format_day()).unwrap_or_default();
    view! {
        <form class="panel" method="post" action=SaveFeed::url()>
            <h2>"Edit feed"</h2>
            <FieldError form=form.clone() />
            <input type="hidden" name="id" value=feed.id.to_string() />
            <label class="field">
                <span>"Custom title"</span>
                <input name="title" maxlength=MAX_TITLE_CHARS.to_string() value=form.value("title", own) placeholder=feed.title aria-invalid=form.invalid("title") aria-describedby=form.aria_describedby_with_hint("title") />
            </label>
            <p class="muted" id="title-hint">"Leave empty to use the feed's own title."</p>
            <FolderSelect folders chosen=feed.folder_id />
            <FullTextSelect chosen=feed.full_text has_short_texts=feed.has_short_texts />
            <HintedField form=form.clone() name="address" label="Feed URL" saved=feed.url.to_string()>
                "Another URL keeps the articles, and what you marked."
            </HintedField>
            <HintedField form=form.clone() name="interval" label="Minutes between checks" inputmode="numeric" saved=interval>
                "1 to 1440. Leave empty to check as often as the settings say."
            </HintedField>
            <HintedField form=form.clone() name="pause_until" label="Pause until" kind="date" saved=pause>
                "The feed is not checked before that day (00:00 UTC), unless you refresh it. Leave empty for no pause."
            </HintedField>
            <FeedScoringFields form scoring=feed.scoring />
            <div class="actions">
                <button class="button primary">"Save"</button>
            </div>
        </form>
    }
}

/// The weight of the feed, and whether it is scored.
#[component]
fn FeedScoringFields(form: FormValidation, scoring: FeedScoring) -> impl IntoView {
    let chosen = form.value("weight", scoring.weight.to_string());
    let options = FEED_WEIGHTS.map(|weight| {
        let label = match weight {
            0 => "0: as the model and the categories say".to_owned(),
            _ => format!("{weight:+}"),
        };
        view! { <option value=weight selected=chosen == weight.to_string()>{label}</option> }
    });
    view! {
        <label class="field">
            <span>"Weight"</span>
            <select name="weight" aria-invalid=form.invalid("weight") aria-describedby=form.aria_describedby_with_hint("weight")>
                {options.collect_view()}
            </select>
        </label>
        <p class="muted" id="weight-hint">"Points that are added to the score of every article of this feed."</p>
        <label class="check">
            <input type="checkbox" name="never_score" value="true" checked=scoring.never_score aria-describedby="never-score-hint" />
            <span>"Never score this feed"</span>
        </label>
        <p class="muted" id="never-score-hint">
            {if scoring.never_score {
                "No model is asked about its articles. Lists sort them by date, or by the words of your interests. When you switch it off, its unread articles are scored."
            } else {
                "Then no model is asked about its articles: those that wait leave the queue, scores that are there stay, and lists sort the others by date, or by the words of your interests."
            }}
        </p>
    }
}

/// A text field with its hint below. `kind`: the type of the input.
#[component]
fn HintedField(
    form: FormValidation,
    name: &'static str,
    label: &'static str,
    saved: String,
    #[prop(optional)] kind: Option<&'static str>,
    #[prop(optional)] inputmode: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    view! {
        <label class="field">
            <span>{label}</span>
            <input
                name=name
                type=kind
                inputmode=inputmode
                value=form.value(name, saved)
                aria-invalid=form.invalid(name)
                aria-describedby=form.aria_describedby_with_hint(name)
            />
        </label>
        <p class="muted" id=format!("{name}-hint")>
            {children()}
        </p>
    }
}

/// Whether the pages behind the articles are fetched.
#[component]
fn FullTextSelect(chosen: FullTextChoice, has_short_texts: Option<bool>) -> impl IntoView {
    let options = FullTextChoice::ALL.iter().map(|choice| {
        let label = match choice {
            FullTextChoice::Auto => "Automatic: when the feed has only short texts",
            FullTextChoice::Always => "Always",
            FullTextChoice::Never => "Never",
        };
        view! { <option value=choice.as_str() selected=chosen == *choice>{label}</option> }
    });
    let measured = match has_short_texts {
        Some(true) => "The texts of this feed are short. ",
        Some(false) => "The texts of this feed are long enough. ",
        None => "",
    };
    view! {
        <label class="field">
            <span>"Full text"</span>
            <select name="full_text" aria-describedby="full_text-hint">{options.collect_view()}</select>
        </label>
        <p class="muted" id="full_text-hint">
            {measured} "Gleaner fetches the page behind an article as the site’s robots.txt allows it, and keeps both texts."
        </p>
    }
}

/// The form to score all articles of a feed again, with their number and the time that it takes.
#[component]
fn RescoreFeedForm(id: FeedId, report: RescoreReport) -> impl IntoView {
    let count = report.rescore_queued;
    let time = report.estimate_seconds.map(|seconds| format!(", in about {}", format_duration_rough(seconds)));
    (count > 0).then(|| {
        view! {
            <form class="panel stack" method="post" action=RescoreFeed::url()>
                <h2>"Score again"</h2>
                <input type="hidden" name="id" value=id.to_string() />
                <p>
                    "All articles of this feed, including read and blocked ones: " {format_count(count, "article", "articles")}
                    " will be categorized and scored again" {time} ". Until then they keep their current scores."
                </p>
                <button class="button">"Score all articles again"</button>
            </form>
        }
    })
}

#[component]
fn FeedHistory(events: Vec<FeedEvent>) -> impl IntoView {
    let lines = events
        .into_iter()
        .map(|event| view! { <li><TimeElement at=event.at /> ": " <strong>{event.kind}</strong> " " {event.detail}</li> })
        .collect_view();
    (!lines.is_empty()).then(|| {
        view! {
            <section class="panel" aria-labelledby="trail">
                <h2 id="trail">"History"</h2>
                <ul class="lines">{lines}</ul>
            </section>
        }
    })
}
