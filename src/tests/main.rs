//! The stories: what Gleaner does, seen from outside. One file each.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may fail loudly and print figures"
)]

pub mod access;
pub mod chat;
pub mod cli;
mod clients;
pub mod docs;
pub mod environment;
pub mod feeds;
mod fuzz;
pub mod http;
pub mod models;
pub mod moving;
pub mod pages;
pub mod reading;
pub mod registry;
pub mod scoring;
mod support;
mod tidy;
