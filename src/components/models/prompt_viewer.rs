//! The prompts, exactly as they are sent to the model.

use crate::{domain::scoring::Prompts, error::AppError};
use leptos::prelude::*;

/// The two prompts, exactly as they are sent, each with its version and size.
#[component]
pub fn PromptViewer(prompts: Result<Prompts, AppError>) -> impl IntoView {
    let body = match prompts {
        Ok(prompts) => {
            let Prompts { categorization_prompt, categorization_version, categorization_tokens, .. } = prompts.clone();
            view! {
                <PromptText
                    name="Categorization"
                    text=categorization_prompt
                    version=categorization_version
                    tokens=categorization_tokens
                />
                <PromptText
                    name="Scoring"
                    text=prompts.scoring_prompt
                    version=prompts.scoring_version
                    tokens=prompts.scoring_tokens
                />
            }
            .into_any()
        }
        Err(error) => view! { <p>{error.message}</p> }.into_any(),
    };
    view! {
        <section class="panel stack" id="prompts" aria-labelledby="prompts-title">
            <h2 id="prompts-title">"Prompts"</h2>
            <p class="muted">"The exact text sent to the model, with a placeholder for the article."</p>
            {body}
        </section>
    }
}

#[component]
fn PromptText(name: &'static str, text: String, version: String, tokens: i64) -> impl IntoView {
    let version: String = version.chars().take(12).collect();
    view! {
        <details>
            <summary>{name} ", about " {tokens} " tokens"</summary>
            <p class="help">"Version " <code>{version}</code></p>
            // A region that scrolls must be reachable by keyboard.
            <pre class="prompt" tabindex="0" role="region" aria-label=format!("Prompt: {name}")>{text}</pre>
        </details>
    }
}
