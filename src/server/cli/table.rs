//! Tables for people: fitted to the terminal, plain when piped.

use crate::domain::plain_text;
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use std::io::IsTerminal;

/// Renders rows under headings; `right` names the columns of figures.
pub(super) fn render(headings: &[&str], rows: impl IntoIterator<Item = Vec<String>>, right: &[usize]) -> String {
    render_with_width(headings, rows, right, std::io::stdout().is_terminal().then_some(None))
}

/// `terminal`: none when piped; a width to fit, or that of the terminal itself.
fn render_with_width(
    headings: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
    right: &[usize],
    terminal: Option<Option<u16>>,
) -> String {
    let mut table = Table::new();
    let style = TableStyle::new();
    match terminal {
        Some(width) => {
            table.load_style(style.header_separator(LineStyle::none().fill('─').junction('─')));
            table.set_content_arrangement(ContentArrangement::Dynamic);
            if let Some(width) = width {
                table.set_width(width);
            }
        }
        None => {
            table.load_style(style).set_content_arrangement(ContentArrangement::Disabled);
        }
    }
    table.set_header(headings.to_vec());
    for row in rows {
        table.add_row(row.iter().map(|cell| replace_control_chars(cell)).collect::<Vec<_>>());
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if right.contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

/// The text with spaces for control characters: foreign text must not control the terminal.
pub(super) fn replace_control_chars(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || plain_text::is_unsafe_char(c) { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::render_with_width;

    fn rows() -> Vec<Vec<String>> {
        vec![
            vec!["hf.co-bartowski-llama-3.2-3b-instruct-gguf-ollama-gguf-iq3_m".into(), "1.7 GB".into()],
            vec!["qwen3-8b-ollama-gguf".into(), "\u{1b}[31m12.0 GB".into()],
        ]
    }

    #[test]
    fn a_terminal_is_not_overrun() {
        let text = render_with_width(&["Model", "Size"], rows(), &[1], Some(Some(40)));
        assert!(text.lines().all(|line| line.chars().count() <= 40), "{text}");
        assert!(text.contains('─') && !text.contains('\u{1b}'));
    }

    #[test]
    fn a_pipe_gets_one_line_a_row() {
        let text = render_with_width(&["Model", "Size"], rows(), &[1], None);
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.lines().all(|line| line == line.trim_end()) && text.is_ascii(), "{text}");
    }
}
