//! `make bench`: the measurements of docs/performance.md, with generated data ([`data`]) and servers on this machine.

#![allow(clippy::expect_used, clippy::panic, reason = "a bench may fail loudly")]

mod clients;
mod data;
#[path = "../src/tests/support/feed_server.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod feed_server;
mod feeds;
mod reading;
mod rules;
mod scoring;
#[path = "../src/tests/support/simulator/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the tests use all of it")]
mod simulator;
mod stories;
mod support;

fn main() {
    divan::main();
}
