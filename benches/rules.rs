//! Rules: what they cost for each new article.

use crate::support::{RUNTIME, process_cpu_ms};
use gleaner::{
    domain::{
        article_identity::ArticleIdentity,
        feed_url::FeedUrl,
        rule::{RuleActions, RuleInput},
        safe_html::SafeHtml,
        words::IndexedArticle,
    },
    server::{
        clock::Clock,
        config::{self, ConfigSources},
        lifecycle::Lifecycle,
        services::rules,
        startup,
        state::App,
        storage::{
            details::PreparedDetails,
            feeds::{self, NewFeed},
            ingest::{self, ArticleWrite, PreparedArticle},
        },
    },
};
use tempfile::TempDir;

const ARTICLE_COUNT: usize = 10_000;
const ARTICLES_PER_CHECK: usize = 200;
/// Of these rules every tenth finds something.
const RULE_COUNTS: [usize; 3] = [1, 10, 100];

fn article(number: usize) -> PreparedArticle {
    let title = format!("Article {number} about topic{}", number % 500);
    let body = format!("A text of word{} and word{} that goes on for a while. ", number % 97, number % 89).repeat(40);
    let identity =
        ArticleIdentity { guid: None, link: None, path: None, label: 0, date: None, words: None, content: None };
    PreparedArticle {
        guid: Some(number.to_string()),
        url: None,
        story: None,
        index: IndexedArticle::new(&title, None, &body),
        title,
        author: None,
        summary: "Words.".into(),
        published_at: None,
        html: SafeHtml::from_sanitized(format!("<p>{body}</p>")),
        signs: Vec::new(),
        identity,
        details: PreparedDetails::default(),
        page: None,
    }
}

async fn app_with_rules(count: usize) -> (App, TempDir) {
    let folder = TempDir::new().expect("a temporary folder");
    let sources = ConfigSources { user_data_dir: Some(folder.path().to_owned()), ..ConfigSources::default() };
    let mut config = config::load(&sources).expect("the defaults are valid").config;
    config.data_dir = folder.path().to_owned();
    let app = startup::build(config, Clock::System, Lifecycle::default()).await.expect("it starts");
    for number in 0..count {
        let topic = if number % 10 == 0 { number } else { 1_000 + number };
        let input = RuleInput {
            name: format!("Rule {number}"),
            query: format!("title:topic{topic} OR (word{number} -title:article)"),
            actions: RuleActions { star: true, ..RuleActions::default() },
            is_enabled: true,
        };
        rules::save(&app, None, input).await.expect("saved");
    }
    (app, folder)
}

/// Milliseconds of processor time that the rules take for all articles, as they arrive check by check, and how many they matched.
async fn run_rules(count: usize) -> (f64, i64) {
    let (app, _folder) = app_with_rules(count).await;
    let url = FeedUrl::parse("https://feed.example/").expect("an address");
    let new = NewFeed { url: &url, site_url: None, title: "", custom_title: None, folder: None };
    let mut db = app.db.write().await.expect("a transaction");
    let feed = feeds::insert(&mut db, &new, app.clock.now()).await.expect("stored").expect("new");
    db.commit().await.expect("committed");
    let mut took = 0.0;
    for first in (0..ARTICLE_COUNT).step_by(ARTICLES_PER_CHECK) {
        let writes: Vec<ArticleWrite> =
            (first..first + ARTICLES_PER_CHECK).map(|number| ArticleWrite::Insert(article(number))).collect();
        let mut db = app.db.write().await.expect("a transaction");
        ingest::write_articles(&mut db, feed, &writes, app.clock.now().0 * 1_000_000).await.expect("stored");
        db.commit().await.expect("committed");
        let began = process_cpu_ms();
        rules::run_queue(&app).await;
        took += process_cpu_ms() - began;
    }
    let matched = sqlx::query_scalar("SELECT count(*) FROM rule_matches").fetch_one(&app.db.read).await;
    (took, matched.expect("a count"))
}

/// Prints the processor time for an article.
#[expect(clippy::print_stdout, reason = "its figures are more than a duration")]
#[divan::bench(args = RULE_COUNTS, sample_count = 1, sample_size = 1)]
fn rules_for_new_articles(count: usize) {
    let (took, matched) = RUNTIME.block_on(run_rules(count));
    let articles = f64::from(u32::try_from(ARTICLE_COUNT).unwrap_or(u32::MAX));
    println!(
        "\n{count} rules: {:.3} ms CPU for a new article, {matched} matches of {ARTICLE_COUNT} articles",
        took / articles
    );
}
