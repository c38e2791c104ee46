//! What the files of `deploy/` for proxies with a login let pass without it, and what the documents say of that, compared with the table
//! of routes.

use super::routes::all_routes;
use gleaner::server::http::access::routes::{ROUTES, RouteAccess, access_of};
use std::{collections::BTreeSet, fs, path::Path};

/// Routes that everybody may use and that nevertheless are behind the login of the proxy, which takes the place of Gleaner's.
const LOGIN: [&str; 8] = [
    "/login",
    "/login/code",
    "/setup",
    "/fn/access/login",
    "/fn/access/login/code",
    "/fn/access/login/passkey",
    "/fn/access/login/passkey/begin",
    "/fn/access/setup",
];

/// What is let pass: whole paths, and beginnings of paths, which end with `*`.
type Passed = BTreeSet<String>;

fn read(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect(file)
}

/// The text between two others.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let rest = text.split_once(start).unwrap_or_else(|| panic!("no {start:?}")).1;
    rest.split_once(end).unwrap_or_else(|| panic!("no {end:?}")).0
}

/// `not path /accounts/* /fever`.
fn passed_by_caddy(text: &str) -> Passed {
    between(text, "not path ", "\n").split(' ').map(str::to_owned).collect()
}

/// `location ~ ^/((accounts|v1)/|api/greader\.php|(fever/?|healthz)$) {`.
fn passed_by_nginx(text: &str) -> Passed {
    let pattern = between(text, "location ~ ^/(", " {").replace("\\.", ".");
    let (folders, rest) = pattern.strip_prefix('(').and_then(|rest| rest.split_once(")/|")).expect("folders");
    let (beginnings, whole) = rest.split_once("|(").expect("beginnings");
    let whole =
        whole.strip_suffix(")$)").expect("whole paths").split('|').flat_map(|path| match path.strip_suffix("/?") {
            Some(path) => vec![format!("/{path}"), format!("/{path}/")],
            None => vec![format!("/{path}")],
        });
    let folders = folders.split('|').map(|folder| format!("/{folder}/*"));
    folders.chain(beginnings.split('|').map(|start| format!("/{start}*"))).chain(whole).collect()
}

/// ``PathPrefix(`/accounts/`) || Path(`/fever`)``.
fn passed_by_traefik(text: &str) -> Passed {
    let rule = between(text, "HeaderRegexp(", "priority:");
    let named = |kind: &str, end: &str| -> Vec<String> {
        let calls = rule.split(kind).skip(1);
        calls.map(|call| format!("{}{end}", call.split('`').next().expect("a path"))).collect()
    };
    named("PathPrefix(`", "*").into_iter().chain(named(" Path(`", "")).collect()
}

/// The table of docs/setup.md: `` `/accounts/…`, `/fever` ``.
fn passed_by_the_document(text: &str) -> Passed {
    let rows = between(text, "| path | who asks |\n", "\n\n").lines().skip(1);
    let cells = rows.map(|row| row.split('|').nth(1).expect("a cell"));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(|path| path.replace('…', "*")).collect()
}

fn passes(passed: &Passed, path: &str) -> bool {
    passed.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(start) => path.starts_with(start),
        None => path == pattern,
    })
}

#[test]
fn proxies_with_a_login_let_pass_what_checks_secrets_itself_and_nothing_else() {
    let (caddy, nginx) = (read("deploy/Caddyfile-login"), read("deploy/nginx-login.conf"));
    let (traefik, document) = (read("deploy/traefik-login.yaml"), read("docs/setup.md"));
    for (name, passed) in [
        ("Caddy", passed_by_caddy(&caddy)),
        ("nginx", passed_by_nginx(&nginx)),
        ("Traefik", passed_by_traefik(&traefik)),
        ("docs/setup.md", passed_by_the_document(&document)),
    ] {
        let mut told = Vec::new();
        let mut expect = |path: &str, access: RouteAccess| {
            let needs_no_login = matches!(access, RouteAccess::ClientApi | RouteAccess::Static);
            if passes(&passed, path) != needs_no_login {
                told.push(format!("{path}: {access:?}"));
            }
        };
        for (pattern, access) in ROUTES {
            let path = pattern.replace("{hash}", "0f").replace("{file}", "0f.atom").replace("{id}", "1");
            assert!(*access != RouteAccess::Public || LOGIN.contains(pattern), "{pattern}");
            for end in if path.ends_with('*') { ["", "x", "x/y"].as_slice() } else { &[""] } {
                expect(&path.replace('*', end), *access);
            }
        }
        for route in all_routes() {
            let path = route.replace(['{', '}', '*'], "");
            expect(&path, access_of(&path));
        }
        for path in
            ["/fever/x", "/healthz/x", "/api/fever.php/x", "/v1", "/v1x", "/pkg", "/accountsx", "/out", "/icons"]
        {
            expect(path, access_of(path));
        }
        assert!(told.is_empty(), "{name} lets pass {passed:?}; wrong: {told:#?}");
    }
    for text in [caddy, nginx, traefik] {
        assert!(text.contains("Authorization") || text.contains("$http_authorization"), "{text}");
        assert!(text.contains("Bearer gl_"), "tokens of devices pass: {text}");
    }
}
