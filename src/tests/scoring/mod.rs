//! Tests of scoring.

mod cancel_rescore;
mod categories;
mod category_suggestions;
mod edits_while_scoring;
mod end_to_end;
mod flat_models;
mod keyword_rank;
mod outages;
mod prompt_injection;
mod queue;
mod rescore_many;
mod score_explanation;
mod several_servers;
mod small_model;
