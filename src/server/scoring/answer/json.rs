//! Finding the JSON object in what a model said.

use serde_json::{Map, Value};

/// Text before the first brace is looked at up to here: beyond it, the answer is prose.
const MAX_PREAMBLE_BYTES: usize = 4_096;

/// The answer as an object: as it stands, without a code fence around it, or the first balanced `{…}` in it (ollama-api.md
/// §4.4). Linear in the length of the text, whatever stands in it.
pub fn extract_object(content: &str) -> Option<Map<String, Value>> {
    let content = content.trim();
    if let Some(object) = parse_object(content) {
        return Some(object);
    }
    let start = content.find('{').filter(|at| *at <= MAX_PREAMBLE_BYTES)?;
    let length = balanced_object_len(&content[start..])?;
    parse_object(&content[start..start + length])
}

fn parse_object(text: &str) -> Option<Map<String, Value>> {
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Some(object),
        _ => None,
    }
}

/// Bytes up to and with the brace that closes the first one; `None` when it is never closed.
fn balanced_object_len(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' if !quoted => depth += 1,
            b'}' if !quoted => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::extract_object;

    #[test]
    fn objects_are_found_where_models_put_them() {
        for (content, found) in [
            (r#"{"a":1}"#, true),
            ("  \n{\"a\":1}\n\n", true),
            ("```json\n{\"a\":1}\n```", true),
            ("Sure! Here it is: {\"a\":1} Hope that helps {", true),
            (r#"{"a":"} {"}"#, true),
            (r#"x {"a":"\"}"} y"#, true),
            (r#"{"a":1"#, false),
            (r#"[{"a":1}]"#, true),
            ("[1,2]", false),
            ("\"{}\"", true),
            ("no json", false),
            ("", false),
            ("}{", false),
        ] {
            assert_eq!(extract_object(content).is_some(), found, "{content}");
        }
    }

    #[test]
    fn two_megabytes_of_blanks_or_braces_are_nothing_quickly() {
        for filler in [" ", "{", "\\", "{\""] {
            assert!(extract_object(&format!("{{{}", filler.repeat(1_000_000))).is_none());
        }
    }
}
