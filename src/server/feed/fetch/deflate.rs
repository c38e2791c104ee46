//! The content coding `deflate`, which the HTTP client reads only as RFC 9110, section 8.4.1.2 defines it.

use crate::server::work_limit::WorkLimit;
use flate2::read::{DeflateDecoder, ZlibDecoder};
use std::io::Read;

/// Decodes zlib, and raw DEFLATE without its wrapping, which servers send under the same name. At most one byte more than
/// `max_bytes`; of damaged data what precedes the damage.
pub(super) fn inflate(bytes: &[u8], max_bytes: u64, limit: &WorkLimit) -> Vec<u8> {
    // The first two bytes of zlib: method 8, and a multiple of 31 (RFC 1950, section 2.2).
    let is_zlib = matches!(bytes, [method, flags, ..]
        if method & 0x0f == 8 && (u16::from(*method) * 256 + u16::from(*flags)).is_multiple_of(31));
    let reader: Box<dyn Read> =
        if is_zlib { Box::new(ZlibDecoder::new(bytes)) } else { Box::new(DeflateDecoder::new(bytes)) };
    limit.read_to_end(reader.take(max_bytes + 1))
}

#[cfg(test)]
mod tests {
    use super::inflate;
    use crate::server::work_limit::WorkLimit;
    use flate2::{
        Compression,
        write::{DeflateEncoder, ZlibEncoder},
    };
    use std::io::Write;

    #[test]
    fn wrapped_and_raw_data_are_read_up_to_the_limit() {
        let text = b"<rss>".repeat(1_000);
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::best());
        raw.write_all(&text).expect("written");
        let raw = raw.finish().expect("encoded");
        let mut wrapped = ZlibEncoder::new(Vec::new(), Compression::best());
        wrapped.write_all(&text).expect("written");
        let wrapped = wrapped.finish().expect("encoded");
        assert_eq!(inflate(&raw, 1 << 20, &WorkLimit::default()), text);
        assert_eq!(inflate(&wrapped, 1 << 20, &WorkLimit::default()), text);
        assert_eq!(inflate(&raw, 10, &WorkLimit::default()).len(), 11);
        assert!(inflate(b"", 10, &WorkLimit::default()).is_empty());
    }
}
