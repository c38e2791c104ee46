//! Rows, scores, votes and tools of article lists and the reader.

pub mod agreement;
pub mod article_row;
pub mod example_articles;
pub mod feed_health_badge;
pub mod full_text_panel;
pub mod list_toolbar;
pub mod publisher_media;
pub mod score_badge;
pub mod score_panel;
pub mod story_copies;
pub mod vote_buttons;
