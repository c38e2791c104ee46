//! The one table of HTML and MathML elements: how each is laid out, and what the reader does with it.

/// Ends the line or paragraph that it stands in.
const BLOCK: u16 = 1;
/// A table cell: separated from its neighbors by a blank.
const CELL: u16 = 1 << 1;
/// Has neither content nor an end tag.
const VOID: u16 = 1 << 2;
/// Kept by the sanitizer.
const ALLOWED: u16 = 1 << 3;
/// On HTML's list of active formatting elements, which are reopened after the block that they were left open in.
const FORMATTING: u16 = 1 << 4;
/// MathML Core; kept within `math` only.
const MATH: u16 = 1 << 5;
/// Removed with its content.
const REMOVED: u16 = 1 << 6;
/// Holds text, never tags.
const RAW_TEXT: u16 = 1 << 7;
/// Part of a table, which counts only within one.
const TABLE_PART: u16 = 1 << 8;
/// "Special" in the HTML standard: an end tag of an ordinary inline element does not reach beyond it.
const SPECIAL: u16 = 1 << 9;
/// Closes an open paragraph.
const CLOSES_P: u16 = 1 << 10;

const INLINE: u16 = ALLOWED;
const FLOW: u16 = ALLOWED | BLOCK | SPECIAL | CLOSES_P;
const FORMAT: u16 = ALLOWED | FORMATTING;
const PART: u16 = ALLOWED | BLOCK | SPECIAL | TABLE_PART;
const CELL_PART: u16 = ALLOWED | CELL | SPECIAL | TABLE_PART;
/// Removed, but its content stays.
const UNWRAPPED: u16 = 0;

/// An element of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ElementInfo {
    /// In lower case.
    pub name: &'static str,
    flags: u16,
}

/// Sorted by name, for a binary search.
const ELEMENTS: [(&str, u16); 155] = [
    ("a", FORMAT),
    ("abbr", INLINE),
    ("acronym", INLINE),
    ("address", FLOW),
    ("annotation", REMOVED),
    ("annotation-xml", REMOVED),
    ("area", VOID),
    ("article", FLOW),
    ("aside", FLOW),
    ("audio", UNWRAPPED),
    ("b", FORMAT),
    ("base", VOID),
    ("bdi", INLINE),
    ("bdo", INLINE),
    ("big", UNWRAPPED),
    ("blink", UNWRAPPED),
    ("blockquote", FLOW),
    ("body", BLOCK),
    ("br", ALLOWED | VOID | BLOCK),
    ("button", REMOVED),
    ("caption", PART),
    ("center", BLOCK),
    ("cite", INLINE),
    ("code", FORMAT),
    ("col", PART | VOID),
    ("colgroup", PART),
    ("data", UNWRAPPED),
    ("dd", FLOW),
    ("del", INLINE),
    ("details", FLOW),
    ("dfn", INLINE),
    ("dialog", BLOCK),
    ("dir", BLOCK),
    ("div", FLOW),
    ("dl", FLOW),
    ("dt", FLOW),
    ("em", FORMAT),
    ("embed", VOID),
    ("fieldset", BLOCK),
    ("figcaption", FLOW),
    ("figure", FLOW),
    ("font", UNWRAPPED),
    ("footer", FLOW),
    ("form", BLOCK),
    ("frame", VOID),
    ("frameset", UNWRAPPED),
    ("h1", FLOW),
    ("h2", FLOW),
    ("h3", FLOW),
    ("h4", FLOW),
    ("h5", FLOW),
    ("h6", FLOW),
    ("head", BLOCK),
    ("header", FLOW),
    ("hgroup", BLOCK),
    ("hr", FLOW | VOID),
    ("html", BLOCK),
    ("i", FORMAT),
    ("iframe", RAW_TEXT),
    ("img", ALLOWED | VOID),
    ("input", VOID),
    ("ins", INLINE),
    ("kbd", INLINE),
    ("label", UNWRAPPED),
    ("legend", BLOCK),
    ("li", FLOW),
    ("link", VOID),
    ("main", BLOCK),
    ("map", UNWRAPPED),
    ("mark", INLINE),
    ("marquee", BLOCK),
    ("math", INLINE | MATH),
    ("merror", ALLOWED | MATH),
    ("meta", VOID),
    ("meter", UNWRAPPED),
    ("mfrac", ALLOWED | MATH),
    ("mi", ALLOWED | MATH),
    ("mmultiscripts", ALLOWED | MATH),
    ("mn", ALLOWED | MATH),
    ("mo", ALLOWED | MATH),
    ("mover", ALLOWED | MATH),
    ("mpadded", ALLOWED | MATH),
    ("mphantom", ALLOWED | MATH),
    ("mprescripts", ALLOWED | MATH),
    ("mroot", ALLOWED | MATH),
    ("mrow", ALLOWED | MATH),
    ("ms", ALLOWED | MATH),
    ("mspace", ALLOWED | MATH),
    ("msqrt", ALLOWED | MATH),
    ("mstyle", ALLOWED | MATH),
    ("msub", ALLOWED | MATH),
    ("msubsup", ALLOWED | MATH),
    ("msup", ALLOWED | MATH),
    ("mtable", ALLOWED | MATH),
    ("mtd", ALLOWED | MATH | CELL),
    ("mtext", ALLOWED | MATH),
    ("mtr", ALLOWED | MATH),
    ("munder", ALLOWED | MATH),
    ("munderover", ALLOWED | MATH),
    ("nav", BLOCK),
    ("nobr", UNWRAPPED),
    ("noembed", REMOVED | RAW_TEXT),
    ("noframes", REMOVED | RAW_TEXT),
    ("noscript", UNWRAPPED),
    ("object", UNWRAPPED),
    ("ol", FLOW),
    ("optgroup", UNWRAPPED),
    ("option", UNWRAPPED),
    ("output", UNWRAPPED),
    ("p", FLOW),
    ("param", VOID),
    ("picture", UNWRAPPED),
    ("pre", FLOW),
    ("progress", UNWRAPPED),
    ("q", INLINE),
    ("rp", INLINE),
    ("rt", INLINE),
    ("ruby", INLINE),
    ("s", FORMAT),
    ("samp", INLINE),
    ("script", REMOVED | RAW_TEXT),
    ("search", BLOCK),
    ("section", FLOW),
    ("select", REMOVED),
    ("semantics", ALLOWED | MATH),
    ("slot", UNWRAPPED),
    ("small", FORMAT),
    ("source", VOID),
    ("span", INLINE),
    ("strike", FORMAT),
    ("strong", FORMAT),
    ("style", REMOVED | RAW_TEXT),
    ("sub", INLINE),
    ("summary", FLOW),
    ("sup", INLINE),
    ("svg", REMOVED),
    ("table", FLOW),
    ("tbody", PART),
    ("td", CELL_PART),
    ("template", REMOVED),
    ("textarea", REMOVED | RAW_TEXT),
    ("tfoot", PART),
    ("th", CELL_PART),
    ("thead", PART),
    ("time", INLINE),
    ("title", REMOVED | RAW_TEXT),
    ("tr", PART),
    ("track", VOID),
    ("tt", FORMAT),
    ("u", FORMAT),
    ("ul", FLOW),
    ("var", INLINE),
    ("video", UNWRAPPED),
    ("wbr", ALLOWED | VOID),
    ("xmp", REMOVED | RAW_TEXT),
];

