//! `/rules/edit`: the form of a rule, which is tested before it is saved.

use crate::{
    api::rules::{RuleFormData, SaveRule, load_rule_form},
    components::{
        article::example_articles::ExampleArticles,
        forms::{
            category_select::CategorySelect,
            form::{FieldError, FormValidation, render_loaded},
        },
    },
    domain::{
        category::Category,
        list_query::MAX_SEARCH_CHARS,
        rule::{MAX_RULE_NAME_CHARS, RULE_WEIGHTS, RuleInput, RulePreview, RuleScoring},
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;
use server_fn::ServerFn;

/// The page.
#[component]
pub fn RuleEditPage() -> impl IntoView {
    let search = use_location().search.get_untracked().trim_start_matches('?').to_owned();
    view! {
        <Title text="Rule" />
        {render_loaded(load_rule_form(search), rule_form_view)}
    }
}

fn rule_form_view(data: RuleFormData) -> impl IntoView {
    let RuleFormData { id, input, categories, tried } = data;
    let form = FormValidation::of::<SaveRule>().or_refused_by_test(tried.as_ref());
    let id = form.value("id", id.map(|id| id.to_string()).unwrap_or_default());
    let tested = matches!(&tried, Some(Ok(_))).then(|| input.query.clone());
    let title = if id.is_empty() { "New rule" } else { "Change rule" };
    view! {
        <header class="page-head">
            <div>
                <p><a href="/rules">"Rules"</a></p>
                <h1>{title}</h1>
            </div>
        </header>
        {tried.and_then(Result::ok).map(|preview| view! { <RulePreviewPanel preview /> })}
        <FieldError form=form.clone() />
        <form class="panel stack" method="post" action=SaveRule::url()>
            {(!id.is_empty()).then(|| view! { <input type="hidden" name="id" value=id /> })}
            <RuleFields form input categories />
            <div class="actions">
                <button class="button" formmethod="get" formaction="/rules/edit" name="test" value="1">"Test"</button>
                {tested
                    .map(|query| {
                        view! {
                            <input type="hidden" name="tested" value=query />
                            <label class="check">
                                <input type="checkbox" name="apply" value="true" />
                                <span>"Apply to existing articles"</span>
                            </label>
                            <button class="button primary">"Save"</button>
                        }
                    })}
            </div>
            <p class="muted">"A test changes nothing. A rule is saved after it was tested; applying it can be undone for ten minutes."</p>
        </form>
    }
}

#[component]
fn RulePreviewPanel(preview: RulePreview) -> impl IntoView {
    let message = preview.message();
    view! {
        <section class="panel" aria-labelledby="tested">
            <h2 id="tested">"Test"</h2>
            <p role="status"><strong>{message}</strong></p>
            <ExampleArticles label="The newest of them:" examples=preview.examples />
        </section>
    }
}

/// The fields of a rule.
#[component]
fn RuleFields(form: FormValidation, input: RuleInput, categories: Vec<Category>) -> impl IntoView {
    let RuleInput { name, query, actions, is_enabled } = input;
    let word = |is_on: bool| if is_on { "true" } else { "" };
    let checks = [
        ("mark_read", "Mark as read", actions.mark_read),
        ("star", "Star", actions.star),
        ("hide", "Hide: in no list, found with is:hidden", actions.hide),
        ("is_enabled", "The rule is on", is_enabled),
    ]
    .map(|(field, label, is_on)| {
        let is_on = form.value(field, word(is_on)) == "true";
        view! {
            <label class="check">
                <input
                    type="checkbox"
                    name=field
                    value="true"
                    checked=is_on
                    aria-invalid=form.invalid(field)
                    aria-describedby=form.aria_describedby(field)
                />
                <span>{label}</span>
            </label>
        }
    });
    let [read, star, hide, enabled] = checks;
    let category = form.value("category", actions.category.map(|id| id.to_string()).unwrap_or_default());
    let weight = form.value("weight", actions.weight.to_string());
    let weights = RULE_WEIGHTS.map(|points| {
        let label = if points == 0 { "None".to_owned() } else { format!("{points:+}") };
        view! { <option value=points selected=weight == points.to_string()>{label}</option> }
    });
    let scoring = form.value("scoring", actions.scoring.map(RuleScoring::as_str).unwrap_or_default());
    let orders = [("", "In its order"), ("first", "Before others"), ("never", "Never")]
        .map(|(value, label)| view! { <option value=value selected=scoring == value>{label}</option> });
    view! {
        <label class="field narrow">
            <span>"Name"</span>
            <input name="name" required maxlength=MAX_RULE_NAME_CHARS.to_string() value=form.value("name", name) aria-invalid=form.invalid("name") aria-describedby=form.aria_describedby("name") />
        </label>
        <label class="field">
            <span>"Query"</span>
            <input name="query" required maxlength=MAX_SEARCH_CHARS.to_string() value=form.value("query", query) aria-invalid=form.invalid("query") aria-describedby=form.aria_describedby("query") />
        </label>
        <fieldset class="stack">
            <legend>"Actions"</legend>
            {read}
            {star}
            {hide}
        </fieldset>
        <CategorySelect form=form.clone() name="category" label="Add a category" none="None" categories chosen=category.parse().ok() />
        <label class="field narrow">
            <span>"Points added to the score"</span>
            <select name="weight" aria-invalid=form.invalid("weight") aria-describedby=form.aria_describedby("weight")>
                {weights.collect_view()}
            </select>
        </label>
        <label class="field narrow">
            <span>"Scored by the model"</span>
            <select name="scoring" aria-invalid=form.invalid("scoring") aria-describedby=form.aria_describedby("scoring")>
                {orders.collect_view()}
            </select>
        </label>
        {enabled}
    }
}
