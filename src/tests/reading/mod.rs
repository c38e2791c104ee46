//! Tests of reading.

mod article_lists;
mod bulk_marks;
mod query_plans;
mod query_results;
mod relevance;
mod votes;
mod words;
