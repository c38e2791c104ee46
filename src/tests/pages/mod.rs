//! Tests of pages.

mod base_path;
mod first_run;
mod lists;
mod live_parts;
mod management_forms;
mod ollama_page;
mod rules;
mod saved_searches;
mod search;
mod servers_page;
