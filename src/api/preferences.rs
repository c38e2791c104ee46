//! What the reader likes, and how they like to read.

use crate::{
    domain::{
        preferences::{Preferences, Theme},
        time::Timestamp,
    },
    error::AppError,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The preferences with what the settings page shows beside them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    pub preferences: Preferences,
    /// When the next feed is due; `None` without feeds.
    pub next_check: Option<Timestamp>,
    /// When this was read.
    pub now: Timestamp,
}

/// As saved, with defaults filled in.
#[server(prefix = "/fn", endpoint = "preferences/get")]
pub async fn load_preferences() -> Result<Preferences, AppError> {
    use crate::server::{services::preferences, state::App};
    preferences::get(&expect_context::<App>()).await
}

/// The preferences and when the next feed is checked.
#[server(prefix = "/fn", endpoint = "preferences/settings")]
pub async fn load_settings() -> Result<Settings, AppError> {
    use crate::{
        domain::feed::FeedState,
        server::{
            services::{preferences, subscriptions},
            state::App,
        },
    };
    let app = expect_context::<App>();
    let feeds = subscriptions::feeds(&app).await?;
    let next_check =
        feeds.iter().filter(|feed| feed.health.state != FeedState::Gone).map(|feed| feed.next_fetch_at).min();
    Ok(Settings { preferences: preferences::get(&app).await?, next_check, now: app.clock.now() })
}

/// Saves interests and anti-interests; the page says how many articles are worth scoring again.
#[server(name = SaveInterests, prefix = "/fn", endpoint = "preferences/interests")]
pub async fn save_interests(interests: String, anti_interests: String) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::reply, services::preferences, state::App},
    };
    let app = expect_context::<App>();
    let saved = preferences::get(&app).await.map_err(reply::failed)?;
    match preferences::save(&app, Preferences { interests, anti_interests, ..saved }).await.map_err(reply::failed)? {
        0 => reply::done("/interests", Notice::InterestsUnscored),
        count => reply::counted("/interests", Notice::InterestsSaved, count),
    }
    Ok(())
}

/// Saves how often feeds are checked (minutes), the theme (blank: as the system) and the keyboard.
#[server(name = SaveSettings, prefix = "/fn", endpoint = "preferences/save")]
pub async fn save_settings(
    refresh_minutes: String,
    theme: Option<Theme>,
    #[server(default)] keyboard: bool,
) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::reply, services::preferences, state::App},
    };
    let app = expect_context::<App>();
    let refuse = |error| reply::refused::<SaveSettings>("/settings", &[("refresh_minutes", &refresh_minutes)], error);
    let minutes = refresh_minutes
        .trim()
        .parse::<i64>()
        .map_err(|_| refuse(AppError::invalid("The refresh interval is a whole number of minutes.")))?;
    let saved = preferences::get(&app).await.map_err(refuse)?;
    let wanted = Preferences { feed_refresh_interval: minutes.saturating_mul(60), theme, keyboard, ..saved };
    preferences::save(&app, wanted).await.map_err(refuse)?;
    reply::done("/settings", Notice::SettingsSaved);
    Ok(())
}
