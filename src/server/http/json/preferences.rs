//! What the reader likes, and how often feeds are checked.

use crate::server::http::json::{
    error::ApiError,
    extract::{JsonBody, nullable},
};
use crate::{
    domain::{
        article::{ArticleSort, ArticleView},
        preferences::{self, Theme},
    },
    server::{services, state::App},
};
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The reader's preferences.
#[derive(Serialize, ToSchema)]
pub struct PreferencesResponse {
    /// In the reader's own words.
    interests: String,
    anti_interests: String,
    /// Seconds between checks of a feed.
    feed_refresh_interval: i64,
    /// `light` or `dark`; null follows the system.
    #[schema(value_type = Option<String>)]
    theme: Option<Theme>,
    /// Whether keyboard shortcuts are on.
    keyboard: bool,
    /// Whether models may suggest categories.
    suggest_categories: bool,
    /// The view of a page's list whose address names none.
    #[schema(value_type = String, example = "unread")]
    default_view: ArticleView,
    /// The order of a page's list whose address names none.
    #[schema(value_type = String, example = "score")]
    default_sort: ArticleSort,
    /// Whether articles are read without a model that scores them.
    without_model: bool,
    /// Whether lists show a story that several feeds tell once.
    hide_duplicates: bool,
}

/// Preferences to save; what is absent stays.
#[derive(Deserialize, ToSchema)]
pub struct UpdatePreferencesRequest {
    interests: Option<String>,
    anti_interests: Option<String>,
    /// Seconds, 60–86400.
    #[schema(minimum = 60, maximum = 86400)]
    feed_refresh_interval: Option<i64>,
    /// `light` or `dark`; null follows the system.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    theme: Option<Option<Theme>>,
    /// Whether keyboard shortcuts are on.
    keyboard: Option<bool>,
    /// Whether models may suggest categories.
    suggest_categories: Option<bool>,
    /// The view of a page's list whose address names none.
    #[schema(value_type = Option<String>)]
    default_view: Option<ArticleView>,
    /// The order of a page's list whose address names none.
    #[schema(value_type = Option<String>)]
    default_sort: Option<ArticleSort>,
    /// Read without a model: nothing is scored, and pages show no scores.
    without_model: Option<bool>,
    /// Show a story that several feeds tell once, and let its articles share read mark, star, vote and score.
    hide_duplicates: Option<bool>,
}

/// As saved.
#[utoipa::path(get, path = "/api/preferences", tag = "reading", responses((status = 200, body = PreferencesResponse)))]
pub async fn show(State(app): State<App>) -> Result<Json<PreferencesResponse>, ApiError> {
    Ok(Json(services::preferences::get(&app).await?.into()))
}

/// Saves; changed interests re-rank at once what no model has scored.
#[utoipa::path(put, path = "/api/preferences", tag = "reading", request_body = UpdatePreferencesRequest, responses((status = 200, body = PreferencesResponse)))]
pub async fn save(
    State(app): State<App>,
    JsonBody(change): JsonBody<UpdatePreferencesRequest>,
) -> Result<Json<PreferencesResponse>, ApiError> {
    let saved = services::preferences::change(&app, |saved| {
        if let Some(interests) = change.interests {
            saved.interests = interests;
        }
        if let Some(anti_interests) = change.anti_interests {
            saved.anti_interests = anti_interests;
        }
        saved.feed_refresh_interval = change.feed_refresh_interval.unwrap_or(saved.feed_refresh_interval);
        saved.theme = change.theme.unwrap_or(saved.theme);
        saved.keyboard = change.keyboard.unwrap_or(saved.keyboard);
        saved.suggest_categories = change.suggest_categories.unwrap_or(saved.suggest_categories);
        saved.list_defaults.view = change.default_view.unwrap_or(saved.list_defaults.view);
        saved.list_defaults.sort = change.default_sort.unwrap_or(saved.list_defaults.sort);
        saved.without_model = change.without_model.unwrap_or(saved.without_model);
        saved.hide_duplicates = change.hide_duplicates.unwrap_or(saved.hide_duplicates);
    });
    saved.await?;
    Ok(Json(services::preferences::get(&app).await?.into()))
}

impl From<preferences::Preferences> for PreferencesResponse {
    fn from(saved: preferences::Preferences) -> Self {
        Self {
            interests: saved.interests,
            anti_interests: saved.anti_interests,
            feed_refresh_interval: saved.feed_refresh_interval,
            theme: saved.theme,
            keyboard: saved.keyboard,
            suggest_categories: saved.suggest_categories,
            default_view: saved.list_defaults.view,
            default_sort: saved.list_defaults.sort,
            without_model: saved.without_model,
            hide_duplicates: saved.hide_duplicates,
        }
    }
}
