//! Passkeys on `/settings/access` and `/login`. Adding and using them needs a script, since the browser makes and reads the keys.

use super::second_factor_panel::PasswordField;
use crate::{
    api::passkeys::{AddPasskey, BeginPasskey, BeginPasskeyLogin, LogInWithPasskey, RemovePasskey, RenamePasskey},
    components::{
        forms::form::{FieldError, FormValidation},
        layout::time_element::TimeElement,
    },
    domain::access::passkey::{MAX_PASSKEY_NAME_CHARS, Passkey},
};
use leptos::{nonce::use_nonce, prelude::*};
use server_fn::ServerFn;

/// The panel of `/settings/access`. `host`: for which this browser can add passkeys; `None` where browsers allow none.
#[component]
pub fn PasskeysPanel(passkeys: Vec<Passkey>, host: Option<String>, has_password: bool) -> impl IntoView {
    let (add, begin) = (FormValidation::of::<AddPasskey>(), FormValidation::of::<BeginPasskey>());
    let (rename, remove) = (FormValidation::of::<RenamePasskey>(), FormValidation::of::<RemovePasskey>());
    let is_gone = !passkeys.iter().any(|passkey| passkey.id.to_string() == rename.value("id", ""));
    let gone = if is_gone { rename } else { FormValidation::default() };
    let rows = passkeys.into_iter().map(|passkey| view! { <PasskeyRow passkey /> }).collect_view();
    let add_form = match host {
        _ if !has_password => view! { <p>"They need a password first: a passkey is a second way to log in."</p> }.into_any(),
        None => {
            view! {
                <p>
                    "Browsers allow them only under a name with TLS, or under localhost. Set " <code>"access.public_url"</code>
                    " to the https address of Gleaner and open it there."
                </p>
            }
                .into_any()
        }
        Some(host) => view! { <AddPasskeyForm host /> }.into_any(),
    };
    view! {
        <section class="panel stack" id="passkeys" aria-labelledby="passkeys-title">
            <h2 id="passkeys-title">"Passkeys"</h2>
            <p class="muted">"A passkey logs you in with a fingerprint, a face, a PIN or a security key, without the password and its code. The password stays."</p>
            <FieldError form=gone />
            <FieldError form=remove />
            <FieldError form=begin />
            <FieldError form=add />
            <ul class="lines">{rows}</ul>
            {add_form}
        </section>
    }
}

#[component]
fn AddPasskeyForm(host: String) -> impl IntoView {
    let (form, begin) = (FormValidation::of::<AddPasskey>(), FormValidation::of::<BeginPasskey>());
    view! {
        <form class="stack" method="post" action=BeginPasskey::url() data-passkey="create" hidden>
            <input type="hidden" name="response" />
            <label class="field narrow">
                <span>"Name of the passkey"</span>
                <input name="name" required maxlength=MAX_PASSKEY_NAME_CHARS.to_string() value=form.value("name", "") aria-invalid=form.invalid("name") aria-describedby="passkey-name-hint" />
                <small id="passkey-name-hint">"Such as the device that holds it. It works at " {host} "."</small>
            </label>
            <PasswordField form=begin />
            <p role="alert" class="notice error" hidden>"The browser made no passkey. It was canceled, took too long, or the device holds one already."</p>
            <div class="actions">
                <button class="button" formaction=AddPasskey::url()>"Add a passkey"</button>
            </div>
        </form>
        <noscript>
            <p>"Adding a passkey needs JavaScript."</p>
        </noscript>
        <PasskeyScript />
    }
}

#[component]
fn PasskeyRow(passkey: Passkey) -> impl IntoView {
    let Passkey { id, name, host, created_at, last_used_at } = passkey;
    let form = FormValidation::of::<RenamePasskey>();
    let form = if form.value("id", "") == id.to_string() { form } else { FormValidation::default() };
    let is_open = form.is_refused();
    let used = match last_used_at {
        None => view! { "not used yet" }.into_any(),
        Some(at) => view! { "used " <TimeElement at /> }.into_any(),
    };
    view! {
        <li class="line">
            <strong>{name.clone()}</strong>
            <span class="muted">" at " {host} ", added " <TimeElement at=created_at /> ", " {used}</span>
            <details open=is_open>
                <summary>"Rename " <span class="sr">{name.clone()}</span></summary>
                <form class="one-line" method="post" action=RenamePasskey::url()>
                    <input type="hidden" name="id" value=id.to_string() />
                    <input name="name" required aria-label="New name" maxlength=MAX_PASSKEY_NAME_CHARS.to_string() value=form.value("name", name.clone()) aria-invalid=form.invalid("name") aria-describedby=form.aria_describedby("name") />
                    <button class="button">"Rename"</button>
                    <FieldError form />
                </form>
            </details>
            <details>
                <summary>"Remove " <span class="sr">{name}</span></summary>
                <form class="one-line" method="post" action=RemovePasskey::url()>
                    <input type="hidden" name="id" value=id.to_string() />
                    <span>"It no longer logs in. Browsers that logged in with it stay logged in."</span>
                    <button class="button danger">"Remove"</button>
                </form>
            </details>
        </li>
    }
}

/// The login with a passkey, below the one with the password. Not shown without a script.
#[component]
pub fn PasskeyLoginForm(next: String) -> impl IntoView {
    view! {
        <form class="panel stack" method="post" action=BeginPasskeyLogin::url() data-passkey="get" hidden>
            <input type="hidden" name="next" value=next />
            <input type="hidden" name="response" />
            <p role="alert" class="notice error" hidden>"The browser gave no passkey. It was canceled, or took too long."</p>
            <div class="actions">
                <button class="button" formaction=LogInWithPasskey::url()>"Log in with a passkey"</button>
            </div>
        </form>
        <PasskeyScript />
    }
}

/// Shows the forms marked `data-passkey` and lets the browser answer their challenges.
#[component]
fn PasskeyScript() -> impl IntoView {
    view! {
        <script type="module" nonce=use_nonce()>
            {include_str!("passkeys.js")}
        </script>
    }
}
