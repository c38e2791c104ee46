//! What is sent along with every request to the model.

use super::{
    form::{FieldError, Refusal, form_error, param},
    save_button::SaveButton,
};
use crate::{api::models::SaveOptions, domain::model::ModelOptions};
use leptos::{prelude::*, server_fn::ServerFn};

const CONTEXT: &str = "Context (tokens)";
const STAY: &str = "Stays in memory for";
const LONGEST: &str = "Longest answer (tokens)";
const TEMPERATURE: &str = "Temperature";
const LABELS: [(&str, &str); 4] =
    [("num_ctx", CONTEXT), ("keep_alive", STAY), ("num_predict", LONGEST), ("temperature", TEMPERATURE)];
/// Where what is wrong with a field is said.
const ERROR: &str = "options-error";

/// Context, time in memory, thinking, length and temperature of answers, for both tasks. A form of its own: saving it changes
/// no choice of models.
#[component]
pub fn ModelOptionsForm(options: ModelOptions) -> impl IntoView {
    let refusal = Refusal::new(form_error::<SaveOptions>(), &LABELS);
    let is_refused = refusal.error.is_some();
    let typed = |name: &str, saved: String| if is_refused { param(name) } else { saved };
    let thinks = if is_refused { param("think") == "true" } else { options.think };
    let num_ctx = typed("num_ctx", options.num_ctx.to_string());
    let keep_alive = typed("keep_alive", options.keep_alive);
    let num_predict = typed("num_predict", options.num_predict.to_string());
    let temperature = typed("temperature", options.temperature.to_string());
    view! {
        <section class="panel" id="options" aria-labelledby="options-title">
            <h2 id="options-title">"Options of the models"</h2>
            <details open=is_refused>
                <summary>"Context, time in memory, thinking"</summary>
                <form class="stack" method="post" action=SaveOptions::url()>
                    <div class="fields">
                        <Number name="num_ctx" label=CONTEXT value=num_ctx refusal=refusal.clone()
                            hint="512 to 1048576. Instructions and article must fit; more needs more memory, and a change loads the model anew." />
                        <label class="field">
                            <span>{STAY}</span>
                            <input
                                name="keep_alive"
                                value=keep_alive
                                required
                                autocomplete="off"
                                aria-invalid=refusal.invalid("keep_alive")
                                aria-describedby=refusal.described_by("keep_alive", ERROR)
                            />
                            <small id="keep_alive-hint">"As 15m or 1h30m after the last request; -1: for ever; 0: not at all."</small>
                        </label>
                        <Number name="num_predict" label=LONGEST value=num_predict refusal=refusal.clone()
                            hint="16 to 8192. An answer that is cut off counts as refused." />
                        <Number name="temperature" label=TEMPERATURE value=temperature refusal=refusal.clone()
                            hint="0 to 2. With 0 the same article gets the same score." />
                    </div>
                    <label class="check">
                        <input type="checkbox" name="think" value="true" checked=thinks />
                        <span>"Let models think before they answer (slower; not all can; give them longer answers)"</span>
                    </label>
                    <FieldError error=refusal.error id=ERROR />
                    <div class="actions">
                        <SaveButton label="Save options".into() always=false />
                    </div>
                </form>
            </details>
        </section>
    }
}

#[component]
fn Number(
    name: &'static str,
    label: &'static str,
    value: String,
    hint: &'static str,
    refusal: Refusal,
) -> impl IntoView {
    view! {
        <label class="field">
            <span>{label}</span>
            <input
                name=name
                value=value
                inputmode="decimal"
                required
                autocomplete="off"
                aria-invalid=refusal.invalid(name)
                aria-describedby=refusal.described_by(name, ERROR)
            />
            <small id=format!("{name}-hint")>{hint}</small>
        </label>
    }
}
