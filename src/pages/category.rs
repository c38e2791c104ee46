//! `/categories/{id}`: rename, move, hide, merge, remove one category.

use crate::{
    api::categories::{HideCategory, MergeCategory, RemoveCategory, SaveCategory, load_category},
    components::forms::{
        category_select::CategorySelect,
        form::{FieldError, FormValidation, render_loaded},
    },
    domain::{category::Category, humanize::format_count, ids::CategoryId},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use server_fn::ServerFn;

/// The page of one category.
#[component]
pub fn CategoryPage() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").and_then(|id| id.parse().ok());
    // No category has the number 0: an address that is no number ends in the same 404.
    render_loaded(load_category(id.unwrap_or(CategoryId(0))), |(category, all)| {
        let others: Vec<Category> = all.iter().filter(|other| other.id != category.id).cloned().collect();
        let has_children = all.iter().any(|other| other.parent_id == Some(category.id));
        view! {
            <Title text=category.name.clone() />
            <header class="page-head">
                <div>
                    <p><a href="/categories">"Categories"</a></p>
                    <h1>{category.name.clone()}</h1>
                    <p class="muted">
                        <a href=format!("/?category={}&view=all", category.id)>
                            {format_count(category.article_count, "article", "articles")}
                        </a>
                    </p>
                </div>
            </header>
            <EditCategoryForm category=category.clone() others=others.clone() has_children />
            <HideCategoryForm category=category.clone() />
            <MergeCategoryForm category=category.clone() others />
            <RemoveCategoryForm category />
        }
    })
}

#[component]
fn EditCategoryForm(category: Category, others: Vec<Category>, has_children: bool) -> impl IntoView {
    let form = FormValidation::of::<SaveCategory>();
    let name = form.value("name", &category.name);
    let tops: Vec<Category> = others.into_iter().filter(|other| other.parent_id.is_none()).collect();
    view! {
        <form class="panel stack" method="post" action=SaveCategory::url()>
            <h2>"Name and parent"</h2>
            <input type="hidden" name="id" value=category.id.to_string() />
            <label class="field">
                <span>"Name"</span>
                <input name="name" required maxlength="60" value=name aria-invalid=form.invalid("name") aria-describedby=form.aria_describedby("name") />
                <small>"The old name stays as an alias, so the model cannot create it again."</small>
            </label>
            <FieldError form />
            {if has_children {
                view! { <p class="help">"This category has subcategories, so it stays at the top level."</p> }.into_any()
            } else {
                view! {
                    <CategorySelect name="parent" label="Parent category" none="None (top level)" categories=tops chosen=category.parent_id />
                }
                    .into_any()
            }}
            <div class="actions">
                <button class="button primary">"Save"</button>
            </div>
        </form>
    }
}

#[component]
fn HideCategoryForm(category: Category) -> impl IntoView {
    let (text, action) = if category.hidden {
        ("This category is hidden: the model cannot assign it to articles.", "Show to the model")
    } else {
        ("The model cannot assign a hidden category. Articles that already have it keep it.", "Hide from the model")
    };
    view! {
        <form class="panel stack" method="post" action=HideCategory::url()>
            <h2>"Visibility"</h2>
            <p>{text}</p>
            <input type="hidden" name="id" value=category.id.to_string() />
            <input type="hidden" name="hidden" value=(!category.hidden).to_string() />
            <button class="button">{action}</button>
        </form>
    }
}

#[component]
fn MergeCategoryForm(category: Category, others: Vec<Category>) -> impl IntoView {
    let articles = format_count(category.article_count, "article", "articles");
    view! {
        <form class="panel stack" method="post" action=MergeCategory::url()>
            <h2>"Merge"</h2>
            <p>{articles} " and all subcategories move to the other category, and this name becomes an alias of it."</p>
            <input type="hidden" name="id" value=category.id.to_string() />
            <CategorySelect name="into" label="Merge into" none="Choose …" categories=others chosen=None />
            <button class="button">"Merge"</button>
        </form>
    }
}

#[component]
fn RemoveCategoryForm(category: Category) -> impl IntoView {
    let articles = format_count(category.article_count, "article loses", "articles lose");
    view! {
        <div class="panel">
            <details>
                <summary>"Remove this category …"</summary>
                <form class="stack" method="post" action=RemoveCategory::url()>
                    <p>
                        <strong>{category.name}</strong> " will be removed; " {articles}
                        " this category, and no article is removed. The model may suggest it again; to prevent that, hide or merge it."
                    </p>
                    <input type="hidden" name="id" value=category.id.to_string() />
                    <button class="button danger">"Remove"</button>
                </form>
            </details>
        </div>
    }
}
