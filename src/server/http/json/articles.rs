//! Articles: lists, one article, read, star and vote.

use super::rules::RulePointsJson;
use crate::server::http::json::{
    error::ApiError,
    extract::{JsonBody, PathId, QueryParams, nullable},
    full_text_status::FullTextJson,
    model_runs::ModelRunJson,
};
use crate::{
    domain::{
        article::{self, ArticleDetail, ArticleRow, ArticleScope, ListQuery, ViewCounts},
        category::CategoryLabel,
        list_query::QUERY_PARAMS,
        model_name::ModelName,
        prompt_injection::InjectionSign,
        publisher_details::{ArticleMedia, ArticleSource, MediaKind, MediaPosition},
        safe_html::SafeHtml,
        score::{self, ArticleState},
        story::StoryCopy,
        time::Timestamp,
        vote::Vote,
    },
    server::{services::reading, state::App},
};
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// An article in a list.
#[derive(Serialize, ToSchema)]
pub struct ArticleResponse {
    id: i64,
    feed_id: i64,
    /// The reader's title of the feed, else the publisher's.
    feed_title: String,
    title: String,
    /// The language of the article or of its feed (BCP 47), as declared; else as detected.
    #[schema(example = "en-GB")]
    language: Option<String>,
    url: Option<String>,
    author: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    published_at: Option<Timestamp>,
    is_read: bool,
    is_starred: bool,
    /// The reader's vote: `up`, `down` or null.
    #[schema(value_type = Option<String>, example = "up")]
    vote: Option<Vote>,
    /// `unscored`, `queued`, `categorizing`, `scoring`, `scored`, `blocked` or `failed`.
    #[schema(value_type = String, example = "scored")]
    state: ArticleState,
    /// The last score; while the article is being scored again, the old one.
    score: Option<ScoreJson>,
    categories: Vec<CategoryLabelJson>,
    /// Plain text, at most 300 characters.
    summary: String,
    /// Signs that the text talks to a model instead of to people; mostly empty. They change nothing about the score.
    suspicions: Vec<SuspicionJson>,
    /// The other articles of the same story, hidden ones too; mostly empty.
    also_in: Vec<StoryCopyJson>,
}

/// A score and where it comes from.
#[derive(Serialize, ToSchema)]
struct ScoreJson {
    /// 0–10 by the model; null while provisional.
    interest: Option<u8>,
    /// 0–10 by the model; null while provisional.
    quality: Option<u8>,
    /// What lists sort by, 0–20: interest × mean weight of the categories × (0.5 + quality / 20) + weight of the feed.
    composite: f64,
    reasoning: String,
    #[schema(value_type = Option<String>)]
    model: Option<ModelName>,
    /// Hash of the exact prompt text.
    prompt_version: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    scored_at: Option<Timestamp>,
    /// Ranked by words alone; no model has answered yet.
    provisional: bool,
}

/// A sign that a text talks to a model.
#[derive(Serialize, ToSchema)]
struct SuspicionJson {
    /// `command`, `asks-for-score`, `chat-tokens` or `hidden`.
    #[schema(value_type = String, example = "command")]
    sign: InjectionSign,
    /// The rule in words.
    message: &'static str,
}

/// Another article of the same story.
#[derive(Serialize, ToSchema)]
struct StoryCopyJson {
    id: i64,
    feed_id: i64,
    feed_title: String,
    title: String,
    url: Option<String>,
    /// Whether another article of the story stands for it in lists.
    is_duplicate: bool,
}

/// A category of an article.
#[derive(Serialize, ToSchema)]
struct CategoryLabelJson {
    id: i64,
    name: String,
    slug: String,
}

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub struct ArticlePageResponse {
    items: Vec<ArticleResponse>,
    /// Give it back as `cursor` to get the next page; null on the last one.
    next_cursor: Option<String>,
    /// What of `q` was not understood, a sentence each; the rest was searched for.
    search_problems: Vec<String>,
}

/// An article with its text.
#[derive(Serialize, ToSchema)]
pub struct ArticleDetailResponse {
    #[serde(flatten)]
    article: ArticleResponse,
    /// The text that is shown: a balanced, sanitized HTML fragment.
    content_html: String,
    /// The other one of the feed's text and that of the page; null when there is only one.
    other_html: Option<String>,
    /// The text of the page behind the article; null without such a page.
    full_text: Option<FullTextJson>,
    /// Pictures and files that the publisher sent beside the text.
    media: Vec<ArticleMediaJson>,
    /// The page with comments.
    comments_url: Option<String>,
    /// The feed that the article was taken from.
    source: Option<ArticleSourceJson>,
    /// The publisher's own categories; those of the model are in `categories`.
    publisher_categories: Vec<String>,
    /// Why the model's answers were refused.
    error: Option<ScoringErrorJson>,
    /// Quotes that the score rests on; each was found in the article.
    evidence: Vec<String>,
    /// The words of the interests that a provisional score rests on; null when a model has scored.
    matched_words: Option<MatchedWordsJson>,
    /// The answers behind categories and score, the first step first.
    runs: Vec<ModelRunJson>,
    /// The article of the same story that was scored in place of this one, with its runs; null: this one.
    scored_article: Option<i64>,
    /// The name of the rule that hid it; null: it stands in the lists.
    hidden_by: Option<String>,
    /// Points that rules add to its score.
    rule_points: Vec<RulePointsJson>,
}

