//! Gleaner: a self-hosted feed reader that scores articles with a local language model.
//!
//! [`domain`] holds types and rules, `server` everything that needs the machine, [`api`] the server functions between the two
//! halves, [`pages`] and [`components`] what a reader sees, [`app`] the shell and the route table. ARCHITECTURE.md shows the same
//! in six walkthroughs.

// A page is one type, and release builds do not erase its parts: the default of 128 is not deep enough.
#![recursion_limit = "256"]

pub mod api;
pub mod app;
pub mod components;
#[macro_use]
pub mod domain;
pub mod error;
pub mod pages;
#[cfg(feature = "ssr")]
pub mod server;

/// Hydrates the islands of a page that the server rendered. Called by the page's own loader script.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    // Its formatting would be a part of what every browser loads.
    if cfg!(debug_assertions) {
        console_error_panic_hook::set_once();
    }
    leptos::mount::hydrate_islands();
}
