//! Categories, their aliases, and their place in the tree. Code that changes weights, parents or labels calls
//! [`ranking`](super::ranking) in the same transaction.

use crate::domain::{
    category::{Category, CategoryWeight, category_identity, slugify},
    ids::{ArticleId, CategoryId},
    time::Timestamp,
};
use sqlx::{SqliteConnection, SqliteExecutor};

/// All categories: parents by slug, each followed by its children by slug.
pub async fn list(db: impl SqliteExecutor<'_>) -> sqlx::Result<Vec<Category>> {
    let rows = sqlx::query!(
        r#"SELECT c.id, c.name, c.identity AS "identity!", c.slug, c.parent_id, c.weight, w.weight AS "effective!: String", c.hidden, c.is_new,
                  c.article_count
           FROM categories c JOIN category_weights w ON w.category_id = c.id
                LEFT JOIN categories p ON p.id = c.parent_id
           ORDER BY coalesce(p.slug, c.slug), p.slug IS NOT NULL, c.slug"#
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Category {
            id: CategoryId(row.id),
            name: row.name,
            identity: row.identity,
            slug: row.slug,
            parent_id: row.parent_id.map(CategoryId),
            weight: row.weight.as_deref().and_then(CategoryWeight::parse),
            effective_weight: CategoryWeight::parse(&row.effective).unwrap_or_default(),
            hidden: row.hidden != 0,
            is_new: row.is_new != 0,
            article_count: row.article_count,
        })
        .collect())
}

/// Identities of former names, with the category that each stands for now.
pub async fn list_aliases(db: impl SqliteExecutor<'_>) -> sqlx::Result<Vec<(String, CategoryId)>> {
    let rows =
        sqlx::query!("SELECT identity, category_id FROM category_aliases ORDER BY identity").fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (row.identity, CategoryId(row.category_id))).collect())
}

/// The category with this identity, or the one that a former name with it stands for now; and whether it or its parent is hidden.
pub async fn find_by_identity(db: impl SqliteExecutor<'_>, identity: &str) -> sqlx::Result<Option<(CategoryId, bool)>> {
    let row = sqlx::query!(
        r#"SELECT c.id AS "id!", (c.hidden OR coalesce(p.hidden, 0)) AS "hidden!: bool"
           FROM categories c LEFT JOIN categories p ON p.id = c.parent_id
           WHERE c.id = coalesce((SELECT id FROM categories WHERE identity = ?1),
                                 (SELECT category_id FROM category_aliases WHERE identity = ?1))"#,
        identity
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (CategoryId(row.id), row.hidden)))
}

/// The identities of all categories, and of their former names.
pub async fn list_identities(db: impl SqliteExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"SELECT identity AS "identity!" FROM categories UNION ALL SELECT identity FROM category_aliases"#
    )
    .fetch_all(db)
    .await
}

/// A category to add. Its identity must be free, among categories and aliases alike.
#[derive(Clone, Copy, Debug)]
pub struct NewCategory<'a> {
    /// The name.
    pub name: &'a str,
    /// The category above it.
    pub parent: Option<CategoryId>,
    /// Whether it came from a model, and the reader has not looked at it.
    pub is_new: bool,
}

/// Adds a category, with a slug that no other has.
pub async fn insert(db: &mut SqliteConnection, new: NewCategory<'_>, now: Timestamp) -> sqlx::Result<CategoryId> {
    let (parent, identity) = (new.parent.map(|p| p.0), category_identity(new.name));
    let slug = free_slug(db, new.name, None).await?;
    let id = sqlx::query_scalar!(
        "INSERT INTO categories (name, identity, slug, parent_id, is_new, created_at) VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
        new.name,
        identity,
        slug,
        parent,
        new.is_new,
        now.0,
    )
    .fetch_one(db)
    .await?;
    Ok(CategoryId(id))
}

