//! Models: health, choice, library, options, pulls, prompts, readiness.

pub mod cli_equivalent;
pub mod health_badge;
pub mod installed_models;
pub mod memory_warning;
pub mod model_library;
pub mod model_options;
pub mod model_selector;
pub mod model_versions;
pub mod prompt_viewer;
pub mod pull_preview;
pub mod pull_progress_bar;
pub mod readiness_chart;
pub mod rescore_panel;
