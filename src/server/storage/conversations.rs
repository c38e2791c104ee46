//! Conversations with a model and their messages.

use crate::domain::model_name::ModelName;
use crate::domain::{
    chat::{AnswerState, AnswerStats, ConversationSummary, MessageRole},
    ids::{ArticleId, ConversationId, MessageId},
    thinking::ThinkingLevel,
    time::Timestamp,
};
use sqlx::{SqliteConnection, SqliteExecutor, query};

/// A conversation apart from its messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredConversation {
    /// What the list shows of it.
    pub line: ConversationSummary,
    /// The article it is about.
    pub article: Option<ArticleId>,
    /// It began with an article, which may be gone.
    pub about_article: bool,
    /// Number that makes the delimiters around the article unpredictable.
    pub delimiter_seed: i64,
    /// How much the model thinks; `None`: as the options say.
    pub thinking: Option<ThinkingLevel>,
}

/// A message as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredMessage {
    /// The message.
    pub id: MessageId,
    /// Who wrote it.
    pub role: MessageRole,
    /// The text as it was written.
    pub text: String,
    /// How far an answer is.
    pub state: AnswerState,
    /// The model that answered.
    pub model: Option<ModelName>,
    /// Tokens and time of a finished answer.
    pub figures: Option<AnswerStats>,
    /// Why the answer failed, as JSON.
    pub failure: Option<String>,
    /// When it was written.
    pub at: Timestamp,
}

/// The conversations used last, newest first.
pub async fn list_latest(db: impl SqliteExecutor<'_>, limit: i64) -> sqlx::Result<Vec<ConversationSummary>> {
    let rows = query!(
        r#"SELECT id, title, model AS "model: ModelName", updated_at FROM conversations ORDER BY updated_at DESC, id DESC LIMIT ?"#,
        limit
    );
    let line =
        |id, title, model, at| ConversationSummary { id: ConversationId(id), title, model, updated_at: Timestamp(at) };
    Ok(rows.fetch_all(db).await?.into_iter().map(|r| line(r.id, r.title, r.model, r.updated_at)).collect())
}

/// One conversation.
pub async fn find(db: impl SqliteExecutor<'_>, id: ConversationId) -> sqlx::Result<Option<StoredConversation>> {
    let row = query!(
        r#"SELECT id AS "id!", title, model AS "model: ModelName", article_id, about, fence AS delimiter_seed, thinking, updated_at FROM conversations WHERE id = ?"#,
        id.0
    );
    Ok(row.fetch_optional(db).await?.map(|r| StoredConversation {
        line: ConversationSummary {
            id: ConversationId(r.id),
            title: r.title,
            model: r.model,
            updated_at: Timestamp(r.updated_at),
        },
        article: r.article_id.map(ArticleId),
        about_article: r.about.is_some(),
        delimiter_seed: r.delimiter_seed,
        thinking: r.thinking.as_deref().and_then(ThinkingLevel::parse),
    }))
}

/// The messages of a conversation, oldest first.
pub async fn list_messages(db: impl SqliteExecutor<'_>, id: ConversationId) -> sqlx::Result<Vec<StoredMessage>> {
    let rows = query!(
        r#"SELECT id AS "id!", role, text, state, model AS "model: ModelName", duration_ms, load_ms, tokens_per_second, failure, at
           FROM conversation_messages WHERE conversation_id = ? ORDER BY id"#,
        id.0
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| StoredMessage {
            id: MessageId(r.id),
            role: MessageRole::parse(&r.role).unwrap_or(MessageRole::Assistant),
            text: r.text,
            state: AnswerState::parse(&r.state).unwrap_or(AnswerState::Interrupted),
            model: r.model,
            figures: r.duration_ms.map(|duration_ms| AnswerStats {
                duration_ms,
                load_ms: r.load_ms.unwrap_or_default(),
                tokens_per_second: r.tokens_per_second,
            }),
            failure: r.failure,
            at: Timestamp(r.at),
        })
        .collect())
}

/// The values of a new conversation.
#[derive(Clone, Debug)]
pub struct NewConversationRow<'a> {
    /// Title, made of the first question.
    pub title: &'a str,
    /// The model to ask.
    pub model: &'a ModelName,
    /// The article it is about.
    pub article: Option<ArticleId>,
    /// Number that makes the delimiters around the article unpredictable.
    pub delimiter_seed: i64,
}

/// Begins a conversation.
pub async fn insert(
    db: &mut SqliteConnection,
    new: &NewConversationRow<'_>,
    now: Timestamp,
) -> sqlx::Result<ConversationId> {
    let article = new.article.map(|id| id.0);
    let about = new.article.map(|_| "article");
    let done = query!(
        "INSERT INTO conversations (title, model, article_id, about, fence, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
        new.title,
        new.model,
        article,
        about,
        new.delimiter_seed,
        now.0
    );
    Ok(ConversationId(done.execute(db).await?.last_insert_rowid()))
}

