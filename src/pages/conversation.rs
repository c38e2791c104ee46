//! `/chat/{id}`: a conversation. An unfinished answer is shown while it is written; without JavaScript the page reloads itself.

use super::chat::{ChatSubject, ComposerTarget, MessageComposer};
use crate::{
    api::chat::{
        ConversationOverview, RegenerateAnswer, RenameConversation, SendMessage, StopAnswer, load_conversation,
    },
    components::{
        browser::live_chat::LiveChat,
        forms::form::{FieldError, FormValidation, query_param, render_loaded},
        layout::{safe_html::Prose, time_element::TimeElement},
        models::model_options::model_options_url,
    },
    domain::{
        chat::{
            AnswerState, AnswerStats, ChatFailure, ChatMessage, Conversation, ConversationSummary,
            MAX_CONVERSATION_TITLE_CHARS, MessageRole,
        },
        ids::ConversationId,
        model_options::{InheritedOptions, ModelTask, OptionKey, OptionLevel},
        thinking::ThinkingLevel,
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use server_fn::ServerFn;

/// Seconds until the page reloads without JavaScript while an answer is written.
const RELOAD_INTERVAL_SECONDS: u32 = 2;

/// The page of a conversation.
#[component]
pub fn ConversationPage() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let reloads: u32 = query_param("refresh").parse().unwrap_or_default();
    render_loaded(load_conversation(id), move |ConversationOverview { models, conversation, options }| {
        let Conversation { summary, article, is_article_deleted, messages, thinking } = conversation.clone();
        let is_writing = conversation.streaming_answer().is_some();
        let can_regenerate = conversation.can_regenerate();
        let refused = FormValidation::of::<SendMessage>();
        let settings = summary.clone();
        view! {
            <Title text=summary.title.clone() />
            <header class="page-head">
                <div>
                    <p><a href="/chat">"Chat"</a></p>
                    <h1 dir="auto">{summary.title.clone()}</h1>
                </div>
                <a class="button small" href=format!("/chat/{}/delete", summary.id)>"Delete"</a>
            </header>
            {article.map(|article| view! { <ChatSubject subject=article /> })}
            {is_article_deleted
                .then(|| view! { <p class="notice warn">"The article of this conversation was removed; its text is no longer sent."</p> })}
            // The island updates these parts, which it finds by their ids.
            <div id="talk" data-conversation=summary.id.to_string() data-writing=is_writing.then_some("")>
                <div role="log" aria-label="Conversation" aria-busy=if is_writing { "true" } else { "false" } class="chat-log">
                    {messages.into_iter().map(|message| view! { <ChatMessageView message /> }).collect_view()}
                </div>
                // The target of `#end`. Not the part below: a browser would focus that whenever it is replaced.
                <span id="end"></span>
                <div id="next" tabindex="-1">
                    {if is_writing {
                        view! {
                            <FieldError form=refused />
                            <AnswerInProgress id=summary.id reloads />
                        }
                            .into_any()
                    } else {
                        view! {
                            {can_regenerate.then(|| view! { <RegenerateForm id=summary.id /> })}
                            <MessageComposer models=models place=ComposerTarget::Open(summary.id, summary.model) thinking />
                        }
                            .into_any()
                    }}
                </div>
            </div>
            <ConversationSettings summary=settings options thinking />
            <LiveChat />
        }
    })
}

/// The name of the conversation, and the options that its model is asked with.
#[component]
fn ConversationSettings(
    summary: ConversationSummary,
    options: InheritedOptions,
    thinking: Option<ThinkingLevel>,
) -> impl IntoView {
    let form = FormValidation::of::<RenameConversation>();
    let ConversationSummary { id, title, model, .. } = summary;
    let is_open = form.is_refused();
    let address = model_options_url(&OptionLevel { model: Some(model.clone()), task: Some(ModelTask::Chat) });
    let sent = OptionKey::ALL
        .iter()
        .map(|key| {
            let shown = match (*key, thinking) {
                (OptionKey::Think, Some(level)) => format!("{} (this conversation)", level.as_str()),
                (key, _) => options.describe(key),
            };
            view! { <li class="line"><span>{key.label()}</span><span class="muted">{shown}</span></li> }
        })
        .collect_view();
    view! {
        <details class="panel" id="settings" open=is_open>
            <summary>"Name and options"</summary>
            <form class="one-line" method="post" action=RenameConversation::url()>
                <input type="hidden" name="conversation" value=id.to_string() />
                <label class="field">
                    <span>"Name"</span>
                    <input
                        name="title"
                        required
                        dir="auto"
                        maxlength=MAX_CONVERSATION_TITLE_CHARS.to_string()
                        value=form.value("title", &title)
                        aria-invalid=form.invalid("title")
                        aria-describedby=form.aria_describedby("title")
                    />
                </label>
                <button class="button">"Rename"</button>
            </form>
            <FieldError form />
            <p class="muted">{format!("Options of chats with {model}:")}</p>
            <ul class="lines">{sent}</ul>
            <p><a href=address>"Change the options"</a></p>
        </details>
    }
}

#[component]
fn ChatMessageView(message: ChatMessage) -> impl IntoView {
    let ChatMessage { id, role, text, html, state, model, stats, failure, wait_message, at } = message;
    let is_answer = role == MessageRole::Assistant;
    let author =
        if is_answer { model.as_ref().map_or_else(|| "Model".to_owned(), ToString::to_string) } else { "You".into() };
    let is_writing = state == AnswerState::Streaming;
    view! {
        <article class=if is_answer { "message answer" } else { "message" } id=format!("m{id}") aria-label=format!("{author} wrote")>
            <p class="meta">
                <strong>{author.clone()}</strong>
                " · "
                <TimeElement at />
            </p>
            {if is_answer {
                view! { <Prose html class="prose chat-text" is_streaming=is_writing /> }.into_any()
            } else {
                view! { <p class="chat-text plain">{text}</p> }.into_any()
            }}
            {is_writing.then(|| view! { <p class="muted" data-wait>{wait_message}</p> })}
            {failure.map(|ChatFailure { message, hint, .. }| {
                view! {
                    <div class="notice error">
                        <p>{message}</p>
                        {hint.map(|hint| view! { <p>{hint}</p> })}
                    </div>
                }
            })}
            {answer_footer(state, stats).map(|sentence| view! { <p class="meta">{sentence}</p> })}
        </article>
    }
}

/// The line below an answer: its time and speed, or why it is not complete.
fn answer_footer(state: AnswerState, figures: Option<AnswerStats>) -> Option<String> {
    let took = figures.map(|AnswerStats { duration_ms, load_ms, tokens_per_second }| {
        let seconds = |ms: i64| format!("{:.1} s", ms as f64 / 1000.0);
        let load =
            if load_ms >= 1_000 { format!(", {} of it loading the model", seconds(load_ms)) } else { String::new() };
        let rate = tokens_per_second.map(|rate| format!(" · {rate:.0} tokens/s")).unwrap_or_default();
        format!("{}{load}{rate}", seconds(duration_ms))
    });
    match state {
        AnswerState::Streaming | AnswerState::Failed => None,
        AnswerState::Complete => took,
        AnswerState::Truncated => Some("Cut off: the answer reached the token limit.".into()),
        AnswerState::Stopped => Some("You stopped this answer.".into()),
        AnswerState::Interrupted => Some("Interrupted: Gleaner was stopped before the answer was complete.".into()),
    }
}

/// `reloads`: how often the page has been reloaded. An address that differs by its fragment alone would not be loaded.
#[component]
fn AnswerInProgress(id: ConversationId, reloads: u32) -> impl IntoView {
    let again = format!("{RELOAD_INTERVAL_SECONDS}; url=?refresh={}#end", reloads.saturating_add(1));
    view! {
        <noscript>
            <meta http-equiv="refresh" content=again />
        </noscript>
        <form method="post" action=StopAnswer::url() data-chat-stop class="actions">
            <input type="hidden" name="conversation" value=id.to_string() />
            <button class="button">"Stop"</button>
            <span class="muted" role="status">"Generating the answer. It continues when you leave this page."</span>
        </form>
    }
}

#[component]
fn RegenerateForm(id: ConversationId) -> impl IntoView {
    view! {
        <form method="post" action=RegenerateAnswer::url() class="actions">
            <input type="hidden" name="conversation" value=id.to_string() />
            <button class="button">"Regenerate"</button>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::answer_footer;
    use crate::domain::chat::{AnswerState, AnswerStats};

    #[test]
    fn figures_as_people_read_them() {
        let figures = AnswerStats { duration_ms: 4_230, load_ms: 3_000, tokens_per_second: Some(41.7) };
        assert_eq!(
            answer_footer(AnswerState::Complete, Some(figures)).as_deref(),
            Some("4.2 s, 3.0 s of it loading the model · 42 tokens/s")
        );
        let warm = AnswerStats { load_ms: 3, tokens_per_second: None, ..figures };
        assert_eq!(answer_footer(AnswerState::Complete, Some(warm)).as_deref(), Some("4.2 s"));
        assert_eq!(answer_footer(AnswerState::Streaming, None), None);
        assert!(answer_footer(AnswerState::Interrupted, None).is_some_and(|text| text.contains("stopped")));
    }
}
