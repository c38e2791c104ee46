//! `/settings/servers`: the servers whose models score articles, of either kind.

use crate::{
    api::servers::{AddServer, RemoveServer, SaveServer, TestServer, load_servers},
    components::{
        forms::{
            form::{FieldError, FormValidation, render_loaded},
            form_outcome::{FormOutcome, FormResult},
        },
        models::cli_equivalent::CliEquivalent,
    },
    domain::{
        ids::ServerId,
        model_server::{MAX_SERVER_NAME_CHARS, ServerKind, ServerSettings, ServerStatus, ServerTest},
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn;

/// The page.
#[component]
pub fn SettingsServersPage() -> impl IntoView {
    view! {
        <Title text="Model servers" />
        {render_loaded(
            load_servers(),
            |servers: Vec<ServerStatus>| {
                let gone = [gone_form::<SaveServer>(&servers), gone_form::<TestServer>(&servers), gone_form::<RemoveServer>(&servers)]
                    .map(|form| view! { <FieldError form /> })
                    .collect_view();
                let rows = servers.into_iter().map(|server| view! { <ServerPanel server /> }).collect_view();
                view! {
                    <header class="page-head">
                        <div>
                            <p><a href="/settings">"Settings"</a></p>
                            <h1>"Model servers"</h1>
                        </div>
                        <a class="button" href="/settings/servers">"Refresh"</a>
                    </header>
                    <p>"Each server with a task is kept busy with articles. When one fails, the others take over its articles. Chat, downloads and the registry use the Ollama of the settings."</p>
                    {gone}
                    {rows}
                    <AddServerForm />
                }
            },
        )}
    }
}

/// One server: its state, its test, its settings.
#[component]
fn ServerPanel(server: ServerStatus) -> impl IntoView {
    let ServerStatus {
        settings,
        is_private,
        problem,
        in_flight,
        answers,
        failures,
        tokens_per_second,
        response_format,
    } = server;
    let (id, name, is_main) = (settings.id, settings.name.clone(), settings.is_main());
    let title_id = format!("server-{id}");
    let labelled_by = title_id.clone();
    let has_task = settings.categorizes || settings.scores;
    let state = match (&problem, has_task) {
        (_, false) => "No task",
        (Some(_), true) => "Not used now",
        (None, true) => "In use",
    };
    let place = if is_private { "within private networks" } else { "outside of private networks: text leaves them" };
    let (form, removal) = (own_form::<SaveServer>(id), own_form::<RemoveServer>(id));
    let is_open = form.is_refused();
    view! {
        <section class="panel stack" aria-labelledby=labelled_by>
            <h2 id=title_id>{name.clone()}</h2>
            <p>
                <strong>{state}</strong>
                {format!(" · {} · {} · {place}", kind_label(settings.kind), settings.address)}
            </p>
            {problem.filter(|_| has_task).map(|problem| view! { <p class="notice error">{problem}</p> })}
            <p class="muted">
                {format!("{in_flight} of {} requests in flight, {answers} answers, {failures} failures since the start", settings.slots)}
                {tokens_per_second.map(|rate| format!(", {rate:.1} tokens/s"))}
                {response_format.map(|format| format!(", JSON by {format}"))}
            </p>
            <ServerTestForm id />
            <details open=is_open>
                <summary>"Change " <span class="sr">{name.clone()}</span></summary>
                <form class="stack" method="post" action=SaveServer::url()>
                    <input type="hidden" name="id" value=id.to_string() />
                    <ServerFields form=form.clone() settings=settings.clone() />
                    <FieldError form />
                    <div class="actions"><button class="button primary">"Save"</button></div>
                </form>
            </details>
            {(!is_main)
                .then(|| {
                    view! {
                        <details>
                            <summary>"Remove " <span class="sr">{name}</span></summary>
                            <form class="one-line" method="post" action=RemoveServer::url()>
                                <input type="hidden" name="id" value=id.to_string() />
                                <span>"Articles that it works on go back to the queue."</span>
                                <button class="button danger">"Remove"</button>
                            </form>
                            <FieldError form=removal />
                        </details>
                    }
                })}
        </section>
    }
}

/// The button that tests, and what the test that was just made found.
#[component]
fn ServerTestForm(id: ServerId) -> impl IntoView {
    let tested = FormOutcome::of_page().filter(|outcome| outcome.value("id") == Some(id.to_string().as_str()));
    let found = tested.as_deref().and_then(|outcome| match &outcome.result {
        FormResult::ServerTested(found) => Some(describe_test(found)),
        _ => None,
    });
    let form = own_form::<TestServer>(id);
    view! {
        <form class="one-line" method="post" action=TestServer::url()>
            <input type="hidden" name="id" value=id.to_string() />
            <button class="button">"Test"</button>
            <span class="muted">"Asks for its models and one harmless question."</span>
        </form>
        {found.map(|found| view! { <p role="status">{found}</p> })}
        <FieldError form />
    }
}

fn describe_test(found: &ServerTest) -> String {
    let context = found.context_length.map(|tokens| format!(" with a context of {tokens} tokens")).unwrap_or_default();
    let format = found.response_format.as_ref().map(|format| format!(", JSON by {format}")).unwrap_or_default();
    format!("It answers. {} is asked{context}{format}. It offers: {}.", found.model, found.models.join(", "))
}

#[component]
fn AddServerForm() -> impl IntoView {
    let form = FormValidation::of::<AddServer>();
    let chosen = form.value("kind", ServerKind::OpenAi.as_str());
    let kinds = ServerKind::ALL
        .iter()
        .map(|&kind| view! { <option value=kind.as_str() selected=kind.as_str() == chosen>{kind_label(kind)}</option> })
        .collect_view();
    let settings = ServerSettings {
        id: ServerId(0),
        name: String::new(),
        kind: ServerKind::OpenAi,
        address: String::new(),
        model: String::new(),
        slots: 1,
        categorizes: true,
        scores: true,
        has_consent: false,
        has_token: false,
    };
    view! {
        <form class="panel stack" method="post" action=AddServer::url()>
            <h2>"Add a server"</h2>
            <label class="field narrow">
                <span>"Kind"</span>
                <select name="kind" aria-invalid=form.invalid("kind") aria-describedby=form.aria_describedby("kind")>{kinds}</select>
            </label>
            <ServerFields form=form.clone() settings />
            <FieldError form />
            <div class="actions">
                <button class="button primary">"Add"</button>
                <CliEquivalent command="gleaner servers add NAME --kind openai --address URL" />
            </div>
        </form>
    }
}

/// The fields that adding and changing have in common; of the main server only its name and tasks.
#[component]
fn ServerFields(form: FormValidation, settings: ServerSettings) -> impl IntoView {
    let ticked = |name: &str, saved: bool| if form.is_refused() { form.value(name, "") == "true" } else { saved };
    let (categorizes, scores) = (ticked("categorizes", settings.categorizes), ticked("scores", settings.scores));
    let connection = (!settings.is_main()).then(|| {
        let consent = ticked("consent", settings.has_consent);
        let token_hint = if settings.has_token { "Stored and not shown. Empty: as it is." } else { "Empty: none." };
        view! {
            <label class="field">
                <span>"Address"</span>
                <input name="address" required placeholder="http://10.0.0.5:8000" value=form.value("address", settings.address.clone()) aria-invalid=form.invalid("address") aria-describedby=form.aria_describedby("address") />
            </label>
            <label class="field narrow">
                <span>"Token"</span>
                <input name="token" type="password" autocomplete="off" aria-invalid=form.invalid("token") aria-describedby=form.aria_describedby_with_hint("token") />
                <small id="token-hint">{token_hint}</small>
            </label>
            {settings.has_token
                .then(|| {
                    view! {
                        <label class="check">
                            <input type="checkbox" name="without_token" value="true" />
                            <span>"Forget the token"</span>
                        </label>
                    }
                })}
            <label class="field narrow">
                <span>"Model"</span>
                <input name="model" value=form.value("model", settings.model.clone()) aria-describedby=form.aria_describedby_with_hint("model") />
                <small id="model-hint">"Empty: the only one that the server offers; of an Ollama the one chosen for the task."</small>
            </label>
            <label class="field narrow">
                <span>"Requests in flight"</span>
                <input name="slots" inputmode="numeric" required value=form.value("slots", settings.slots.to_string()) aria-invalid=form.invalid("slots") aria-describedby=form.aria_describedby("slots") />
            </label>
            <label class="check">
                <input type="checkbox" name="consent" value="true" checked=consent aria-invalid=form.invalid("consent") aria-describedby=form.aria_describedby("consent") />
                <span>"If the address is outside of private networks: the text of my articles and my interests may be sent there"</span>
            </label>
        }
    });
    view! {
        <label class="field narrow">
            <span>"Name"</span>
            <input name="name" required maxlength=MAX_SERVER_NAME_CHARS.to_string() value=form.value("name", settings.name.clone()) aria-invalid=form.invalid("name") aria-describedby=form.aria_describedby("name") />
        </label>
        {connection}
        <fieldset>
            <legend>"Tasks"</legend>
            <label class="check">
                <input type="checkbox" name="categorizes" value="true" checked=categorizes />
                <span>"Choose categories"</span>
            </label>
            <label class="check">
                <input type="checkbox" name="scores" value="true" checked=scores />
                <span>"Score"</span>
            </label>
        </fieldset>
    }
}

/// The form `F` of one server: empty when the one that was refused was another's.
fn own_form<F: ServerFn>(id: ServerId) -> FormValidation {
    let form = FormValidation::of::<F>();
    if form.value("id", "") == id.to_string() { form } else { FormValidation::default() }
}

/// The form `F`, when it was about a server that was removed meanwhile.
fn gone_form<F: ServerFn>(servers: &[ServerStatus]) -> FormValidation {
    let form = FormValidation::of::<F>();
    let is_there = servers.iter().any(|server| server.settings.id.to_string() == form.value("id", ""));
    if is_there { FormValidation::default() } else { form }
}

const fn kind_label(kind: ServerKind) -> &'static str {
    match kind {
        ServerKind::Ollama => "Ollama",
        ServerKind::OpenAi => "OpenAI’s API (vLLM, llama.cpp, LM Studio …)",
    }
}
