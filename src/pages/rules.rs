//! `/rules`: the rules in their order, with what came of each.

use crate::{
    api::rules::{ApplyRule, MoveRule, RemoveRule, UndoRule, load_rules},
    components::{
        forms::{form::render_loaded, move_buttons::MoveButtons},
        layout::{empty_state::EmptyState, time_element::TimeElement},
    },
    domain::{
        humanize::format_count,
        rule::{Rule, RuleApplication},
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn;

/// The page.
#[component]
pub fn RulesPage() -> impl IntoView {
    view! {
        <Title text="Rules" />
        {render_loaded(load_rules(), rules_view)}
    }
}

fn rules_view(rules: Vec<Rule>) -> impl IntoView {
    let (is_empty, count) = (rules.is_empty(), rules.len());
    let rows = (1_usize..)
        .zip(rules)
        .map(|(position, rule)| view! { <RuleRow rule position is_last=position == count /> })
        .collect_view();
    view! {
        <header class="page-head">
            <div>
                <h1>"Rules"</h1>
                <p class="muted">
                    "A rule acts once on every article that its query finds: when the article arrives, when its publisher changes it, and when it gets its full text or its score. Rules run in this order."
                </p>
            </div>
            <div class="actions">
                <a class="button primary" href="/rules/edit">"New rule"</a>
            </div>
        </header>
        {if is_empty {
            view! {
                <EmptyState title="No rules">
                    <p>"A rule marks as read, stars, hides, categorizes or weighs the articles that a query finds."</p>
                </EmptyState>
            }
                .into_any()
        } else {
            view! { <ul class="lines">{rows}</ul> }.into_any()
        }}
        <p class="muted mt-4"><a href="/search?q=is%3Ahidden">"Articles that rules hid"</a></p>
    }
}

#[component]
fn RuleRow(rule: Rule, position: usize, is_last: bool) -> impl IntoView {
    let Rule { id, input, category_name, matched, last_matched_at, application, problem } = rule;
    let id = id.to_string();
    view! {
        <li class="line">
            <a href=format!("/rules/edit?id={id}") dir="auto">{input.name.clone()}</a>
            <code>{input.query.clone()}</code>
            <span>"Actions: " {input.actions.describe(category_name.as_deref())}</span>
            <span class="muted">
                {if input.is_enabled { "" } else { "Switched off. " }}
                {match last_matched_at {
                    None => view! { "No article matched yet." }.into_any(),
                    Some(at) => view! { {format_count(matched, "article", "articles")} " matched, last " <TimeElement at /> "." }.into_any(),
                }}
            </span>
            {problem.map(|problem| view! { <strong>"Left out: " {problem}</strong> })}
            <form class="one-line" method="post" action=MoveRule::url()>
                <input type="hidden" name="id" value=id.clone() />
                <MoveButtons name=input.name.clone() position is_last />
            </form>
            <details class="stack">
                <summary>"Apply or remove " <span class="sr">{input.name}</span></summary>
                <RuleApplicationForm id=id.clone() application />
                <form class="one-line" method="post" action=RemoveRule::url()>
                    <input type="hidden" name="id" value=id />
                    <span>"What it did stays; its points no longer count."</span>
                    <button class="button danger">"Remove rule"</button>
                </form>
            </details>
        </li>
    }
}

/// What came of applying a rule to the articles that were there, and the forms that do and undo it.
#[component]
fn RuleApplicationForm(id: String, application: Option<RuleApplication>) -> impl IntoView {
    let is_running = application.as_ref().is_some_and(|last| last.is_undone || last.ended_at.is_none());
    let can_be_undone = application.as_ref().is_some_and(|last| last.can_be_undone);
    view! {
        {application
            .map(|last| view! { <p>{last.message()} " Begun " <TimeElement at=last.began_at /> "."</p> })}
        <div class="actions">
            {(!is_running)
                .then(|| {
                    view! {
                        <form method="post" action=ApplyRule::url()>
                            <input type="hidden" name="id" value=id.clone() />
                            <button class="button">"Apply to existing articles"</button>
                        </form>
                    }
                })}
            {can_be_undone
                .then(|| {
                    view! {
                        <form method="post" action=UndoRule::url()>
                            <input type="hidden" name="id" value=id.clone() />
                            <button class="button">"Undo"</button>
                        </form>
                    }
                })}
        </div>
        <p class="muted">"Applying can be undone for ten minutes."</p>
    }
}
