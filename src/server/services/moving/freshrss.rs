//! FreshRSS and others with the Google Reader API: `subscription/list`, `tag/list` and the reading list, the oldest first.

use super::source::{SourceArticle, SourceFeed, SourcePage, api_error, parse_answer};
use crate::{
    domain::{feed_url::FeedUrl, time::Timestamp},
    error::{AppError, ErrorKind},
    server::{
        feed::{
            fetch::{ReaderApiClient, ReaderCredentials},
            parse::parsed::ParsedEntry,
        },
        html::entities,
        state::App,
    },
};
use serde::Deserialize;
use std::collections::HashSet;

/// Articles of a page.
const PAGE_ARTICLES: &str = "100";
/// Where FreshRSS has the API.
const API_PATH: &str = "api/greader.php";
/// The category that every feed is in until the reader chooses another.
const DEFAULT_CATEGORY: &str = "Uncategorized";
const READ_STATE: &str = "user/-/state/com.google/read";
const STARRED_STATE: &str = "user/-/state/com.google/starred";
const LABEL_PREFIX: &str = "user/-/label/";
/// What FreshRSS writes in titles in place of the first character of each.
const FULL_WIDTH_CHARS: [(char, &str); 3] = [('＆', "&"), ('＜', "<"), ('＞', ">")];

/// An account of a reader with the Google Reader API.
#[derive(Debug)]
pub struct GoogleReaderSource {
    client: ReaderApiClient,
    user: String,
    /// The labels that are no folders.
    labels: HashSet<String>,
}

#[derive(Debug, Deserialize)]
struct SubscriptionList {
    subscriptions: Vec<ReaderSubscription>,
}

#[derive(Debug, Deserialize)]
struct ReaderSubscription {
    id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    url: String,
    #[serde(rename = "htmlUrl")]
    html_url: Option<String>,
    #[serde(default)]
    categories: Vec<SubscriptionCategory>,
}

#[derive(Debug, Deserialize)]
struct SubscriptionCategory {
    label: String,
}

#[derive(Debug, Deserialize)]
struct ReaderTagList {
    tags: Vec<ReaderTag>,
}

#[derive(Debug, Deserialize)]
struct ReaderTag {
    id: String,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Debug, Deserialize)]
struct StreamContents {
    #[serde(default)]
    items: Vec<StreamItem>,
    continuation: Option<String>,
}

#[derive(Debug, Deserialize)]
struct StreamItem {
    #[serde(default)]
    title: String,
    published: Option<i64>,
    #[serde(default)]
    canonical: Vec<ItemLink>,
    #[serde(default)]
    alternate: Vec<ItemLink>,
    #[serde(default)]
    categories: Vec<String>,
    origin: ItemOrigin,
    summary: Option<ItemText>,
    content: Option<ItemText>,
    author: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ItemLink {
    href: String,
}

#[derive(Debug, Deserialize)]
struct ItemText {
    content: String,
}

#[derive(Debug, Deserialize)]
struct ItemOrigin {
    #[serde(rename = "streamId")]
    stream_id: String,
}

impl GoogleReaderSource {
    /// Logs in with the password for the API. Errors: 422 for an address that cannot be used, 503 when the reader does not answer or
    /// refuses the credentials.
    pub(super) async fn connect(app: &App, address: &str, user: &str, password: &str) -> Result<Self, AppError> {
        let address = address.trim().trim_end_matches('/');
        let address = if address.ends_with(".php") { address.to_owned() } else { format!("{address}/{API_PATH}") };
        let base = FeedUrl::parse(&address).map_err(|error| AppError::invalid(error.to_string()))?;
        let client = ReaderApiClient::new(&app.config.fetch, base, ReaderCredentials::None).await.map_err(api_error)?;
        let fields = [("Email", user), ("Passwd", password)];
        let answer = client.post_form("accounts/ClientLogin", &fields).await.map_err(|error| {
            api_error(error)
                .hint("FreshRSS wants the API password of the user's profile, and the API switched on in its settings.")
        })?;
        let answer = String::from_utf8_lossy(&answer);
        let auth = answer.lines().find_map(|line| line.strip_prefix("Auth=")).map(str::to_owned).ok_or_else(|| {
            let message = format!("{} answered the login without a key.", client.base().authority());
            AppError::new(ErrorKind::Unavailable, message).hint("Check that the address is that of the reader itself.")
        })?;
        let client = client.with_credentials(ReaderCredentials::GoogleLogin(auth));
        let tags: ReaderTagList = get(&client, "reader/api/0/tag/list", &[("output", "json")]).await?;
        let labels = tags.tags.into_iter().filter(|tag| tag.kind.as_deref() == Some("tag"));
        let labels = labels.filter_map(|tag| label_name(&tag.id)).collect();
        Ok(Self { client, user: user.to_owned(), labels })
    }

