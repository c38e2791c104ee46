//! Tests of reading.

mod article_lists;
mod votes;
mod words;
