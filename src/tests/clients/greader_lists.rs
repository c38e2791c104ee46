//! Lists of Google Reader's API compared with a reference implementation, page by page, and while articles are marked read.

use super::{
    greader_support::{GreaderClient, refs_in},
    support::{execute, score},
};
use crate::support::articles::{new_article, store_articles_in, store_plain_articles};
use gleaner::{
    domain::{feed::FeedChange, ids::ArticleId},
    server::services::subscriptions,
};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{select, subsequence},
    strategy::ValueTree,
    test_runner::TestRunner,
};
use std::{collections::BTreeSet, time::Duration};

const READ: &str = "user/-/state/com.google/read";

/// An article as the model knows it.
#[derive(Clone, Debug)]
struct ModelArticle {
    id: i64,
    arrived_us: i64,
    streams: BTreeSet<String>,
}

impl ModelArticle {
    fn is_in(&self, stream: &str) -> bool {
        self.streams.contains(stream)
    }
}

/// The streams of the model, by the names that a query uses.
fn streams(loom: &str, dye: &str) -> Vec<String> {
    let states = ["reading-list", "read", "unread", "starred", "like", "broadcast"];
    let states = states.map(|name| format!("user/-/state/com.google/{name}"));
    let labels = ["Weaving", "Score 8+", "Score 5-7", "Score 0-4", "Liked", "Disliked", "Topic: Textiles"];
    let labels = labels.map(|name| format!("user/-/label/{name}"));
    states.into_iter().chain(labels).chain([loom.to_owned(), dye.to_owned()]).collect()
}

/// Sixty articles of two feeds that arrived in six seconds; each has marks, votes and scores by its number.
async fn filled() -> (GreaderClient, Vec<ModelArticle>, Vec<String>) {
    let greader = GreaderClient::start().await;
    let app = &greader.client.app;
    let mut ids: Vec<ArticleId> = Vec::new();
    for batch in 0..12 {
        let site = if batch % 3 == 0 { "https://dye.example/feed" } else { "https://loom.example/feed" };
        let articles: Vec<_> = (0..5).map(|n| new_article(&format!("{batch}-{n}"), "<p>x</p>")).collect();
        ids.extend(store_articles_in(&app.app, site, &articles).await);
        if batch % 2 == 1 {
            app.clock.advance(Duration::from_secs(1));
        }
    }
    let feeds = subscriptions::list_feeds(&app.app).await.expect("readable");
    let stream_of = |host: &str| {
        let feed = feeds.iter().find(|feed| feed.url.as_str().contains(host)).expect("there");
        (feed.id, format!("feed/{}", feed.id))
    };
    let ((loom, loom_stream), (_, dye_stream)) = (stream_of("loom"), stream_of("dye"));
    let folder = subscriptions::create_folder(&app.app, "Weaving").await.expect("created").id;
    let change = FeedChange { folder_id: Some(Some(folder)), ..FeedChange::default() };
    subscriptions::update_feed(&app.app, loom, change).await.expect("moved");
    let mut model = Vec::new();
    for (number, id) in ids.into_iter().enumerate() {
        let arrived = format!("SELECT arrived_us FROM articles WHERE id = {id}");
        let arrived_us: i64 =
            sqlx::query_scalar(sqlx::AssertSqlSafe(arrived)).fetch_one(&app.app.db.read).await.expect("readable");
        if number % 17 == 16 {
            execute(app, &format!("UPDATE articles SET state = 'blocked', next_step = NULL WHERE id = {id}")).await;
            continue;
        }
        let is_of_dye = (number / 5) % 3 == 0;
        let mut names = vec!["user/-/state/com.google/reading-list".to_owned()];
        names.push(if is_of_dye { dye_stream.clone() } else { loom_stream.clone() });
        let mut add = |name: &str| names.push(format!("user/-/{name}"));
        if !is_of_dye {
            add("label/Weaving");
        }
        add(if number % 3 == 0 { "state/com.google/read" } else { "state/com.google/unread" });
        if number % 4 == 1 {
            add("state/com.google/starred");
        }
        let vote = match number % 7 {
            2 => Some("Liked"),
            5 => Some("Disliked"),
            _ => None,
        };
        if let Some(vote) = vote {
            add(&format!("label/{vote}"));
            greader.change("edit-tag", &[("i", &id.to_string()), ("a", &format!("user/-/label/{vote}"))]).await;
        }
        if vote == Some("Liked") {
            add("state/com.google/like");
        }
        let band = match number % 5 {
            0 => Some((8.0, "Score 8+")),
            1 => Some((7.9, "Score 5-7")),
            2 => Some((4.9, "Score 0-4")),
            _ => None,
        };
        if let Some((composite, band)) = band {
            score(app, id, composite, 0).await;
            add(&format!("label/{band}"));
            add("label/Topic: Textiles");
        }
        let (is_read, is_starred) = (number % 3 == 0, number % 4 == 1);
        execute(app, &format!("UPDATE articles SET is_read = {is_read}, is_starred = {is_starred} WHERE id = {id}"))
            .await;
        model.push(ModelArticle { id: id.0, arrived_us, streams: names.into_iter().collect() });
    }
    (greader, model, streams(&loom_stream, &dye_stream))
}