/// A picture or a file of an article.
#[derive(Serialize, ToSchema)]
struct ArticleMediaJson {
    /// `image`, `thumbnail` (a picture that stands for the article), `audio`, `video` or `file`.
    #[schema(value_type = String, example = "audio")]
    kind: MediaKind,
    url: String,
    /// As the publisher sent it, in lower case.
    #[schema(example = "audio/mpeg")]
    mime_type: Option<String>,
    /// Size in bytes.
    bytes: Option<i64>,
    /// Pixels.
    width: Option<u32>,
    /// Pixels.
    height: Option<u32>,
    /// The title; of a picture the alternative text.
    title: Option<String>,
    duration_seconds: Option<i64>,
    /// Seconds of it that were played; null: it begins anew.
    position_seconds: Option<i64>,
}

/// The feed that an article was taken from.
#[derive(Serialize, ToSchema)]
struct ArticleSourceJson {
    title: String,
    url: Option<String>,
}

/// Words of the interests that stand in an article.
#[derive(Serialize, ToSchema)]
struct MatchedWordsJson {
    wanted: Vec<String>,
    unwanted: Vec<String>,
}

/// Bad answers of the model for an article.
#[derive(Serialize, ToSchema)]
struct ScoringErrorJson {
    message: String,
    attempts: i64,
}

/// How many articles each view holds.
#[derive(Serialize, ToSchema)]
pub struct ArticleCountsResponse {
    unread: i64,
    all: i64,
    starred: i64,
    scoring: i64,
    blocked: i64,
    failed: i64,
}

/// A change to an article; what is absent stays.
#[derive(Deserialize, ToSchema)]
pub struct UpdateArticleRequest {
    is_read: Option<bool>,
    is_starred: Option<bool>,
    /// `up` or `down`; null takes the vote back.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, example = "up")]
    vote: Option<Option<Vote>>,
}

/// The parameters of a list, for the document alone: [`ListQuery::from_params`] reads them.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its description is used")]
struct ListArticlesParams {
    /// `unread` (default), `all`, `starred`, `scoring`, `blocked` or `failed`.
    view: Option<String>,
    /// Only this feed; at most one of feed, folder and category.
    feed: Option<i64>,
    /// Only the feeds of this folder.
    folder: Option<i64>,
    /// Only this category and its children.
    category: Option<i64>,
    /// A query: words, phrases, fields such as `feed:` or `score:` (docs/spec/query.md).
    q: Option<String>,
    /// `score` (best first), `score-asc`, `newest`, `oldest` or `relevance`; by default `relevance` with `q`, else `score`.
    sort: Option<String>,
    /// Articles a page, 1–200; 50 by default.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of a list of articles.
#[utoipa::path(get, path = "/api/articles", tag = "reading", params(ListArticlesParams), responses((status = 200, body = ArticlePageResponse)))]
pub async fn list(State(app): State<App>, params: QueryParams) -> Result<Json<ArticlePageResponse>, ApiError> {
    let query = ListQuery::from_params(params.allow_only(&QUERY_PARAMS)?)?;
    Ok(Json(reading::list(&app, &query).await?.into()))
}

/// How many articles each view of a scope holds.
#[utoipa::path(
    get, path = "/api/articles/counts", tag = "reading", responses((status = 200, body = ArticleCountsResponse)),
    params(
        ("feed" = Option<i64>, Query, description = "Only this feed; at most one of feed, folder and category."),
        ("folder" = Option<i64>, Query, description = "Only the feeds of this folder."),
        ("category" = Option<i64>, Query, description = "Only this category and its children."),
    ),
)]
pub async fn show_counts(State(app): State<App>, params: QueryParams) -> Result<Json<ArticleCountsResponse>, ApiError> {
    let scope: ArticleScope = ListQuery::from_params(params.allow_only(&["feed", "folder", "category"])?)?.scope;
    Ok(Json(reading::load_view_counts(&app, scope).await?.into()))
}

/// One article with its text.
#[utoipa::path(get, path = "/api/articles/{id}", tag = "reading", params(("id" = i64, Path)), responses((status = 200, body = ArticleDetailResponse)))]
pub async fn show(State(app): State<App>, PathId(id): PathId) -> Result<Json<ArticleDetailResponse>, ApiError> {
    Ok(Json(reading::load_article(&app, id.into()).await?.into()))
}

