//! Formulas in MathML: one without visible content shows its annotation or alternative text.

use crate::server::html::{
    addresses::{MAX_VALUE_BYTES, attribute_value},
    entities,
    tags::StartTag,
};

/// The state of a formula while it is read.
#[derive(Debug)]
pub(super) struct Formula {
    /// Its source: the first annotation, else `alttext`. With its references as they are.
    source: Option<String>,
    has_annotation: bool,
    /// Whether it holds anything that is shown.
    is_visible: bool,
}

impl Formula {
    /// A formula that begins with this tag.
    pub fn begin(tag: &StartTag<'_>) -> Self {
        let attributes = tag.attributes();
        let alternative = attribute_value(&attributes, "alttext").filter(|text| text.len() <= MAX_VALUE_BYTES);
        Self { source: alternative.map(entities::encode_text), has_annotation: false, is_visible: false }
    }

    /// Records text that is shown.
    pub fn record_text(&mut self, text: &str) {
        self.is_visible |= !text.trim().is_empty();
    }

    /// Records text of an annotation.
    pub fn annotate(&mut self, text: &str) {
        let is_usable = !text.trim().is_empty() && text.len() <= MAX_VALUE_BYTES;
        if is_usable && !std::mem::replace(&mut self.has_annotation, true) {
            self.source = Some(text.trim().to_owned());
        }
    }

    /// The source of a formula that ends and shows nothing.
    pub fn take_hidden_source(&mut self) -> Option<String> {
        self.source.take().filter(|_| !self.is_visible)
    }
}

/// Whether an element is the visual copy of a formula that KaTeX puts beside its MathML.
pub(super) fn is_formula_twin(tag: &StartTag<'_>) -> bool {
    let attributes = tag.attributes();
    attribute_value(&attributes, "class").is_some_and(|class| class.split_whitespace().any(|name| name == "katex-html"))
}
