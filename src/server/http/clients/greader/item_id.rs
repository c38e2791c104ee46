//! Ids of items in the three forms that clients send.

use crate::domain::ids::ArticleId;

/// Prefix of the long form, which lists of contents use.
const LONG_PREFIX: &str = "tag:google.com,2005:reader/item/";
/// Hexadecimal digits of the form without the prefix; decimal ids are shorter.
const HEX_DIGITS: usize = 16;

/// The long form of an id: 16 hexadecimal digits after the prefix.
pub fn long_item_id(id: ArticleId) -> String {
    format!("{LONG_PREFIX}{:016x}", id.0)
}

/// The id of a long form, with zeros at its start or without; of 16 hexadecimal digits; or of a decimal number, where a negative one is
/// the two's complement.
pub fn parse_item_id(text: &str) -> Option<ArticleId> {
    let text = text.trim();
    let is_hex = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let hex = text.strip_prefix(LONG_PREFIX).or_else(|| (text.len() == HEX_DIGITS && is_hex(text)).then_some(text));
    let id = match hex {
        // A sign is no digit, though `from_str_radix` takes one.
        Some(hex) if is_hex(hex) => u64::from_str_radix(hex, 16).ok()?.cast_signed(),
        Some(_) => return None,
        None => text.parse().ok()?,
    };
    Some(ArticleId(id))
}

#[cfg(test)]
mod tests {
    use super::{long_item_id, parse_item_id};
    use crate::domain::ids::ArticleId;
    use proptest::prelude::*;

    #[test]
    fn ids_are_read_in_every_form() {
        for (text, id) in [
            ("tag:google.com,2005:reader/item/000000000000001f", Some(31)),
            ("tag:google.com,2005:reader/item/1F", Some(31)),
            ("000000000000001f", Some(31)),
            ("0000000000000031", Some(49)),
            ("31", Some(31)),
            (" 31\n", Some(31)),
            ("-1", Some(-1)),
            ("ffffffffffffffff", Some(-1)),
            ("tag:google.com,2005:reader/item/", None),
            ("tag:google.com,2005:reader/item/+1", None),
            ("1f", None),
            ("", None),
            ("10000000000000000", Some(10_000_000_000_000_000)),
            ("99999999999999999999", None),
        ] {
            assert_eq!(parse_item_id(text), id.map(ArticleId), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_form_of_an_id_is_that_id(id in 1_i64..999_999_999_999_999) {
            let long = long_item_id(ArticleId(id));
            let short = format!("tag:google.com,2005:reader/item/{id:x}");
            for form in [long.as_str(), &long[long.len() - 16..], &short, &id.to_string()] {
                prop_assert_eq!(parse_item_id(form), Some(ArticleId(id)), "{}", form);
            }
        }

        #[test]
        fn a_negative_number_is_the_two_s_complement(id in i64::MIN..0) {
            prop_assert_eq!(parse_item_id(&id.to_string()), parse_item_id(&format!("{:016x}", id.cast_unsigned())));
        }
    }
}
