//! A model as a list of Ollama shows it: the input of an import.

use crate::domain::{model_name::ModelName, registry::ModelFormat};

/// A row of a list. Values missing from the list are `None` and do not change the registry.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedModel {
    /// The model.
    pub id: ModelName,
    /// The identifier as it was spelled there.
    pub spelled: String,
    /// Further spellings of the same model in the same list.
    pub other_spellings: Vec<String>,
    /// The digest in hex, with 64 digits or the 12 of a table.
    pub digest: Option<String>,
    /// Bytes on disk.
    pub size: Option<ListedSize>,
    /// Format of its weights.
    pub format: Option<ModelFormat>,
    /// The quantization that Ollama reports.
    pub quantization: Option<String>,
    /// The architecture's family, such as `llama` or `bert`; used for guesses only.
    pub architecture: Option<String>,
    /// Number of parameters as Ollama writes it.
    pub parameter_size: Option<String>,
    /// Tokens of context it was trained for.
    pub context_length: Option<i64>,
    /// The capabilities, which Ollama reports since 0.30.
    pub capabilities: Option<Vec<String>>,
    /// Whether it runs in the cloud.
    pub is_cloud: bool,
}

/// A size in bytes, exact or rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListedSize {
    /// Exact.
    Exact(i64),
    /// Rounded.
    Rounded(i64),
}

impl ListedModel {
    /// A model of which only the name is known.
    ///
    /// # Errors
    /// The text is not the name of a model.
    pub fn named(spelled: &str) -> Result<Self, crate::domain::model_name::ModelNameError> {
        let id = ModelName::parse(spelled)?;
        Ok(Self {
            is_cloud: id.is_cloud(),
            id,
            spelled: spelled.trim().to_owned(),
            other_spellings: Vec::new(),
            digest: None,
            size: None,
            format: None,
            quantization: None,
            architecture: None,
            parameter_size: None,
            context_length: None,
            capabilities: None,
        })
    }

    /// Fills missing values from another row of the same model.
    pub fn fill_missing_from(&mut self, other: Self) {
        fn fill<T>(mine: &mut Option<T>, theirs: Option<T>) {
            if mine.is_none() {
                *mine = theirs;
            }
        }
        fill(&mut self.digest, other.digest);
        fill(&mut self.size, other.size);
        fill(&mut self.format, other.format);
        fill(&mut self.quantization, other.quantization);
        fill(&mut self.architecture, other.architecture);
        fill(&mut self.parameter_size, other.parameter_size);
        fill(&mut self.context_length, other.context_length);
        fill(&mut self.capabilities, other.capabilities);
        self.is_cloud |= other.is_cloud;
        self.other_spellings.push(other.spelled);
    }
}

/// The text, or `None` for `""` and `unknown`, which Ollama writes for missing values.
pub fn known_or_none(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && !text.eq_ignore_ascii_case("unknown")).then(|| text.to_owned())
}

/// A digest in lower-case hex, without `sha256:`; `None` for another text.
pub fn parse_digest(text: &str) -> Option<String> {
    let hex = text.trim().strip_prefix("sha256:").unwrap_or(text.trim()).to_ascii_lowercase();
    (matches!(hex.len(), 12 | 64) && hex.bytes().all(|b| b.is_ascii_hexdigit())).then_some(hex)
}

/// Whether two digests may belong to one manifest: they are equal, or one is the short form of the other.
pub fn digests_agree(a: &str, b: &str) -> bool {
    a.starts_with(b) || b.starts_with(a)
}

#[cfg(test)]
mod tests {
    use super::{digests_agree, known_or_none, parse_digest};

    #[test]
    fn missing_values() {
        assert_eq!(known_or_none(" Q4_K_M "), Some("Q4_K_M".into()));
        assert_eq!((known_or_none(""), known_or_none("unknown")), (None, None));
    }

    #[test]
    fn digests_agree_with_their_short_form() {
        let long = "a80c4f17acd55265feec403c7aef86be0c25983ab279d83f3bcd3abbcb5b8b72";
        assert_eq!(parse_digest(&format!("sha256:{}", long.to_uppercase())), Some(long.to_owned()));
        assert_eq!(parse_digest("a80c4f17acd5"), Some("a80c4f17acd5".into()));
        assert_eq!((parse_digest("a80c4f"), parse_digest("x80c4f17acd5"), parse_digest("")), (None, None, None));
        assert!(digests_agree(long, "a80c4f17acd5") && !digests_agree(long, "b80c4f17acd5"));
    }
}
