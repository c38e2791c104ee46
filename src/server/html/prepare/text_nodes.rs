//! Text between tags: counted, and cut into nodes that are cheap to write.

use super::{Preparation, formulas::Formula};
use crate::server::html::entities::MAX_REFERENCE_BYTES;

/// Character references and bare `&` and `<` in the text of an entry: each costs a step of its own when the tree is built.
const MAX_REFERENCES: usize = 50_000;
/// Bytes of a text node. A comment, which is not kept, separates it from the next: for each `&`, html5ever 0.40 searches the rest
/// of the node when it writes it.
const MAX_TEXT_NODE_BYTES: usize = 1_024;

impl Preparation<'_> {
    /// Writes text, with its references as they are.
    pub(super) fn text(&mut self, text: &str) {
        let text = if self.is_pre_begin { text.trim_start_matches(['\n', '\r']) } else { text };
        if text.is_empty() {
            return;
        }
        self.is_pre_begin = false;
        self.formula.iter_mut().for_each(|formula| formula.record_text(text));
        self.is_after_lazy_image &= text.trim().is_empty();
        self.reopen_formatting();
        let mut rest = text;
        while rest.len() > MAX_TEXT_NODE_BYTES {
            let (node, after) = rest.split_at(text_node_end(rest));
            self.push_text(node);
            self.html.push_str("<!---->");
            rest = after;
        }
        self.push_text(rest);
    }

    /// Writes the source of a formula that shows nothing, before it ends.
    pub(super) fn write_hidden_formula(&mut self) {
        if let Some(source) = self.formula.as_mut().and_then(Formula::take_hidden_source) {
            self.html.push_str("<mtext>");
            self.push_text(&source);
            self.html.push_str("</mtext>");
        }
    }

    /// Counts the references of a text. The bytes of it that can be read, up to [`MAX_REFERENCES`] in all.
    pub(super) fn count_references(&mut self, text: &str) -> usize {
        for (at, _) in text.match_indices(['&', '<']) {
            if self.references >= MAX_REFERENCES {
                return at;
            }
            self.references += 1;
        }
        text.len()
    }

    fn push_text(&mut self, text: &str) {
        let mut parts = text.split('<');
        self.html.push_str(parts.next().unwrap_or_default());
        for part in parts {
            self.html.push_str("&lt;");
            self.html.push_str(part);
        }
    }
}

/// Where the first text node of a longer text ends: on a character boundary and not within a character reference.
fn text_node_end(text: &str) -> usize {
    let end = text.floor_char_boundary(MAX_TEXT_NODE_BYTES);
    let reference = text[..end].rfind('&').filter(|at| *at > 0 && end - at <= MAX_REFERENCE_BYTES);
    reference.unwrap_or(end)
}
