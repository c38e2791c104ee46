//! Feeds that publish stories, for the tests of stories.

use crate::support::{
    articles::{model_run, new_article},
    test_app::TestApp,
};
use gleaner::{
    domain::{
        feed_url::FeedUrl,
        ids::{ArticleId, CategoryId, FeedId},
        score::{Judgment, RescoreMode},
        scoring::ScoringStep,
        story_signature::StorySignature,
        time::Timestamp,
        words::IndexedArticle,
    },
    server::storage::{
        feeds::{self, NewFeed},
        ingest::{self, ArticleWrite, PreparedArticle},
        queue, rescore, scores,
    },
};

/// Three stories.
pub const TEXTS: [&str; 3] = [
    "A fire destroyed a warehouse near the harbour of Fairhaven in the early hours of Friday, sending thick smoke over the old town. About \
     80 firefighters with 7 engines fought the flames for more than 5 hours before they were brought under control. No one was injured, \
     but 240 people in nearby streets were asked to leave their homes as a precaution. Police said that it was too early to name a cause.",
    "Rail workers in Norwich began a strike of 3 days on Monday, bringing most regional trains to a halt. The union demands 4.5 percent \
     more pay and a shorter working week for 2100 employees. The operator called the walkout irresponsible and said that its last offer \
     still stood. Commuters waited for replacement buses, of which only one in 4 arrived on time.",
    "The city museum in Porto has handed back 31 bronze figures that a merchant brought to Europe more than a century ago. They were packed \
     into crates on Tuesday after a ceremony in the main hall. Historians found out over the past 6 years how the figures had been taken \
     from a palace during a raid. In the past year 5200 visitors came to see the bronzes.",
];

/// A story as another editor prints it.
pub fn edited(story: usize) -> String {
    format!("From our partner agency. {} Read more on our website.", TEXTS[story].replacen("more than", "over", 1))
}

/// Title, text and canonical address of an article.
pub type Telling<'a> = (&'a str, &'a str, Option<&'a str>);

/// Stores articles in numbered feeds as checks of them do.
pub struct StoryPublisher<'a> {
    app: &'a TestApp,
}

impl<'a> StoryPublisher<'a> {
    pub fn new(app: &'a TestApp) -> Self {
        Self { app }
    }

    /// The feed with a number, subscribed to when it is not yet.
    pub async fn feed(&self, number: i64) -> FeedId {
        let url = FeedUrl::parse(&format!("https://feed{number}.example/")).expect("an address");
        if let Some(feed) = feeds::find_id(&self.app.app.db.read, &url).await.expect("readable") {
            return feed;
        }
        let title = format!("Feed {number}");
        let new = NewFeed { url: &url, site_url: None, title: &title, custom_title: None, folder: None };
        let mut db = self.app.app.db.write().await.expect("a transaction");
        let feed = feeds::insert(&mut db, &new, self.app.app.clock.now()).await.expect("stored").expect("new");
        db.commit().await.expect("committed");
        feed
    }

    /// A new article of a feed.
    pub async fn tell(&self, feed: i64, telling: Telling<'_>) -> ArticleId {
        self.tell_at(feed, telling, 0).await
    }

    /// As [`StoryPublisher::tell`], published so many seconds from now.
    pub async fn tell_at(&self, feed: i64, telling: Telling<'_>, seconds: i64) -> ArticleId {
        let published_at = Some(self.app.app.clock.now().0 + seconds);
        self.write(feed, ArticleWrite::Insert(PreparedArticle { published_at, ..article(telling) })).await;
        let id = sqlx::query_scalar("SELECT max(id) FROM articles").fetch_one(&self.app.app.db.read).await;
        ArticleId(id.expect("stored"))
    }

    /// The publisher edits an article.
    pub async fn edit(&self, feed: i64, id: ArticleId, telling: Telling<'_>) {
        self.write(feed, ArticleWrite::Update { id, words_changed: true, article: article(telling) }).await;
    }

    async fn write(&self, feed: i64, write: ArticleWrite) {
        let feed = self.feed(feed).await;
        let mut db = self.app.app.db.write().await.expect("a transaction");
        let now_us = self.app.app.clock.now().0 * 1_000_000;
        ingest::write_articles(&mut db, feed, &[write], now_us).await.expect("stored");
        db.commit().await.expect("committed");
    }

    /// A model categorizes an article and scores it with this interest.
    pub async fn score(&self, id: ArticleId, interest: u8) {
        let mut db = self.app.app.db.write().await.expect("a transaction");
        let until = Timestamp(self.app.app.clock.now().0 + 60);
        let claimed = queue::claim(&mut db, ScoringStep::Categorize, 9, (1, until), &[]).await.expect("claimed");
        assert!(claimed.contains(&id), "{id} is in the queue: {claimed:?}");
        let run = model_run(ScoringStep::Categorize);
        scores::store_categories(&mut db, id, 1, &[CategoryId(2)], &run).await.expect("stored");
        queue::release_leases(&mut db, queue::LeaseScope::All).await.expect("released");
        queue::claim(&mut db, ScoringStep::Score, 9, (2, until), &[]).await.expect("claimed");
        let judgment = Judgment { interest, quality: 6, reasoning: "Because.".to_owned(), evidence: Vec::new() };
        let is_stored = scores::store_score(&mut db, id, 2, &judgment, &model_run(ScoringStep::Score), false).await;
        assert!(is_stored.expect("stored"), "{id} was claimed");
        db.commit().await.expect("committed");
    }

    /// A model scores an article once more.
    pub async fn score_again(&self, id: ArticleId, interest: u8) {
        let mut db = self.app.app.db.write().await.expect("a transaction");
        rescore::enqueue(&mut db, &[id], Some(RescoreMode::Full), 1).await.expect("queued");
        db.commit().await.expect("committed");
        self.score(id, interest).await;
    }
}

fn article((title, text, link): Telling<'_>) -> PreparedArticle {
    let story = Some(StorySignature::new(link, &IndexedArticle::new(title, None, text)));
    PreparedArticle { story, ..new_article(title, &format!("<p>{text}</p>")) }
}
