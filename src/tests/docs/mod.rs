//! Tests of the documents.

mod documents;
mod generated_docs;
mod monitoring;
mod references;
