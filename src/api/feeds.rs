//! Subscriptions.

#![expect(clippy::too_many_arguments, reason = "the fields of the form of settings")]

use crate::{
    domain::{
        feed::{Feed, FeedEvent, Folder},
        feed_exchange::FeedExchange,
        feed_request_summary::FeedRequestSummary,
        full_text::FullTextChoice,
        ids::{FeedId, FolderId},
        scoring::RescoreReport,
        starter_pack::StarterPackOffer,
        time::Timestamp,
    },
    error::AppError,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// All subscriptions with their folders.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FeedsOverview {
    /// All subscriptions, by title.
    pub feeds: Vec<Feed>,
    /// All folders.
    pub folders: Vec<Folder>,
    /// Well-known feeds by topic.
    pub starter_packs: Vec<StarterPackOffer>,
    /// When this was read.
    pub now: Timestamp,
}

/// One subscription with its audit trail, and the folders it could move to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FeedOverview {
    /// The subscription shown.
    pub feed: Feed,
    /// Its audit trail, newest first.
    pub events: Vec<FeedEvent>,
    /// Its last exchanges with its server, newest first.
    pub exchanges: Vec<FeedExchange>,
    /// All folders.
    pub folders: Vec<Folder>,
    /// What requests for it carry.
    pub request: FeedRequestSummary,
    /// What scoring all of it again would queue; `None` without a model, and when it is never scored.
    pub rescore_preview: Option<RescoreReport>,
    /// When this was read.
    pub now: Timestamp,
}

/// Every feed and folder.
#[server(prefix = "/fn", endpoint = "feeds/all")]
pub async fn load_feeds() -> Result<FeedsOverview, AppError> {
    use crate::server::{services::subscriptions, state::App};
    let app = expect_context::<App>();
    let (feeds, folders) = (subscriptions::list_feeds(&app).await?, subscriptions::list_folders(&app).await?);
    let starter_packs = subscriptions::list_starter_packs(&app).await?;
    Ok(FeedsOverview { feeds, folders, starter_packs, now: app.clock.now() })
}

/// One feed. 404 when there is none with this id.
#[server(prefix = "/fn", endpoint = "feeds/one")]
pub async fn load_feed(id: FeedId) -> Result<FeedOverview, AppError> {
    use crate::{
        domain::{score::RescoreMode, scoring::RescoreScope},
        server::{
            services::{feed_requests, preferences, scoring, subscriptions},
            state::App,
        },
    };
    let app = expect_context::<App>();
    let feed = subscriptions::load_feed(&app, id).await?;
    let (events, folders) =
        (subscriptions::list_feed_events(&app, id).await?, subscriptions::list_folders(&app).await?);
    let rescore_preview = if preferences::get(&app).await?.without_model || feed.scoring.never_score {
        None
    } else {
        Some(scoring::rescore(&app, RescoreScope::Feed(id), Some(RescoreMode::Full), true).await?)
    };
    let request = feed_requests::show_request(&app, id).await?;
    let exchanges = subscriptions::list_feed_exchanges(&app, id).await?;
    Ok(FeedOverview { feed, request, events, exchanges, folders, rescore_preview, now: app.clock.now() })
}

/// Queues all articles of a feed to be categorized and scored again, the blocked ones too.
#[server(name = RescoreFeed, prefix = "/fn", endpoint = "feeds/rescore")]
pub async fn rescore_feed(id: FeedId) -> Result<(), AppError> {
    use crate::{
        domain::{notice::Notice, score::RescoreMode, scoring::RescoreScope},
        server::{
            http::form_response,
            services::{scoring, subscriptions},
            state::App,
        },
    };
    let app = expect_context::<App>();
    subscriptions::load_feed(&app, id).await?;
    let report = scoring::rescore(&app, RescoreScope::Feed(id), Some(RescoreMode::Full), false).await;
    form_response::redirect_with_count(&format!("/feeds/{id}"), Notice::ArticlesQueued, report?.rescore_queued);
    Ok(())
}

