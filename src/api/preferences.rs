//! The reader's interests and settings for reading.

use crate::{
    domain::{preferences::Preferences, time::Timestamp},
    error::AppError,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The preferences with what the settings page shows beside them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SettingsOverview {
    /// The stored preferences.
    pub preferences: Preferences,
    /// When the next feed is due; `None` without feeds.
    pub next_check: Option<Timestamp>,
    /// When this was read.
    pub now: Timestamp,
    /// Whether a model is being pulled.
    pub is_pulling: bool,
}

/// The saved preferences, with defaults for the others.
#[server(prefix = "/fn", endpoint = "preferences/get")]
pub async fn load_preferences() -> Result<Preferences, AppError> {
    use crate::server::{services::preferences, state::App};
    preferences::get(&expect_context::<App>()).await
}

/// The preferences and when the next feed is checked.
#[server(prefix = "/fn", endpoint = "preferences/settings")]
pub async fn load_settings() -> Result<SettingsOverview, AppError> {
    use crate::{
        domain::feed::FeedState,
        server::{
            services::{preferences, subscriptions},
            state::App,
        },
    };
    let app = expect_context::<App>();
    let feeds = subscriptions::list_feeds(&app).await?;
    let next_check =
        feeds.iter().filter(|feed| feed.health.state != FeedState::Gone).map(|feed| feed.next_fetch_at).min();
    let is_pulling = app.pulls.borrow().running.is_some();
    Ok(SettingsOverview { preferences: preferences::get(&app).await?, next_check, now: app.clock.now(), is_pulling })
}

/// Saves interests and anti-interests; the page says how many articles are worth scoring again.
#[server(name = SaveInterests, prefix = "/fn", endpoint = "preferences/interests")]
pub async fn save_interests(interests: String, anti_interests: String) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::preferences, state::App},
    };
    form_response::errors_shown_at("/interests");
    let app = expect_context::<App>();
    let saved = preferences::change(&app, |saved| {
        saved.interests = interests;
        saved.anti_interests = anti_interests;
    });
    match saved.await? {
        0 => form_response::redirect_with_notice("/interests", Notice::InterestsSavedNoRescore),
        count => form_response::redirect_with_count("/interests", Notice::InterestsSaved, count),
    }
    Ok(())
}

/// Saves how often feeds are checked, in minutes, the view and the order of a list whose address names none (words of
/// [`ListQuery`](crate::domain::article::ListQuery)), whether a model scores, whether keyboard shortcuts
/// are on, whether models may suggest categories, and whether a story of several feeds is shown once.
#[server(name = SaveSettings, prefix = "/fn", endpoint = "preferences/save")]
pub async fn save_settings(
    refresh_minutes: String,
    #[server(default)] view: String,
    #[server(default)] sort: String,
    #[server(default)] model: bool,
    #[server(default)] keyboard: bool,
    #[server(default)] suggest_categories: bool,
    #[server(default)] hide_duplicates: bool,
) -> Result<(), AppError> {
    use crate::{
        domain::{article::ListQuery, list_query::ListDefaults, notice::Notice},
        server::{http::form_response, services::preferences, state::App},
    };
    form_response::errors_shown_at("/settings");
    let minutes = parse_refresh_minutes(&refresh_minutes)?;
    let query = ListQuery::from_params([("view", view.as_str()), ("sort", sort.as_str())])?;
    let list_defaults = ListDefaults { view: query.view, sort: query.sort };
    let app = expect_context::<App>();
    let saved = preferences::change(&app, |saved| {
        saved.feed_refresh_interval = minutes * 60;
        saved.list_defaults = list_defaults;
        saved.without_model = !model;
        saved.keyboard = keyboard;
        saved.suggest_categories = suggest_categories;
        saved.hide_duplicates = hide_duplicates;
    });
    saved.await?;
    form_response::redirect_with_notice("/settings", Notice::SettingsSaved);
    Ok(())
}

/// Minutes between checks as typed.
pub fn parse_refresh_minutes(typed: &str) -> Result<i64, AppError> {
    let minutes = typed.trim().parse().ok().filter(|minutes| (1..=1440).contains(minutes));
    minutes.ok_or_else(|| {
        AppError::invalid(format!("The refresh interval cannot be “{}”.", typed.trim()))
            .hint("It is a whole number of minutes, from 1 to 1440 (a day).")
            .field("refresh_minutes")
    })
}

#[cfg(test)]
mod tests {
    use super::parse_refresh_minutes;

    #[test]
    fn intervals_are_whole_minutes_within_a_day() {
        for (typed, minutes) in [("60", Some(60)), (" 1 ", Some(1)), ("1440", Some(1440))] {
            assert_eq!(parse_refresh_minutes(typed).ok(), minutes);
        }
        for typed in ["", "0", "1441", "-5", "1.5", "an hour", "99999999999999999999"] {
            assert!(parse_refresh_minutes(typed).is_err(), "{typed}");
        }
    }
}
