//! Tests of HTTP: routes, guard, API, events, TLS.

mod assets;
mod events;
mod guard;
mod json_api;
mod metrics;
mod openapi;
mod openapi_limits;
mod outgoing_feeds;
mod server_functions;
mod tls;
