//! Pure types and rules, shared by server and browser: no I/O, no clock, no framework.

#[macro_use]
mod string_enum;
pub mod diagnostics;
pub mod feed_error;
pub mod feed_url;
pub mod humanize;
pub mod keyboard_shortcuts;
pub mod language;
pub mod list_query;
pub mod live_event;
pub mod memory_estimate;
pub mod prompt_injection;
pub mod pull_format;
pub mod search_query;
pub mod sidebar;
pub mod text_fold;
pub mod words;

pub mod access;
pub mod article;
pub mod article_identity;
pub mod category;
pub mod category_suggestion;
pub mod chat;
pub mod feed;
pub mod feed_check;
pub mod feed_schedule;
pub mod ids;
pub mod inbox;
pub mod interests;
pub mod library;
pub mod model;
pub mod model_name;
pub mod notice;
pub mod plain_text;
pub mod preferences;
pub mod publisher_details;
pub mod pull;
pub mod readiness;
pub mod recent_articles;
pub mod registry;
pub mod safe_html;
pub mod score;
pub mod scoring;
pub mod time;
pub mod vote;
pub mod write_obstacle;
