//! The second factor on `/settings/access`: setting it up, its recovery codes, switching it off.

use crate::{
    api::second_factor::{
        BeginSecondFactor, CancelSecondFactor, ConfirmSecondFactor, RenewRecoveryCodes, SwitchOffSecondFactor,
    },
    components::{
        forms::{
            form::{FieldError, FormValidation},
            form_outcome::{FormOutcome, FormResult},
        },
        layout::qr_code::QrCodeImage,
    },
    domain::{access::second_factor::SecondFactor, qr_code::QrCode},
};
use leptos::prelude::*;
use server_fn::ServerFn;

/// The panel. The errors of forms that it no longer shows, since the state changed in another tab, are above the others.
#[component]
pub fn SecondFactorPanel(factor: SecondFactor, has_password: bool) -> impl IntoView {
    let codes = match FormOutcome::of_page().as_deref().map(|outcome| &outcome.result) {
        Some(FormResult::RecoveryCodes(codes)) => Some(codes.clone()),
        _ => None,
    };
    let begin = FormValidation::of::<BeginSecondFactor>();
    let confirm = FormValidation::of::<ConfirmSecondFactor>();
    let (renew, off) = (FormValidation::of::<RenewRecoveryCodes>(), FormValidation::of::<SwitchOffSecondFactor>());
    let hidden = match factor {
        SecondFactor::Off if has_password => vec![confirm, renew, off],
        SecondFactor::Off => vec![begin, confirm, renew, off],
        SecondFactor::SettingUp { .. } => vec![begin, renew, off],
        SecondFactor::On { .. } => vec![begin, confirm],
    };
    let errors = hidden.into_iter().map(|form| view! { <FieldError form /> }).collect_view();
    let content = match factor {
        SecondFactor::Off if has_password => view! { <SwitchedOff /> }.into_any(),
        SecondFactor::Off => view! { <p>"Off. It needs a password, after which a code is asked for."</p> }.into_any(),
        SecondFactor::SettingUp { secret, qr_code } => view! { <SettingUp secret qr_code /> }.into_any(),
        SecondFactor::On { recovery_codes_left } => view! { <SwitchedOn recovery_codes_left /> }.into_any(),
    };
    view! {
        <section class="panel stack" id="second-factor" aria-labelledby="second-factor-title">
            <h2 id="second-factor-title">"Second factor"</h2>
            {errors}
            {codes.map(|codes| view! { <RecoveryCodes codes /> })}
            {content}
        </section>
    }
}

#[component]
fn SwitchedOff() -> impl IntoView {
    let form = FormValidation::of::<BeginSecondFactor>();
    view! {
        <p>"Off. With it on, a login asks for a code of an authenticator app after the password. Devices keep their own secrets."</p>
        <form method="post" action=BeginSecondFactor::url()>
            <FieldError form />
            <button class="button">"Set up a second factor"</button>
        </form>
    }
}

#[component]
fn SettingUp(secret: String, qr_code: Option<QrCode>) -> impl IntoView {
    let form = FormValidation::of::<ConfirmSecondFactor>();
    view! {
        <p>"Not on yet. Scan this with an authenticator app, or type the secret into it; then type the code that the app shows."</p>
        {qr_code.map(|code| view! { <QrCodeImage code label="The secret as a QR code" /> })}
        <p>"Secret: " <code>{secret}</code></p>
        <form class="stack" method="post" action=ConfirmSecondFactor::url()>
            <label class="field narrow">
                <span>"Code of the app"</span>
                <input name="code" inputmode="numeric" autocomplete="one-time-code" required aria-invalid=form.invalid("code") aria-describedby=form.aria_describedby_with_hint("code") />
                <small id="code-hint">"Six digits."</small>
            </label>
            <FieldError form />
            <div class="actions">
                <button class="button primary">"Switch on"</button>
            </div>
        </form>
        <form method="post" action=CancelSecondFactor::url()>
            <button class="button">"Cancel"</button>
        </form>
    }
}

#[component]
fn SwitchedOn(recovery_codes_left: i64) -> impl IntoView {
    let (renew, off) = (FormValidation::of::<RenewRecoveryCodes>(), FormValidation::of::<SwitchOffSecondFactor>());
    let (is_renewing, is_switching_off) = (renew.is_refused(), off.is_refused());
    let left = match recovery_codes_left {
        0 => "no recovery code is left".into(),
        1 => "one recovery code is left".into(),
        count => format!("{count} recovery codes are left"),
    };
    view! {
        <p>"On: a login asks for a code after the password; " {left} "."</p>
        <details open=is_renewing>
            <summary>"New recovery codes"</summary>
            <form class="stack" method="post" action=RenewRecoveryCodes::url()>
                <p class="muted">"Ten new codes replace the previous ones."</p>
                <PasswordField form=renew.clone() />
                <FieldError form=renew />
                <button class="button">"Make new recovery codes"</button>
            </form>
        </details>
        <details open=is_switching_off>
            <summary>"Switch off"</summary>
            <form class="stack" method="post" action=SwitchOffSecondFactor::url()>
                <p class="muted">"From then on the password alone suffices. Locked out? " <code>"gleaner owner reset-second-factor"</code> " on the server does the same."</p>
                <PasswordField form=off.clone() />
                <FieldError form=off />
                <button class="button danger">"Switch off"</button>
            </form>
        </details>
    }
}

/// The password, which a change of the second factor requires again.
#[component]
pub fn PasswordField(form: FormValidation) -> impl IntoView {
    view! {
        <label class="field narrow">
            <span>"Password"</span>
            <input type="password" name="current" autocomplete="current-password" required aria-invalid=form.invalid("current") aria-describedby=form.aria_describedby("current") />
        </label>
    }
}

/// The recovery codes that were just made.
#[component]
fn RecoveryCodes(codes: Vec<String>) -> impl IntoView {
    let codes = codes.into_iter().map(|code| view! { <li><code>{code}</code></li> }).collect_view();
    view! {
        <div class="notice" role="status">
            <p><strong>"Keep these recovery codes: they are shown once."</strong></p>
            <p>"Each lets you log in once with the password when the app is not available."</p>
            <ul>{codes}</ul>
        </div>
    }
}
