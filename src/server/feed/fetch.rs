//! The guarded client.

/// Fetches feeds and pages; refuses addresses that are not public.
#[derive(Clone, Debug)]
pub struct Client;