/// Subscribes to the feed or site at `address`; several feeds are offered for choice on the page of the form. User name, password and
/// cookie are sent to the site of the address only.
#[server(name = AddFeed, prefix = "/fn", endpoint = "feeds/add")]
pub async fn add_feed(
    address: String,
    folder: Option<FolderId>,
    #[server(default)] username: String,
    #[server(default)] password: String,
    #[server(default)] cookie: String,
) -> Result<(), AppError> {
    use crate::{
        components::forms::form_outcome::FormResult,
        domain::{feed::SubscribeOutcome, feed_request_summary::FeedRequestInput, notice::Notice},
        server::{http::form_response, services::subscriptions, state::App},
    };
    form_response::errors_shown_at("/feeds/new");
    let input = FeedRequestInput { username: username.clone(), password, cookie, ..FeedRequestInput::default() };
    match subscriptions::subscribe_with(&expect_context::<App>(), &address, folder, input).await? {
        SubscribeOutcome::Added(id) => {
            form_response::redirect_with_notice(&format!("/feeds/{id}"), Notice::FeedAdded);
        }
        SubscribeOutcome::Candidates(offers) => {
            let folder = folder.map(|id| id.to_string()).unwrap_or_default();
            let typed = [("address", address.as_str()), ("folder", folder.as_str()), ("username", username.as_str())];
            form_response::redirect_with_result::<AddFeed>("/feeds/new", &typed, FormResult::Candidates(offers));
        }
    }
    Ok(())
}

/// Subscribes to each of the feeds that were ticked among those a page offers.
#[server(name = AddFeeds, prefix = "/fn", endpoint = "feeds/add-several")]
pub async fn add_feeds(
    #[server(default)] urls: Vec<String>,
    folder: Option<FolderId>,
    /// The feeds of the form as JSON, which a refused form shows again.
    #[server(default)]
    offers: String,
    /// The address of the site that offers them.
    #[server(default)]
    address: String,
    #[server(default)] username: String,
    #[server(default)] password: String,
    #[server(default)] cookie: String,
) -> Result<(), AppError> {
    use crate::{
        domain::{feed_request_summary::FeedRequestInput, notice::Notice},
        server::{http::form_response, services::subscriptions, state::App},
    };
    form_response::errors_shown_at("/feeds/new");
    drop(offers);
    if urls.is_empty() {
        return Err(AppError::invalid("No feed is selected.")
            .field("urls")
            .hint("Select at least one feed, then subscribe."));
    }
    let app = expect_context::<App>();
    let input = FeedRequestInput { username, password, cookie, ..FeedRequestInput::default() };
    let added = subscriptions::subscribe_to_all(&app, &urls, folder, (&address, &input)).await?;
    form_response::redirect_with_count("/feeds", Notice::FeedsAdded, added);
    Ok(())
}

/// Saves the settings of a feed. Blank fields give the publisher's title, the interval of the settings and no pause; a blank address
/// stays as it is. `interval`: minutes; `pause_until`: a day, YYYY-MM-DD; without `never_score` the feed is scored.
#[server(name = SaveFeed, prefix = "/fn", endpoint = "feeds/save")]
pub async fn save_feed(
    id: FeedId,
    #[server(default)] title: String,
    folder: Option<FolderId>,
    full_text: Option<FullTextChoice>,
    #[server(default)] address: String,
    #[server(default)] interval: String,
    #[server(default)] pause_until: String,
    weight: Option<i64>,
    #[server(default)] never_score: bool,
) -> Result<(), AppError> {
    use crate::{
        domain::{feed::FeedChange, notice::Notice},
        server::{http::form_response, services::subscriptions, state::App},
    };
    form_response::errors_shown_at(&format!("/feeds/{id}"));
    let own = Some(title.trim().to_owned()).filter(|title| !title.is_empty());
    let own_interval = match interval.trim() {
        "" => None,
        minutes => {
            let parsed = minutes.parse::<i64>().ok().and_then(|minutes| minutes.checked_mul(60));
            Some(parsed.ok_or_else(|| AppError::invalid("The interval is a number of minutes.").field("interval"))?)
        }
    };
    let pause_until = match pause_until.trim() {
        "" => None,
        day => {
            let parsed = format!("{day}T00:00:00Z").parse::<Timestamp>();
            Some(
                parsed
                    .map_err(|_| AppError::invalid("A pause ends on a day such as 2026-12-31.").field("pause_until"))?,
            )
        }
    };
    let change = FeedChange {
        custom_title: Some(own),
        folder_id: Some(folder),
        full_text,
        address: Some(address.trim().to_owned()).filter(|address| !address.is_empty()),
        own_interval: Some(own_interval),
        pause_until: Some(pause_until),
        weight,
        never_score: Some(never_score),
    };
    // The form's names of what the service calls otherwise.
    let in_form = |error: AppError| match error.field.as_deref() {
        Some("custom_title") => error.field("title"),
        Some("url") => error.field("address"),
        Some("own_interval") => error.field("interval"),
        _ => error,
    };
    subscriptions::update_feed(&expect_context::<App>(), id, change).await.map_err(in_form)?;
    form_response::redirect_with_notice(&format!("/feeds/{id}"), Notice::FeedSaved);
    Ok(())
}