/// Marks an article read or unread, sets or takes its star, casts a vote or takes it back.
#[utoipa::path(
    patch, path = "/api/articles/{id}", tag = "reading", params(("id" = i64, Path)), request_body = UpdateArticleRequest,
    responses((status = 200, body = ArticleResponse)),
)]
pub async fn update(
    State(app): State<App>,
    PathId(id): PathId,
    JsonBody(change): JsonBody<UpdateArticleRequest>,
) -> Result<Json<ArticleResponse>, ApiError> {
    let UpdateArticleRequest { is_read, is_starred, vote } = change;
    let change = article::ArticleChange { is_read, is_starred, vote };
    Ok(Json(reading::update_article(&app, id.into(), change).await?.into()))
}

impl From<article::ArticleListPage> for ArticlePageResponse {
    fn from(page: article::ArticleListPage) -> Self {
        let next_cursor = page.next.map(|cursor| cursor.to_string());
        let items = page.rows.into_iter().map(Into::into).collect();
        Self { items, next_cursor, search_problems: page.search_problems }
    }
}

impl From<ArticleRow> for ArticleResponse {
    fn from(row: ArticleRow) -> Self {
        Self {
            id: row.id.0,
            feed_id: row.feed_id.0,
            feed_title: row.feed_title,
            title: row.title,
            language: row.language,
            url: row.url,
            author: row.author,
            published_at: row.published_at,
            is_read: row.is_read,
            is_starred: row.is_starred,
            vote: row.vote,
            state: row.state,
            score: row.score.map(Into::into),
            categories: row.categories.into_iter().map(Into::into).collect(),
            summary: row.summary,
            suspicions: row.injection_signs.into_iter().map(Into::into).collect(),
            also_in: row.also_in.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<score::Score> for ScoreJson {
    fn from(score: score::Score) -> Self {
        Self {
            interest: score.interest,
            quality: score.quality,
            composite: score.composite,
            reasoning: score.reasoning,
            model: score.model,
            prompt_version: score.prompt_version,
            scored_at: score.scored_at,
            provisional: score.is_keyword_rank,
        }
    }
}

impl From<StoryCopy> for StoryCopyJson {
    fn from(StoryCopy { id, feed_id, feed_title, title, url, is_duplicate }: StoryCopy) -> Self {
        Self { id: id.0, feed_id: feed_id.0, feed_title, title, url, is_duplicate }
    }
}

impl From<CategoryLabel> for CategoryLabelJson {
    fn from(label: CategoryLabel) -> Self {
        Self { id: label.id.0, name: label.name, slug: label.slug }
    }
}

impl From<ArticleDetail> for ArticleDetailResponse {
    fn from(detail: ArticleDetail) -> Self {
        let error =
            detail.row.last_error.clone().map(|message| ScoringErrorJson { message, attempts: detail.attempts });
        Self {
            article: detail.row.into(),
            content_html: detail.content_html.into_string(),
            other_html: detail.other_html.map(SafeHtml::into_string),
            full_text: detail.full_text.into(),
            media: media_json(detail.details.media, &detail.media_positions),
            comments_url: detail.details.comments_url,
            source: detail.details.source.map(|ArticleSource { title, url }| ArticleSourceJson { title, url }),
            publisher_categories: detail.details.categories,
            error,
            evidence: detail.evidence,
            matched_words: detail
                .keyword_matches
                .map(|found| MatchedWordsJson { wanted: found.wanted, unwanted: found.unwanted }),
            runs: detail.runs.into_iter().map(Into::into).collect(),
            scored_article: detail.scored_article.map(|id| id.0),
            hidden_by: detail.rule_effects.hidden_by,
            rule_points: detail.rule_effects.points.into_iter().map(Into::into).collect(),
        }
    }
}

fn media_json(media: Vec<ArticleMedia>, positions: &[MediaPosition]) -> Vec<ArticleMediaJson> {
    let one = |media: ArticleMedia| {
        let ArticleMedia { kind, url, mime_type, bytes, width, height, title, duration_seconds } = media;
        let position = positions.iter().find(|position| position.url == url);
        let position_seconds = position.map(|position| position.seconds);
        ArticleMediaJson { kind, url, mime_type, bytes, width, height, title, duration_seconds, position_seconds }
    };
    media.into_iter().map(one).collect()
}

impl From<InjectionSign> for SuspicionJson {
    fn from(sign: InjectionSign) -> Self {
        Self { sign, message: sign.message() }
    }
}

impl From<ViewCounts> for ArticleCountsResponse {
    fn from(ViewCounts { unread, all, starred, scoring, blocked, failed }: ViewCounts) -> Self {
        Self { unread, all, starred, scoring, blocked, failed }
    }
}
