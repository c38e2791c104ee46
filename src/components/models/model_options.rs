//! What is sent along with every request to the model.

use crate::components::forms::{
    form::{FieldError, FormValidation, form_error, query_param},
    save_button::SaveButton,
};
use crate::{api::models::SaveModelOptions, domain::model::ModelOptions};
use leptos::{prelude::*, server_fn::ServerFn};

const CONTEXT_LABEL: &str = "Context length (tokens)";
const KEEP_ALIVE_LABEL: &str = "Keep alive";
const MAX_TOKENS_LABEL: &str = "Max tokens per answer";
const TEMPERATURE_LABEL: &str = "Temperature";
const FIELD_LABELS: [(&str, &str); 4] = [
    ("num_ctx", CONTEXT_LABEL),
    ("keep_alive", KEEP_ALIVE_LABEL),
    ("num_predict", MAX_TOKENS_LABEL),
    ("temperature", TEMPERATURE_LABEL),
];
/// Where what is wrong with a field is said.
const OPTIONS_ERROR_ID: &str = "options-error";

/// Context, time in memory, thinking, length and temperature of answers, for both tasks. A form of its own: saving it changes
/// no choice of models.
#[component]
pub fn ModelOptionsForm(options: ModelOptions) -> impl IntoView {
    let refusal = FormValidation::new(form_error::<SaveModelOptions>(), &FIELD_LABELS);
    let is_refused = refusal.error.is_some();
    let typed = |name: &str, saved: String| if is_refused { query_param(name) } else { saved };
    let thinks = if is_refused { query_param("think") == "true" } else { options.think };
    let num_ctx = typed("num_ctx", options.num_ctx.to_string());
    let keep_alive = typed("keep_alive", options.keep_alive);
    let num_predict = typed("num_predict", options.num_predict.to_string());
    let temperature = typed("temperature", options.temperature.to_string());
    view! {
        <section class="panel" id="options" aria-labelledby="options-title">
            <h2 id="options-title">"Model options"</h2>
            <details open=is_refused>
                <summary>"Context length, keep alive, thinking"</summary>
                <form class="stack" method="post" action=SaveModelOptions::url()>
                    <div class="fields">
                        <NumberField name="num_ctx" label=CONTEXT_LABEL value=num_ctx refusal=refusal.clone()
                            hint="512 to 1048576. Instructions and article must fit. A longer context needs more memory; a change reloads the model." />
                        <label class="field">
                            <span>{KEEP_ALIVE_LABEL}</span>
                            <input
                                name="keep_alive"
                                value=keep_alive
                                required
                                autocomplete="off"
                                aria-invalid=refusal.invalid("keep_alive")
                                aria-describedby=refusal.aria_describedby_with_hint("keep_alive", OPTIONS_ERROR_ID)
                            />
                            <small id="keep_alive-hint">"For example 15m or 1h30m after the last request; -1: forever; 0: unload immediately."</small>
                        </label>
                        <NumberField name="num_predict" label=MAX_TOKENS_LABEL value=num_predict refusal=refusal.clone()
                            hint="16 to 8192. An answer that is cut off counts as a failed attempt." />
                        <NumberField name="temperature" label=TEMPERATURE_LABEL value=temperature refusal=refusal.clone()
                            hint="0 to 2. With 0 the same article gets the same score." />
                    </div>
                    <label class="check">
                        <input type="checkbox" name="think" value="true" checked=thinks />
                        <span>"Enable thinking (slower; not supported by every model; needs more tokens per answer)"</span>
                    </label>
                    <FieldError error=refusal.error id=OPTIONS_ERROR_ID />
                    <div class="actions">
                        <SaveButton label="Save options".into() always=false />
                    </div>
                </form>
            </details>
        </section>
    }
}

#[component]
fn NumberField(
    name: &'static str,
    label: &'static str,
    value: String,
    hint: &'static str,
    refusal: FormValidation,
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
                aria-describedby=refusal.aria_describedby_with_hint(name, OPTIONS_ERROR_ID)
            />
            <small id=format!("{name}-hint")>{hint}</small>
        </label>
    }
}
