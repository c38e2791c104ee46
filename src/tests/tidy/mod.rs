//! What the architecture and the style ask of the sources, read from the sources. Each rule is proved to be able to fail.

mod architecture;
mod dependencies;
mod import_graph;
mod names;
mod prepared_queries;
mod sources;
mod text;
mod unwanted_text;
