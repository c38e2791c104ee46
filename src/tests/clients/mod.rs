//! Tests of the APIs for other readers (docs/spec/client-apis.md).

mod access;
mod fever;
mod greader;
mod greader_access;
mod greader_lists;
mod greader_support;
mod miniflux;
mod miniflux_lists;
mod paging;
mod recordings;
mod search_labels;
mod shapes;
pub(crate) mod support;
mod views;
