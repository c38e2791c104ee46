//! Parses a feed's document, compares it with the stored articles and prepares what is to be written.

use super::articles::{MarkupRule, prepare_article, prepare_details, shorten};
use crate::{
    domain::{
        article_identity::{DocumentDecisions, DocumentItem, GuidHistory, ItemDecision, KnownArticle, decide},
        feed::MAX_TITLE_CHARS,
        feed_error::{FeedError, FeedErrorKind},
        feed_schedule::FeedScheduleHints,
        feed_url::FeedUrl,
        full_text::{self, FullTextChoice},
        ids::{ArticleId, FeedId},
        publisher_details::MediaKind,
    },
    error::AppError,
    server::{
        blocking::ParseKind,
        feed::{
            aggregators,
            fetch::FetchedDocument,
            identity::{MAX_IDENTIFIER_BYTES, document_items, stored_identity},
            parse::{
                self,
                parsed::{ParsedEntry, ParsedFeed},
            },
        },
        html::{sanitize, text::html_to_text},
        state::App,
        storage::{
            checks::FeedSource,
            details::{self, PreparedDetails},
            identities,
            ingest::{ArticleWrite, PreparedArticle},
        },
        work_limit::WorkLimit,
    },
};
use sha2::{Digest, Sha256};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use url::Url;

/// Maximum tags and character references of one document that are sanitized; of the items beyond, only the text is kept.
const MAX_MARKUP: usize = 400_000;
/// New articles of one document whose pages are fetched: the newest.
const MAX_PAGES: usize = 50;
/// Articles that get an identity in one transaction.
const IDENTITIES_PER_TRANSACTION: usize = 200;

/// What a document says of the feed itself.
#[derive(Clone, Debug, Default)]
pub struct FeedMetadata {
    pub title: String,
    pub site_url: Option<String>,
    pub hints: FeedScheduleHints,
}

/// A parsed document.
#[derive(Debug)]
pub struct ParsedDocument {
    pub metadata: FeedMetadata,
    url: Url,
    feed: ParsedFeed,
    items: Vec<DocumentItem>,
}

impl ParsedDocument {
    /// Items of the document that are kept.
    pub const fn item_count(&self) -> usize {
        self.items.len()
    }
}

/// The writes for a document. Valid as long as no other check stores articles of the feed.
#[derive(Debug)]
pub struct DocumentPlan {
    pub metadata: FeedMetadata,
    /// Items that are kept, and items that are left out.
    pub item_counts: (usize, usize),
    /// The revision of the feed's articles that the decisions rest on.
    pub revision: i64,
    pub guids: GuidHistory,
    /// Whether the texts of the feed are short; `None` when there are none.
    pub has_short_texts: Option<bool>,
    /// New and changed articles, the oldest first.
    pub writes: Vec<ArticleWrite>,
    /// New identities of articles that are otherwise unchanged.
    pub identities: Vec<KnownArticle>,
    /// New details of articles that are otherwise unchanged.
    pub details: Vec<(ArticleId, PreparedDetails)>,
}

impl DocumentPlan {
    /// The articles to write in slices of at most `max_rows` and `max_bytes`, though never of less than one article.
    pub(super) fn article_batches(&self, max_rows: usize, max_bytes: usize) -> impl Iterator<Item = &[ArticleWrite]> {
        let mut bytes = 0;
        let mut rows = 0;
        self.writes.chunk_by(move |previous, next| {
            if rows == 0 {
                bytes = previous.article().byte_count();
            }
            bytes += next.article().byte_count();
            rows += 1;
            let fits = rows < max_rows && bytes <= max_bytes;
            if !fits {
                (rows, bytes) = (0, 0);
            }
            fits
        })
    }
}

