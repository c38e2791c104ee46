//! What sanitizing keeps, what it changes, and what hostile input costs.

use super::{
    prepare::{MAX_HTML_BYTES, max_output_bytes, prepare},
    sanitize::{clean_up, sanitize},
};
use proptest::prelude::*;
use url::Url;

const REL: &str = " rel=\"noopener noreferrer nofollow\"";
const IMG: &str = " loading=\"lazy\" decoding=\"async\" referrerpolicy=\"no-referrer\"";

fn base() -> Url {
    Url::parse("https://example.org/blog/post").expect("a base")
}

/// Fragments and what becomes of them; `@` stands for what Gleaner adds to links, `^` for what it adds to pictures.
const FRAGMENTS: [(&str, &str); 81] = [
    ("<p>one<p>two", "<p>one</p><p>two</p>"),
    ("</div></article><b>x", "<b>x</b>"),
    ("1 &lt; 2 &amp; 3", "1 &lt; 2 &amp; 3"),
    ("1 < 2 and Vec<T>", "1 &lt; 2 and Vec"),
    ("R&D at AT&T &copy; 2026", "R&amp;D at AT&amp;T © 2026"),
    ("<script>alert(1)</script><style>*{}</style>t", "t"),
    ("<span class=\"x\" style=\"position:fixed\">t</span>", "<span>t</span>"),
    ("<form action=\"/x\"><input name=body>t</form>", "t"),
    ("a<svg><circle></svg>b<template>c</template>d", "abd"),
    ("<!-- note -->a<!doctype html>b<?x?>c", "abc"),
    ("<p>x<custom-tag>y</custom-tag></p>", "<p>xy</p>"),
    // Control characters.
    ("<p>Turn\u{8} slowly\u{1d} until\0 it sings.\u{7f}</p>", "<p>Turn slowly until it sings.</p>"),
    ("Turn&#8; slowly&#x1D; until&#0; it sings.&#127; &#29", "Turn slowly until it sings. "),
    ("a&#&#0;29;b&#&#1;0;c", "ab\u{fffd}c"),
    ("<b\u{1}>x</b> <\u{2}i>y</i>", "<b>x</b> <i>y</i>"),
    ("it\u{92}s 5&#147;", "it’s 5“"),
    ("<pre>a\u{b}\tb\r\nc</pre>", "<pre>a\tb\nc</pre>"),
    (
        "<img src=\"a\u{1f}.png\" alt=\"a&#27;[2J b\u{9f}\">",
        "<img src=\"https://example.org/blog/a.png\" alt=\"a[2J bŸ\"^>",
    ),
    ("<abbr title=\"a\u{7}&#7;b\">x</abbr>", "<abbr title=\"ab\">x</abbr>"),
    // Links.
    ("<a href=\"../x?y=1&z=2\" onclick=alert(1)>l</a>", "<a href=\"https://example.org/x?y=1&amp;z=2\"@>l</a>"),
    ("<a href=\" javascript:alert(1)\">l</a>", "<a@>l</a>"),
    ("<a href=\"mailto:me@example.org\">l</a>", "<a href=\"mailto:me@example.org\"@>l</a>"),
    (
        "<a href=x>one<a href=y>two",
        "<a href=\"https://example.org/blog/x\"@>one</a><a href=\"https://example.org/blog/y\"@>two</a>",
    ),
    // Ids and footnotes.
    (
        "<sup id=\"fnref:1\"><a href=\"#fn:1\">1</a></sup>",
        "<sup id=\"content-fnref:1\"><a href=\"#content-fn:1\"@>1</a></sup>",
    ),
    (
        "<li id=\"fn:1\">note <a href=\"#fnref:1\">back</a>",
        "<li id=\"content-fn:1\">note <a href=\"#content-fnref:1\"@>back</a></li>",
    ),
    ("<a name=\"end\"></a>", "<a@ id=\"content-end\"></a>"),
    ("<p id=\"two words\">x</p><p id=\"\">y</p>", "<p>x</p><p>y</p>"),
    (
        "<table><tr><th id=a>A</th></tr><tr><td headers=\"a b\">1</td></tr></table>",
        "<table><tbody><tr><th id=\"content-a\">A</th></tr><tr><td headers=\"content-a content-b\">1</td></tr></tbody></table>",
    ),
    // MathML.
    ("so <math><mi>x</mi><mo>=</mo><mn>1</mn></math> holds", "so <math><mi>x</mi><mo>=</mo><mn>1</mn></math> holds"),
    (
        "<math display=\"block\"><mfrac><mn>3</mn><mn>100</mn></mfrac></math>",
        "<math display=\"block\"><mfrac><mn>3</mn><mn>100</mn></mfrac></math>",
    ),
    (
        "<math><semantics><mi>a</mi><annotation encoding=\"application/x-tex\">a</annotation></semantics></math>",
        "<math><semantics><mi>a</mi></semantics></math>",
    ),
    (
        "<math><semantics><annotation encoding=\"application/x-tex\">2x &lt; y</annotation></semantics></math>",
        "<math><semantics></semantics><mtext>2x &lt; y</mtext></math>",
    ),
    ("a <math alttext=\"2x\"></math> b", "a <math alttext=\"2x\"><mtext>2x</mtext></math> b"),
    ("<math alttext=\"x\"><mrow><mi>y</mi></mrow></math>", "<math alttext=\"x\"><mrow><mi>y</mi></mrow></math>"),
    (
        "<span><math><mi>x</mi></math><img class=\"mwe-math-fallback-image-inline\" src=\"https://x.org/s.svg\" alt=\"x\"></span>",
        "<span><math><mi>x</mi></math></span>",
    ),
    // Pictures with several sources.
    (
        "<picture><source media=\"(prefers-color-scheme: dark)\" srcset=\"d.png\"><source type=\"image/jxl\" srcset=\"a.jxl\"><source media=\"(max-width: 600px)\" srcset=\"s.png\"><source media=\"(min-width: 601px)\" srcset=\"l.png 2x, m.png\"><img alt=p></picture>",
        "<img src=\"https://example.org/blog/l.png\" alt=\"p\"^>",
    ),
    (
        "<picture><source type=\"image/heic\" srcset=\"a.heic\"><source media=\"print\" srcset=\"p.png\"><source media=\"(max-width: 600px)\" data-srcset=\"s.png\"><img data-x alt=p></picture>",
        "<img src=\"https://example.org/blog/s.png\" alt=\"p\"^>",
    ),
    ("<math><mtext><script>x</script><img src=x onerror=y></mtext></math>z", "<math><mtext></mtext></math>z"),
    ("<math><mi>a<p>text</p>", "<math><mi>a</mi></math><p>text</p>"),
    ("<math><mspace width=\"1em\"/><mi>b</mi></math>", "<math><mspace width=\"1em\"></mspace><mi>b</mi></math>"),
    ("<mi>x</mi><mglyph>y</mglyph>", "xy"),
    (
        "<math><annotation-xml encoding=\"text/html\"><b>x</b></annotation-xml><mi>y</mi></math>",
        "<math><mi>y</mi></math>",
    ),
    (
        "<span class=\"katex\"><span class=\"katex-mathml\"><math><mi>x</mi></math></span><span class=\"katex-html\"><span>x</span></span></span>",
        "<span><span><math><mi>x</mi></math></span></span>",
    ),
    // Details.
    ("<details><summary>Answer</summary><p>42</p></details>", "<details><summary>Answer</summary><p>42</p></details>"),
    (
        "<details open=\"open\" ontoggle=x><summary>A</summary>b</details>",
        "<details open=\"\"><summary>A</summary>b</details>",
    ),
    // Tables.
    (
        "<table><tr><td rowspan=2>a<td>b<tr><td>c</table>",
        "<table><tbody><tr><td rowspan=\"2\">a</td><td>b</td></tr><tr><td>c</td></tr></tbody></table>",
    ),
    (
        "<table><caption>C</caption><colgroup><col span=2></colgroup><thead><tr><th scope=col>h</thead></table>",
        "<table><caption>C</caption><colgroup><col span=\"2\"></colgroup><thead><tr><th scope=\"col\">h</th></tr></thead></table>",
    ),
    ("<table><tr><td colspan=x>a</table>", "<table><tbody><tr><td>a</td></tr></tbody></table>"),
    ("<tr><td>no table</td></tr>", "no table"),
    ("<table><tr><td><b>a<td>b</table>", "<table><tbody><tr><td><b>a</b></td><td>b</td></tr></tbody></table>"),
    // Code.
    ("<pre>\n\n  a\n    b</pre>", "<pre>  a\n    b</pre>"),
    ("<pre><code>f(&lt;T&gt;)\n</code></pre>", "<pre><code>f(&lt;T&gt;)\n</code></pre>"),
    ("<p>call <code>f()</code>, press <kbd>C</kbd></p>", "<p>call <code>f()</code>, press <kbd>C</kbd></p>"),
    // Lists.
    ("<ul><li>a<ul><li>b</ul><li>c</ul>", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"),
    (
        "<ol start=5 reversed type=a><li value=9>x</ol>",
        "<ol start=\"5\" reversed=\"\" type=\"a\"><li value=\"9\">x</li></ol>",
    ),
    ("<dl><dt>a<dd>b<dt>c</dl>", "<dl><dt>a</dt><dd>b</dd><dt>c</dt></dl>"),
    ("<li><input type=\"checkbox\" checked> done</li>", "<li>☑ done</li>"),
    // Ruby, languages, directions.
    ("<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>", "<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>"),
    ("<ruby>東<rt>とう</ruby>", "<ruby>東<rt>とう</rt></ruby>"),
    (
        "<p dir=\"RTL\" lang=\"he\">שלום <span dir=ltr>HTML</span></p>",
        "<p lang=\"he\" dir=\"rtl\">שלום <span dir=\"ltr\">HTML</span></p>",
    ),
    ("<p dir=\"sideways\" lang=\"<x>\">a</p>", "<p>a</p>"),
    ("<bdo dir=rtl>abc</bdo><bdi>d</bdi>", "<bdo dir=\"rtl\">abc</bdo><bdi>d</bdi>"),
    // Pictures.
    (
        "<img src=\"/a.png\" width=\"600\" height=\"90%\" alt=x onerror=y>",
        "<img src=\"https://example.org/a.png\" alt=\"x\" width=\"600\"^>",
    ),
    (
        "a<img src=\"data:,\" data-src=\"b.png\" alt=\"B\">c",
        "a<img src=\"https://example.org/blog/b.png\" alt=\"B\"^>c",
    ),
    (
        "<img alt=L srcset=\"\n  s.jpg 320w,\n  l.jpg 1280w\n\">",
        "<img src=\"https://example.org/blog/l.jpg\" alt=\"L\"^>",
    ),
    ("<img src=small.jpg srcset=\"s.jpg 1x, l.jpg 2x\">", "<img src=\"https://example.org/blog/l.jpg\"^>"),
    ("<noscript><img src=\"a.jpg\"></noscript>", "<img src=\"https://example.org/blog/a.jpg\"^>"),
    (
        "<img src=\"data:,\" data-src=\"a.jpg\"> <noscript><img src=\"a.jpg\"></noscript>b",
        "<img src=\"https://example.org/blog/a.jpg\"^> b",
    ),
    (
        "<img src=\"data:image/gif;base64,R0lGODlhAQABAAAAACw=\" alt=dot>",
        "<img src=\"data:image/gif;base64,R0lGODlhAQABAAAAACw=\" alt=\"dot\"^>",
    ),
    ("Our <img src=\"data:image/svg+xml,x\" alt=\"A & B\"> logo", "Our A &amp; B logo"),
    (
        "<picture><source srcset=\"l.webp\"><img alt=p></picture>",
        "<img src=\"https://example.org/blog/l.webp\" alt=\"p\"^>",
    ),
    ("x<img src=\"https://t.example/p\" width=1 height=1 alt=no>y", "xy"),
    ("x<img src=\"https://t.example/p\" style=\"width: 1px; height:1px\">y", "xy"),
    ("<img src=\"http://feeds.feedburner.com/~r/x/4\"><img src=\"https://pixel.wp.com/b.gif?x\">", ""),
    ("<img src=\"mailto:a@b.c\" alt=\"\">", ""),
    // Players.
    (
        "<iframe src=\"//www.youtube.com/embed/ab\">x</iframe>y",
        "<p><a href=\"https://www.youtube.com/watch?v=ab\"@>Watch on YouTube</a></p>y",
    ),
    (
        "<video><source src=\"https://x.org/v.mp4\"><source src=\"https://x.org/v.webm\"></video>",
        "<p><a href=\"https://x.org/v.mp4\"@>Open v.mp4</a></p>",
    ),
    ("<iframe src=\"javascript:alert(1)\"></iframe>", ""),
    ("<iframe src=\"https://x.org/a\"><b>open", "<p><a href=\"https://x.org/a\"@>Open x.org</a></p><b>open</b>"),
    ("<object data=\"https://x.org/a.pdf\"></object>", "<p><a href=\"https://x.org/a.pdf\"@>Open a.pdf</a></p>"),
    ("<b><p>x</b>y</p>", "<b></b><p><b>x</b>y</p>"),
];

fn expected(pattern: &str) -> String {
    pattern.replace("\"@", &format!("\"{REL}")).replace("<a@", &format!("<a{REL}")).replace('^', IMG)
}

#[test]
fn fragments_keep_their_meaning() {
    let base = base();
    for (html, pattern) in FRAGMENTS {
        assert_eq!(&*sanitize(html, Some(&base)), expected(pattern), "{html}");
    }
    assert_eq!(&*sanitize("<img src=x.png alt=x><a href=y>z</a>", None), format!("x<a{REL}>z</a>"));
}

#[test]
fn sanitizing_again_changes_nothing() {
    let base = base();
    for (html, _) in FRAGMENTS {
        let once = sanitize(html, Some(&base));
        assert_eq!(sanitize(&once, Some(&base)), once, "{html}");
        assert_eq!(sanitize(&once, None), once, "{html}");
    }
}

/// Inputs that cost the HTML standard's tree building quadratic time or space, at the sizes that were found to hurt.
#[test]
fn hostile_fragments_stay_within_their_bounds() {
    let long = "x".repeat(50_000);
    let base = Url::parse(&format!("https://example.org/{}/", "b".repeat(4_000))).expect("a base");
    let longer = Url::parse(&format!("https://example.org/{}/", "b".repeat(100_000))).expect("a base");
    let attributes: String = (0..100_000).map(|n| format!(" a{n}=1")).collect();
    for html in [
        format!("<p><a href=\"{long}\">{}", "<p>a".repeat(12_500)),
        format!("<p><a href=\"https://x.org/{}\">{}", &long[..4_000], "<p>a".repeat(12_500)),
        format!("<p>{}{}", "<b a=i>".repeat(299), "<p>x".repeat(20_000)),
        format!("<p>{}{}", "<b id=i><i><s><u>".repeat(4), "<div></p>x".repeat(20_000)),
        "<img src=a>".repeat(10_000),
        "<a><div></a>".repeat(20_000),
        "<table><b>x".repeat(5_000),
        "<b><table><td>".repeat(5_000),
        "<span></div>".repeat(100_000),
        "<span><div></span>".repeat(100_000),
        "<div>".repeat(200_000) + "end",
        "<ul><li>".repeat(50_000),
        "<ruby><rt>".repeat(50_000),
        "<math><mrow>".repeat(50_000),
        "<iframe src=a>".repeat(70_000),
        "<p>".repeat(500_000),
        "<br>".repeat(250_000),
        format!("<p{attributes}>x</p>").repeat(3),
        "<".repeat(14 << 20),
        "&".repeat(14 << 20),
        "<!--".repeat(1 << 20),
    ] {
        let name = &html[..html.floor_char_boundary(40)];
        for base in [&base, &longer] {
            let prepared = prepare(&html, Some(base));
            let added = prepared.html.matches(IMG).count() * IMG.len() + prepared.html.matches(REL).count() * REL.len();
            assert!(prepared.html.len() - added <= max_output_bytes(html.len()), "{name}: {}", prepared.html.len());
            assert!(prepared.read_bytes <= MAX_HTML_BYTES || prepared.html.is_empty(), "{name}");
            assert!(nesting(&prepared.html) <= 600, "{name}: {}", nesting(&prepared.html));
            // The tree builder takes its time for a million references in a debug build; its input is bounded above.
            if html.len() > MAX_HTML_BYTES || base.as_str().len() > 5_000 {
                continue;
            }
            let clean = sanitize(&html, Some(base));
            let most = 2 * max_output_bytes(html.len().min(MAX_HTML_BYTES)) + 2 * added + (6 << 20);
            assert!(clean.len() <= most, "{name}: {} of {most}", clean.len());
            assert!(nesting(&clean) <= 600, "{name}: {}", nesting(&clean));
        }
    }
}

/// How deep a document nests when every end tag closes one element.
fn nesting(html: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for (_, piece) in super::tags::pieces(html) {
        match piece {
            super::tags::Piece::Start(tag) if tag.element.is_some_and(|e| !e.is_void()) => depth += 1,
            super::tags::Piece::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

#[test]
fn long_entries_end_as_plain_text() {
    let html = format!("{}<p>the <b>end</b></p>", "<p>word</p>".repeat(100_000));
    let clean = sanitize(&html, None);
    assert!(clean.starts_with("<p>word</p>") && clean.contains("the end</p><p><em>"), "the rest follows, and the note");
    let deep = sanitize(&("<div>".repeat(20_000) + "a < b"), None);
    assert!(deep.contains("a &lt; b") && deep.matches("<div>").count() <= 200);
}

proptest! {
    #[test]
    fn sanitizing_is_idempotent_and_the_same_twice(
        parts in prop::collection::vec(prop::sample::select(vec![
            "<p>", "</p>", "<div>", "</div>", "<b>", "</b>", "<i>", "</i>", "<a href=x>", "</a>", "<ul>", "<li>", "</ul>",
            "<table>", "<tr>", "<td>", "</td>", "</table>", "<math>", "<mi>", "</mi>", "</math>", "<img src=x alt=y>", "<pre>",
            "\n", "text", " ", "<", "&amp;", "&", "<h2>", "</h2>", "<details>", "<summary>", "</details>", "<span>", "</span>",
            "<script>", "</script>", "<svg>", "</svg>", "<noscript>", "</noscript>", "<ruby>", "<rt>", "</ruby>", "<br>", "<dl>",
            "<dt>", "<dd>", "</dl>", "<p id=a dir=rtl>", "<!-- -->", "<iframe src=https://x.org/y>", "</iframe>", "<code>", "</code>",
        ]), 0..24)
    ) {
        let html = parts.concat();
        let base = base();
        let once = sanitize(&html, Some(&base));
        prop_assert_eq!(&sanitize(&html, Some(&base)), &once);
        prop_assert_eq!(&sanitize(&once, Some(&base)), &once, "{}", html);
    }
}

/// What [`prepare`] would have changed before: the pass over the browser's tree drops it again.
const UNPREPARED: [(&str, &str); 14] = [
    ("<a href=\"javascript:alert(1)\">l</a>", "<a>l</a>"),
    ("<a href=\"data:text/html,x\">l</a>", "<a>l</a>"),
    ("<a href=\"//host.example/\">l</a>", "<a>l</a>"),
    ("<a href=\"/login\">l</a>", "<a>l</a>"),
    ("<a href=\"#content\">l</a>", "<a>l</a>"),
    ("<a href=\"#content-note\">l</a>", "<a href=\"#content-note\">l</a>"),
    ("<a href=\"https://x.example/\" target=\"_top\" rel=\"opener\">l</a>", "<a href=\"https://x.example/\">l</a>"),
    ("<img src=\"javascript:alert(1)\">", "<img>"),
    ("<img src=\"/logout\">", "<img>"),
    ("<img src=\"data:text/html,x\">", "<img>"),
    (
        "<img src=\"https://x.example/i.png\" loading=\"eager\" onerror=\"alert(1)\">",
        "<img src=\"https://x.example/i.png\">",
    ),
    ("<img src=\"https://x.example/i.png\" referrerpolicy=\"unsafe-url\">", "<img src=\"https://x.example/i.png\">"),
    ("<p id=\"app\" class=\"x\" style=\"position:fixed\">t</p>", "<p>t</p>"),
    ("<script>alert(1)</script><iframe src=\"https://x.example/\"></iframe><form><input></form>t", "t"),
];

#[test]
fn the_last_pass_alone_lets_nothing_through() {
    for (html, expected) in UNPREPARED {
        assert_eq!(clean_up(html), expected, "{html}");
    }
}
