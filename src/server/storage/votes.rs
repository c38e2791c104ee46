//! Votes on articles.

use crate::domain::{
    ids::ArticleId,
    time::Timestamp,
    vote::{Vote, VoteTally},
};
use sqlx::{SqliteConnection, SqliteExecutor};

/// Casts, changes or (`None`) takes back the vote on an article, with the score as it stands now. The same vote again keeps
/// what was stored with the first. Nothing happens when there is no such article.
pub async fn set(db: &mut SqliteConnection, id: ArticleId, vote: Option<Vote>, now: Timestamp) -> sqlx::Result<()> {
    let Some(vote) = vote.map(Vote::as_str) else {
        sqlx::query!("DELETE FROM votes WHERE article_id = ?", id.0).execute(db).await?;
        return Ok(());
    };
    sqlx::query!(
        "INSERT INTO votes (article_id, vote, at, composite, interest, quality, model, prompt_version, provisional)
         SELECT a.id, ?2, ?3, a.composite, iif(a.composite IS NULL, NULL, s.interest), iif(a.composite IS NULL, NULL, s.quality),
                iif(a.composite IS NULL, NULL, r.model), iif(a.composite IS NULL, NULL, r.prompt_version), a.provisional
         FROM articles a LEFT JOIN scores s ON s.article_id = a.id
              LEFT JOIN model_runs r ON r.article_id = a.id AND r.step = 'score'
         WHERE a.id = ?1
         ON CONFLICT (article_id) DO UPDATE SET vote = excluded.vote, at = excluded.at, composite = excluded.composite,
             interest = excluded.interest, quality = excluded.quality, model = excluded.model,
             prompt_version = excluded.prompt_version, provisional = excluded.provisional
         WHERE vote <> excluded.vote",
        id.0,
        vote,
        now.0,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Votes on scored articles by the scores as they are, lowest first; the copies of a story count once. Along the votes: there are fewer of them than of articles.
pub async fn tally_by_current_score(db: impl SqliteExecutor<'_>) -> sqlx::Result<Vec<VoteTally>> {
    sqlx::query_as!(
        VoteTally,
        r#"SELECT CAST(round(a.composite * 10) AS INTEGER) AS "tenths!: i64", sum(v.vote = 'up') AS "up!: i64",
                  sum(v.vote = 'down') AS "down!: i64"
           FROM votes v CROSS JOIN articles a ON a.id = v.article_id
           WHERE a.composite IS NOT NULL AND (a.is_hidden = 0 OR a.hidden_by_rule IS NOT NULL) GROUP BY 1 ORDER BY 1"#
    )
    .fetch_all(db)
    .await
}

/// Votes by the scores as they were when cast, lowest first; those on articles that no model had scored are left out.
pub async fn tally_by_score_at_vote(db: impl SqliteExecutor<'_>) -> sqlx::Result<Vec<VoteTally>> {
    sqlx::query_as!(
        VoteTally,
        r#"SELECT CAST(round(v.composite * 10) AS INTEGER) AS "tenths!: i64", sum(v.vote = 'up') AS "up!: i64",
                  sum(v.vote = 'down') AS "down!: i64"
           FROM votes v CROSS JOIN articles a ON a.id = v.article_id
           WHERE v.composite IS NOT NULL AND (a.is_hidden = 0 OR a.hidden_by_rule IS NOT NULL) GROUP BY 1 ORDER BY 1"#
    )
    .fetch_all(db)
    .await
}
