//! Icons of sites: which a page names, and whether bytes are one. Nothing is decoded.

use crate::{
    domain::feed_url::FeedUrl,
    server::html::{
        addresses::{MAX_VALUE_BYTES, attribute_value},
        tags::{self, Piece},
    },
};
use std::cmp::Reverse;

/// Bytes of an icon; larger ones are refused.
pub const MAX_ICON_BYTES: usize = 100_000;
/// Where an icon is looked for when the page names none.
pub const COMMON_ICON_PATH: &str = "/favicon.ico";

/// Bytes of a page in which icons are named.
const MAX_PAGE_BYTES: usize = 256 << 10;
/// Icons of a page that are considered.
const MAX_ICONS: usize = 16;
/// Pixels of a side that are enough for every screen.
const WANTED_PIXELS: u32 = 32;
/// Pixels of a side; larger pictures are refused, however few bytes they take.
const MAX_PIXELS: u32 = 1_024;

/// The icons that a page names, the most suitable first. Vector graphics are left out.
pub fn find_icons(html: &str, page: &FeedUrl) -> Vec<FeedUrl> {
    let mut base = None;
    let mut found: Vec<(String, bool, u32)> = Vec::new();
    for (_, piece) in tags::pieces(&html[..html.floor_char_boundary(MAX_PAGE_BYTES)]) {
        let Piece::Start(tag) = piece else { continue };
        let Some(name @ ("base" | "link")) = tag.element.map(|element| element.name) else { continue };
        let attributes = tag.attributes();
        let get = |name: &str| attribute_value(&attributes, name);
        let Some(href) = get("href").filter(|href| href.len() <= MAX_VALUE_BYTES) else { continue };
        if name == "base" {
            base = base.or_else(|| page.join(href).ok());
            continue;
        }
        let rel = get("rel").unwrap_or_default().to_ascii_lowercase();
        let is_icon = rel.split_ascii_whitespace().any(|word| word == "icon");
        let is_for_touch = rel.split_ascii_whitespace().any(|word| word.starts_with("apple-touch-icon"));
        let is_vector = get("type").is_some_and(|kind| kind.contains("svg")) || href.ends_with(".svg");
        if (is_icon || is_for_touch) && !is_vector && found.len() < MAX_ICONS {
            found.push((href.to_owned(), is_icon, pixels_of(get("sizes"))));
        }
    }
    // The smallest that is large enough, else the largest; icons for home screens come last.
    found.sort_by_key(|(_, is_icon, pixels)| {
        let is_enough = *pixels >= WANTED_PIXELS;
        (!is_icon, !is_enough, if is_enough { *pixels } else { 0 }, Reverse(*pixels))
    });
    let base = base.unwrap_or_else(|| page.clone());
    let mut icons: Vec<FeedUrl> = Vec::new();
    for icon in found.iter().filter_map(|(href, ..)| base.join(href).ok()) {
        if !icons.contains(&icon) {
            icons.push(icon);
        }
    }
    icons
}

/// The width in a `sizes` attribute, `16x16 32x32`: the largest; 16 when it does not say.
fn pixels_of(sizes: Option<&str>) -> u32 {
    let width = |size: &str| size.split(['x', 'X']).next().and_then(|width| width.parse().ok());
    sizes.unwrap_or_default().split_ascii_whitespace().filter_map(width).max().unwrap_or(16)
}

/// The media type of an icon by its content: PNG, GIF, JPEG, WebP or ICO. `None`: it is none, or too large.
pub fn icon_type(bytes: &[u8]) -> Option<&'static str> {
    if bytes.len() > MAX_ICON_BYTES {
        return None;
    }
    let big = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let little = |at: usize| Some(u32::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    let is_size = |width: u32, height: u32| (1..=MAX_PIXELS).contains(&width) && (1..=MAX_PIXELS).contains(&height);
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.get(12..16) == Some(b"IHDR".as_slice()) {
        return is_size(big(16)?, big(20)?).then_some("image/png");
    }
    if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
        return is_size(little(6)?, little(8)?).then_some("image/gif");
    }
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) && bytes.len() > 100 {
        return Some("image/jpeg");
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP".as_slice()) && bytes.len() > 20 {
        return Some("image/webp");
    }
    // A directory of one or more icons of at most 256 pixels.
    let is_ico = bytes.starts_with(&[0, 0, 1, 0]) && (1..=64).contains(&little(4)?) && bytes.len() > 22;
    is_ico.then_some("image/x-icon")
}

#[cfg(test)]
mod tests {
    use super::{find_icons, icon_type};
    use crate::domain::feed_url::FeedUrl;

    #[test]
    fn the_most_suitable_icon_comes_first() {
        let page = FeedUrl::parse("https://x.example/blog/").expect("an address");
        for (html, expected) in [
            ("<link rel=icon href=/a.png>", "https://x.example/a.png"),
            ("<link rel='SHORTCUT ICON' href=a.ico>", "https://x.example/blog/a.ico"),
            ("<base href='https://cdn.example/'><link rel=icon href=a.ico>", "https://cdn.example/a.ico"),
            (
                "<link rel=icon href=/16.png sizes=16x16><link rel=icon href=/192.png sizes=192x192><link rel=icon href=/48.png sizes=48x48>",
                "https://x.example/48.png https://x.example/192.png https://x.example/16.png",
            ),
            (
                "<link rel=apple-touch-icon href=/t.png sizes=180x180><link rel=icon href=/i.ico><link rel=icon href=/i.ico>",
                "https://x.example/i.ico https://x.example/t.png",
            ),
            ("<link rel=icon href=/a.svg><link rel=icon type=image/svg+xml href=/b><link rel=mask-icon href=/c>", ""),
            ("<link rel=icon href='data:image/png;base64,AAAA'><link rel=icon href='javascript:x'>", ""),
            ("<link rel=stylesheet href=/a.css>", ""),
        ] {
            let found: Vec<String> = find_icons(html, &page).iter().map(ToString::to_string).collect();
            assert_eq!(found.join(" "), expected, "{html}");
        }
    }

    #[test]
    fn only_small_raster_pictures_are_icons() {
        let png = |width: u8, bytes: usize| {
            let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0".to_vec();
            png.extend([width, 32, 0, 0, 0, 32]);
            png.resize(bytes, 0);
            png
        };
        let ico = [&[0, 0, 1, 0, 1, 0][..], &[0; 40]].concat();
        for (name, bytes, expected) in [
            ("png", png(0, 200), Some("image/png")),
            ("png of 100 kB", png(0, 100_000), Some("image/png")),
            ("png that is too long", png(0, 100_001), None),
            ("png of 8,192 pixels", png(32, 200), None),
            ("gif", b"GIF89a\x10\0\x10\0....".to_vec(), Some("image/gif")),
            ("gif without pixels", b"GIF89a\0\0\0\0....".to_vec(), None),
            ("ico", ico, Some("image/x-icon")),
            ("svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".to_vec(), None),
            ("html", b"<!doctype html><p>not found".to_vec(), None),
            ("nothing", Vec::new(), None),
            ("torn png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0".to_vec(), None),
        ] {
            assert_eq!(icon_type(&bytes), expected, "{name}");
        }
    }
}
