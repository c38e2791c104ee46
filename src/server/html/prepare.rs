//! Rewrites foreign HTML for the tree builder: only allowed elements and attributes, absolute addresses, pictures that a reader
//! can see, within limits. Tree building by the HTML standard takes quadratic time and space for some inputs (reopened formatting
//! elements, deep nesting); this follows the same rules on tags alone and stops before that happens.

mod formulas;
mod media;
mod text_nodes;

use super::{
    addresses,
    allowed_attributes::write_attributes,
    elements::{self, ElementInfo},
    tags::{EndTag, Piece, StartTag, pieces},
};
use formulas::{Formula, is_formula_twin};
use url::Url;

/// Bytes of an entry that are read as markup.
pub const MAX_HTML_BYTES: usize = 1 << 20;
/// Elements of an entry.
const MAX_ELEMENTS: usize = 50_000;
/// Elements that lie within each other; tags deeper down are left out and their text stays.
const MAX_DEPTH: usize = 200;
/// Formatting elements (`b`, `a`, …) that are open at once.
const MAX_OPEN_FORMATTING: usize = 16;
/// Formatting elements that were left out and whose end tags are still awaited.
const MAX_AWAITED_FORMATTING: usize = 256;
/// The depth of a formatting element whose parent was closed.
const DETACHED: usize = usize::MAX;
/// Bytes of output for each byte of input at most, beside [`FREE_GROWTH_BYTES`].
const MAX_GROWTH: usize = 4;
/// Bytes of output allowed for any input, so that short entries with long base addresses pass.
const FREE_GROWTH_BYTES: usize = 64 << 10;

/// The result of [`prepare`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// Markup of allowed elements, not necessarily balanced.
    pub html: String,
    /// Bytes of the input that were read; the rest was not because a limit was reached.
    pub read_bytes: usize,
}

/// The most that the output for an input of this length may take, in bytes, attributes that Gleaner adds aside.
pub const fn max_output_bytes(input_bytes: usize) -> usize {
    input_bytes * MAX_GROWTH + FREE_GROWTH_BYTES
}

/// Rewrites `html`. Relative addresses are resolved against `base`; without one they are dropped.
pub fn prepare(html: &str, base: Option<&Url>) -> Prepared {
    let mut preparation = Preparation {
        base: base.filter(|base| base.as_str().len() <= addresses::MAX_VALUE_BYTES),
        html: String::with_capacity(html.len().min(MAX_HTML_BYTES)),
        max_bytes: max_output_bytes(html.len()),
        uncounted_bytes: 0,
        reopened_bytes: 0,
        elements: 0,
        references: 0,
        open: Vec::new(),
        formatting: Vec::new(),
        removed: None,
        is_pre_begin: false,
        is_in_noscript: false,
        is_after_lazy_image: false,
        picture_source: None,
        formula: None,
        awaits_player_source: false,
    };
    let mut read_bytes = html.len();
    for (start, piece) in pieces(html) {
        let mut room = MAX_HTML_BYTES.saturating_sub(start);
        let is_cut = match piece {
            Piece::Text(text) => {
                room = preparation.count_references(&text[..text.floor_char_boundary(room)]);
                text.len() > room
            }
            Piece::Start(StartTag { source, .. }) | Piece::End(EndTag { source, .. }) => source.len() > room,
            Piece::RawText | Piece::Ignored => room == 0,
        };
        let piece = match piece {
            Piece::Text(text) if is_cut => Piece::Text(&text[..text.floor_char_boundary(room)]),
            _ if is_cut => Piece::Ignored,
            piece => piece,
        };
        let length = preparation.html.len();
        preparation.read(piece);
        if preparation.spent_bytes() > preparation.max_bytes {
            preparation.html.truncate(length);
            read_bytes = start;
            break;
        }
        if is_cut || preparation.elements > MAX_ELEMENTS {
            read_bytes = if let Piece::Text(text) = piece { start + text.len() } else { start };
            break;
        }
    }
    Prepared { html: preparation.html, read_bytes }
}

/// An open element that is not a formatting element.
struct OpenElement {
    element: ElementInfo,
    /// Formatting elements that were open when it began; those of a table cell end with it.
    formatting: usize,
}

/// A formatting element that no end tag has closed yet.
struct OpenFormatting {
    name: &'static str,
    /// The length of its start tag; `None` when it was left out.
    bytes: Option<usize>,
    /// How many elements are open around it, as the tree builder has it; [`DETACHED`] until it is opened anew.
    depth: usize,
}

