//! `/login` and `/setup`: the pages before the login, without data of the owner.

use super::passkeys_panel::PasskeyLoginForm;
use crate::{
    api::{
        access::{LogIn, SetUp, load_access_mode, load_login_options},
        passkeys::{BeginPasskeyLogin, LogInWithPasskey},
    },
    components::{
        forms::form::{FieldError, FormValidation, query_param, render_loaded},
        layout::notice_banner::NoticeBanner,
    },
    domain::access::{AccessMode, LoginOptions},
};
use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn;

/// The login.
#[component]
pub fn LoginPage() -> impl IntoView {
    let next = query_param("next");
    let refused = FormValidation::of::<LogIn>();
    let (begin, passkey) = (FormValidation::of::<BeginPasskeyLogin>(), FormValidation::of::<LogInWithPasskey>());
    view! {
        <Title text="Log in" />
        <main id="main" class="alone">
            <NoticeBanner />
            <FieldError form=begin />
            <FieldError form=passkey />
            {render_loaded(
                load_login_options(),
                move |LoginOptions { mode, has_passkey }| match mode {
                    AccessMode::Open => {
                        view! {
                            <section class="panel stack">
                                <h1>"Log in"</h1>
                                <p>"No password is set: only browsers on this machine have access."</p>
                                <FieldError form=refused />
                                <p><a class="button" href="/settings/access">"Set a password"</a></p>
                            </section>
                        }
                            .into_any()
                    }
                    AccessMode::Setup => {
                        view! {
                            <section class="panel stack">
                                <h1>"Log in"</h1>
                                <p>"No password is set yet."</p>
                                <p><a class="button" href="/setup">"Set one with the first-run code"</a></p>
                            </section>
                        }
                            .into_any()
                    }
                    AccessMode::Closed => {
                        let passkey_form = has_passkey.then(|| view! { <PasskeyLoginForm next=next.clone() /> });
                        view! {
                            <LoginForm next />
                            {passkey_form}
                        }
                            .into_any()
                    }
                },
            )}
        </main>
    }
}

#[component]
fn LoginForm(next: String) -> impl IntoView {
    let form = FormValidation::of::<LogIn>();
    view! {
        <form class="panel stack" method="post" action=LogIn::url()>
            <h1>"Log in"</h1>
            <input type="hidden" name="next" value=next />
            <label class="field">
                <span>"Name"</span>
                <input name="name" autocomplete="username" autocapitalize="off" spellcheck="false" required value=form.value("name", "") />
            </label>
            <label class="field">
                <span>"Password"</span>
                <input type="password" name="password" autocomplete="current-password" required aria-invalid=form.invalid("password") aria-describedby=form.aria_describedby("password") />
            </label>
            <FieldError form />
            <div class="actions">
                <button class="button primary">"Log in"</button>
            </div>
        </form>
    }
}

/// The first password, with the first-run code.
#[component]
pub fn SetupPage() -> impl IntoView {
    let refused = FormValidation::of::<SetUp>();
    view! {
        <Title text="Set a password" />
        <main id="main" class="alone">
            {render_loaded(
                load_access_mode(),
                move |mode| match mode {
                    AccessMode::Setup => view! { <SetupForm /> }.into_any(),
                    AccessMode::Open | AccessMode::Closed => {
                        view! {
                            <section class="panel stack">
                                <h1>"Set a password"</h1>
                                <p>
                                    "There is no valid first-run code. It is used up, older than 15 minutes, or Gleaner was not started with "
                                    <code>"gleaner serve --setup"</code> "."
                                </p>
                                <FieldError form=refused />
                                <p><a class="button" href="/login">"Log in"</a></p>
                            </section>
                        }
                            .into_any()
                    }
                },
            )}
        </main>
    }
}

#[component]
fn SetupForm() -> impl IntoView {
    let form = FormValidation::of::<SetUp>();
    view! {
        <form class="panel stack" method="post" action=SetUp::url()>
            <h1>"Set a password"</h1>
            <label class="field">
                <span>"First-run code"</span>
                <input name="code" autocomplete="one-time-code" autocapitalize="off" spellcheck="false" required aria-invalid=form.invalid("code") aria-describedby=form.aria_describedby_with_hint("code") />
                <small id="code-hint">"Gleaner printed it on the terminal when it was started."</small>
            </label>
            <NewPasswordFields form=form.clone() />
            <FieldError form />
            <div class="actions">
                <button class="button primary">"Set the password"</button>
            </div>
        </form>
    }
}

/// A new password, typed twice.
#[component]
pub fn NewPasswordFields(form: FormValidation) -> impl IntoView {
    view! {
        <label class="field">
            <span>"New password"</span>
            <input type="password" name="password" autocomplete="new-password" required aria-invalid=form.invalid("password") aria-describedby=form.aria_describedby_with_hint("password") />
            <small id="password-hint">"At least 12 characters, or three words."</small>
        </label>
        <label class="field">
            <span>"New password again"</span>
            <input type="password" name="repeated" autocomplete="new-password" required aria-invalid=form.invalid("repeated") aria-describedby=form.aria_describedby("repeated") />
        </label>
    }
}
