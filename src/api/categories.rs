//! Categories and their weights.

use crate::{
    domain::{
        category::{Category, CategoryWeight},
        category_suggestion::CategorySuggestion,
        ids::CategoryId,
    },
    error::AppError,
};
use leptos::prelude::*;

/// All categories: parents by name, each followed by its children.
#[server(prefix = "/fn", endpoint = "categories/all")]
pub async fn load_categories() -> Result<Vec<Category>, AppError> {
    use crate::server::{services::categories, state::App};
    categories::list(&expect_context::<App>()).await
}

/// All categories, and the names that models suggested.
#[server(prefix = "/fn", endpoint = "categories/overview")]
pub async fn load_categories_overview() -> Result<(Vec<Category>, Vec<CategorySuggestion>), AppError> {
    use crate::server::{
        services::{categories, category_suggestions},
        state::App,
    };
    let app = expect_context::<App>();
    Ok((categories::list(&app).await?, category_suggestions::list(&app).await?))
}

/// One category, and all categories. 404 when there is none with this id.
#[server(prefix = "/fn", endpoint = "categories/one")]
pub async fn load_category(id: CategoryId) -> Result<(Category, Vec<Category>), AppError> {
    let all = load_categories().await?;
    let one = all.iter().find(|category| category.id == id).cloned();
    let one = one.ok_or_else(|| AppError::not_found("There is no such category."))?;
    Ok((one, all))
}

/// Adds a category, at the top or under a parent.
#[server(name = AddCategory, prefix = "/fn", endpoint = "categories/add")]
pub async fn add_category(name: String, parent_id: Option<CategoryId>) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::categories, state::App},
    };
    form_response::errors_shown_at("/categories");
    let added = categories::create(&expect_context::<App>(), &name, parent_id).await?;
    form_response::redirect_with_notice(&format!("/categories#category-{}", added.id), Notice::CategoryAdded);
    Ok(())
}

/// Sets the weight of a category, or removes it so that the parent's applies; its articles are ranked again.
#[server(name = SetCategoryWeight, prefix = "/fn", endpoint = "categories/weigh")]
pub async fn set_category_weight(id: CategoryId, weight: Option<CategoryWeight>) -> Result<(), AppError> {
    use crate::{
        domain::{category::CategoryChange, notice::Notice},
        server::{http::form_response, services::categories, state::App},
    };
    let change = CategoryChange { weight: Some(weight), ..CategoryChange::default() };
    categories::update(&expect_context::<App>(), id, change).await?;
    form_response::redirect_with_notice(&format!("/categories#category-{id}"), Notice::CategoryWeightSaved);
    Ok(())
}

/// Renames a category and moves it under a parent (or to the top).
#[server(name = SaveCategory, prefix = "/fn", endpoint = "categories/save")]
pub async fn save_category(id: CategoryId, name: String, parent_id: Option<CategoryId>) -> Result<(), AppError> {
    use crate::{
        domain::{category::CategoryChange, notice::Notice},
        server::{http::form_response, services::categories, state::App},
    };
    form_response::errors_shown_at(&format!("/categories/{id}"));
    let change = CategoryChange { name: Some(name), parent_id: Some(parent_id), ..CategoryChange::default() };
    categories::update(&expect_context::<App>(), id, change).await?;
    form_response::redirect_with_notice(&format!("/categories#category-{id}"), Notice::CategorySaved);
    Ok(())
}

/// Hides a category from the model, or shows it again.
#[server(name = HideCategory, prefix = "/fn", endpoint = "categories/hide")]
pub async fn hide_category(id: CategoryId, hidden: bool) -> Result<(), AppError> {
    use crate::{
        domain::{category::CategoryChange, notice::Notice},
        server::{http::form_response, services::categories, state::App},
    };
    let change = CategoryChange { hidden: Some(hidden), ..CategoryChange::default() };
    categories::update(&expect_context::<App>(), id, change).await?;
    let notice = if hidden { Notice::CategoryHidden } else { Notice::CategoryShown };
    form_response::redirect_with_notice(&format!("/categories#category-{id}"), notice);
    Ok(())
}

/// Moves the articles of a category into another one; the old name becomes an alias.
#[server(name = MergeCategory, prefix = "/fn", endpoint = "categories/merge")]
pub async fn merge_category(id: CategoryId, into: Option<CategoryId>) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::categories, state::App},
    };
    form_response::errors_shown_at(&format!("/categories/{id}"));
    let into = into.ok_or_else(|| AppError::invalid("Choose the category to merge into.").field("into"))?;
    let merged = categories::merge(&expect_context::<App>(), id, into).await?;
    form_response::redirect_with_notice(&format!("/categories#category-{}", merged.id), Notice::CategoryMerged);
    Ok(())
}

/// Removes a category; its articles lose the label.
#[server(name = RemoveCategory, prefix = "/fn", endpoint = "categories/remove")]
pub async fn remove_category(id: CategoryId) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::categories, state::App},
    };
    categories::delete(&expect_context::<App>(), id).await?;
    form_response::redirect_with_notice("/categories", Notice::CategoryRemoved);
    Ok(())
}

/// Marks the categories that the model suggested as seen.
#[server(name = AcknowledgeCategories, prefix = "/fn", endpoint = "categories/seen")]
pub async fn acknowledge_categories() -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::categories, state::App},
    };
    categories::acknowledge_new(&expect_context::<App>()).await?;
    form_response::redirect_with_notice("/categories", Notice::CategoriesAcknowledged);
    Ok(())
}

/// Makes a category of a suggested name.
#[server(name = AcceptSuggestion, prefix = "/fn", endpoint = "categories/suggestions/accept")]
pub async fn accept_suggestion(id: i64) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::category_suggestions, state::App},
    };
    form_response::errors_shown_at("/categories");
    let category = category_suggestions::accept(&expect_context::<App>(), id).await?;
    form_response::redirect_with_notice(&format!("/categories#category-{}", category.id), Notice::SuggestionAccepted);
    Ok(())
}

/// Gives the articles of a suggested name to a category; the name becomes an alias of it.
#[server(name = MergeSuggestion, prefix = "/fn", endpoint = "categories/suggestions/merge")]
pub async fn merge_suggestion(id: i64, into: Option<CategoryId>) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::category_suggestions, state::App},
    };
    form_response::errors_shown_at("/categories");
    let into = into.ok_or_else(|| AppError::invalid("Choose the category to merge into.").field("into"))?;
    let category = category_suggestions::merge(&expect_context::<App>(), id, into).await?;
    form_response::redirect_with_notice(&format!("/categories#category-{}", category.id), Notice::SuggestionMerged);
    Ok(())
}

/// Refuses a suggested name permanently.
#[server(name = RefuseSuggestion, prefix = "/fn", endpoint = "categories/suggestions/refuse")]
pub async fn refuse_suggestion(id: i64) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::category_suggestions, state::App},
    };
    form_response::errors_shown_at("/categories");
    category_suggestions::refuse(&expect_context::<App>(), id).await?;
    form_response::redirect_with_notice("/categories#suggestions", Notice::SuggestionRefused);
    Ok(())
}
