//! The endpoints of the simulated server.

/// An endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `GET /`.
    Root,
    /// `GET /api/version`.
    Version,
    /// `GET /api/tags`.
    Tags,
    /// `GET /api/ps`.
    Ps,
    /// `POST /api/show`.
    Show,
    /// `POST /api/chat`.
    Chat,
    /// `POST /api/pull`.
    Pull,
    /// `DELETE /api/delete`.
    Delete,
    /// `POST /api/copy`.
    Copy,
}

impl Endpoint {
    /// The endpoint of a request; `None` for unknown ones.
    pub fn of(method: &str, path: &str) -> Option<Self> {
        Some(match (method, path) {
            ("GET" | "HEAD", "/") => Self::Root,
            ("GET" | "HEAD", "/api/version") => Self::Version,
            ("GET" | "HEAD", "/api/tags") => Self::Tags,
            ("GET", "/api/ps") => Self::Ps,
            ("POST", "/api/show") => Self::Show,
            ("POST", "/api/chat") => Self::Chat,
            ("POST", "/api/pull") => Self::Pull,
            ("DELETE", "/api/delete") => Self::Delete,
            ("POST", "/api/copy") => Self::Copy,
            _ => return None,
        })
    }
}
