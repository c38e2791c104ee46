//! Paths that may be opened after a login: only paths of this instance.

use url::Url;

/// The longest path, in bytes.
const MAX_BYTES: usize = 2000;
/// Prefixes of paths that are never opened after a login.
const EXCLUDED: [&str; 5] = ["/login", "/setup", "/fn/", "/api/", "/pkg/"];

/// `next`, when it is a path of this instance; otherwise the inbox. A browser must not be able to read it as the address of
/// another host: browsers take `\` for `/` and drop control characters.
pub fn local_path_or_inbox(next: &str) -> &str {
    if is_local_path(next) { next } else { "/" }
}

fn is_local_path(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    path.starts_with('/')
        && path.len() <= MAX_BYTES
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && !["//", "/%2f", "/%5c", "/%09", "/%0a", "/%0d"].iter().any(|start| lower.starts_with(start))
        && !EXCLUDED.iter().any(|start| lower.starts_with(start))
        && stays_on_host(path)
}

/// Whether a browser on a page of a host stays on it and does not end at a path with two slashes.
fn stays_on_host(path: &str) -> bool {
    let base = Url::parse("https://gleaner.invalid/login").ok();
    base.and_then(|base| base.join(path).ok())
        .is_some_and(|url| url.host_str() == Some("gleaner.invalid") && !url.path().starts_with("//"))
}

#[cfg(test)]
mod tests {
    use super::local_path_or_inbox;

    #[test]
    fn only_paths_of_this_instance_are_followed() {
        let own = [
            "/",
            "/?view=all",
            "/articles/12",
            "/?q=rust%20lang&sort=newest",
            "/feeds#folders",
            "/feeds/1?a=//evil.example",
            "/?next=https://evil.example",
            "/a//b",
            "/articles/1?x=%2F%2Fevil.example",
            "/settings/access",
        ];
        let foreign = [
            "",
            " ",
            "feeds",
            "?view=all",
            "#top",
            "//evil.example",
            "///evil.example",
            "////evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "\\/evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "\t//evil.example",
            " //evil.example",
            "/ /evil.example",
            "/%2f/evil.example",
            "/%2Fevil.example",
            "/%5Cevil.example",
            "/%5c/evil.example",
            "/%09/evil.example",
            "/%0d%0aSet-Cookie:x=1",
            "/feeds\r\nSet-Cookie: x=1",
            "/feeds\0",
            "/.//evil.example",
            "/..//evil.example",
            "/x/..//evil.example",
            "http://evil.example",
            "https://evil.example/",
            "HTTPS:evil.example",
            "https:/evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "/\u{ff0f}evil.example",
            "/\u{2028}/evil.example",
            "/ünïcode",
            "/login",
            "/LOGIN?next=/login",
            "/fn/access/logout",
            "/api/events",
        ];
        assert!(own.len() + foreign.len() >= 40);
        assert!(own.iter().all(|path| local_path_or_inbox(path) == *path));
        let followed: Vec<_> = foreign.iter().filter(|path| local_path_or_inbox(path) != "/").collect();
        assert!(followed.is_empty(), "{followed:?}");
        assert_eq!(local_path_or_inbox(&format!("/{}", "x".repeat(2000))), "/");
    }
}