/// Stores what requests to the origin of a feed carry, in place of what was stored; nothing when all of it is blank.
#[server(name = SaveFeedRequest, prefix = "/fn", endpoint = "feeds/save-request")]
pub async fn save_feed_request(
    id: FeedId,
    #[server(default)] user_agent: String,
    #[server(default)] username: String,
    #[server(default)] password: String,
    #[server(default)] cookie: String,
    #[server(default)] headers: String,
) -> Result<(), AppError> {
    use crate::{
        domain::{feed_request_summary::FeedRequestInput, notice::Notice},
        server::{http::form_response, services::feed_requests, state::App},
    };
    form_response::errors_shown_at(&format!("/feeds/{id}"));
    let input = FeedRequestInput { user_agent, username, password, cookie, headers };
    feed_requests::save_request(&expect_context::<App>(), id, input).await?;
    form_response::redirect_with_notice(&format!("/feeds/{id}"), Notice::FeedSaved);
    Ok(())
}

/// Removes a feed with its articles.
#[server(name = RemoveFeed, prefix = "/fn", endpoint = "feeds/remove")]
pub async fn remove_feed(id: FeedId) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::subscriptions, state::App},
    };
    subscriptions::unsubscribe(&expect_context::<App>(), id).await?;
    form_response::redirect_with_notice("/feeds", Notice::FeedRemoved);
    Ok(())
}

/// Checks one feed now. 409 while its site has asked for a pause.
#[server(name = RefreshFeed, prefix = "/fn", endpoint = "feeds/refresh")]
pub async fn refresh_feed(id: FeedId) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::subscriptions, state::App},
    };
    form_response::errors_shown_at(&format!("/feeds/{id}"));
    let feed = subscriptions::refresh_feed(&expect_context::<App>(), id).await?;
    let notice = Notice::of_refresh(feed.health.message.is_none());
    form_response::redirect_with_notice(&format!("/feeds/{}", feed.id), notice);
    Ok(())
}

/// Checks one feed now, unconditionally and whatever pause its site asked for.
#[server(name = ForceRefreshFeed, prefix = "/fn", endpoint = "feeds/refresh-forced")]
pub async fn force_refresh_feed(id: FeedId) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{
            http::form_response,
            services::subscriptions::{self, CheckMode},
            state::App,
        },
    };
    form_response::errors_shown_at(&format!("/feeds/{id}"));
    let feed = subscriptions::refresh_feed_as(&expect_context::<App>(), id, CheckMode::Forced).await?;
    let notice = Notice::of_refresh(feed.health.message.is_none());
    form_response::redirect_with_notice(&format!("/feeds/{}", feed.id), notice);
    Ok(())
}

/// Checks every feed, in the background.
#[server(name = RefreshFeeds, prefix = "/fn", endpoint = "feeds/refresh-all")]
pub async fn refresh_feeds() -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::subscriptions, state::App},
    };
    let count = subscriptions::refresh_all(&expect_context::<App>()).await?;
    form_response::redirect_with_count("/feeds", Notice::FeedsRefreshing, count);
    Ok(())
}
