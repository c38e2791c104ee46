//! `/login/code`: the second step of a login when a second factor is on, without data of the owner.

use crate::{
    api::access::EnterCode,
    components::forms::form::{FieldError, FormValidation, query_param},
};
use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn;

/// The page.
#[component]
pub fn LoginCodePage() -> impl IntoView {
    let next = query_param("next");
    let form = FormValidation::of::<EnterCode>();
    view! {
        <Title text="Log in" />
        <main id="main" class="alone">
            <form class="panel stack" method="post" action=EnterCode::url()>
                <h1>"Log in: code"</h1>
                <input type="hidden" name="next" value=next />
                <label class="field">
                    <span>"Code"</span>
                    <input name="code" autocomplete="one-time-code" autocapitalize="off" spellcheck="false" required autofocus aria-invalid=form.invalid("code") aria-describedby=form.aria_describedby_with_hint("code") />
                    <small id="code-hint">"The six digits that your authenticator app shows now, or one of your recovery codes."</small>
                </label>
                <FieldError form />
                <div class="actions">
                    <button class="button primary">"Log in"</button>
                    <a href="/login">"Start over"</a>
                </div>
            </form>
        </main>
    }
}
