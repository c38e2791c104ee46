//! Who is let in: the login, sessions, devices, proxies, and every route.

mod attacks;
mod commands;
mod devices;
mod guessing;
mod login;
mod routes;
mod second_factor;
mod support;
