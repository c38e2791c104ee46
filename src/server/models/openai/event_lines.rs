//! Lines of a streamed answer: server-sent events (WHATWG HTML, section 9.2), of which only `data` is used.

/// What one line means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventLine<'a> {
    /// JSON of a piece of the answer, or of an error.
    Data(&'a [u8]),
    /// `[DONE]`: nothing follows.
    Done,
    /// An error beside the events, as older llama.cpp writes it.
    Error(&'a [u8]),
    /// A comment or another field.
    Ignored,
}

/// Reads a line without its end.
pub fn parse(line: &[u8]) -> EventLine<'_> {
    let Some(colon) = line.iter().position(|byte| *byte == b':') else {
        // A whole JSON answer to a request for a stream, which some proxies give.
        return if line.starts_with(b"{") { EventLine::Data(line) } else { EventLine::Ignored };
    };
    let (field, value) = (&line[..colon], line[colon + 1..].trim_ascii());
    match field {
        b"data" if value == b"[DONE]" => EventLine::Done,
        b"data" if value.is_empty() => EventLine::Ignored,
        b"data" => EventLine::Data(value),
        b"error" => EventLine::Error(value),
        _ if line.starts_with(b"{") => EventLine::Data(line),
        _ => EventLine::Ignored,
    }
}

#[cfg(test)]
mod tests {
    use super::{EventLine, parse};

    #[test]
    fn lines_of_engines() {
        for (line, event) in [
            ("data: {\"a\":1}", EventLine::Data(b"{\"a\":1}")),
            ("data:{}", EventLine::Data(b"{}")),
            ("data: [DONE]", EventLine::Done),
            (": ping", EventLine::Ignored),
            ("event: error", EventLine::Ignored),
            ("id: 7", EventLine::Ignored),
            ("data:", EventLine::Ignored),
            ("retry", EventLine::Ignored),
            ("error: {\"code\":500}", EventLine::Error(b"{\"code\":500}")),
            ("{\"error\":\"x\"}", EventLine::Data(b"{\"error\":\"x\"}")),
        ] {
            assert_eq!(parse(line.as_bytes()), event, "{line}");
        }
    }
}
