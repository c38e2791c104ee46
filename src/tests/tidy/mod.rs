//! Checks the sources against the rules of architecture and style. A test proves that each rule can fail.

mod architecture;
mod dependencies;
mod import_graph;
mod islands;
mod names;
mod prepared_queries;
mod sources;
mod styles;
mod text;
mod unwanted_text;
