//! A choice of a category.

use super::form::FormValidation;
use crate::domain::{category::Category, ids::CategoryId};
use leptos::prelude::*;

/// A labeled `<select>`; children stand under their parents, and nothing chosen is the first option.
#[component]
pub fn CategorySelect(
    form: FormValidation,
    /// The form's field.
    name: &'static str,
    #[prop(into)] label: String,
    /// The first option, which sends nothing.
    #[prop(into)]
    none: String,
    categories: Vec<Category>,
    chosen: Option<CategoryId>,
) -> impl IntoView {
    let options = categories
        .into_iter()
        .map(|category| {
            let indent = if category.parent_id.is_some() { "– " } else { "" };
            view! {
                <option value=category.id.to_string() selected=chosen == Some(category.id)>
                    {format!("{indent}{}", category.name)}
                </option>
            }
        })
        .collect_view();
    view! {
        <label class="field">
            <span>{label}</span>
            <select name=name aria-invalid=form.invalid(name) aria-describedby=form.aria_describedby(name)>
                <option value="">{none}</option>
                {options}
            </select>
        </label>
    }
}
