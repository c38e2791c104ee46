//! Addresses of Gleaner's own in the browser, below the base path that a proxy may have put it.
//!
//! On the server the layer `http/base_path` adds the base path to whole answers; only what the browser makes by itself needs
//! [`site_address`]: links that islands draw, requests, event streams.

use leptos::prelude::document;
use server_fn::client::{get_server_url, try_set_server_url};

/// The attribute of `<html>` that holds the base path, where there is one.
pub const BASE_PATH_ATTRIBUTE: &str = "data-base";

/// The base path of this instance, for the document; provided as context by the server.
#[derive(Clone, Debug)]
pub struct DocumentBasePath(pub String);

/// Takes the base path from the page, for server functions too. Called once, before any island wakes.
pub fn read_base_path() {
    let base = document().document_element().and_then(|page| page.get_attribute(BASE_PATH_ATTRIBUTE));
    if let Some(base) = base {
        // Fails when it is set already, to the same.
        let _ = try_set_server_url(base.leak());
    }
}

/// The address of a path of Gleaner's own, which begins with `/`; on the server the path itself.
pub fn site_address(path: &str) -> String {
    format!("{}{path}", get_server_url())
}
