//! `/categories/{id}`: rename, move, hide, merge, remove one category.

use crate::{
    api::categories::{HideCategory, MergeCategory, RemoveCategory, SaveCategory, load_category},
    components::forms::{
        category_select::CategorySelect,
        form::{FieldError, FormValidation, render_loaded},
    },
    domain::{
        category::{Category, MAX_CATEGORY_NAME_CHARS},
        humanize::format_count,
        ids::CategoryId,
    },
    pages::categories::weight_name,
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
        let children: Vec<Category> =
            all.iter().filter(|other| other.parent_id == Some(category.id)).cloned().collect();
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
            <EditCategoryForm category=category.clone() others=others.clone() has_children=!children.is_empty() />
            <HideCategoryForm category=category.clone() />
            <MergeCategoryForm category=category.clone() others />
            <RemoveCategoryForm category children />
        }
    })
}

#[component]
fn EditCategoryForm(category: Category, others: Vec<Category>, has_children: bool) -> impl IntoView {
    let form = FormValidation::of::<SaveCategory>();
    let name = form.value("name", &category.name);
    let parent = form.value("parent_id", category.parent_id.map(|id| id.to_string()).unwrap_or_default()).parse().ok();
    let tops: Vec<Category> = others.into_iter().filter(|other| other.parent_id.is_none()).collect();
    view! {
        <form class="panel stack" method="post" action=SaveCategory::url()>
            <h2>"Name and parent"</h2>
            <input type="hidden" name="id" value=category.id.to_string() />
            <label class="field">
                <span>"Name"</span>
                <input name="name" required maxlength=MAX_CATEGORY_NAME_CHARS.to_string() value=name aria-invalid=form.invalid("name") aria-describedby=form.aria_describedby("name") />
                <small>"The old name stays as an alias, so the model cannot create it again."</small>
            </label>
            <FieldError form=form.clone() />
            {if has_children {
                view! { <p class="help">"This category has subcategories, so it stays at the top level."</p> }.into_any()
            } else {
                view! {
                    <CategorySelect form name="parent_id" label="Parent category" none="None (top level)" categories=tops chosen=parent />
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
    let form = FormValidation::of::<MergeCategory>();
    view! {
        <form class="panel stack" method="post" action=MergeCategory::url()>
            <h2>"Merge"</h2>
            <p>{articles} " and all subcategories move to the other category, and this name becomes an alias of it."</p>
            <input type="hidden" name="id" value=category.id.to_string() />
            <FieldError form=form.clone() />
            <CategorySelect form=form.clone() name="into" label="Merge into" none="Choose …" categories=others chosen=form.value("into", "").parse().ok() />
            <button class="button">"Merge"</button>
        </form>
    }
}

#[component]
fn RemoveCategoryForm(category: Category, children: Vec<Category>) -> impl IntoView {
    let consequence = subcategory_consequence(&category, &children);
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
                    {consequence.map(|sentence| view! { <p>{sentence}</p> })}
                    <input type="hidden" name="id" value=category.id.to_string() />
                    <button class="button danger">"Remove"</button>
                </form>
            </details>
        </div>
    }
}

/// What becomes of the subcategories when their parent is removed; `None` without subcategories.
fn subcategory_consequence(parent: &Category, children: &[Category]) -> Option<String> {
    let names =
        |of: &mut dyn Iterator<Item = &Category>| of.map(|child| child.name.as_str()).collect::<Vec<_>>().join(", ");
    if children.is_empty() {
        return None;
    }
    let move_up = format!("These subcategories move to the top level: {}.", names(&mut children.iter()));
    let inheriting = names(&mut children.iter().filter(|child| child.weight.is_none()));
    Some(match parent.weight {
        Some(weight) if !inheriting.is_empty() => {
            let weight = weight_name(weight);
            format!("{move_up} They keep the weight that they inherit from it now ({weight}): {inheriting}.")
        }
        _ => move_up,
    })
}

#[cfg(test)]
mod tests {
    use super::{Category, CategoryId, subcategory_consequence};
    use crate::domain::category::CategoryWeight;

    fn category(name: &str, weight: Option<CategoryWeight>) -> Category {
        Category {
            id: CategoryId(1),
            name: name.into(),
            identity: name.to_lowercase(),
            slug: name.to_lowercase(),
            parent_id: None,
            weight,
            effective_weight: weight.unwrap_or_default(),
            hidden: false,
            is_new: false,
            article_count: 0,
        }
    }

    #[test]
    fn removing_a_parent_says_what_its_subcategories_inherit() {
        let (law, film) = (category("Law", None), category("Film", Some(CategoryWeight::Reduce)));
        for (parent, children, expected) in [
            (category("Politics", Some(CategoryWeight::Boost)), vec![], None),
            (
                category("Politics", Some(CategoryWeight::Boost)),
                vec![law.clone(), film.clone()],
                Some(
                    "These subcategories move to the top level: Law, Film. They keep the weight that they inherit from it now \
                     (boost): Law.",
                ),
            ),
            (category("Politics", None), vec![law], Some("These subcategories move to the top level: Law.")),
            (
                category("Politics", Some(CategoryWeight::Boost)),
                vec![film],
                Some("These subcategories move to the top level: Film."),
            ),
        ] {
            assert_eq!(subcategory_consequence(&parent, &children).as_deref(), expected);
        }
    }
}
