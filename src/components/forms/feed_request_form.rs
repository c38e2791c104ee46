//! What requests for one feed carry. Nothing that is stored is shown again.

use crate::{
    api::feeds::SaveFeedRequest,
    components::forms::form::{FieldError, FormValidation},
    domain::{feed_request_summary::FeedRequestSummary, ids::FeedId},
};
use leptos::prelude::*;
use server_fn::ServerFn;

/// A form that replaces all of it.
#[component]
pub fn FeedRequestForm(id: FeedId, request: FeedRequestSummary) -> impl IntoView {
    let form = FormValidation::of::<SaveFeedRequest>();
    let FeedRequestSummary { origin, user_agent, has_password, has_cookie, header_names } = request;
    let names: Vec<String> = [
        user_agent.map(|agent| format!("the user agent “{agent}”")),
        has_password.then(|| "a user name with a password".to_owned()),
        has_cookie.then(|| "a cookie".to_owned()),
        (!header_names.is_empty()).then(|| format!("headers ({})", header_names.join(", "))),
    ]
    .into_iter()
    .flatten()
    .collect();
    let is_stored = !names.is_empty();
    let stored = if is_stored {
        format!(
            "Stored, and sent to {origin} only: {}. Saving replaces all of it; saving nothing removes it.",
            names.join(", ")
        )
    } else {
        "Sent to the site of the feed only, and stored encrypted. What is saved is not shown again.".to_owned()
    };
    let field = |name: &'static str, label: &'static str, kind: &'static str| {
        view! {
            <label class="field">
                <span>{label}</span>
                <input name=name type=kind autocomplete=if kind == "password" { "new-password" } else { "off" } value=(kind == "text").then(|| form.value(name, "")) aria-invalid=form.invalid(name) aria-describedby=form.aria_describedby(name) />
            </label>
        }
    };
    view! {
        <form class="panel" method="post" action=SaveFeedRequest::url()>
            <details class="stack" open=is_stored || form.is_refused()>
                <summary>"Login and headers"</summary>
                <FieldError form=form.clone() />
                <input type="hidden" name="id" value=id.to_string() />
                <p class="muted">{stored}</p>
                {field("user_agent", "User agent", "text")}
                {field("username", "User name", "text")}
                {field("password", "Password", "password")}
                {field("cookie", "Cookie", "password")}
                <label class="field">
                    <span>"Headers, one a line"</span>
                    <textarea
                        name="headers"
                        rows="2"
                        placeholder="X-Token: abc"
                        aria-invalid=form.invalid("headers")
                        aria-describedby=form.aria_describedby("headers")
                    ></textarea>
                </label>
                <div class="actions">
                    <button class="button">"Save"</button>
                </div>
            </details>
        </form>
    }
}

/// Fields for the login of a site, folded away until it is needed: user name, password, cookie.
#[component]
pub fn FeedLoginFields(form: FormValidation, username: String) -> impl IntoView {
    let is_open = !username.is_empty() || form.is_refused();
    let secret = |name: &'static str, label: &'static str| {
        view! {
            <label class="field">
                <span>{label}</span>
                <input name=name type="password" autocomplete="new-password" aria-invalid=form.invalid(name) aria-describedby=form.aria_describedby(name) />
            </label>
        }
    };
    view! {
        <details class="stack" open=is_open>
            <summary>"The site requires a login"</summary>
            <p class="muted">"Sent to this site only, and stored encrypted with the feed. Password and cookie have to be typed again after a choice of feeds or an error."</p>
            <label class="field">
                <span>"User name"</span>
                <input name="username" autocomplete="off" value=username aria-invalid=form.invalid("username") aria-describedby=form.aria_describedby("username") />
            </label>
            {secret("password", "Password")}
            {secret("cookie", "Cookie")}
        </details>
    }
}
