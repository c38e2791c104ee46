//! Tests of pages.

mod lists;
mod management_forms;
mod ollama_page;
