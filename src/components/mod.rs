//! Reusable leaves of the pages. The islands live here, one file each; all of them enhance HTML that works without them.

pub mod assets;
pub mod badge;
pub mod browser;
pub mod category_select;
pub mod countdown;
pub mod empty;
pub mod feed_health;
pub mod folder_select;
pub mod form;
pub mod frame;
pub mod hydration;
pub mod icons;
pub mod keyboard;
pub mod list_tools;
pub mod live;
pub mod local_times;
pub mod notice;
pub mod ollama_badge;
pub mod problem;
pub mod quiet_forms;
pub mod rail;
pub mod raw_text;
pub mod row;
pub mod text_area;
pub mod time;
pub mod verdict;
