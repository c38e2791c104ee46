//! Where the built files of the pages are.

/// Addresses of the stylesheet, the script and the WebAssembly; provided as context by the server, which knows their hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetUrls {
    pub css: String,
    pub js: String,
    pub wasm: String,
}

impl Default for AssetUrls {
    /// The names of a development build, without hashes.
    fn default() -> Self {
        Self { css: "/pkg/gleaner.css".into(), js: "/pkg/gleaner.js".into(), wasm: "/pkg/gleaner.wasm".into() }
    }
}