    pub(super) fn name(&self) -> String {
        format!("greader {} {}", self.client.base(), self.user)
    }

    pub(super) async fn list_feeds(&self) -> Result<Vec<SourceFeed>, AppError> {
        let list: SubscriptionList = get(&self.client, "reader/api/0/subscription/list", &[("output", "json")]).await?;
        let mut feeds: Vec<SourceFeed> = list
            .subscriptions
            .into_iter()
            .map(|feed| SourceFeed {
                url: if feed.url.is_empty() { feed.id.trim_start_matches("feed/").to_owned() } else { feed.url },
                key: feed.id,
                title: plain_title(&feed.title),
                site_url: feed.html_url.filter(|site| !site.is_empty()),
                folder: feed
                    .categories
                    .into_iter()
                    .map(|category| plain_title(&category.label))
                    .find(|label| label != DEFAULT_CATEGORY),
            })
            .collect();
        feeds.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(feeds)
    }

    /// `position`: the continuation of the page before.
    pub(super) async fn load_page(&self, position: Option<&str>) -> Result<SourcePage, AppError> {
        let mut parameters = vec![("output", "json"), ("n", PAGE_ARTICLES), ("r", "o")];
        parameters.extend(position.map(|position| ("c", position)));
        let path = "reader/api/0/stream/contents/user/-/state/com.google/reading-list";
        let page: StreamContents = get(&self.client, path, &parameters).await?;
        let articles: Vec<SourceArticle> = page.items.into_iter().map(|item| self.source_article(item)).collect();
        let next = page.continuation.filter(|_| !articles.is_empty());
        Ok(SourcePage { articles, next })
    }

    fn source_article(&self, item: StreamItem) -> SourceArticle {
        let link = item.canonical.into_iter().chain(item.alternate).map(|link| link.href).next();
        let labels = item.categories.iter().filter_map(|id| label_name(id)).filter(|name| self.labels.contains(name));
        SourceArticle {
            feed: item.origin.stream_id,
            is_read: has_state(&item.categories, READ_STATE),
            is_starred: has_state(&item.categories, STARRED_STATE),
            labels: labels.collect(),
            entry: ParsedEntry {
                link: link.map(|link| entities::decode(&link).into_owned()),
                title: plain_title(&item.title),
                author: item.author.filter(|author| !author.trim().is_empty()),
                published: item.published.map(Timestamp),
                content: item.content.or(item.summary).map(|text| text.content),
                ..ParsedEntry::default()
            },
        }
    }
}

async fn get<T: serde::de::DeserializeOwned>(
    client: &ReaderApiClient,
    path: &str,
    parameters: &[(&str, &str)],
) -> Result<T, AppError> {
    let bytes = client.get(path, parameters).await.map_err(api_error)?;
    parse_answer(&bytes, &client.base().authority())
}

/// Whether the categories of an item have a state; some readers write the number of the user in place of `-`.
fn has_state(categories: &[String], state: &str) -> bool {
    let end = state.trim_start_matches("user/-");
    categories.iter().any(|category| category == state || (category.starts_with("user/") && category.ends_with(end)))
}

/// The name of a label.
fn label_name(id: &str) -> Option<String> {
    let name = id.strip_prefix(LABEL_PREFIX).or_else(|| id.split_once("/label/").map(|(_, name)| name))?;
    Some(plain_title(name))
}

/// A title without the characters that FreshRSS writes in place of markup.
fn plain_title(title: &str) -> String {
    let mut plain = title.to_owned();
    for (full_width, char) in FULL_WIDTH_CHARS {
        plain = plain.replace(full_width, char);
    }
    entities::decode(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{READ_STATE, has_state, label_name, plain_title};

    #[test]
    fn titles_are_plain_text_again() {
        for (sent, title) in [
            ("big 259 ＆amp; more", "big 259 & more"),
            ("a ＜ b ＞ c", "a < b > c"),
            ("R＆D", "R&D"),
            ("plain", "plain"),
        ] {
            assert_eq!(plain_title(sent), title);
        }
    }

    #[test]
    fn states_and_labels_are_read_for_every_user() {
        for (category, is_read) in [
            ("user/-/state/com.google/read", true),
            ("user/1001/state/com.google/read", true),
            ("user/-/state/com.google/reading-list", false),
            ("user/-/label/read", false),
        ] {
            assert_eq!(has_state(&[category.to_owned()], READ_STATE), is_read, "{category}");
        }
        assert_eq!(label_name("user/-/label/To do"), Some("To do".to_owned()));
        assert_eq!(label_name("user/7/label/A/B"), Some("A/B".to_owned()));
        assert_eq!(label_name("user/-/state/com.google/starred"), None);
    }
}
