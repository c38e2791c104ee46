//! Access: the login, sessions, devices, proxies, and every route.

mod attacks;
mod authenticator;
mod commands;
mod devices;
mod guessing;
mod login;
mod login_proxies;
mod passkeys;
mod public_url;
mod routes;
pub(crate) mod second_factor;
pub(crate) mod support;