/// Parses a document on the pool for long computations.
pub(super) async fn parse_document(app: &App, document: Arc<FetchedDocument>) -> Result<ParsedDocument, FeedError> {
    let parsed = app.parse_pool.run(ParseKind::Feed, move |limit| {
        let url = document.url.as_url();
        let feed = parse::parse_within(&document.bytes, document.content_type.as_deref(), url, limit)?;
        if feed.is_empty() {
            let message = "The feed is empty: it has neither a title nor articles.";
            return Err(FeedError::new(FeedErrorKind::Empty, message));
        }
        let is_usable = |url: &String| {
            (url.starts_with("http://") || url.starts_with("https://")) && url.len() <= MAX_IDENTIFIER_BYTES
        };
        let metadata = FeedMetadata {
            title: shorten(&feed.title, MAX_TITLE_CHARS),
            site_url: feed.site.clone().filter(is_usable),
            hints: feed.hints,
        };
        Ok(ParsedDocument { metadata, url: url.clone(), items: document_items(&feed, url), feed })
    });
    parsed.await.unwrap_or_else(|_| Err(unreadable()))
}

/// sha256 of a decoded body, computed on the pool for long computations.
pub(super) async fn hash_body(app: &App, document: &Arc<FetchedDocument>) -> Result<Vec<u8>, FeedError> {
    let document = document.clone();
    let hash = app.parse_pool.run(ParseKind::Body, move |_| Sha256::digest(&document.bytes).to_vec());
    hash.await.map_err(|_| unreadable())
}

fn unreadable() -> FeedError {
    FeedError::new(FeedErrorKind::NotAFeed, "The feed could not be read.")
}

/// Compares a document with the articles of its feed and prepares what is to be written.
pub(super) async fn plan_document(
    app: &App,
    source: &FeedSource,
    document: ParsedDocument,
) -> Result<DocumentPlan, AppError> {
    let id = source.id;
    // Of a feed that was removed meanwhile nothing will be stored.
    let state = identities::load_state(&app.db.read, id).await?.unwrap_or_default();
    if !state.has_identities {
        complete_identities(app, id).await?;
    }
    let (known, removed) = identities::load_known(&app.db.read, id, &document.items).await?;
    let hashes = details::load_hashes(&app.db.read, known.iter().map(|known| known.id)).await?;
    let pages = PageRule { choice: source.full_text, is_automatic: app.config.fetch.full_text };
    let plan = app.parse_pool.run(ParseKind::Feed, move |limit| {
        let decisions = decide(&document.items, &known, state.guids);
        plan_writes(&document, decisions, (&hashes, &removed), (state.revision, pages), limit)
    });
    plan.await
}

/// `hashes`: those of the details that are stored; `removed`: articles of which only the identity is kept.
fn plan_writes(
    document: &ParsedDocument,
    decisions: DocumentDecisions,
    (hashes, removed): (&HashMap<ArticleId, i64>, &HashSet<ArticleId>),
    (revision, pages): (i64, PageRule),
    limit: &WorkLimit,
) -> DocumentPlan {
    let base = document.feed.relative_base.as_ref().unwrap_or(&document.url);
    let mut plan = DocumentPlan {
        metadata: document.metadata.clone(),
        item_counts: (document.items.len(), document.feed.entries_left_out),
        revision,
        guids: decisions.guids,
        has_short_texts: measure_texts(&document.feed.entries),
        writes: Vec::new(),
        identities: Vec::new(),
        details: Vec::new(),
    };
    let mut identities: HashMap<_, _> = decisions.identities.iter().map(|known| (known.id, known.identity)).collect();
    let items = document.feed.entries.iter().zip(&document.items).zip(&decisions.items);
    let rules = markup_rules(document, &decisions);
    let mut older = decisions.items.iter().filter(|decision| matches!(decision, ItemDecision::Insert)).count();
    // Feeds begin with the newest, so the last item arrives first.
    for (((entry, item), decision), rule) in items.zip(rules).rev() {
        if limit.is_cancelled() {
            break;
        }
        let rule = if limit.is_used_up() { MarkupRule::TextOnly } else { rule };
        let article = |identity| prepare_article(entry, base, identity, rule);
        match *decision {
            ItemDecision::Insert => {
                let mut article = article(item.identity);
                let is_wanted = older <= MAX_PAGES && pages.wants(entry, &article, plan.has_short_texts);
                article.page = find_page(&article).filter(|_| is_wanted);
                older = older.saturating_sub(1);
                plan.writes.push(ArticleWrite::Insert(article));
            }
            ItemDecision::Update { article: id, .. } if removed.contains(&id) => {
                let identity = identities.remove(&id).unwrap_or(item.identity);
                plan.identities.push(KnownArticle { id, identity });
            }
            ItemDecision::Update { article: id, words_changed } => {
                let identity = identities.remove(&id).unwrap_or(item.identity);
                let mut article = article(identity);
                article.page = find_page(&article);
                plan.writes.push(ArticleWrite::Update { id, words_changed, article });
            }
            ItemDecision::Unchanged(id) => {
                plan.identities.extend(identities.remove(&id).map(|identity| KnownArticle { id, identity }));
                if removed.contains(&id) {
                    continue;
                }
                let details = prepare_details(entry);
                if details.hash != hashes.get(&id).copied().unwrap_or(0) {
                    plan.details.push((id, details));
                }
            }
            ItemDecision::SameAs(_) => {}
        }
    }
    plan
}

