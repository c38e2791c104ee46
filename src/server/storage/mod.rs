//! All SQL and nothing but SQL: one file per aggregate, plain functions over a connection or a pool.
//!
//! One write connection, several read-only ones: nothing ever waits on "database is locked", and a write through the read
//! pool fails. Every write goes through [`Db::write`], which begins IMMEDIATE.

pub mod archive;
pub mod articles;
mod backup;
pub mod categories;
pub mod category_suggestions;
pub mod checks;
pub mod client_articles;
pub mod client_counts;
pub mod client_rows;
pub mod conversations;
pub mod counts;
mod db;
pub mod details;
pub mod devices;
pub mod feed_exchanges;
pub mod feed_reading;
pub mod feed_removal;
pub mod feed_requests;
pub mod feeds;
pub mod flat_models;
pub mod folders;
pub mod full_text;
pub mod icons;
pub mod identities;
pub mod imports;
pub mod ingest;
pub mod jobs;
pub mod keyword_rank;
mod list_order;
pub mod lists;
mod log_guard;
pub mod marks;
pub mod media_positions;
pub mod memory_measurements;
pub mod merge;
pub mod model_choices;
pub mod model_options;
pub mod model_versions;
mod obstacle;
mod open;
pub mod outgoing_feeds;
pub mod owner;
pub mod passkeys;
pub mod preferences;
pub mod query;
pub mod queue;
pub mod ranking;
mod read_only;
pub mod readiness;
pub mod rescore;
pub mod retention;
pub mod rule_actions;
pub mod rule_applications;
pub mod rules;
pub mod saved_searches;
pub mod scores;
pub mod search;
pub mod search_index;
pub mod second_factor;
pub mod servers;
pub mod sessions;
pub mod sidebar;
pub mod sign_ins;
pub mod stored_times;
pub mod stories;
mod story_candidates;
mod types;
pub mod variants;
pub mod votes;

pub use crate::server::storage::backup::{BackupError, back_up, check_integrity, restore};
pub use crate::server::storage::read_only::{open_in_memory, open_read_only};
pub use db::{Db, WriteTransaction};
pub use obstacle::write_obstacle;
pub use open::{DATABASE_FILE_NAME, OpenError, create_data_folder, known_schema_version, open, schema_version};

use crate::domain::feed_url::FeedUrl;

/// Rows as the JSON array that `json_each` takes.
fn to_json<T: serde::Serialize>(rows: &[T]) -> sqlx::Result<String> {
    serde_json::to_string(rows).map_err(|e| sqlx::Error::Encode(e.into()))
}

/// The rows of a statement that gives them as one JSON array.
fn from_json<T: serde::de::DeserializeOwned>(json: &str) -> sqlx::Result<T> {
    serde_json::from_str(json).map_err(|e| sqlx::Error::Decode(e.into()))
}

/// A real number in JSON, as text by `quote`: SQLite writes numbers of JSON with 15 digits, which are not always the same number.
#[derive(Clone, Copy, Debug, PartialEq)]
struct ExactReal(f64);

impl<'de> serde::Deserialize<'de> for ExactReal {
    fn deserialize<D: serde::Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        <&str>::deserialize(source)?.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

/// The address of a feed in JSON, as its row has it ([`FeedUrl::from_stored`]).
fn stored_url<'de, D: serde::Deserializer<'de>>(source: D) -> Result<FeedUrl, D::Error> {
    let text = <String as serde::Deserialize>::deserialize(source)?;
    FeedUrl::from_stored(&text).map_err(serde::de::Error::custom)
}

/// Ids as the JSON array that `json_each` takes.
fn json_ids(ids: impl Iterator<Item = i64>) -> String {
    let mut json = String::from("[");
    for id in ids {
        if json.len() > 1 {
            json.push(',');
        }
        json.push_str(&id.to_string());
    }
    json.push(']');
    json
}
