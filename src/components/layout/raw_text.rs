//! Text inside of `<title>` and `<textarea>`, where leptos escapes nothing.

/// Text as the content of an element that holds characters and references only (HTML standard, "escapable raw text").
pub fn escape_raw_text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::escape_raw_text;

    #[test]
    fn text_cannot_leave_its_element() {
        for (text, html) in
            [("a &amp; b", "a &amp;amp; b"), ("</title><img onerror=x>", "&lt;/title>&lt;img onerror=x>")]
        {
            assert_eq!(escape_raw_text(text), html);
        }
    }
}
