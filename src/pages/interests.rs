//! `/interests`: interests and anti-interests in the reader's own words.

use crate::{
    api::{
        preferences::{SaveInterests, load_preferences},
        scoring::{load_rescore_preview, load_scoring_status},
    },
    components::{
        forms::{
            form::{FieldError, FormValidation, render_loaded},
            text_area::TextArea,
        },
        models::rescore_panel::RescorePanel,
    },
    domain::{
        preferences::{MAX_INTERESTS_CHARS, Preferences},
        scoring::{RescorePreview, ScoringStatus},
    },
    error::AppError,
};
use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn;

/// The page.
#[component]
pub fn InterestsPage() -> impl IntoView {
    let data =
        async { Ok((load_preferences().await?, load_rescore_preview().await, load_scoring_status().await.ok())) };
    view! {
        <Title text="Interests" />
        {render_loaded(data, interests_view)}
    }
}

type InterestsPageData = (Preferences, Result<RescorePreview, AppError>, Option<ScoringStatus>);

fn interests_view((preferences, preview, queue): InterestsPageData) -> impl IntoView {
    let form = FormValidation::of::<SaveInterests>();
    view! {
        <header class="page-head">
            <div>
                <h1>"Interests"</h1>
                <p class="muted">
                    "Describe in your own words what you want to read. The model scores every article against this text; until then, articles are ranked by its keywords."
                </p>
            </div>
        </header>
        <form class="panel stack" method="post" action=SaveInterests::url()>
            <TextArea
                name="interests"
                label="What you want more of"
                hint="For example: urban ecology, the history of computing, long interviews with craftspeople."
                rows=8
                maxlength=u16::try_from(MAX_INTERESTS_CHARS).unwrap_or(u16::MAX)
                text=form.value("interests", preferences.interests)
                form=form.clone()
            />
            <TextArea
                name="anti_interests"
                label="What you want less of"
                hint="For example: celebrity gossip, quarterly earnings, product launches."
                rows=5
                maxlength=u16::try_from(MAX_INTERESTS_CHARS).unwrap_or(u16::MAX)
                text=form.value("anti_interests", preferences.anti_interests)
                form=form.clone()
            />
            <FieldError form />
            <div class="actions">
                <button class="button primary">"Save"</button>
            </div>
        </form>
        {preview.ok().map(|preview| view! { <RescorePanel preview queue /> })}
    }
}
