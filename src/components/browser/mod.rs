//! Islands and helpers that run in the browser only.

pub mod connection_watch;
pub mod countdown;
pub mod dom;
pub mod hydration;
pub mod keyboard_shortcuts;
pub mod live_chat;
pub mod live_parts;
pub mod live_updates;
pub mod local_times;
pub mod site_address;
