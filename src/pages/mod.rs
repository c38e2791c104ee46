//! Filled in by its owners.
