//! Lists of what a query of the query language finds (docs/spec/query.md).
//!
//! `resolve` looks names up and makes a [`QueryFilter`] of the typed tree, `conditions` and `sources` are the only places that make
//! SQL of it, `pages` finds pages and `hits` counts. No statement looks at more articles than a bound allows.

mod conditions;
mod filter;
mod hits;
mod pages;
mod resolve;
mod sources;
mod view;

pub use filter::QueryFilter;
pub use hits::{HitCount, count_hits};
pub use pages::{FoundKeys, QueryKeyset, filter_ids, find_keys, match_ids};
pub use resolve::{ResolvedQuery, resolve};
pub use view::QueryView;

#[cfg(test)]
mod tests;
