//! Tests of reading.

mod article_lists;
mod query_results;
mod relevance;
mod votes;
mod words;
