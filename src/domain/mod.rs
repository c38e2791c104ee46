//! Pure types and rules, shared by server and browser: no I/O, no clock, no framework.

#[macro_use]
mod words;

pub mod article;
pub mod category;
pub mod chat;
pub mod checkup;
pub mod event;
pub mod feed;
pub mod feed_check;
pub mod feed_problem;
pub mod feed_schedule;
pub mod ids;
pub mod inbox;
pub mod interests;
pub mod keys;
pub mod library;
pub mod list;
pub mod memory;
pub mod model;
pub mod model_name;
pub mod notice;
pub mod phrase;
pub mod preferences;
pub mod pull;
pub mod pull_words;
pub mod rail;
pub mod readiness;
pub mod registry;
pub mod score;
pub mod scoring;
pub mod suspicion;
pub mod time;
pub mod url;
pub mod vote;