/// Stores when a conversation was last used, with which model, and how much that thinks.
pub async fn set_last_used(
    db: &mut SqliteConnection,
    id: ConversationId,
    model: &ModelName,
    thinking: Option<ThinkingLevel>,
    now: Timestamp,
) -> sqlx::Result<()> {
    let thinking = thinking.map(ThinkingLevel::as_str);
    query!(
        "UPDATE conversations SET model = ?, thinking = ?, updated_at = ? WHERE id = ?",
        model,
        thinking,
        now.0,
        id.0
    )
    .execute(db)
    .await
    .map(drop)
}

/// Renames a conversation; its place in the list stays. `false`: there is none.
pub async fn set_title(db: &mut SqliteConnection, id: ConversationId, title: &str) -> sqlx::Result<bool> {
    let done = query!("UPDATE conversations SET title = ? WHERE id = ?", title, id.0).execute(db).await?;
    Ok(done.rows_affected() > 0)
}

/// Adds a question.
pub async fn add_question(
    db: &mut SqliteConnection,
    id: ConversationId,
    text: &str,
    now: Timestamp,
) -> sqlx::Result<()> {
    query!(
        "INSERT INTO conversation_messages (conversation_id, role, text, state, at) VALUES (?, 'user', ?, 'whole', ?)",
        id.0,
        text,
        now.0
    )
    .execute(db)
    .await
    .map(drop)
}

/// Begins an answer.
pub async fn add_answer(
    db: &mut SqliteConnection,
    id: ConversationId,
    model: &ModelName,
    now: Timestamp,
) -> sqlx::Result<MessageId> {
    let done = query!(
        "INSERT INTO conversation_messages (conversation_id, role, text, state, model, at)
         VALUES (?, 'assistant', '', 'writing', ?, ?)",
        id.0,
        model,
        now.0
    );
    Ok(MessageId(done.execute(db).await?.last_insert_rowid()))
}

/// Marks the unfinished answers of a conversation as interrupted.
pub async fn mark_interrupted(db: &mut SqliteConnection, id: ConversationId) -> sqlx::Result<()> {
    query!(
        "UPDATE conversation_messages SET state = 'interrupted' WHERE conversation_id = ? AND state = 'writing'",
        id.0
    )
    .execute(db)
    .await
    .map(drop)
}

/// Deletes the last message when it is an answer, so that its question can be asked again.
pub async fn remove_last_answer(db: &mut SqliteConnection, id: ConversationId) -> sqlx::Result<()> {
    query!(
        "DELETE FROM conversation_messages
         WHERE id = (SELECT max(id) FROM conversation_messages WHERE conversation_id = ?) AND role = 'assistant'",
        id.0
    )
    .execute(db)
    .await
    .map(drop)
}

/// Stores the text of an unfinished answer so far.
pub async fn save_partial_answer(db: &mut SqliteConnection, id: MessageId, text: &str) -> sqlx::Result<()> {
    query!("UPDATE conversation_messages SET text = ? WHERE id = ? AND state = 'writing'", text, id.0)
        .execute(db)
        .await
        .map(drop)
}

/// How an answer ended.
#[derive(Clone, Debug, PartialEq)]
pub struct FinishedAnswer<'a> {
    /// The text so far.
    pub text: &'a str,
    /// How it ended.
    pub state: AnswerState,
    /// Tokens and time.
    pub figures: Option<AnswerStats>,
    /// Why the answer failed, as JSON.
    pub failure: Option<String>,
}

/// Ends an answer. Nothing happens when its conversation was deleted meanwhile.
pub async fn finish_answer(db: &mut SqliteConnection, id: MessageId, end: &FinishedAnswer<'_>) -> sqlx::Result<()> {
    let state = end.state.as_str();
    let duration_ms = end.figures.map(|f| f.duration_ms);
    let load_ms = end.figures.map(|f| f.load_ms);
    let tokens_per_second = end.figures.and_then(|f| f.tokens_per_second);
    query!(
        "UPDATE conversation_messages SET text = ?, state = ?, duration_ms = ?, load_ms = ?, tokens_per_second = ?, failure = ?
         WHERE id = ? AND state = 'writing'",
        end.text,
        state,
        duration_ms,
        load_ms,
        tokens_per_second,
        end.failure,
        id.0
    )
    .execute(db)
    .await
    .map(drop)
}

/// Deletes a conversation with its messages. `false`: there was none.
pub async fn delete(db: &mut SqliteConnection, id: ConversationId) -> sqlx::Result<bool> {
    let done = query!("DELETE FROM conversations WHERE id = ?", id.0).execute(db).await?;
    Ok(done.rows_affected() > 0)
}
