//! A field of several lines.

use super::form::FormValidation;
use crate::components::layout::raw_text::escape_raw_text;
use leptos::prelude::*;

/// A labeled `<textarea>` with a hint.
#[component]
pub fn TextArea(
    name: &'static str,
    #[prop(into)] label: String,
    #[prop(into)] hint: String,
    rows: u8,
    maxlength: u16,
    text: String,
    #[prop(optional)] form: FormValidation,
) -> impl IntoView {
    view! {
        <label class="field">
            <span>{label}</span>
            <textarea
                name=name
                rows=rows
                maxlength=maxlength
                aria-invalid=form.invalid(name)
                aria-describedby=form.aria_describedby_with_hint(name)
            >
                {textarea_content(&text)}
            </textarea>
            <small id=format!("{name}-hint")>{hint}</small>
        </label>
    }
}

/// Text as the content of a `<textarea>`: a browser drops a first line break.
fn textarea_content(text: &str) -> String {
    format!("\n{}", escape_raw_text(text))
}

#[cfg(test)]
mod tests {
    use super::textarea_content;

    #[test]
    fn text_cannot_leave_its_field() {
        for (text, html) in [
            ("", "\n"),
            ("\nsecond line", "\n\nsecond line"),
            ("a &amp; b", "\na &amp;amp; b"),
            ("</textarea><script>", "\n&lt;/textarea>&lt;script>"),
        ] {
            assert_eq!(textarea_content(text), html);
        }
    }
}
