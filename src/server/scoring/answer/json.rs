//! Finding the JSON object in the answer of a model.

use serde_json::{Map, Value};

/// The longest text before the first brace, in bytes; an answer with a longer one counts as prose.
const MAX_PREAMBLE_BYTES: usize = 4_096;

/// Texts in braces that are parsed before the answer counts as prose.
const MAX_CANDIDATES: usize = 8;

/// Maximum blocks of thinking that are removed.
const MAX_THINKING_BLOCKS: usize = 16;

/// The tags that models write around their thinking when the server does not separate it.
const THINKING_TAGS: [(&str, &str); 5] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("[THINK]", "[/THINK]"),
];

/// The answer as an object: as it stands, or after the thinking, without a code fence around it, or the first balanced `{…}` in it
/// that is an object (ollama-api.md §4.4). Linear in the length of the text.
pub fn extract_object(content: &str) -> Option<Map<String, Value>> {
    parse_object(content.trim()).or_else(|| find_object(without_thinking(content)))
}

/// A text without the thinking before the answer; empty when it consists of thinking alone. Thinking ends at the first closing tag after
/// its opening one; where the opening tag is missing, because the template puts it into the prompt, at the last closing tag.
pub fn without_thinking(content: &str) -> &str {
    let mut rest = content.trim();
    for _ in 0..MAX_THINKING_BLOCKS {
        let brace = rest.find('{').unwrap_or(rest.len());
        let opening = |tags: &(&str, &'static str)| rest[..brace].find(tags.0).map(|at| (at + tags.0.len(), tags.1));
        let Some((start, closing)) = THINKING_TAGS.iter().filter_map(opening).min() else { break };
        let Some(length) = rest[start..].find(closing) else { return "" };
        rest = rest[start + length + closing.len()..].trim_start();
    }
    let closings =
        THINKING_TAGS.iter().filter_map(|(_, closing)| rest.rfind(closing).map(|at| (at, at + closing.len())));
    let Some((closing, closing_end)) = closings.max() else { return rest };
    // A closing tag may stand within the answer, quoted in one of its texts.
    let is_within_answer = object_range(rest, 0)
        .is_some_and(|(start, end)| (start..end).contains(&closing) && parse_object(&rest[start..end]).is_some());
    if is_within_answer { rest } else { rest[closing_end..].trim_start() }
}

/// The first balanced piece in braces that is an object.
fn find_object(text: &str) -> Option<Map<String, Value>> {
    let mut from = 0;
    for _ in 0..MAX_CANDIDATES {
        let (start, end) = object_range(text, from)?;
        if start > MAX_PREAMBLE_BYTES {
            return None;
        }
        if let Some(object) = parse_object(&text[start..end]) {
            return Some(object);
        }
        from = end;
    }
    None
}

/// Where the first balanced `{…}` from `from` on begins and ends.
fn object_range(text: &str, from: usize) -> Option<(usize, usize)> {
    let start = from + text[from..].find('{')?;
    Some((start, start + balanced_object_len(&text[start..])?))
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
    use super::{extract_object, without_thinking};

    /// Each answer with the value of `a` in the object that is found in it.
    #[test]
    fn objects_are_found_where_models_put_them() {
        let long = format!("<think>{}</think>{{\"a\":1}}", "hmm {x} ".repeat(2_000));
        for (content, found) in [
            (r#"{"a":1}"#, Some(1)),
            ("  \n{\"a\":1}\n\n", Some(1)),
            ("\u{feff}{\"a\":1}", Some(1)),
            ("```json\n{\"a\":1}\n```", Some(1)),
            ("```\n{\"a\":1}\n```\nDone.", Some(1)),
            ("Sure! Here it is: {\"a\":1} Hope that helps {", Some(1)),
            ("The {best} answer: {\"a\":1}", Some(1)),
            (r#"{"a":1} {"a":2}"#, Some(1)),
            (r#"{"b":"} {","a":1}"#, Some(1)),
            (r#"x {"b":"\"}","a":1} y"#, Some(1)),
            (r#"[{"a":1}]"#, Some(1)),
            (r#"<think>The user wants JSON.</think>{"a":1}"#, Some(1)),
            ("<think>\nShort.\n</think>\n\n```json\n{\"a\":1}\n```", Some(1)),
            (r#"<think>A draft: {"a":2}</think>{"a":1}"#, Some(1)),
            (r#"<think>{"a":2}</think> {"a":1}"#, Some(1)),
            (r#"<think>Unbalanced { and "quote</think>{"a":1}"#, Some(1)),
            (r#"<think>one</think><think>two {</think>{"a":1}"#, Some(1)),
            (r#"Well. <think>{"a":2}</think>{"a":1}"#, Some(1)),
            (r#"<thinking>{"a":2}</thinking>{"a":1}"#, Some(1)),
            (r#"<thought>{"a":2}</thought>{"a":1}"#, Some(1)),
            (r#"<reasoning>{"a":2}</reasoning>{"a":1}"#, Some(1)),
            (r#"[THINK]{"a":2}[/THINK]{"a":1}"#, Some(1)),
            // The template put the opening tag into the prompt.
            (r#"The user wants {JSON}. </think>{"a":1}"#, Some(1)),
            (r#"{"a":2} is too low. </think>{"a":1}"#, Some(1)),
            (r#"First </think> then {"a":2} </think>{"a":1}"#, Some(1)),
            (&long, Some(1)),
            // Tags that belong to the answer.
            (r#"{"a":1,"b":"<think>no</think>"}"#, Some(1)),
            (r#"{"a":1,"b":"</think>{\"a\":2}"}"#, Some(1)),
            (r#"{"a":1,"b":"</think>"} Done."#, Some(1)),
            (r#"<think>x</think>{"a":1,"b":"</think>"} Done."#, Some(1)),
            // No answer.
            (r#"<think>{"a":2}</think>"#, None),
            (r#"<think>{"a":2}"#, None),
            (r#"<think>{"a":2}</think>I cannot say."#, None),
            (r#"{"a":2}</think>"#, None),
            (r#"<think>{"a":2}</think>{"a":"#, None),
            (r#"{"a":1"#, None),
            (r#"{"b":["</think>{\"a\":2}"#, None),
            ("[1,2]", None),
            ("\"{}\"", None),
            ("no json", None),
            ("", None),
            ("}{", None),
        ] {
            let value = extract_object(content).and_then(|object| object.get("a")?.as_i64());
            assert_eq!(value, found, "{content}");
        }
    }

    #[test]
    fn thinking_alone_leaves_nothing() {
        for (content, rest) in [
            ("<think>hm</think>", ""),
            ("<think>hm", ""),
            (" <think>a</think>\n<think>b</think>\n", ""),
            ("<think>hm</think> 7", "7"),
            ("plain", "plain"),
        ] {
            assert_eq!(without_thinking(content), rest, "{content}");
        }
    }

    #[test]
    fn two_megabytes_of_anything_are_nothing_quickly() {
        for filler in [" ", "{", "\\", "{\"", "<think>", "</think>", "{}", "<think></think>"] {
            assert!(extract_object(&format!("{{{}", filler.repeat(1_000_000))).is_none());
            assert!(extract_object(&filler.repeat(200_000)).is_none_or(|object| object.is_empty()));
        }
    }
}
