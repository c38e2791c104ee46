//! Rules: what is done with articles that a query finds.

#![expect(clippy::too_many_arguments, reason = "the fields of the form")]

use crate::{
    domain::{
        category::Category,
        ids::{ArticleId, RuleId},
        rule::{Rule, RuleInput, RulePreview},
    },
    error::AppError,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the form of a rule shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RuleFormData {
    /// The rule that is changed; `None`: a new one.
    pub id: Option<RuleId>,
    /// What stands in the form.
    pub input: RuleInput,
    /// The categories to choose from.
    pub categories: Vec<Category>,
    /// What the rule would have matched, or why it cannot be used; `None` before it was tested.
    pub tried: Option<Result<RulePreview, AppError>>,
}

/// All rules in their order.
#[server(prefix = "/fn", endpoint = "rules/all")]
pub async fn load_rules() -> Result<Vec<Rule>, AppError> {
    use crate::server::{services::rules, state::App};
    rules::list(&expect_context::<App>()).await
}

/// The form for `search`, the part of its address after `?`: a rule by its id, or what was typed and is tested.
#[server(prefix = "/fn", endpoint = "rules/form")]
pub async fn load_rule_form(#[server(default)] search: String) -> Result<RuleFormData, AppError> {
    use crate::{
        domain::{
            ids::CategoryId,
            rule::{RuleActions, RuleScoring},
        },
        server::{
            services::{categories, rules},
            state::App,
        },
    };
    let app = expect_context::<App>();
    let value = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(search.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    let id = match value("id").filter(|id| !id.is_empty()) {
        Some(id) => Some(id.parse::<RuleId>().map_err(|_| AppError::not_found("There is no such rule."))?),
        None => None,
    };
    let is_tested = value("test").is_some();
    let stored = match id {
        Some(id) => Some(rules::load(&app, id).await?.input),
        None => None,
    };
    let typed = RuleInput {
        name: value("name").unwrap_or_default(),
        query: value("query").unwrap_or_default(),
        actions: RuleActions {
            mark_read: value("mark_read").is_some(),
            star: value("star").is_some(),
            hide: value("hide").is_some(),
            category: value("category").and_then(|id| id.parse::<CategoryId>().ok()),
            weight: value("weight").and_then(|weight| weight.parse().ok()).unwrap_or_default(),
            scoring: value("scoring").as_deref().and_then(RuleScoring::parse),
        },
        is_enabled: !is_tested || value("is_enabled").is_some(),
    };
    let input = stored.filter(|_| !is_tested).unwrap_or(typed);
    let tried = if is_tested { Some(rules::preview(&app, &input.query).await) } else { None };
    Ok(RuleFormData { id, input, categories: categories::list(&app).await?, tried })
}

/// Saves a rule whose query was tested as it is (`tested`); with `apply` it is applied to the articles that are there. With `test`, which
/// browsers send that do not know `formaction`, the page tests it and nothing is saved.
#[server(name = SaveRule, prefix = "/fn", endpoint = "rules/save")]
pub async fn save_rule(
    id: Option<RuleId>,
    name: String,
    query: String,
    #[server(default)] mark_read: bool,
    #[server(default)] star: bool,
    #[server(default)] hide: bool,
    #[server(default)] category: String,
    #[server(default)] weight: i64,
    #[server(default)] scoring: String,
    #[server(default)] is_enabled: bool,
    #[server(default)] tested: String,
    #[server(default)] apply: bool,
    #[server(default)] test: String,
) -> Result<(), AppError> {
    use crate::{
        domain::{
            notice::Notice,
            rule::{RuleActions, RuleScoring},
        },
        server::{http::form_response, services::rules, state::App},
    };
    form_response::errors_shown_at("/rules/edit");
    if !test.is_empty() {
        let (id, weight) = (id.map(|id| id.to_string()).unwrap_or_default(), weight.to_string());
        let typed = [("id", &id), ("name", &name), ("query", &query), ("category", &category), ("weight", &weight)];
        let typed = typed.into_iter().chain([("scoring", &scoring), ("test", &test)]);
        let ticked = [("mark_read", mark_read), ("star", star), ("hide", hide), ("is_enabled", is_enabled)];
        let ticked = ticked.into_iter().filter(|(_, is_ticked)| *is_ticked).map(|(name, _)| (name, "true"));
        let params: Vec<_> = typed
            .map(|(name, value)| (name, value.as_str()))
            .filter(|(_, value)| !value.is_empty())
            .chain(ticked)
            .collect();
        form_response::redirect_to("/rules/edit", &params);
        return Ok(());
    }
    let app = expect_context::<App>();
    if tested.trim() != query.trim() {
        return Err(AppError::invalid("The query was changed since it was tested.")
            .hint("Test it again, then save.")
            .field("query"));
    }
    let category = match category.trim() {
        "" => None,
        id => Some(id.parse().map_err(|_| AppError::invalid("There is no such category.").field("category"))?),
    };
    let scoring = match scoring.trim() {
        "" => None,
        word => Some(
            RuleScoring::parse(word)
                .ok_or_else(|| AppError::invalid("Articles are scored first or never.").field("scoring"))?,
        ),
    };
    let actions = RuleActions { mark_read, star, hide, category, weight, scoring };
    let saved = rules::save(&app, id, RuleInput { name, query, actions, is_enabled }).await?;
    if apply {
        rules::begin_application(&app, saved.id).await?;
        rules::start_work(&app);
    }
    form_response::redirect_with_notice("/rules", if apply { Notice::RuleApplying } else { Notice::RuleSaved });
    Ok(())
}

/// Moves a rule to a place, from 1.
#[server(name = MoveRule, prefix = "/fn", endpoint = "rules/move")]
pub async fn move_rule(id: RuleId, position: i64) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::rules, state::App},
    };
    rules::move_to(&expect_context::<App>(), id, position).await?;
    form_response::redirect_with_notice("/rules", Notice::RuleMoved);
    Ok(())
}

/// Removes a rule.
#[server(name = RemoveRule, prefix = "/fn", endpoint = "rules/remove")]
pub async fn remove_rule(id: RuleId) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::rules, state::App},
    };
    rules::remove(&expect_context::<App>(), id).await?;
    form_response::redirect_with_notice("/rules", Notice::RuleRemoved);
    Ok(())
}

/// Begins to apply a rule to the articles that are there.
#[server(name = ApplyRule, prefix = "/fn", endpoint = "rules/apply")]
pub async fn apply_rule(id: RuleId) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::rules, state::App},
    };
    let app = expect_context::<App>();
    rules::begin_application(&app, id).await?;
    rules::start_work(&app);
    form_response::redirect_with_notice("/rules", Notice::RuleApplying);
    Ok(())
}

/// Begins to undo the last application of a rule.
#[server(name = UndoRule, prefix = "/fn", endpoint = "rules/undo")]
pub async fn undo_rule(id: RuleId) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::rules, state::App},
    };
    let app = expect_context::<App>();
    rules::begin_undo(&app, id).await?;
    rules::start_work(&app);
    form_response::redirect_with_notice("/rules", Notice::RuleUndoing);
    Ok(())
}

/// Shows an article again that a rule hid.
#[server(name = ShowHiddenArticle, prefix = "/fn", endpoint = "articles/show")]
pub async fn show_hidden_article(article: ArticleId) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::rules, state::App},
    };
    rules::show_article(&expect_context::<App>(), article).await?;
    form_response::redirect_back("main", &[("done", Notice::ArticleShown.code())]);
    Ok(())
}
