//! The table that `ollama list` prints, in the layouts of all its versions: columns are found by their headings.

use crate::domain::plain_text;
use crate::server::registry::listed_model::{self, ListedModel, ListedSize};
use bytesize::ByteSize;

/// Why a table cannot be read; lines count from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// The table has no line.
    #[error("it is empty; a table of `ollama list` begins with the headings NAME … SIZE")]
    Empty,
    /// The first line is not the row of headings.
    #[error("line {line}: expected the headings of `ollama list` (NAME, ID, SIZE, MODIFIED), found “{found}”")]
    Headings {
        /// Line of the table.
        line: usize,
        /// What the line says.
        found: String,
    },
    /// The name of a row is not the name of a model.
    #[error("line {line}: “{name}” is not the name of a model: {reason}")]
    Name {
        /// Line of the table.
        line: usize,
        /// The name as written.
        name: String,
        /// Why it is not the name of a model.
        reason: String,
    },
    /// A size cannot be read.
    #[error("line {line}: “{found}” is not a size; sizes look like 376 B, 4.7 GB or -")]
    Size {
        /// Line of the table.
        line: usize,
        /// What the column says.
        found: String,
    },
    /// A row has too few columns.
    #[error("line {line}: the columns do not fit the headings: “{found}”")]
    Columns {
        /// Line of the table.
        line: usize,
        /// What the line says.
        found: String,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum TableColumn {
    Name,
    Id,
    Size,
    Other,
}

/// Reads a table. Empty rows are skipped.
///
/// # Errors
/// [`TableError`] names the line.
pub fn parse(text: &str) -> Result<Vec<ListedModel>, TableError> {
    let mut lines = text.lines().enumerate().map(|(i, line)| (i + 1, line)).filter(|(_, line)| !line.trim().is_empty());
    let (line, heading) = lines.next().ok_or(TableError::Empty)?;
    let columns = parse_headings(heading).ok_or_else(|| TableError::Headings { line, found: excerpt(heading) })?;
    lines.map(|(line, row)| parse_row(&columns, line, row)).collect()
}

fn parse_headings(line: &str) -> Option<Vec<TableColumn>> {
    let columns: Vec<TableColumn> = line
        .trim_start_matches('\u{feff}')
        .split_whitespace()
        .map(|word| match word.to_ascii_uppercase().as_str() {
            "NAME" => TableColumn::Name,
            "ID" => TableColumn::Id,
            "SIZE" => TableColumn::Size,
            _ => TableColumn::Other,
        })
        .collect();
    (columns.first() == Some(&TableColumn::Name) && columns.contains(&TableColumn::Size)).then_some(columns)
}

fn parse_row(columns: &[TableColumn], line: usize, row: &str) -> Result<ListedModel, TableError> {
    let cells = split_cells(columns, row).ok_or_else(|| TableError::Columns { line, found: excerpt(row) })?;
    let cell =
        |wanted| columns.iter().zip(&cells).find(|(column, _)| **column == wanted).map(|(_, cell)| cell.as_str());
    let name = cell(TableColumn::Name).unwrap_or_default();
    let mut listed = ListedModel::named(name).map_err(|reason| TableError::Name {
        line,
        name: excerpt(name),
        reason: reason.to_string(),
    })?;
    listed.digest = cell(TableColumn::Id).and_then(listed_model::parse_digest);
    let size = cell(TableColumn::Size).unwrap_or_default();
    listed.size = parse_size(size).ok_or_else(|| TableError::Size { line, found: excerpt(size) })?;
    // Only cloud models are listed without a size.
    listed.is_cloud |= listed.size.is_none();
    Ok(listed)
}

/// Splits a row at two spaces or a tab; a row with single spaces only is split at each of them.
fn split_cells(columns: &[TableColumn], row: &str) -> Option<Vec<String>> {
    let wide: Vec<String> =
        row.replace('\t', "  ").split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).collect();
    if wide.len() == columns.len() {
        return Some(wide);
    }
    let mut words = row.split_whitespace().peekable();
    let mut cells = Vec::with_capacity(columns.len());
    for column in columns {
        let mut cell = words.next()?.to_owned();
        match column {
            TableColumn::Size => {
                if cell.bytes().all(|b| b.is_ascii_digit() || b == b'.')
                    && let Some(unit) = words.next_if(|word| word.bytes().all(|b| b.is_ascii_alphabetic()))
                {
                    cell = format!("{cell} {unit}");
                }
            }
            // The last cell is free text such as "3 weeks ago".
            TableColumn::Other => cell.extend(words.by_ref().flat_map(|word| [" ", word])),
            TableColumn::Name | TableColumn::Id => {}
        }
        cells.push(cell);
        // The last column may be empty.
        if words.peek().is_none() && cells.len() + 1 >= columns.len() {
            break;
        }
    }
    words.next().is_none().then_some(cells)
}

