//! Rules: what is done with articles that a query finds.

use crate::server::http::json::{
    error::ApiError,
    example_article::ExampleArticleJson,
    extract::{JsonBody, PathId, nullable},
};
use crate::{
    domain::{
        ids::{CategoryId, RuleId},
        rule::{Rule, RuleActions, RuleApplication, RuleInput, RulePoints, RulePreview, RuleScoring},
        time::Timestamp,
    },
    server::{services::rules, state::App},
};
use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A rule with what came of it.
#[derive(Serialize, ToSchema)]
pub struct RuleResponse {
    id: i64,
    name: String,
    /// The query as it was typed.
    query: String,
    /// Whether it runs.
    is_enabled: bool,
    /// Its articles are marked as read.
    mark_read: bool,
    /// Its articles are starred.
    star: bool,
    /// Its articles stand in no list; `is:hidden` finds them.
    hide: bool,
    /// The category that its articles get.
    category_id: Option<i64>,
    /// Points that are added to the scores of its articles.
    weight: i64,
    /// `first` or `never`; null: its articles are scored in their order.
    #[schema(value_type = Option<String>, example = "first")]
    scoring: Option<RuleScoring>,
    /// How many articles it matched.
    matched: i64,
    /// When it last matched one.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_matched_at: Option<Timestamp>,
    /// Why it is left out, such as a feed in its query that is gone.
    problem: Option<String>,
    /// The last time that it was applied to articles that were there already.
    application: Option<RuleApplicationJson>,
}

/// A rule applied to articles that were there already.
#[derive(Serialize, ToSchema)]
struct RuleApplicationJson {
    #[schema(value_type = String, format = DateTime)]
    began_at: Timestamp,
    /// Null while it goes on.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    /// How many articles it found so far.
    matched: i64,
    /// Whether it is being undone.
    is_undone: bool,
    /// Whether it can still be undone.
    can_be_undone: bool,
}

/// A rule; what is left out is off.
#[derive(Deserialize, ToSchema)]
pub struct RuleRequest {
    /// At most 60 characters; no other rule has it.
    name: String,
    /// A query of the query language, at most 500 characters, understood whole.
    query: String,
    /// Absent: it runs.
    is_enabled: Option<bool>,
    #[serde(default)]
    mark_read: bool,
    #[serde(default)]
    star: bool,
    #[serde(default)]
    hide: bool,
    category_id: Option<i64>,
    /// From -3 to 3.
    #[serde(default)]
    weight: i64,
    /// `first` or `never`.
    #[schema(value_type = Option<String>)]
    scoring: Option<RuleScoring>,
}

/// What is to change; what is left out stays.
#[derive(Deserialize, ToSchema)]
pub struct RuleUpdateRequest {
    /// At most 60 characters; no other rule has it.
    name: Option<String>,
    /// A query of the query language, at most 500 characters, understood whole.
    query: Option<String>,
    is_enabled: Option<bool>,
    mark_read: Option<bool>,
    star: Option<bool>,
    hide: Option<bool>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>)]
    category_id: Option<Option<i64>>,
    /// From -3 to 3.
    weight: Option<i64>,
    /// `first` or `never`.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    scoring: Option<Option<RuleScoring>>,
    /// The place among the rules, from 1.
    position: Option<i64>,
}

/// The query to try.
#[derive(Deserialize, ToSchema)]
pub struct TestRuleRequest {
    /// A query of the query language, understood whole.
    query: String,
}

/// What a rule would have matched.
#[derive(Serialize, ToSchema)]
pub struct RulePreviewResponse {
    /// How many of the articles that were looked at.
    matched: i64,
    /// How many of the newest articles were looked at, at most 1,000.
    looked_at: i64,
    /// The ten newest that it would have matched.
    examples: Vec<ExampleArticleJson>,
}

/// Points that a rule adds to a score.
#[derive(Serialize, ToSchema)]
pub(super) struct RulePointsJson {
    rule: String,
    points: i64,
}

/// All rules in their order.
#[utoipa::path(get, path = "/api/rules", tag = "reading", responses((status = 200, body = Vec<RuleResponse>)))]
pub async fn list(State(app): State<App>) -> Result<Json<Vec<RuleResponse>>, ApiError> {
    Ok(Json(rules::list(&app).await?.into_iter().map(Into::into).collect()))
}

/// Adds a rule, as the last one.
#[utoipa::path(post, path = "/api/rules", tag = "reading", request_body = RuleRequest, responses((status = 201, body = RuleResponse)))]
pub async fn create(
    State(app): State<App>,
    JsonBody(new): JsonBody<RuleRequest>,
) -> Result<(StatusCode, Json<RuleResponse>), ApiError> {
    Ok((StatusCode::CREATED, Json(rules::save(&app, None, new.into()).await?.into())))
}

/// Shows a rule.
#[utoipa::path(get, path = "/api/rules/{id}", tag = "reading", params(("id" = i64, Path)), responses((status = 200, body = RuleResponse)))]
pub async fn show(State(app): State<App>, PathId(id): PathId) -> Result<Json<RuleResponse>, ApiError> {
    Ok(Json(rules::load(&app, RuleId(id)).await?.into()))
}

