//! Tests of reading: lists, marks, search, full text, votes.

mod article_lists;
mod bulk_marks;
mod extraction_corpus;
mod full_text;
mod full_text_problems;
mod languages;
mod media_positions;
mod query_conditions;
mod query_plans;
mod query_results;
mod relevance;
mod retention;
mod rule_triggers;
mod rules;
mod stories;
mod story_pairs;
mod story_support;
mod votes;
mod words;
