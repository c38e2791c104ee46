//! Finding the quantization in a tag (registry.md, "Quantization tokens").

const FLOAT_TOKENS: [&str; 6] = ["bf16", "f16", "fp16", "f32", "fp32", "fp8"];
const OTHER_TOKENS: [&str; 12] =
    ["tq1_0", "tq2_0", "int4", "int8", "2bit", "3bit", "4bit", "8bit", "awq", "gptq", "nf4", "qat"];
const MICROSCALING_TOKENS: [&str; 3] = ["mxfp4", "mxfp8", "nvfp4"];
const K_QUANT_SUFFIXES: [&str; 7] = ["k", "nl", "xxs", "xs", "s", "m", "l"];

/// Whether `piece` as a whole is a quantization token, in any case.
pub fn is_token(piece: &str) -> bool {
    let piece = piece.to_ascii_lowercase();
    let piece = piece.as_str();
    FLOAT_TOKENS.contains(&piece)
        || OTHER_TOKENS.contains(&piece)
        || MICROSCALING_TOKENS.contains(&piece.strip_suffix("_moe").unwrap_or(piece))
        || is_k_quant(piece.strip_prefix("ud-").unwrap_or(piece))
}

/// `[i]q<digit>` and any number of `_<suffix>`.
fn is_k_quant(piece: &str) -> bool {
    let mut parts = piece.strip_prefix('i').unwrap_or(piece).split('_');
    let head = parts.next().unwrap_or_default();
    matches!(head.as_bytes(), [b'q', digit] if digit.is_ascii_digit())
        && parts.all(|part| {
            part == "xl"
                || K_QUANT_SUFFIXES.contains(&part)
                || matches!(part.as_bytes(), [digit] if digit.is_ascii_digit())
        })
}

/// Splits a tag into the part before the quantization and the token in lower case.
pub fn split_tag(tag: &str) -> (&str, Option<String>) {
    if is_token(tag) {
        return ("", Some(tag.to_ascii_lowercase()));
    }
    let pieces_back = |count: usize| tag.rmatch_indices('-').nth(count - 1).map(|(at, _)| (&tag[..at], &tag[at + 1..]));
    // Two parts first, so that `27b-ud-q4_k_xl` keeps its prefix.
    for count in [2, 1] {
        if let Some((rest, token)) = pieces_back(count)
            && (count == 1 || token.get(..3).is_some_and(|prefix| prefix.eq_ignore_ascii_case("ud-")))
            && is_token(token)
        {
            return (rest, Some(token.to_ascii_lowercase()));
        }
    }
    (tag, None)
}

#[cfg(test)]
mod tests {
    use super::{is_token, split_tag};

    #[test]
    fn tokens_and_other_words() {
        for yes in [
            "q4",
            "Q4_K",
            "q4_K_M",
            "q4_0",
            "q5_1",
            "q8_0",
            "q2_K_XL",
            "q6_K_L",
            "q4_0_4_4",
            "q1_0",
            "IQ3_M",
            "iq4_nl",
            "iq2_xxs",
            "iq1_s",
            "UD-Q4_K_XL",
            "ud-iq4_xs",
            "tq1_0",
            "TQ2_0",
            "mxfp4",
            "MXFP4_MOE",
            "nvfp4",
            "nvfp4_moe",
            "mxfp8",
            "bf16",
            "F16",
            "fp16",
            "f32",
            "fp32",
            "fp8",
            "int4",
            "int8",
            "2bit",
            "3bit",
            "4bit",
            "8bit",
            "awq",
            "gptq",
            "nf4",
            "qat",
        ] {
            assert!(is_token(yes), "{yes}");
        }
        for no in [
            "", "q", "q44", "iq", "q4_", "q4_z", "q4k", "xq4", "seq2seq", "sprint8", "faq3", "7b", "8x7b", "e4b",
            "a3b", "instruct", "0528", "latest", "it", "5bit", "tq3_0", "fp4", "int16", "ud-bf16", "ud-", "mlx",
            "_moe", "q４",
        ] {
            assert!(!is_token(no), "{no}");
        }
    }

    #[test]
    fn tags_and_their_quantization() {
        for (tag, rest, token) in [
            ("q4_K_M", "", Some("q4_k_m")),
            ("3b-instruct-q4_K_M", "3b-instruct", Some("q4_k_m")),
            ("UD-Q4_K_XL", "", Some("ud-q4_k_xl")),
            ("27b-UD-Q4_K_XL", "27b", Some("ud-q4_k_xl")),
            ("27b-it-qat", "27b-it", Some("qat")),
            ("cloud-q4", "cloud", Some("q4")),
            ("latest-q8_0", "latest", Some("q8_0")),
            ("q4_0-instruct", "q4_0-instruct", None),
            ("latest", "latest", None),
            ("faq3-bot", "faq3-bot", None),
            ("-q4", "", Some("q4")),
        ] {
            assert_eq!(split_tag(tag), (rest, token.map(str::to_owned)), "{tag}");
        }
    }
}
