//! HTML that can be put into a page without escaping.

use serde::{Deserialize, Serialize};
use std::{fmt, ops::Deref};

/// A balanced HTML fragment without scripts, handlers, styles and foreign `id`s. Made by `server::html::sanitize` and
/// `server::html::markdown` alone; others read it back from the database or from the server.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SafeHtml(String);

impl SafeHtml {
    /// Wraps `html`, which the caller must have sanitized.
    pub const fn from_sanitized(html: String) -> Self {
        Self(html)
    }

    /// The HTML.
    pub const fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The HTML, owned.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for SafeHtml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Deref for SafeHtml {
    type Target = str;
    fn deref(&self) -> &str {
        self.0.as_str()
    }
}