/// Reads a size for people: decimal units, as Ollama writes them. `Some(None)` for `-`.
fn parse_size(text: &str) -> Option<Option<ListedSize>> {
    if text == "-" {
        return Some(None);
    }
    if !text.starts_with(|c: char| c.is_ascii_digit()) || !text.ends_with(['B', 'b']) {
        return None;
    }
    let bytes = text.parse::<ByteSize>().ok()?.as_u64();
    Some(Some(ListedSize::Rounded(i64::try_from(bytes).ok()?)))
}

/// The start of a line of the input, for a message.
fn excerpt(text: &str) -> String {
    plain_text::truncate(&plain_text::clean_line(text), 80)
}

#[cfg(test)]
mod tests {
    use super::{ListedSize, TableError, parse, parse_size};

    const NEW: &str = "\
NAME                                            ID              SIZE      MODIFIED
qwen3:8b                                        500a1f067a9f    5.2 GB    3 weeks ago
gpt-oss:20b-cloud                               875e8e3a629a    -         2 days ago
hf.co/bartowski/Llama-3.2-3B-Instruct-GGUF:IQ3_M    a80c4f17acd5    1.7 GB    Less than a second ago
";
    const OLD: &str = "NAME           \tID          \tSIZE  \tMODIFIED    \n\
llama2:latest  \t78e26419b446\t3.8 GB\t2 hours ago \t\n\
orca-mini:3b   \t2dbd9f439647\t2.0 GB\t            \t\n";
    const OLDEST: &str = "NAME                    SIZE    MODIFIED\nllama2:latest           3.8 GB  6 days ago\n";
    const SINGLE_SPACED: &str =
        "NAME ID SIZE MODIFIED\nx:1b 500a1f067a9f 376 B 3 weeks ago\ny:latest 500a1f067a9f 2.0GB 1 day ago\n";

    #[test]
    fn layouts_old_and_new() {
        for (table, expected) in [
            (
                NEW,
                vec![
                    ("qwen3:8b", Some(5_200_000_000), true),
                    ("gpt-oss:20b-cloud", None, true),
                    ("hf.co/bartowski/Llama-3.2-3B-Instruct-GGUF:IQ3_M", Some(1_700_000_000), true),
                ],
            ),
            (OLD, vec![("llama2:latest", Some(3_800_000_000), true), ("orca-mini:3b", Some(2_000_000_000), true)]),
            (OLDEST, vec![("llama2:latest", Some(3_800_000_000), false)]),
            (SINGLE_SPACED, vec![("x:1b", Some(376), true), ("y:latest", Some(2_000_000_000), true)]),
            ("NAME    ID    SIZE    MODIFIED\n", vec![]),
        ] {
            let rows = parse(&table.replace('\n', "\r\n")).expect(table);
            let seen: Vec<_> = rows.iter().map(|r| (r.spelled.as_str(), r.size, r.digest.is_some())).collect();
            let expected: Vec<_> = expected.into_iter().map(|(n, s, d)| (n, s.map(ListedSize::Rounded), d)).collect();
            assert_eq!(seen, expected, "{table}");
        }
        assert!(parse(NEW).expect("table")[1].is_cloud);
    }

    #[test]
    fn sizes_from_bytes_to_petabytes() {
        for (text, bytes) in [
            ("376 B", 376),
            ("0 B", 0),
            ("12 KB", 12_000),
            ("45 MB", 45_000_000),
            ("4.7 GB", 4_700_000_000),
            ("1.1 TB", 1_100_000_000_000),
            ("2 PB", 2_000_000_000_000_000),
            ("1 KiB", 1024),
        ] {
            assert_eq!(parse_size(text), Some(Some(ListedSize::Rounded(bytes))), "{text}");
        }
        assert_eq!(parse_size("-"), Some(None));
        for bad in ["", "big", "4.7", "GB", "-1 GB", "4.7 XB", "4,7 GB", "9999999 PB"] {
            assert_eq!(parse_size(bad), None, "{bad}");
        }
    }

    #[test]
    fn errors_name_their_line() {
        assert_eq!(parse(" \n"), Err(TableError::Empty));
        for (table, line) in [
            ("Error: could not connect\n", "line 1: expected the headings"),
            ("\nNAME ID SIZE MODIFIED\n\nx:1b 500a1f067a9f 4,7 GB now", "line 4: “4,7” is not a size"),
            ("NAME  ID  SIZE  MODIFIED\n../x  500a1f067a9f  4 GB  now", "line 2: “../x” is not the name of a model"),
            ("NAME  ID  SIZE  MODIFIED\nx:1b", "line 2: the columns do not fit"),
        ] {
            let error = parse(table).expect_err(table).to_string();
            assert!(error.starts_with(line), "{error}");
        }
    }
}