/// The element of that name, in any case; `None` when HTML knows no such element.
pub fn find(name: &str) -> Option<ElementInfo> {
    let lower = |text: &'static str| text.bytes();
    let at =
        ELEMENTS.binary_search_by(|(known, _)| lower(known).cmp(name.bytes().map(|b| b.to_ascii_lowercase()))).ok()?;
    let (name, flags) = ELEMENTS[at];
    Some(ElementInfo { name, flags })
}

/// The names of the elements that the sanitizer keeps.
pub fn allowed_names() -> impl Iterator<Item = &'static str> {
    ELEMENTS.iter().filter(|(_, flags)| flags & ALLOWED != 0).map(|(name, _)| *name)
}

impl ElementInfo {
    /// Whether it ends the line or paragraph that it stands in.
    pub const fn is_block(self) -> bool {
        self.flags & BLOCK != 0
    }

    /// Whether it is a table cell, of HTML or MathML.
    pub const fn is_cell(self) -> bool {
        self.flags & CELL != 0
    }

    /// Whether it has neither content nor an end tag.
    pub const fn is_void(self) -> bool {
        self.flags & VOID != 0
    }

    /// Whether the sanitizer keeps it.
    pub const fn is_allowed(self) -> bool {
        self.flags & ALLOWED != 0
    }

    /// Whether it is on HTML's list of active formatting elements.
    pub const fn is_formatting(self) -> bool {
        self.flags & FORMATTING != 0
    }

    /// Whether it belongs to MathML.
    pub const fn is_math(self) -> bool {
        self.flags & MATH != 0
    }

    /// Whether it is removed with its content.
    pub const fn is_removed_with_content(self) -> bool {
        self.flags & REMOVED != 0
    }

    /// Whether it holds text, never tags.
    pub const fn is_raw_text(self) -> bool {
        self.flags & RAW_TEXT != 0
    }

    /// Whether it counts only within a table.
    pub const fn is_table_part(self) -> bool {
        self.flags & TABLE_PART != 0
    }

    /// Whether end tags of ordinary inline elements stop at it.
    pub const fn is_special(self) -> bool {
        self.flags & SPECIAL != 0
    }

    /// Whether its start tag closes an open paragraph.
    pub const fn closes_paragraph(self) -> bool {
        self.flags & CLOSES_P != 0
    }
}

#[cfg(test)]
mod tests {
    use super::{ELEMENTS, find};

    #[test]
    fn the_table_is_sorted_and_found_in_any_case() {
        assert!(ELEMENTS.is_sorted_by(|(a, _), (b, _)| a < b));
        for (name, _) in ELEMENTS {
            assert_eq!(find(&name.to_ascii_uppercase()).map(|element| element.name), Some(name));
        }
        assert_eq!(find("blinky"), None);
    }
}
