//! Everything that needs the machine. Compiled only for the server.
//!
//! Arrows: `domain ← html ← {storage, feed, models, scoring, registry} ← live, state ← services ← {api, worker, http, cli}`;
//! siblings never import each other. `src/tests/tidy/` enforces it.

pub mod blocking;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod feed;
pub mod html;
pub mod http;
pub mod lifecycle;
pub mod listener;
pub mod live;
pub mod metrics;
pub mod models;
pub mod open_files;
pub mod password;
pub mod qr;
pub mod registry;
pub mod router;
pub mod scoring;
pub mod secrets;
pub mod services;
pub mod startup;
pub mod state;
pub mod storage;
pub mod telemetry;
pub mod tls;
pub mod totp;
pub mod webauthn;
pub mod work_limit;
pub mod worker;