/// Changes or moves a rule.
#[utoipa::path(
    patch, path = "/api/rules/{id}", tag = "reading", params(("id" = i64, Path)), request_body = RuleUpdateRequest,
    responses((status = 200, body = RuleResponse)),
)]
pub async fn update(
    State(app): State<App>,
    PathId(id): PathId,
    JsonBody(changed): JsonBody<RuleUpdateRequest>,
) -> Result<Json<RuleResponse>, ApiError> {
    let id = RuleId(id);
    let position = changed.position;
    let stored = rules::load(&app, id).await?;
    let input = changed.change(stored.input.clone());
    let mut rule = if input == stored.input { stored } else { rules::save(&app, Some(id), input).await? };
    if let Some(position) = position {
        rule = rules::move_to(&app, id, position).await?;
    }
    Ok(Json(rule.into()))
}

/// Removes a rule. What it did stays, but for its weight.
#[utoipa::path(delete, path = "/api/rules/{id}", tag = "reading", params(("id" = i64, Path)), responses((status = 204, description = "Removed.")))]
pub async fn remove(State(app): State<App>, PathId(id): PathId) -> Result<StatusCode, ApiError> {
    rules::remove(&app, RuleId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says what a rule would have matched of the newest articles. Nothing is changed.
#[utoipa::path(
    post, path = "/api/rules/test", tag = "reading", request_body = TestRuleRequest,
    responses((status = 200, body = RulePreviewResponse)),
)]
pub async fn test(
    State(app): State<App>,
    JsonBody(request): JsonBody<TestRuleRequest>,
) -> Result<Json<RulePreviewResponse>, ApiError> {
    Ok(Json(rules::preview(&app, &request.query).await?.into()))
}

/// Begins to apply a rule to the articles that are there; it can be undone until ten minutes after its end.
#[utoipa::path(
    post, path = "/api/rules/{id}/apply", tag = "reading", params(("id" = i64, Path)),
    responses(
        (status = 202, body = RuleResponse),
        (status = 409, description = "It is being applied or undone already.", body = crate::server::http::json::error::ErrorResponse),
    ),
)]
pub async fn apply(State(app): State<App>, PathId(id): PathId) -> Result<(StatusCode, Json<RuleResponse>), ApiError> {
    rules::begin_application(&app, RuleId(id)).await?;
    rules::start_work(&app);
    Ok((StatusCode::ACCEPTED, Json(rules::load(&app, RuleId(id)).await?.into())))
}

/// Begins to undo the last application of a rule: marks, stars, hiding, category, weight and place in the queue. What was changed since
/// stays.
#[utoipa::path(
    post, path = "/api/rules/{id}/undo", tag = "reading", params(("id" = i64, Path)),
    responses((status = 202, body = RuleResponse)),
)]
pub async fn undo(State(app): State<App>, PathId(id): PathId) -> Result<(StatusCode, Json<RuleResponse>), ApiError> {
    rules::begin_undo(&app, RuleId(id)).await?;
    rules::start_work(&app);
    Ok((StatusCode::ACCEPTED, Json(rules::load(&app, RuleId(id)).await?.into())))
}

/// Shows an article again that a rule hid; that rule does not hide it again.
#[utoipa::path(
    post, path = "/api/articles/{id}/show", tag = "reading", params(("id" = i64, Path)),
    responses((status = 204, description = "Shown.")),
)]
pub async fn show_article(State(app): State<App>, PathId(id): PathId) -> Result<StatusCode, ApiError> {
    rules::show_article(&app, id.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl RuleUpdateRequest {
    fn change(self, stored: RuleInput) -> RuleInput {
        let old = stored.actions;
        RuleInput {
            name: self.name.unwrap_or(stored.name),
            query: self.query.unwrap_or(stored.query),
            actions: RuleActions {
                mark_read: self.mark_read.unwrap_or(old.mark_read),
                star: self.star.unwrap_or(old.star),
                hide: self.hide.unwrap_or(old.hide),
                category: self.category_id.map_or(old.category, |id| id.map(CategoryId)),
                weight: self.weight.unwrap_or(old.weight),
                scoring: self.scoring.unwrap_or(old.scoring),
            },
            is_enabled: self.is_enabled.unwrap_or(stored.is_enabled),
        }
    }
}

impl From<RuleRequest> for RuleInput {
    fn from(new: RuleRequest) -> Self {
        let RuleRequest { name, query, is_enabled, mark_read, star, hide, category_id, weight, scoring } = new;
        let category = category_id.map(CategoryId);
        let actions = RuleActions { mark_read, star, hide, category, weight, scoring };
        Self { name, query, actions, is_enabled: is_enabled.unwrap_or(true) }
    }
}

impl From<Rule> for RuleResponse {
    fn from(rule: Rule) -> Self {
        let RuleInput { name, query, actions, is_enabled } = rule.input;
        Self {
            id: rule.id.0,
            name,
            query,
            is_enabled,
            mark_read: actions.mark_read,
            star: actions.star,
            hide: actions.hide,
            category_id: actions.category.map(|id| id.0),
            weight: actions.weight,
            scoring: actions.scoring,
            matched: rule.matched,
            last_matched_at: rule.last_matched_at,
            problem: rule.problem,
            application: rule.application.map(Into::into),
        }
    }
}

impl From<RuleApplication> for RuleApplicationJson {
    fn from(application: RuleApplication) -> Self {
        let RuleApplication { began_at, ended_at, matched, is_undone, can_be_undone } = application;
        Self { began_at, ended_at, matched, is_undone, can_be_undone }
    }
}

impl From<RulePoints> for RulePointsJson {
    fn from(RulePoints { name, points }: RulePoints) -> Self {
        Self { rule: name, points }
    }
}

impl From<RulePreview> for RulePreviewResponse {
    fn from(preview: RulePreview) -> Self {
        let examples = preview.examples.into_iter().map(Into::into).collect();
        Self { matched: preview.matched, looked_at: preview.looked_at, examples }
    }
}
