//! Categories, their aliases, and their place in the tree. Code that changes weights, parents or labels calls
//! [`ranking`](super::ranking) in the same transaction.

use crate::domain::{
    category::{Category, CategoryWeight},
    ids::{ArticleId, CategoryId},
    time::Timestamp,
};
use sqlx::{SqliteConnection, SqliteExecutor};

/// All categories: parents by slug, each followed by its children by slug.
pub async fn list(db: impl SqliteExecutor<'_>) -> sqlx::Result<Vec<Category>> {
    let rows = sqlx::query!(
        r#"SELECT c.id, c.name, c.slug, c.parent_id, c.weight, w.weight AS "effective!: String", c.hidden, c.is_new,
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

/// Slugs of former names, with the category that each stands for now.
pub async fn list_aliases(db: impl SqliteExecutor<'_>) -> sqlx::Result<Vec<(String, CategoryId)>> {
    let rows = sqlx::query!("SELECT slug, category_id FROM category_aliases ORDER BY slug").fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (row.slug, CategoryId(row.category_id))).collect())
}

/// Adds a category. The slug must be free, among categories and aliases alike.
pub async fn insert(
    db: &mut SqliteConnection,
    name: &str,
    slug: &str,
    parent: Option<CategoryId>,
    is_new: bool,
    now: Timestamp,
) -> sqlx::Result<CategoryId> {
    let parent = parent.map(|p| p.0);
    let id = sqlx::query_scalar!(
        "INSERT INTO categories (name, slug, parent_id, is_new, created_at) VALUES (?, ?, ?, ?, ?) RETURNING id",
        name,
        slug,
        parent,
        is_new,
        now.0,
    )
    .fetch_one(db)
    .await?;
    Ok(CategoryId(id))
}

/// Changes everything that the reader can change.
pub async fn update(db: &mut SqliteConnection, category: &Category) -> sqlx::Result<()> {
    let (parent, weight) = (category.parent_id.map(|p| p.0), category.weight.map(CategoryWeight::as_str));
    sqlx::query!(
        "UPDATE categories SET name = ?, slug = ?, parent_id = ?, weight = ?, hidden = ?, is_new = ? WHERE id = ?",
        category.name,
        category.slug,
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

/// Lets a former slug stand for a category; an alias of that slug moves over.
pub async fn set_alias(db: &mut SqliteConnection, slug: &str, category: CategoryId) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO category_aliases (slug, category_id) VALUES (?, ?)
         ON CONFLICT (slug) DO UPDATE SET category_id = excluded.category_id",
        slug,
        category.0,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets an alias, because its slug becomes a category's own again.
pub async fn delete_alias(db: &mut SqliteConnection, slug: &str) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM category_aliases WHERE slug = ?", slug).execute(db).await?;
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

/// Removes a category with its labels and aliases; its children become top-level. The articles that carried it.
pub async fn delete(db: &mut SqliteConnection, id: CategoryId) -> sqlx::Result<Vec<ArticleId>> {
    let articles = sqlx::query_scalar!(
        r#"DELETE FROM article_categories WHERE category_id = ? RETURNING article_id AS "article_id!""#,
        id.0
    )
    .fetch_all(&mut *db)
    .await?;
    sqlx::query!("DELETE FROM categories WHERE id = ?", id.0).execute(db).await?;
    Ok(articles.into_iter().map(ArticleId).collect())
}

/// Clears the mark of those that the model suggested.
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
    // A category that went while the model was thinking is left out.
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
