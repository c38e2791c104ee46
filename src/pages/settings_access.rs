//! `/settings/access`: the password, the browsers that are logged in, and the sign-ins of the last 90 days.

use super::{login::NewPasswordFields, passkeys_panel::PasskeysPanel, second_factor_panel::SecondFactorPanel};
use crate::{
    api::access::{ChangePassword, EndSession, LogOut, load_access},
    components::{
        forms::form::{FieldError, FormValidation, render_loaded},
        layout::time_element::TimeElement,
    },
    domain::access::{AccessMode, AccessOverview, SessionSummary, SignIn, describe_sign_in},
};
use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn;

/// The page.
#[component]
pub fn SettingsAccessPage() -> impl IntoView {
    view! {
        <Title text="Access" />
        {render_loaded(
            load_access(),
            |access: AccessOverview| {
                let AccessOverview { mode, has_password, owner, second_factor, passkeys, passkey_host, current, sessions, sign_ins } =
                    access;
                view! {
                    <header class="page-head">
                        <div>
                            <p><a href="/settings">"Settings"</a></p>
                            <h1>"Access"</h1>
                        </div>
                        {current
                            .map(|_| {
                                view! {
                                    <form method="post" action=LogOut::url()>
                                        <button class="button">"Log out"</button>
                                    </form>
                                }
                            })}
                    </header>
                    <p>{describe_mode(mode, has_password)} " Programs have their own secrets: " <a href="/settings/clients">"devices"</a> "."</p>
                    <PasswordForm has_password owner />
                    <SecondFactorPanel factor=second_factor has_password />
                    <PasskeysPanel passkeys host=passkey_host has_password />
                    {(!sessions.is_empty())
                        .then(|| {
                            let rows = sessions
                                .into_iter()
                                .map(|session| {
                                    let is_current = current == Some(session.id);
                                    view! { <SessionRow session is_current /> }
                                })
                                .collect_view();
                            view! {
                                <section class="panel" id="sessions" aria-labelledby="sessions-title">
                                    <h2 id="sessions-title">"Browsers that are logged in"</h2>
                                    <ul class="lines">{rows}</ul>
                                </section>
                            }
                        })}
                    <SignInsPanel sign_ins />
                }
            },
        )}
    }
}

const fn describe_mode(mode: AccessMode, has_password: bool) -> &'static str {
    match mode {
        AccessMode::Open => "No password is set: everybody on this machine can read and change everything.",
        AccessMode::Setup => "No password is set yet.",
        AccessMode::Closed if has_password => "A password is set.",
        AccessMode::Closed => "No password is set; a trusted proxy authenticates users.",
    }
}

#[component]
fn PasswordForm(has_password: bool, owner: String) -> impl IntoView {
    let form = FormValidation::of::<ChangePassword>();
    let title = if has_password { "Change the password" } else { "Set a password" };
    let effect = if has_password {
        "Every other browser is logged out. Devices keep their own secrets."
    } else {
        "From then on every browser has to log in, and programs need a token."
    };
    let current = has_password.then(|| {
        view! {
            <label class="field">
                <span>"Current password"</span>
                <input type="password" name="current" autocomplete="current-password" required aria-invalid=form.invalid("current") aria-describedby=form.aria_describedby("current") />
            </label>
        }
    });
    view! {
        <form class="panel stack" method="post" action=ChangePassword::url()>
            <h2>{title}</h2>
            <p class="muted">{effect} " The name at the login is " <strong>{owner.clone()}</strong> "."</p>
            <input type="hidden" name="username" autocomplete="username" value=owner />
            {current}
            <NewPasswordFields form=form.clone() />
            <FieldError form />
            <div class="actions">
                <button class="button primary">{title}</button>
            </div>
        </form>
    }
}

#[component]
fn SessionRow(session: SessionSummary, is_current: bool) -> impl IntoView {
    let SessionSummary { id, created_at, last_used_at, address, device, method } = session;
    let end = (!is_current).then(|| {
        view! {
            <form method="post" action=EndSession::url()>
                <input type="hidden" name="id" value=id.to_string() />
                <button class="button small">"Log out " <span class="sr">{device.clone()}</span></button>
            </form>
        }
    });
    view! {
        <li class="line">
            <strong>{device.clone()}</strong>
            {is_current.then_some(" (this browser)")}
            <span class="muted">
                " from " {address} ", used " <TimeElement at=last_used_at /> ", logged in " <TimeElement at=created_at /> " with " {method.label()}
            </span>
            {end}
        </li>
    }
}

#[component]
fn SignInsPanel(sign_ins: Vec<SignIn>) -> impl IntoView {
    if sign_ins.is_empty() {
        return view! { <p class="muted">"Nobody has logged in yet."</p> }.into_any();
    }
    let rows = sign_ins
        .into_iter()
        .map(|sign_in| {
            let times = if sign_in.count > 1 { format!(" × {}", sign_in.count) } else { String::new() };
            let device = if sign_in.is_new_device { format!("{} (new)", sign_in.device) } else { sign_in.device };
            view! {
                <tr>
                    <td><TimeElement at=sign_in.last_at /></td>
                    <td>{describe_sign_in(sign_in.outcome, sign_in.method)} {times}</td>
                    <td>{device}</td>
                    <td>{sign_in.address}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section class="panel" id="sign-ins" aria-labelledby="sign-ins-title">
            <h2 id="sign-ins-title">"Sign-ins"</h2>
            <p class="muted">"The newest of the last 90 days; equal ones within an hour are one row."</p>
            <table class="grid-table stacked">
                <thead>
                    <tr><th scope="col">"Time"</th><th scope="col">"What"</th><th scope="col">"Device"</th><th scope="col">"Address"</th></tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
    .into_any()
}