/// A list as a client asks for it.
#[derive(Clone, Debug)]
struct ListCase {
    s: Vec<String>,
    xt: Vec<String>,
    it: Vec<String>,
    ot: Option<i64>,
    nt: Option<i64>,
    is_oldest_first: bool,
    n: usize,
}

impl ListCase {
    fn query(&self) -> String {
        let streams = [("s", &self.s), ("xt", &self.xt), ("it", &self.it)];
        let streams =
            streams.into_iter().flat_map(|(name, list)| list.iter().map(move |stream| (name, stream.clone())));
        let moments = [("ot", self.ot), ("nt", self.nt)];
        let moments = moments.into_iter().filter_map(|(name, at)| at.map(|at| (name, at.to_string())));
        let order = self.is_oldest_first.then(|| ("r", "o".to_owned()));
        let pairs = streams.chain(moments).chain(order).chain([("n", self.n.to_string())]);
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    }

    /// What the model says.
    fn expected(&self, model: &[ModelArticle]) -> Vec<i64> {
        let second = |article: &ModelArticle| article.arrived_us.div_euclid(1_000_000);
        let mut found: Vec<&ModelArticle> = model
            .iter()
            .filter(|a| self.s.iter().chain(&self.it).all(|stream| a.is_in(stream)))
            .filter(|a| !self.xt.iter().any(|stream| a.is_in(stream)))
            .filter(|a| self.ot.is_none_or(|ot| second(a) >= ot) && self.nt.is_none_or(|nt| second(a) <= nt))
            .collect();
        found.sort_by_key(|article| article.arrived_us);
        if !self.is_oldest_first {
            found.reverse();
        }
        found.into_iter().map(|article| article.id).collect()
    }
}

fn list_cases(streams: &[String], first_second: i64) -> impl Strategy<Value = ListCase> {
    let some_of = |most: usize| subsequence(streams.to_vec(), 0..=most);
    let moment = || proptest::option::weighted(0.3, first_second - 1..first_second + 8);
    let pages = select(vec![2_usize, 7, 20, 60, 1_000]);
    (some_of(2), some_of(1), some_of(1), moment(), moment(), any::<bool>(), pages)
        .prop_map(|(s, xt, it, ot, nt, is_oldest_first, n)| ListCase { s, xt, it, ot, nt, is_oldest_first, n })
}

#[tokio::test]
async fn lists_are_those_of_the_model_page_by_page() {
    let (greader, model, streams) = filled().await;
    let first_second = model[0].arrived_us.div_euclid(1_000_000);
    let cases = list_cases(&streams, first_second);
    let mut runner = TestRunner::deterministic();
    let mut found_some = 0;
    for _ in 0..150 {
        let case = cases.new_tree(&mut runner).expect("a case").current();
        let query = case.query();
        let expected = case.expected(&model);
        let (mut seen, mut next) = (Vec::new(), String::new());
        loop {
            let answer = greader.get(&format!("stream/items/ids?{query}{next}")).await;
            let page = refs_in(&answer);
            assert!(page.len() <= case.n, "{query}");
            seen.extend(page);
            let Some(last) = answer.get("continuation") else { break };
            next = format!("&c={}", last.as_str().expect("a text"));
            assert!(seen.len() < expected.len(), "{query}: a page after the last one is announced");
        }
        assert_eq!(seen, expected, "{query}");
        found_some += usize::from(!expected.is_empty());
    }
    assert!(found_some > 50, "only {found_some} lists are not empty");
    greader.client.app.finish().await;
}

