//! Addresses of Gleaner in the browser, with the base path under which a proxy may serve it.
//!
//! On the server the layer `http/base_path` adds the base path to whole answers; only addresses made in the browser need
//! [`site_address`]: links of islands, requests, event streams.

use leptos::prelude::document;
use server_fn::client::{get_server_url, try_set_server_url};

/// The attribute of `<html>` that holds the base path, where there is one.
pub const BASE_PATH_ATTRIBUTE: &str = "data-base";

/// The base path of this instance, for the document; provided as context by the server.
#[derive(Clone, Debug)]
pub struct DocumentBasePath(pub String);

/// Reads the base path from the page, for server functions too. Called once, before any island is hydrated.
pub fn read_base_path() {
    let base = document().document_element().and_then(|page| page.get_attribute(BASE_PATH_ATTRIBUTE));
    if let Some(base) = base {
        // Fails when it is set already, to the same.
        let _ = try_set_server_url(base.leak());
    }
}

/// The address of a path of Gleaner, which begins with `/`; on the server the path itself.
pub fn site_address(path: &str) -> String {
    format!("{}{path}", get_server_url())
}
