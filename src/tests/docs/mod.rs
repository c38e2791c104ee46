//! Tests of docs.

mod documents;
mod generated_docs;
mod monitoring;
mod references;
