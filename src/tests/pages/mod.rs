//! Tests of pages.

mod management_forms;
mod ollama_page;
