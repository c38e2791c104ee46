//! A decoder of newline-delimited JSON that arrives in chunks of any size.

/// The longest line that is accepted.
pub const MAX_LINE_BYTES: usize = 8 * 1024 * 1024;

/// A line longer than [`MAX_LINE_BYTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a line of the answer is longer than {MAX_LINE_BYTES} bytes")]
pub struct LineTooLong;

/// Bytes in, lines out. Blank lines are skipped, `\r\n` is a line end too, the last line needs none.
#[derive(Debug, Default)]
pub struct NdjsonDecoder {
    buffer: Vec<u8>,
    /// Where the unread part of `buffer` starts.
    start: usize,
    /// Up to here there is no line end after `start`.
    searched: usize,
}

impl NdjsonDecoder {
    /// Adds the next chunk of the body.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.searched -= self.start;
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole line, without its end.
    ///
    /// # Errors
    /// [`LineTooLong`], also when the line has not ended yet.
    pub fn next_line(&mut self) -> Result<Option<&[u8]>, LineTooLong> {
        loop {
            let Some(offset) = self.buffer[self.searched..].iter().position(|b| *b == b'\n') else {
                self.searched = self.buffer.len();
                return if self.buffer.len() - self.start > MAX_LINE_BYTES { Err(LineTooLong) } else { Ok(None) };
            };
            let (from, to) = (self.start, self.searched + offset);
            self.start = to + 1;
            self.searched = self.start;
            if to - from > MAX_LINE_BYTES {
                return Err(LineTooLong);
            }
            if !self.buffer[from..to].trim_ascii().is_empty() {
                return Ok(Some(self.buffer[from..to].trim_ascii()));
            }
        }
    }

    /// The last line of an ended body, when it has no line end.
    pub fn finish(self) -> Option<Vec<u8>> {
        let rest = self.buffer[self.start..].trim_ascii();
        (!rest.is_empty()).then(|| rest.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::{LineTooLong, MAX_LINE_BYTES, NdjsonDecoder};
    use proptest::prelude::*;

    fn lines_of(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut decoder = NdjsonDecoder::default();
        let mut lines = Vec::new();
        for piece in pieces {
            decoder.push(piece);
            while let Some(line) = decoder.next_line().expect("short lines") {
                lines.push(line.to_vec());
            }
        }
        lines.extend(decoder.finish());
        lines
    }

    #[test]
    fn every_cut_gives_the_same_lines() {
        let body = "{\"a\":\"é\"}\r\n\n{\"b\":2}\n\r\n  {\"c\":3}".as_bytes();
        let whole = lines_of(&[body]);
        assert_eq!(whole, ["{\"a\":\"é\"}".as_bytes(), b"{\"b\":2}", b"{\"c\":3}"]);
        for cut in 0..=body.len() {
            assert_eq!(lines_of(&[&body[..cut], &body[cut..]]), whole, "cut at {cut}");
        }
        assert_eq!(lines_of(&body.chunks(1).collect::<Vec<_>>()), whole);
    }

    #[test]
    fn a_line_that_is_too_long_is_an_error() {
        let mut decoder = NdjsonDecoder::default();
        decoder.push(&vec![b' '; MAX_LINE_BYTES]);
        assert_eq!(decoder.next_line(), Ok(None));
        decoder.push(b"x");
        assert_eq!(decoder.next_line(), Err(LineTooLong));
    }

    proptest! {
        #[test]
        fn any_pieces_give_the_same_lines(lines in proptest::collection::vec("[a-z{}\"é]{1,12}", 0..8), sizes in proptest::collection::vec(1usize..9, 1..40)) {
            let body = lines.join("\n").into_bytes();
            let mut pieces = Vec::new();
            let mut rest = body.as_slice();
            for size in sizes {
                let (piece, after) = rest.split_at(size.min(rest.len()));
                pieces.push(piece);
                rest = after;
            }
            pieces.push(rest);
            let expected: Vec<Vec<u8>> = lines.into_iter().map(String::into_bytes).collect();
            prop_assert_eq!(lines_of(&pieces), expected);
        }
    }
}