struct Preparation<'a> {
    base: Option<&'a Url>,
    html: String,
    max_bytes: usize,
    /// Bytes of attributes that Gleaner adds to every picture and link.
    uncounted_bytes: usize,
    /// Bytes of the formatting elements that the tree builder will open anew.
    reopened_bytes: usize,
    elements: usize,
    references: usize,
    open: Vec<OpenElement>,
    formatting: Vec<OpenFormatting>,
    /// The element that goes with its content, and how many of its name are open.
    removed: Option<(&'static str, usize)>,
    /// Right behind `<pre>`, where the tree builder drops a line break.
    is_pre_begin: bool,
    is_in_noscript: bool,
    is_after_lazy_image: bool,
    /// How well the best `source` of the open `picture` suits, and its address.
    picture_source: Option<(u8, String)>,
    /// The last formula.
    formula: Option<Formula>,
    /// Within a `video` or `audio` whose `source` has not come yet.
    awaits_player_source: bool,
}

impl Preparation<'_> {
    const fn spent_bytes(&self) -> usize {
        (self.html.len() + self.reopened_bytes).saturating_sub(self.uncounted_bytes)
    }

    fn read(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Start(tag) => {
                let Some(element) = tag.element else { return };
                match &mut self.removed {
                    Some((name, depth)) => *depth += usize::from(*name == element.name && !tag.is_self_closing),
                    None => self.start(element, &tag),
                }
            }
            Piece::End(tag) => {
                let Some(element) = tag.element else { return };
                match &mut self.removed {
                    Some((name, depth)) if *name == element.name => {
                        *depth -= 1;
                        if *depth == 0 {
                            self.removed = None;
                        }
                    }
                    Some(_) => {}
                    None => self.end(element),
                }
            }
            Piece::Text(text) => match self.removed {
                None => self.text(text),
                Some(("annotation", _)) => self.formula.iter_mut().for_each(|formula| formula.annotate(text)),
                Some(_) => {}
            },
            Piece::RawText | Piece::Ignored => {}
        }
    }

    fn start(&mut self, element: ElementInfo, tag: &StartTag<'_>) {
        match element.name {
            "noscript" => self.is_in_noscript = true,
            "picture" => self.picture_source = None,
            "img" => self.image(element, tag),
            "input" => self.check_box(tag),
            "iframe" | "embed" | "object" | "video" | "audio" | "source" => self.player(element.name, tag),
            "span" if is_formula_twin(tag) => self.removed = Some((element.name, 1)),
            // Foreign elements alone may close themselves; everywhere else HTML ignores the slash.
            _ if element.is_removed_with_content() => {
                let is_empty = tag.is_self_closing && element.name == "svg";
                self.removed = (!is_empty).then_some((element.name, 1));
            }
            _ if element.is_allowed() => self.allowed(element, tag),
            _ => {}
        }
        self.is_after_lazy_image &= matches!(element.name, "noscript" | "img");
    }

    fn allowed(&mut self, element: ElementInfo, tag: &StartTag<'_>) {
        let is_math = element.is_math() && element.name != "math";
        let formula = self.open.iter().rposition(|open| open.element.name == "math");
        match formula {
            // A block ends a formula that was never closed; other HTML within one is left out.
            Some(at) if element.is_block() && !element.is_math() => self.close_to(at),
            Some(_) if !is_math => return,
            None if is_math => return,
            _ => {}
        }
        let has_table = self.open.iter().any(|open| open.element.name == "table");
        if element.is_table_part() && !has_table {
            return;
        }
        self.close_implied(element);
        if self.open.len() >= MAX_DEPTH && !element.is_void() {
            return;
        }
        if element.is_formatting() {
            self.start_formatting(element, tag);
            return;
        }
        if !element.is_block() {
            self.reopen_formatting();
        }
        self.write_start(element, tag);
        if element.is_void() {
            return;
        }
        if is_math && tag.is_self_closing {
            self.write_end(element.name);
            return;
        }
        if element.name == "math" {
            self.formula = Some(Formula::begin(tag));
        }
        self.open.push(OpenElement { element, formatting: self.formatting.len() });
        self.is_pre_begin = element.name == "pre";
    }

    fn start_formatting(&mut self, element: ElementInfo, tag: &StartTag<'_>) {
        if element.name == "a" {
            self.end_formatting("a");
        }
        self.reopen_formatting();
        let begin = self.cell_formatting();
        let is_full = self.formatting[begin..].iter().filter(|f| f.bytes.is_some()).count() >= MAX_OPEN_FORMATTING;
        if is_full {
            if self.formatting.len() < MAX_AWAITED_FORMATTING {
                self.formatting.push(OpenFormatting { name: element.name, bytes: None, depth: self.open.len() });
            }
            return;
        }
        let before = self.html.len();
        self.write_start(element, tag);
        let bytes = Some(self.html.len() - before);
        self.formatting.push(OpenFormatting { name: element.name, bytes, depth: self.open.len() });
    }

    fn end(&mut self, element: ElementInfo) {
        match element.name {
            "noscript" => self.is_in_noscript = false,
            "picture" => self.picture_source = None,
            "video" | "audio" => self.awaits_player_source = false,
            "br" => self.html.push_str("<br>"),
            name if element.is_formatting() => self.end_formatting(name),
            _ if element.is_allowed() && !element.is_void() => {
                if let Some(at) = self.find_open(element) {
                    self.close_to(at);
                }
            }
            _ => {}
        }
    }

    fn end_formatting(&mut self, name: &str) {
        let begin = self.cell_formatting();
        if let Some(at) = self.formatting[begin..].iter().rposition(|f| f.name == name)
            && self.formatting.remove(begin + at).bytes.is_some()
        {
            self.write_end(name);
        }
    }

    /// Where the formatting elements of the innermost table cell begin; those outside of it cannot be closed from within.
    fn cell_formatting(&self) -> usize {
        let cell = self.open.iter().rfind(|open| is_cell(open.element));
        cell.map_or(0, |open| open.formatting.min(self.formatting.len()))
    }

    /// The open element that an end tag closes, by the scopes of the HTML standard.
    fn find_open(&self, element: ElementInfo) -> Option<usize> {
        let is_heading = |name: &str| matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6");
        for (at, open) in self.open.iter().enumerate().rev() {
            let open = open.element;
            if open.name == element.name || is_heading(open.name) && is_heading(element.name) {
                return Some(at);
            }
            let is_barrier = match open.name {
                "table" => true,
                "math" => true,
                "ul" | "ol" => element.name == "li",
                _ if is_cell(open) => !element.is_table_part() && element.name != "table",
                _ => open.is_special() && !element.is_special(),
            };
            if is_barrier {
                return None;
            }
        }
        None
    }

    /// Closes what the start tag of `element` ends by itself.
    fn close_implied(&mut self, element: ElementInfo) {
        let closes: &[&str] = match element.name {
            "li" => &["li"],
            "dd" | "dt" => &["dd", "dt"],
            "td" | "th" => &["td", "th", "caption"],
            "tr" => &["tr", "caption", "colgroup"],
            "tbody" | "thead" | "tfoot" | "caption" | "colgroup" => &["tbody", "thead", "tfoot", "caption", "colgroup"],
            "rt" | "rp" => &["rt", "rp"],
            _ => &[],
        };
        if !closes.is_empty()
            && let Some(at) = self.find_implied(closes, element)
        {
            self.close_to(at);
        }
        if element.closes_paragraph()
            && let Some(paragraph) = elements::find("p")
            && let Some(at) = self.find_open(paragraph)
        {
            self.close_to(at);
        }
    }

    fn find_implied(&self, closes: &[&str], element: ElementInfo) -> Option<usize> {
        for (at, open) in self.open.iter().enumerate().rev() {
            let open = open.element;
            if closes.contains(&open.name) {
                return Some(at);
            }
            let is_barrier = if element.is_table_part() {
                open.name == "table" || matches!(element.name, "td" | "th") && open.name == "tr"
            } else {
                open.is_special() && !matches!(open.name, "address" | "div" | "p")
            };
            if is_barrier {
                return None;
            }
        }
        None
    }

    /// Closes the open element at `at` with all within it. Formatting elements within it stay on the list.
    fn close_to(&mut self, at: usize) {
        while self.open.len() > at {
            let Some(OpenElement { element, formatting }) = self.open.pop() else { return };
            if element.name == "math" {
                self.write_hidden_formula();
            }
            self.write_end(element.name);
            if is_cell(element) {
                self.formatting.truncate(formatting);
            }
        }
        for formatting in self.formatting.iter_mut().filter(|f| f.depth > at) {
            formatting.depth = DETACHED;
        }
    }

    /// Counts the formatting elements that the tree builder opens anew here, because the element around them has ended.
    fn reopen_formatting(&mut self) {
        let depth = self.open.len();
        for formatting in self.formatting.iter_mut().filter(|f| f.depth == DETACHED) {
            formatting.depth = depth;
            self.reopened_bytes += formatting.bytes.map_or(0, |bytes| bytes + formatting.name.len() + 3);
        }
    }

    fn write_start(&mut self, element: ElementInfo, tag: &StartTag<'_>) {
        self.elements += 1;
        self.html.push('<');
        self.html.push_str(element.name);
        self.uncounted_bytes += write_attributes(&mut self.html, element.name, &tag.attributes(), self.base);
        self.html.push('>');
    }

    fn write_end(&mut self, name: &str) {
        self.html.push_str("</");
        self.html.push_str(name);
        self.html.push('>');
    }
}

fn is_cell(element: ElementInfo) -> bool {
    matches!(element.name, "td" | "th" | "caption")
}
