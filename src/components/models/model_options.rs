//! The options of every request to the model.

use crate::components::forms::{
    form::{FieldError, FormValidation},
    save_button::SaveButton,
};
use crate::{
    api::models::SaveModelOptions,
    domain::model::{CONTEXT_LABEL, KEEP_ALIVE_LABEL, MAX_TOKENS_LABEL, ModelOptions, TEMPERATURE_LABEL},
};
use leptos::prelude::*;
use server_fn::ServerFn;

/// Context, time in memory, thinking, length and temperature of answers, for both tasks. A form of its own: saving it changes
/// no choice of models.
#[component]
pub fn ModelOptionsForm(options: ModelOptions) -> impl IntoView {
    let form = FormValidation::of::<SaveModelOptions>();
    let thinks = if form.is_refused() { form.value("think", "") == "true" } else { options.think };
    let is_refused = form.is_refused();
    let num_ctx = form.value("num_ctx", options.num_ctx.to_string());
    let keep_alive = form.value("keep_alive", options.keep_alive);
    let num_predict = form.value("num_predict", options.num_predict.to_string());
    let temperature = form.value("temperature", options.temperature.to_string());
    view! {
        <section class="panel" id="options" aria-labelledby="options-title">
            <h2 id="options-title">"Model options"</h2>
            <details open=is_refused>
                <summary>"Context length, keep alive, thinking"</summary>
                <form class="stack" method="post" action=SaveModelOptions::url()>
                    <div class="fields">
                        <NumberField name="num_ctx" label=CONTEXT_LABEL value=num_ctx form=form.clone()
                            hint="512 to 1048576. Instructions and article must fit. A longer context needs more memory; a change reloads the model." />
                        <label class="field">
                            <span>{KEEP_ALIVE_LABEL}</span>
                            <input
                                name="keep_alive"
                                value=keep_alive
                                required
                                autocomplete="off"
                                aria-invalid=form.invalid("keep_alive")
                                aria-describedby=form.aria_describedby_with_hint("keep_alive")
                            />
                            <small id="keep_alive-hint">"For example 15m or 1h30m after the last request; -1: forever; 0: unload immediately."</small>
                        </label>
                        <NumberField name="num_predict" label=MAX_TOKENS_LABEL value=num_predict form=form.clone()
                            hint="16 to 8192. An answer that is cut off counts as a failed attempt." />
                        <NumberField name="temperature" label=TEMPERATURE_LABEL value=temperature form=form.clone()
                            hint="0 to 2. With 0 the same article gets the same score." />
                    </div>
                    <label class="check">
                        <input type="checkbox" name="think" value="true" checked=thinks />
                        <span>"Enable thinking (slower; not supported by every model; needs more tokens per answer)"</span>
                    </label>
                    <FieldError form />
                    <div class="actions">
                        <SaveButton label="Save options" always=false />
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
    form: FormValidation,
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
                aria-invalid=form.invalid(name)
                aria-describedby=form.aria_describedby_with_hint(name)
            />
            <small id=format!("{name}-hint")>{hint}</small>
        </label>
    }
}
