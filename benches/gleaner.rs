//! `make bench`: what docs/performance.md quotes. Generated data, described in `data`; everything on this machine.

#![allow(clippy::expect_used, reason = "a bench may fail loudly")]

mod data;
mod reading;
mod scoring;
mod support;

fn main() {
    divan::main();
}
