//! `/settings/clients`: devices, which are client programs with their own credentials.

use crate::{
    api::devices::{AddDevice, RevokeDevice, SaveDeviceView, load_devices, load_reader_addresses},
    components::{
        forms::{
            form::{FieldError, FormValidation, render_loaded},
            form_outcome::{FormOutcome, FormResult},
        },
        layout::{qr_code::QrCodeImage, time_element::TimeElement},
        models::cli_equivalent::CliEquivalent,
    },
    domain::access::{
        device::{Device, DeviceSecrets, LabelChoice, MAX_DEVICE_NAME_CHARS},
        reader_address::ReaderAddresses,
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn;

/// The page.
#[component]
pub fn SettingsClientsPage() -> impl IntoView {
    let secrets = match FormOutcome::of_page().as_deref().map(|outcome| &outcome.result) {
        Some(FormResult::DeviceAdded(secrets)) => Some(secrets.clone()),
        _ => None,
    };
    view! {
        <Title text="Devices" />
        {render_loaded(
            load_devices(),
            move |devices: Vec<Device>| {
                // The device may have been revoked in another tab.
                let view_form = FormValidation::of::<SaveDeviceView>();
                let is_gone = !devices.iter().any(|device| device.id.to_string() == view_form.value("id", ""));
                let gone = if is_gone { view_form } else { FormValidation::default() };
                let is_empty = devices.is_empty();
                let rows = devices.into_iter().map(|device| view! { <DeviceRow device /> }).collect_view();
                view! {
                    <header class="page-head">
                        <div>
                            <p><a href="/settings">"Settings"</a></p>
                            <h1>"Devices"</h1>
                        </div>
                    </header>
                    <p>"Readers on phones, scripts and collectors of metrics each get their own secrets. Your password is for browsers only."</p>
                    {secrets.map(|secrets| view! { <SecretsPanel secrets /> })}
                    <FieldError form=gone />
                    {(!is_empty).then(|| view! { <ul class="lines panel">{rows}</ul> })}
                    <AddDeviceForm />
                }
            },
        )}
        {render_loaded(load_reader_addresses(), |addresses| view! { <AddressesPanel addresses /> })}
    }
}

/// Readers, the kind of account to add in each, and what to expect; docs/clients.md has more.
const READERS: [(&str, &str, &str); 13] = [
    ("NetNewsWire", "FreshRSS", "API URL is the address. Folders; no labels unless you choose them for the device."),
    ("Reeder", "FreshRSS", "Fever in old versions."),
    ("ReadKit", "FreshRSS", "Else Fever, without labels."),
    ("Unread", "FreshRSS", "Else Fever, without labels."),
    ("lire", "FreshRSS", "Else Fever, without labels."),
    ("Capy Reader", "FreshRSS", "Labels; Liked and Disliked are votes."),
    ("Read You", "FreshRSS", "No labels. What was made unread here is read again when it syncs."),
    ("FeedMe", "FreshRSS", "Else Fever."),
    ("Fluent Reader", "Miniflux", "Type is API Key, Password is the token. No labels."),
    ("NewsFlash", "FreshRSS", "Labels; Liked and Disliked are votes."),
    ("RSS Guard", "FreshRSS", "A Google Reader API account. Labels; Liked and Disliked are votes."),
    ("Liferea", "Google Reader API", "A new source. No labels."),
    ("newsboat", "Miniflux", "miniflux-url, and miniflux-login with miniflux-password, or miniflux-token. No folders."),
];

/// What to choose in which reader.
#[component]
fn ReaderTable() -> impl IntoView {
    let rows = READERS.into_iter().map(|(reader, account, note)| {
        view! {
            <tr>
                <td>{reader}</td>
                <td>{account}</td>
                <td>{note}</td>
            </tr>
        }
    });
    view! {
        <details>
            <summary>"What to choose in which reader"</summary>
            <p>
                "Add an account of this kind in the reader. FreshRSS and Google Reader API take the first address, Miniflux the second, Fever the third. Readers without labels show scores in the first line of a text."
            </p>
            <table class="grid-table stacked">
                <thead>
                    <tr>
                        <th scope="col">"Reader"</th>
                        <th scope="col">"Account"</th>
                        <th scope="col">"Notes"</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </details>
    }
}

/// What to type into a reader.
#[component]
fn AddressesPanel(addresses: ReaderAddresses) -> impl IntoView {
    let ReaderAddresses { miniflux, google_reader, fever, qr_code } = addresses;
    view! {
        <section class="panel" aria-labelledby="addresses-title">
            <h2 id="addresses-title">"Addresses for readers"</h2>
            <p>"Use the first one that the reader supports."</p>
            <dl class="facts">
                <dt>"Google Reader, FreshRSS"</dt>
                <dd><code>{google_reader}</code></dd>
                <dt>"Miniflux"</dt>
                <dd><code>{miniflux}</code></dd>
                <dt>"Fever"</dt>
                <dd><code>{fever}</code></dd>
            </dl>
            <p class="muted">"Each takes the user name and the password of a device; Miniflux takes the token too, as API key."</p>
            <ReaderTable />
            {qr_code.map(|code| view! { <QrCodeImage code label="The first address as a QR code" /> })}
        </section>
    }
}

/// The secrets of a device that was just added.
#[component]
fn SecretsPanel(secrets: DeviceSecrets) -> impl IntoView {
    view! {
        <section class="panel stack" role="status" aria-labelledby="secrets-title">
            <h2 id="secrets-title">"Copy these now: they are shown once"</h2>
            <dl class="facts">
                <dt>"User name"</dt>
                <dd><code>{secrets.username}</code></dd>
                <dt>"Password"</dt>
                <dd><code>{secrets.password}</code></dd>
                <dt>"Token"</dt>
                <dd><code>{secrets.token}</code></dd>
            </dl>
            <p class="muted">"User name and password are for readers; the token is for the API: " <code>"Authorization: Bearer gl_…"</code> "."</p>
        </section>
    }
}

#[component]
fn AddDeviceForm() -> impl IntoView {
    let form = FormValidation::of::<AddDevice>();
    let boxes = [
        ("read", "Read", "articles, feeds, scores", true),
        ("write", "Write", "mark, star, vote, subscribe, change settings", true),
        ("metrics", "Metrics", "/metrics and /readyz", false),
    ]
    .map(|(name, label, what, by_default)| {
        let checked = if form.is_refused() { form.value(name, "") == "true" } else { by_default };
        view! {
            <label class="check">
                <input type="checkbox" name=name value="true" checked=checked aria-invalid=form.invalid("scopes") />
                <span>{label} <span class="muted">": " {what}</span></span>
            </label>
        }
    })
    .collect_view();
    view! {
        <form class="panel stack" method="post" action=AddDevice::url()>
            <h2>"Add a device"</h2>
            <label class="field narrow">
                <span>"Name"</span>
                <input name="name" required maxlength=MAX_DEVICE_NAME_CHARS.to_string() value=form.value("name", "") aria-invalid=form.invalid("name") aria-describedby=form.aria_describedby("name") />
            </label>
            <fieldset aria-describedby=form.aria_describedby("scopes")>
                <legend>"It may"</legend>
                {boxes}
            </fieldset>
            <FieldError form />
            <div class="actions">
                <button class="button primary">"Add"</button>
                <CliEquivalent command="gleaner clients add NAME" />
            </div>
        </form>
    }
}

#[component]
fn DeviceRow(device: Device) -> impl IntoView {
    let Device {
        id, name, username, scopes, view: _, last_used_at, last_address, last_program, requests_today, ..
    } = device.clone();
    let used = match last_used_at {
        None => view! { "not used yet" }.into_any(),
        Some(at) => {
            let program =
                last_program.filter(|program| !program.is_empty()).unwrap_or_else(|| "an unnamed program".into());
            let from = last_address.map(|address| format!(" from {address}"));
            view! { "used " <TimeElement at /> " by " {program} {from} ", " {requests_today} " requests today" }
                .into_any()
        }
    };
    view! {
        <li class="line">
            <strong>{name.clone()}</strong>
            <span class="muted">" (" {username} "), " {scopes.to_string().replace(',', ", ")} ", " {used}</span>
            <DeviceViewForm device />
            <details>
                <summary>"Revoke " <span class="sr">{name.clone()}</span></summary>
                <form class="one-line" method="post" action=RevokeDevice::url()>
                    <input type="hidden" name="id" value=id.to_string() />
                    <span>"Its secrets stop working at once."</span>
                    <button class="button danger">"Revoke"</button>
                </form>
            </details>
        </li>
    }
}

/// How scores are shown in a feed reader whose API has no scores.
#[component]
fn DeviceViewForm(device: Device) -> impl IntoView {
    let Device { id, name, view, .. } = device;
    let form = FormValidation::of::<SaveDeviceView>();
    let form = if form.value("id", "") == id.to_string() { form } else { FormValidation::default() };
    let is_open = form.is_refused();
    let labels = form.value("labels", view.labels.as_str());
    let min_score = form.value("min_score", view.min_score.map(|score| score.to_string()).unwrap_or_default());
    let in_title = if form.is_refused() { form.value("score_in_title", "") == "true" } else { view.score_in_title };
    let options = LabelChoice::ALL
        .iter()
        .map(|choice| view! { <option value=choice.as_str() selected=choice.as_str() == labels>{describe_labels(*choice)}</option> })
        .collect_view();
    view! {
        <details open=is_open>
            <summary>"Scores in the reader " <span class="sr">{name}</span></summary>
            <form class="stack" method="post" action=SaveDeviceView::url()>
                <input type="hidden" name="id" value=id.to_string() />
                <label class="field narrow">
                    <span>"Labels"</span>
                    <select name="labels" aria-invalid=form.invalid("labels") aria-describedby=form.aria_describedby("labels")>{options}</select>
                </label>
                <label class="field narrow">
                    <span>"Only from score"</span>
                    <input name="min_score" inputmode="decimal" value=min_score aria-invalid=form.invalid("min_score") aria-describedby=form.aria_describedby_with_hint("min_score") />
                    <small id="min_score-hint">"Empty: all articles."</small>
                </label>
                <label class="check">
                    <input type="checkbox" name="score_in_title" value="true" checked=in_title />
                    <span>"Begin titles with the score"</span>
                </label>
                <FieldError form />
                <button class="button">"Save"</button>
            </form>
        </details>
    }
}

const fn describe_labels(choice: LabelChoice) -> &'static str {
    match choice {
        LabelChoice::Auto => "Depending on the program",
        LabelChoice::Scores => "Scores",
        LabelChoice::ScoresAndTopics => "Scores and topics",
        LabelChoice::None => "None",
    }
}
