//! How far audio and video were played: kept here, so that every device goes on where another stopped.

use crate::{
    domain::{ids::ArticleId, publisher_details::MediaPosition},
    error::AppError,
    server::{state::App, storage::media_positions as store},
};

/// Stores how far a file of an article was played; a finished one begins anew. 404 when the article has no such audio or video.
#[tracing::instrument(name = "media_positions.save", level = "debug", skip_all, fields(%id))]
pub async fn save(app: &App, id: ArticleId, position: &MediaPosition) -> Result<(), AppError> {
    let mut tx = app.db.write().await?;
    let Some(duration) = store::find_duration(&mut tx, id, &position.url).await? else {
        return Err(AppError::not_found("The article has no such audio or video.")
            .hint("The publisher may have changed it; load the page again.")
            .field("url"));
    };
    if position.is_kept(duration) {
        store::save(&mut tx, id, &position.url, position.seconds, app.clock.now()).await?;
    } else {
        store::remove(&mut tx, id, &position.url).await?;
    }
    Ok(tx.commit().await?)
}