/// Changes everything that the reader can change; identity and slug follow the name.
pub async fn update(db: &mut SqliteConnection, category: &Category) -> sqlx::Result<()> {
    let (parent, weight) = (category.parent_id.map(|p| p.0), category.weight.map(CategoryWeight::as_str));
    let identity = category_identity(&category.name);
    let slug = free_slug(db, &category.name, Some(category.id)).await?;
    sqlx::query!(
        "UPDATE categories SET name = ?, identity = ?, slug = ?, parent_id = ?, weight = ?, hidden = ?, is_new = ? WHERE id = ?",
        category.name,
        identity,
        slug,
        parent,
        weight,
        category.hidden,
        category.is_new,
        category.id.0,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The slug of a name that no category but `own` has: with a number behind it where it is taken.
async fn free_slug(db: &mut SqliteConnection, name: &str, own: Option<CategoryId>) -> sqlx::Result<String> {
    let own = own.map(|id| id.0);
    let base = Some(slugify(name)).filter(|slug| !slug.is_empty()).unwrap_or_else(|| "category".into());
    let taken =
        sqlx::query_scalar!("SELECT slug FROM categories WHERE ?1 IS NULL OR id <> ?1", own).fetch_all(db).await?;
    let candidates = std::iter::once(base.clone()).chain((2..).map(|n| format!("{base}-{n}")));
    Ok(candidates.into_iter().find(|slug| !taken.contains(slug)).unwrap_or(base))
}

/// Fills in the identities of categories that an earlier version stored. Where the identity of a name is taken, the slug is added
/// to it.
pub async fn fill_identities(db: &mut SqliteConnection) -> sqlx::Result<()> {
    let rows = sqlx::query!("SELECT id, name, slug FROM categories WHERE identity IS NULL ORDER BY id");
    for row in rows.fetch_all(&mut *db).await? {
        let identity = category_identity(&row.name);
        let is_taken = identity.is_empty() || find_by_identity(&mut *db, &identity).await?.is_some();
        let identity = if is_taken { format!("{identity} {}", row.slug) } else { identity };
        sqlx::query!("UPDATE categories SET identity = ? WHERE id = ?", identity, row.id).execute(&mut *db).await?;
    }
    Ok(())
}

/// Makes an identity an alias of a category; an alias with that identity is replaced.
pub async fn set_alias(db: &mut SqliteConnection, identity: &str, category: CategoryId) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO category_aliases (identity, category_id) VALUES (?, ?)
         ON CONFLICT (identity) DO UPDATE SET category_id = excluded.category_id",
        identity,
        category.0,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes an alias, because its identity becomes a category's own again.
pub async fn delete_alias(db: &mut SqliteConnection, identity: &str) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM category_aliases WHERE identity = ?", identity).execute(db).await?;
    Ok(())
}

/// Moves the articles and the aliases of one category to another, and its children to `children_to`.
pub async fn move_contents(
    db: &mut SqliteConnection,
    from: CategoryId,
    into: CategoryId,
    children_to: CategoryId,
) -> sqlx::Result<()> {
    // Inserted and deleted instead of updated, so that the triggers keep both counts.
    sqlx::query!(
        "INSERT OR IGNORE INTO article_categories (article_id, category_id, position)
         SELECT article_id, ?, position FROM article_categories WHERE category_id = ?",
        into.0,
        from.0,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!("DELETE FROM article_categories WHERE category_id = ?", from.0).execute(&mut *db).await?;
    sqlx::query!("UPDATE category_aliases SET category_id = ? WHERE category_id = ?", into.0, from.0)
        .execute(&mut *db)
        .await?;
    sqlx::query!("UPDATE categories SET parent_id = ? WHERE parent_id = ? AND id <> ?", children_to.0, from.0, into.0)
        .execute(db)
        .await?;
    Ok(())
}

/// Removes a category with its labels and aliases; its children become top-level and keep the weight that they took from it.
/// Returns the articles that had it.
pub async fn delete(db: &mut SqliteConnection, id: CategoryId) -> sqlx::Result<Vec<ArticleId>> {
    sqlx::query!(
        "UPDATE categories SET weight = (SELECT p.weight FROM categories p WHERE p.id = ?1)
         WHERE parent_id = ?1 AND weight IS NULL",
        id.0
    )
    .execute(&mut *db)
    .await?;
    let articles = sqlx::query_scalar!(
        r#"DELETE FROM article_categories WHERE category_id = ? RETURNING article_id AS "article_id!""#,
        id.0
    )
    .fetch_all(&mut *db)
    .await?;
    sqlx::query!("DELETE FROM categories WHERE id = ?", id.0).execute(db).await?;
    Ok(articles.into_iter().map(ArticleId).collect())
}

/// Clears `is_new` of all categories.
pub async fn acknowledge_new(db: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query!("UPDATE categories SET is_new = 0 WHERE is_new = 1").execute(db).await?;
    Ok(())
}

/// Gives an article these categories, in this order, and no others.
pub async fn set_article_categories(
    db: &mut SqliteConnection,
    article: ArticleId,
    categories: &[CategoryId],
) -> sqlx::Result<()> {
    let ids = super::json_ids(categories.iter().map(|c| c.0));
    sqlx::query!(
        "DELETE FROM article_categories WHERE article_id = ? AND category_id NOT IN (SELECT value FROM json_each(?))",
        article.0,
        ids,
    )
    .execute(&mut *db)
    .await?;
    // A category that was deleted while the model answered is left out.
    sqlx::query!(
        "INSERT INTO article_categories (article_id, category_id, position)
         SELECT ?1, c.id, j.key FROM json_each(?2) j CROSS JOIN categories c ON c.id = j.value WHERE true
         ON CONFLICT (article_id, category_id) DO UPDATE SET position = excluded.position",
        article.0,
        ids,
    )
    .execute(db)
    .await?;
    Ok(())
}
