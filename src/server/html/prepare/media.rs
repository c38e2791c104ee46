//! Pictures, players and check boxes, and what replaces them in a fragment.

use super::Preparation;
use crate::server::html::{
    addresses::{self, attribute_value},
    allowed_attributes::write_attributes,
    elements::ElementInfo,
    entities,
    images::{self, ImageChoice},
    tags::{Piece, StartTag, pieces},
};

impl Preparation<'_> {
    pub(super) fn image(&mut self, element: ElementInfo, tag: &StartTag<'_>) {
        if self.open.iter().any(|open| open.element.name == "math") {
            return;
        }
        let attributes = tag.attributes();
        // The same picture as the lazy one before it, for browsers without scripts.
        if self.is_in_noscript && self.is_after_lazy_image {
            return;
        }
        if self.formula.is_some() && images::is_formula_twin_image(&attributes) {
            return;
        }
        self.is_after_lazy_image = images::is_lazy_image(&attributes);
        let picture_source = self.picture_source.as_ref().map(|(_, source)| source.as_str());
        match images::choose_image(&attributes, picture_source, self.base) {
            ImageChoice::Show(source) => {
                self.reopen_formatting();
                self.elements += 1;
                self.html.push_str("<img src=\"");
                self.html.push_str(&entities::encode(&source));
                self.html.push('"');
                self.uncounted_bytes += write_attributes(&mut self.html, element.name, &attributes, self.base);
                self.html.push('>');
            }
            ImageChoice::AltText => {
                if let Some(alt) =
                    attribute_value(&attributes, "alt").filter(|alt| alt.len() <= addresses::MAX_VALUE_BYTES)
                {
                    self.reopen_formatting();
                    self.html.push_str(&entities::encode(alt));
                }
            }
            ImageChoice::Drop => {}
        }
    }

    /// A check box in a list of tasks becomes a character; other fields of forms are left out.
    pub(super) fn check_box(&mut self, tag: &StartTag<'_>) {
        let attributes = tag.attributes();
        let is_check_box =
            attribute_value(&attributes, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("checkbox"));
        if is_check_box {
            let is_checked = attributes.iter().any(|a| a.name.eq_ignore_ascii_case("checked"));
            self.text(if is_checked { "☑" } else { "☐" });
        }
    }

    pub(super) fn player(&mut self, name: &str, tag: &StartTag<'_>) {
        let attributes = tag.attributes();
        let source = attribute_value(&attributes, if name == "object" { "data" } else { "src" });
        match name {
            "source" => {
                let sources = attribute_value(&attributes, "data-srcset").or(attribute_value(&attributes, "srcset"));
                if let Some(candidate) = sources.and_then(addresses::largest_srcset_candidate)
                    && let Some(rank) = images::picture_source_rank(&attributes)
                    && self.picture_source.as_ref().is_none_or(|(best, _)| rank < *best)
                {
                    self.picture_source = Some((rank, candidate.to_owned()));
                }
                if !self.awaits_player_source || source.is_none() {
                    return;
                }
                self.awaits_player_source = false;
            }
            "video" | "audio" => self.awaits_player_source = source.is_none(),
            _ => {}
        }
        let Some((address, label)) = source.and_then(|source| addresses::player_link(source, self.base)) else {
            return;
        };
        let paragraph = pieces("<p>").next();
        if let Some((_, Piece::Start(tag @ StartTag { element: Some(element), .. }))) = paragraph {
            self.allowed(element, &tag);
            self.link(&address, &label);
            self.end(element);
        }
    }

    fn link(&mut self, address: &str, label: &str) {
        let source = format!("<a href=\"{}\">", entities::encode(address));
        if let Some((_, Piece::Start(tag @ StartTag { element: Some(element), .. }))) = pieces(&source).next() {
            self.start_formatting(element, &tag);
            self.html.push_str(&entities::encode(label));
            self.end_formatting(element.name);
        }
    }
}
