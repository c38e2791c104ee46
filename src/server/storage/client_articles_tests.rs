//! Checks the query plan of every list that other readers can request.

use super::{ArticleCondition, ClientIndex, ClientOrder, ClientQuery, build_select, choose_index};
use crate::{
    domain::{
        ids::{ArticleId, CategoryId, FeedId, FolderId},
        score::ScoreTier,
        time::Timestamp,
        vote::Vote,
    },
    server::storage,
};

fn conditions() -> Vec<ArticleCondition> {
    vec![
        ArticleCondition::Feed(FeedId(1)),
        ArticleCondition::Folder(FolderId(1)),
        ArticleCondition::NoFolder,
        ArticleCondition::Topic(CategoryId(1)),
        ArticleCondition::Scored(ScoreTier::Medium),
        ArticleCondition::Voted(Vote::Up),
        ArticleCondition::Read,
        ArticleCondition::Starred,
        ArticleCondition::ArrivedFrom(5),
        ArticleCondition::ArrivedUntil(5),
        ArticleCondition::ScoredBefore(Timestamp(5)),
        ArticleCondition::ScoredFrom(Timestamp(5)),
        ArticleCondition::UnscoredFrom(5),
        ArticleCondition::CategorizedBefore(Timestamp(5)),
        ArticleCondition::NotJudgedFrom(Timestamp(5)),
        ArticleCondition::NotEditedFrom(Timestamp(5)),
        ArticleCondition::DatedFrom(Timestamp(5)),
        ArticleCondition::DatedUntil(Timestamp(5)),
        ArticleCondition::ChangedFrom(Timestamp(5)),
        ArticleCondition::ChangedUntil(Timestamp(5)),
        ArticleCondition::IdAbove(ArticleId(5)),
        ArticleCondition::IdBelow(ArticleId(5)),
        ArticleCondition::IdIn(vec![ArticleId(5), ArticleId(6)]),
        ArticleCondition::Matches("\"loom\"".into()),
        ArticleCondition::Worth { score: 7.0, unscored_until: 5 },
        ArticleCondition::Any(vec![ArticleCondition::Read, ArticleCondition::Starred]),
    ]
}

#[tokio::test]
async fn every_list_uses_one_index() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = storage::open(folder.path()).await.expect("a database");
    let single = conditions().into_iter().map(|condition| vec![condition]);
    let pairs = conditions().into_iter().flat_map(|condition| {
        [ArticleCondition::Read.negated(), ArticleCondition::Starred, condition.clone().negated()]
            .map(|other| vec![condition.clone(), other])
    });
    for conditions in [Vec::new()].into_iter().chain(single).chain(pairs) {
        for order in ClientOrder::ALL {
            let find =
                ClientQuery { conditions: conditions.clone(), order, is_descending: true, limit: 100, offset: 0 };
            let mut query = build_select(&find, "EXPLAIN QUERY PLAN ");
            let lines: Vec<(i64, i64, i64, String)> =
                query.build_query_as().fetch_all(&db.read).await.unwrap_or_else(|e| panic!("{find:?}: {e}"));
            let plan = lines.into_iter().map(|(.., line)| line).collect::<Vec<_>>().join("; ");
            let index = choose_index(&conditions, order);
            let access = plan.split("; ").find(|line| line.starts_with("SCAN a") || line.starts_with("SEARCH a "));
            let access = access.unwrap_or_else(|| panic!("{find:?}: {plan}"));
            match index {
                ClientIndex::Along(name) => assert!(access.contains(name), "{find:?}: {plan}"),
                ClientIndex::ById => assert!(!access.contains(" INDEX "), "{find:?}: {plan}"),
            }
            // A list that is not found from a few ids comes out of its index in order.
            let is_ordered = match order {
                ClientOrder::Arrival => matches!(index, ClientIndex::Along(_)),
                ClientOrder::Id => index == ClientIndex::ById && !conditions.iter().any(ArticleCondition::is_selective),
                _ => false,
            };
            assert!(!is_ordered || !plan.contains("USE TEMP B-TREE FOR ORDER BY"), "{find:?}: {plan}");
        }
    }
    db.close().await;
}
