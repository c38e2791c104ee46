//! Addresses of Gleaner in the browser, with the base path under which a proxy may serve it.
//!
//! On the server the layer `http/base_path` adds the base path to whole answers; only addresses made in the browser need
//! [`site_address`]: links of islands, requests, event streams.

use leptos::prelude::document;

/// The attribute of `<html>` that holds the base path, where there is one.
pub const BASE_PATH_ATTRIBUTE: &str = "data-base";

/// The base path of this instance, for the document; provided as context by the server.
#[derive(Clone, Debug)]
pub struct DocumentBasePath(pub String);

/// The address in the browser of a path of Gleaner, which begins with `/`.
pub fn site_address(path: &str) -> String {
    let base = document().document_element().and_then(|page| page.get_attribute(BASE_PATH_ATTRIBUTE));
    base.unwrap_or_default() + path
}
