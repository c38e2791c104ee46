//! Browser and system, as a User-Agent header names them.

use crate::domain::plain_text::clean_line;

/// Substrings that identify a browser, most specific first, since most browsers name others too.
const BROWSERS: [(&str, &str); 8] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
/// Substrings that identify a system, most specific first: Android names Linux too, an iPhone macOS.
const SYSTEMS: [(&str, &str); 7] = [
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];
/// The longest name of a program, in characters.
const MAX_NAME_CHARS: usize = 40;

/// The User-Agent for display, for example `Firefox on Linux`; its first word when the browser is unknown.
pub fn device_of(user_agent: &str) -> String {
    let find = |marks: &[(&str, &'static str)]| {
        marks.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) => {
            let first = user_agent.split([' ', '/', '(']).next().unwrap_or_default();
            let name: String = clean_line(first).chars().take(MAX_NAME_CHARS).collect();
            if name.is_empty() { "unnamed program".to_owned() } else { name }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::device_of;

    #[test]
    fn browsers_and_programs_are_named() {
        for (user_agent, device) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36 Edg/142.0",
                "Edge on Windows",
            ),
            ("curl/8.5.0", "curl"),
            ("NetNewsWire (RSS Reader; https://netnewswire.com/)", "NetNewsWire"),
            ("", "unnamed program"),
        ] {
            assert_eq!(device_of(user_agent), device);
        }
    }
}