#[tokio::test]
async fn items_are_found_by_every_form_of_their_ids() {
    let (greader, model, _) = filled().await;
    let forms = vec((0..model.len(), 0..4_usize), 1..20);
    let mut runner = TestRunner::deterministic();
    for _ in 0..30 {
        let chosen = forms.new_tree(&mut runner).expect("a case").current();
        let text = |(at, form): &(usize, usize)| {
            let id = model[*at].id;
            match form {
                0 => id.to_string(),
                1 => format!("{id:016x}"),
                2 => format!("tag:google.com,2005:reader/item/{id:016x}"),
                _ => format!("tag:google.com,2005:reader/item/{id:x}"),
            }
        };
        let texts: Vec<String> = chosen.iter().map(text).collect();
        let pairs: Vec<(&str, &str)> = texts.iter().map(|text| ("i", text.as_str())).collect();
        let answer = greader.post("stream/items/contents", &pairs).await.json();
        let items = answer["items"].as_array().expect("a list").iter();
        let ids: Vec<String> = items.map(|item| item["id"].as_str().expect("an id").to_owned()).collect();
        let mut wanted: Vec<i64> = chosen.iter().map(|(at, _)| model[*at].id).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let wanted: Vec<String> =
            wanted.iter().rev().map(|id| format!("tag:google.com,2005:reader/item/{id:016x}")).collect();
        assert_eq!(ids, wanted, "{texts:?}");
    }
    greader.client.app.finish().await;
}

#[tokio::test]
async fn paging_while_reading_loses_and_doubles_nothing() {
    const ARTICLES: usize = 2_500;
    let greader = GreaderClient::start().await;
    let app = &greader.client.app;
    let all: BTreeSet<i64> = store_plain_articles(&app.app, ARTICLES).await.into_iter().map(|id| id.0).collect();
    for (n, order) in [(100, ""), (1_000, ""), (250, "&r=o")] {
        execute(app, "UPDATE articles SET is_read = 0").await;
        let (mut seen, mut next) = (Vec::new(), String::new());
        loop {
            let answer = greader.get(&format!("stream/items/ids?xt={READ}&n={n}{order}{next}")).await;
            let page = refs_in(&answer);
            let texts: Vec<String> = page.iter().map(ToString::to_string).collect();
            let mut form: Vec<(&str, &str)> = texts.iter().map(|id| ("i", id.as_str())).collect();
            form.push(("a", READ));
            greader.change("edit-tag", &form).await;
            if seen.is_empty() {
                // What arrives meanwhile is newer than every page.
                app.clock.advance(Duration::from_secs(1));
                let late = new_article(&format!("Late {n}{order}"), "<p>x</p>");
                store_articles_in(&app.app, "https://late.example/feed", &[late]).await;
            }
            seen.extend(page);
            let Some(last) = answer.get("continuation") else { break };
            next = format!("&c={}", last.as_str().expect("a text"));
        }
        let distinct: BTreeSet<i64> = seen.iter().copied().collect();
        assert_eq!(distinct.len(), seen.len(), "n={n}{order}: some came twice");
        assert_eq!(all.difference(&distinct).count(), 0, "n={n}{order}: some are missing");
    }
    let whole = greader.get("stream/contents?n=5000").await;
    let items = whole["items"].as_array().expect("a list");
    let ids: BTreeSet<&str> = items.iter().map(|item| item["id"].as_str().expect("an id")).collect();
    assert_eq!((items.len(), ids.len(), whole["continuation"].is_string()), (1_000, 1_000, true));
    assert_eq!(greader.ids("n=200000").await.len(), ARTICLES + 3);
    greader.client.app.finish().await;
}
