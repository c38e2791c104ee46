//! `/categories`: the tree with its weights, what the model suggested, and a field for a new one.

use crate::{
    api::categories::{AcknowledgeCategories, AddCategory, SetCategoryWeight, load_categories_overview},
    components::forms::{
        category_select::CategorySelect,
        form::{FieldError, FormValidation, render_loaded},
    },
    domain::{
        category::{Category, CategoryWeight, MAX_CATEGORY_NAME_CHARS},
        category_suggestion::CategorySuggestion,
        humanize::format_count,
    },
    pages::category_suggestions::CategorySuggestions,
};
use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn;

/// The page of all categories.
#[component]
pub fn CategoriesPage() -> impl IntoView {
    view! {
        <Title text="Categories" />
        {render_loaded(load_categories_overview(), |(categories, suggestions)| categories_view(categories, suggestions))}
    }
}

fn categories_view(categories: Vec<Category>, suggestions: Vec<CategorySuggestion>) -> impl IntoView {
    let new = categories.iter().filter(|category| category.is_new).count();
    let parents: Vec<Category> = categories.iter().filter(|category| category.parent_id.is_none()).cloned().collect();
    let rows = categories
        .iter()
        .map(|category| {
            let parent =
                parents.iter().find(|parent| category.parent_id == Some(parent.id)).map(|parent| parent.name.clone());
            view! { <CategoryRow category=category.clone() parent /> }
        })
        .collect_view();
    view! {
        <header class="page-head">
            <div>
                <h1>"Categories"</h1>
                <p class="muted">"A changed weight applies immediately to all articles. A subcategory without its own weight inherits that of its parent."</p>
            </div>
        </header>
        {(new > 0).then(|| view! { <SuggestedCategoriesNotice count=new /> })}
        <table class="grid-table tree">
            <caption class="sr">"Categories with their weights"</caption>
            <thead>
                <tr>
                    <th scope="col">"Category"</th>
                    <th scope="col" class="num">"Articles"</th>
                    <th scope="col">"Weight"</th>
                    <th scope="col"><span class="sr">"Actions"</span></th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
        <CategorySuggestions suggestions categories=categories.clone() />
        <AddCategoryForm parents />
    }
}

#[component]
fn SuggestedCategoriesNotice(count: usize) -> impl IntoView {
    let what = format_count(i64::try_from(count).unwrap_or(i64::MAX), "category is new", "categories are new");
    view! {
        <form class="notice warn" method="post" action=AcknowledgeCategories::url()>
            <p>{what} ", suggested by models for several articles. You can set their weight, rename, merge or hide them."</p>
            <button>"Mark as seen"</button>
        </form>
    }
}

/// One category of the table. `parent`: the name of its parent category.
#[component]
fn CategoryRow(category: Category, parent: Option<String>) -> impl IntoView {
    let id = category.id;
    let class = if category.parent_id.is_some() { "child" } else { "top" };
    view! {
        <tr id=format!("category-{id}") class=class>
            <th scope="row">
                {category.name.clone()}
                {category.is_new.then(|| view! { " " <span class="chip good">"new"</span> })}
                {category.hidden.then(|| view! { " " <span class="chip">"hidden"</span> })}
            </th>
            <td class="num">
                <a href=format!("/?category={id}&view=all") aria-label=article_count_label(&category)>{category.article_count}</a>
            </td>
            <td><CategoryWeightForm category=category.clone() parent /></td>
            <td>
                <a class="hit" href=format!("/categories/{id}")>"Edit" <span class="sr">" " {category.name}</span></a>
            </td>
        </tr>
    }
}

fn article_count_label(category: &Category) -> String {
    format!("{} in {}", format_count(category.article_count, "article", "articles"), category.name)
}

/// The weight of a category: the presets, or the weight of its parent, which is named.
#[component]
fn CategoryWeightForm(category: Category, parent: Option<String>) -> impl IntoView {
    let inherited = match (category.parent_id, category.weight) {
        (None, _) => "Default: Normal × 1".to_owned(),
        (Some(_), None) => {
            format!("Inherits: {} ({})", weight_name(category.effective_weight), parent.unwrap_or_default())
        }
        (Some(_), Some(_)) => "Inherit from parent".to_owned(),
    };
    let options = CategoryWeight::ALL
        .iter()
        .map(|&weight| {
            view! { <option value=weight.as_str() selected=category.weight == Some(weight)>{weight_label(weight)}</option> }
        })
        .collect_view();
    view! {
        <form class="one-line" method="post" action=SetCategoryWeight::url()>
            <input type="hidden" name="id" value=category.id.to_string() />
            <select name="weight" aria-label=format!("Weight of {}", category.name)>
                <option value="">{inherited}</option>
                {options}
            </select>
            <button class="button small">"Save" <span class="sr">" weight of " {category.name}</span></button>
        </form>
    }
}

/// The short name of a weight.
pub const fn weight_name(weight: CategoryWeight) -> &'static str {
    match weight {
        CategoryWeight::Block => "block",
        CategoryWeight::Reduce => "reduce",
        CategoryWeight::Normal => "normal",
        CategoryWeight::Boost => "boost",
        CategoryWeight::Max => "max",
    }
}

const fn weight_label(weight: CategoryWeight) -> &'static str {
    match weight {
        CategoryWeight::Block => "Block: hide articles",
        CategoryWeight::Reduce => "Reduce × 0.5",
        CategoryWeight::Normal => "Normal × 1",
        CategoryWeight::Boost => "Boost × 1.5",
        CategoryWeight::Max => "Max × 2",
    }
}

#[component]
fn AddCategoryForm(parents: Vec<Category>) -> impl IntoView {
    let form = FormValidation::of::<AddCategory>();
    view! {
        <form class="panel stack mt-8" id="add" method="post" action=AddCategory::url()>
            <h2>"Add a category"</h2>
            <label class="field">
                <span>"Name"</span>
                <input name="name" required maxlength=MAX_CATEGORY_NAME_CHARS.to_string() value=form.value("name", "") aria-invalid=form.invalid("name") aria-describedby=form.aria_describedby("name") />
            </label>
            <FieldError form=form.clone() />
            <CategorySelect
                form=form.clone()
                name="parent_id"
                label="Parent category"
                none="None (top level)"
                categories=parents
                chosen=form.value("parent_id", "").parse().ok()
            />
            <div class="actions">
                <button class="button primary">"Add category"</button>
            </div>
        </form>
    }
}
