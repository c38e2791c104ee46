//! Who may use which route: one table. What is not in it needs the owner; a test finds routes that are not in it.

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteAccess {
    /// Everybody, without reading sessions: files of the program, icons of sites, and the liveness check.
    Static,
    /// Devices, and readers of outgoing feeds, whose secrets the handlers check. Cookies are ignored.
    ClientApi,
    /// Everybody: the login.
    Public,
    /// Programs on this machine, tokens with the scope `metrics`, the owner.
    Monitoring,
    /// The owner: a session, a trusted proxy, or anybody while no password is set.
    Owner,
    /// The owner, and tokens: `read` for safe methods, `write` for the others.
    Api,
}

use RouteAccess::{Api, ClientApi, Monitoring, Owner, Public, Static};

/// Paths and who may use them. `*` at the end stands for anything; the first rule that matches applies. Parameters are
/// written as the routers write them.
pub const ROUTES: &[(&str, RouteAccess)] = &[
    ("/healthz", Static),
    ("/pkg/*", Static),
    ("/favicon.svg", Static),
    ("/manifest.webmanifest", Static),
    ("/readyz", Monitoring),
    ("/metrics", Monitoring),
    ("/login", Public),
    ("/login/code", Public),
    ("/setup", Public),
    ("/fn/access/login", Public),
    ("/fn/access/login/code", Public),
    ("/fn/access/login/passkey", Public),
    ("/fn/access/login/passkey/begin", Public),
    ("/fn/access/setup", Public),
    ("/fn/*", Owner),
    ("/icons/{hash}", Static),
    ("/out/{file}", ClientApi),
    ("/opml/import", Owner),
    ("/opml/export", Owner),
    ("/accounts/*", ClientApi),
    ("/reader/*", ClientApi),
    ("/api/greader.php*", ClientApi),
    ("/fever", ClientApi),
    ("/fever/", ClientApi),
    ("/api/fever.php", ClientApi),
    ("/v1/*", ClientApi),
    ("/healthcheck", ClientApi),
    ("/api/*", Api),
    ("/", Owner),
    ("/articles/{id}", Owner),
    ("/feeds", Owner),
    ("/feeds/new", Owner),
    ("/feeds/{id}", Owner),
    ("/feeds/{id}/remove", Owner),
    ("/categories", Owner),
    ("/categories/{id}", Owner),
    ("/chat", Owner),
    ("/chat/{id}", Owner),
    ("/chat/{id}/delete", Owner),
    ("/interests", Owner),
    ("/search", Owner),
    ("/searches", Owner),
    ("/rules", Owner),
    ("/rules/edit", Owner),
    ("/settings", Owner),
    ("/settings/access", Owner),
    ("/settings/clients", Owner),
    ("/settings/servers", Owner),
    ("/settings/retention", Owner),
    ("/settings/ollama", Owner),
    ("/settings/ollama/delete", Owner),
    ("/settings/ollama/new", Owner),
    ("/settings/ollama/options", Owner),
    ("/models", Owner),
    ("/status", Owner),
    ("/keys", Owner),
];

/// The rule for a path, or for the template of a route.
pub fn find_rule(path: &str) -> Option<RouteAccess> {
    ROUTES.iter().find(|(pattern, _)| matches(pattern, path)).map(|(_, access)| *access)
}

/// Who may use the route of a path; the owner, when there is no rule.
pub fn access_of(path: &str) -> RouteAccess {
    find_rule(path).unwrap_or(Owner)
}

fn matches(pattern: &str, path: &str) -> bool {
    if let Some(start) = pattern.strip_suffix('*') {
        return path.starts_with(start);
    }
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given || (wanted.starts_with('{') && !given.is_empty()) => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{RouteAccess, access_of, find_rule};

    #[test]
    fn what_is_not_known_needs_the_owner() {
        for (path, access) in [
            ("/login", RouteAccess::Public),
            ("/login/", RouteAccess::Owner),
            ("//login", RouteAccess::Owner),
            ("/LOGIN", RouteAccess::Owner),
            ("/%6cogin", RouteAccess::Owner),
            ("/pkg/gleaner.js", RouteAccess::Static),
            ("/pkg", RouteAccess::Owner),
            ("/api/articles/1", RouteAccess::Api),
            ("/api", RouteAccess::Owner),
            ("/api/fever.php", RouteAccess::ClientApi),
            ("/api/greader.php", RouteAccess::ClientApi),
            ("/api/greader.php/reader/api/0/token", RouteAccess::ClientApi),
            ("/reader/api/0/token", RouteAccess::ClientApi),
            ("/accounts/ClientLogin", RouteAccess::ClientApi),
            ("/v1/me", RouteAccess::ClientApi),
            ("/fever/x", RouteAccess::Owner),
            ("/out/0f.atom", RouteAccess::ClientApi),
            ("/out/0f.atom/x", RouteAccess::Owner),
            ("/out/", RouteAccess::Owner),
            ("/fn/access/logout", RouteAccess::Owner),
            ("/fn/access/login/x", RouteAccess::Owner),
            ("/articles/7", RouteAccess::Owner),
            ("/unknown", RouteAccess::Owner),
        ] {
            assert_eq!(access_of(path), access, "{path}");
        }
        assert_eq!((find_rule("/unknown"), find_rule("/articles/")), (None, None));
        assert_eq!(find_rule("/chat/9/delete"), Some(RouteAccess::Owner));
    }
}