/// Whether pages are fetched for the new articles of a feed.
#[derive(Clone, Copy, Debug)]
struct PageRule {
    choice: FullTextChoice,
    /// The setting `fetch.full_text`.
    is_automatic: bool,
}

impl PageRule {
    /// Whether the page of a new article is fetched. By itself only where the feed's texts are short and this one is too.
    fn wants(self, entry: &ParsedEntry, article: &PreparedArticle, has_short_texts: Option<bool>) -> bool {
        match self.choice {
            FullTextChoice::Always => true,
            FullTextChoice::Never => false,
            FullTextChoice::Auto => {
                let is_short = || full_text::are_short(std::iter::once(html_to_text(&article.html).as_str()));
                self.is_automatic
                    && has_short_texts == Some(true)
                    && is_part_of_a_page(entry)
                    && is_short() == Some(true)
            }
        }
    }
}

/// Whether the newest articles have short texts; `None` without any that could go on elsewhere.
fn measure_texts(entries: &[ParsedEntry]) -> Option<bool> {
    let newest = entries.iter().filter(|entry| is_part_of_a_page(entry)).take(full_text::MEASURED_ARTICLES);
    let texts: Vec<String> = newest.map(|entry| html_to_text(entry.body())).collect();
    full_text::are_short(texts.iter().map(String::as_str))
}

/// Whether an entry may be the beginning of an article: notes without a title are whole, and episodes are no texts.
fn is_part_of_a_page(entry: &ParsedEntry) -> bool {
    let is_played = |kind: MediaKind| matches!(kind, MediaKind::Audio | MediaKind::Video);
    !entry.title.trim().is_empty() && !entry.details.media.iter().any(|media| is_played(media.kind))
}

/// The page whose text belongs to an article.
fn find_page(article: &PreparedArticle) -> Option<FeedUrl> {
    aggregators::find_page(article.url.as_deref()?, &article.html)
}

/// Which items are sanitized: those that are written, from the first on, until [`MAX_MARKUP`] is reached.
fn markup_rules(document: &ParsedDocument, decisions: &DocumentDecisions) -> Vec<MarkupRule> {
    let mut markup = 0_usize;
    let rule = |(entry, decision): (&ParsedEntry, &ItemDecision)| {
        if matches!(decision, ItemDecision::Insert | ItemDecision::Update { .. }) {
            markup = markup.saturating_add(sanitize::count_markup(entry.body()));
        }
        if markup > MAX_MARKUP { MarkupRule::TextOnly } else { MarkupRule::Sanitize }
    };
    document.feed.entries.iter().zip(&decisions.items).map(rule).collect()
}

/// Computes the missing and the outdated identities of a feed's articles.
pub async fn complete_identities(app: &App, id: FeedId) -> Result<(), AppError> {
    loop {
        let mut tx = app.db.write().await?;
        let articles = identities::list_missing(&mut tx, id, IDENTITIES_PER_TRANSACTION).await?;
        if articles.is_empty() {
            identities::set_complete(&mut tx, id).await?;
            tx.commit().await?;
            return Ok(());
        }
        let known: Vec<KnownArticle> = articles
            .iter()
            .map(|a| {
                let identity = stored_identity(a.guid.as_deref(), a.url.as_deref(), &a.title, a.published_at);
                KnownArticle { id: a.id, identity: a.outdated.map_or(identity, |old| identity.renewing(old)) }
            })
            .collect();
        identities::store(&mut tx, id, &known).await?;
        tx.commit().await?;
    }
}
