//! Reusable leaves of the pages. The islands live here, one file each; all of them enhance HTML that works without them.

pub mod assets;
pub mod badge;
pub mod category_select;
pub mod countdown;
pub mod empty;
pub mod feed_health;
pub mod folder_select;
pub mod form;
pub mod frame;
pub mod hydration;
pub mod icons;
pub mod notice;
pub mod ollama_badge;
pub mod problem;
pub mod rail;
pub mod time;
