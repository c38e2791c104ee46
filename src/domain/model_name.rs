//! The name of a model: its grammar, its short form, and when two names mean the same model (ollama-api.md §3).

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr};

/// Where a name without a host points.
pub const DEFAULT_REGISTRY_HOST: &str = "registry.ollama.ai";
const DEFAULT_NAMESPACE: &str = "library";
const DEFAULT_TAG: &str = "latest";
const CLOUD_TAG: &str = "cloud";

/// A name that Ollama would accept: `[host/][namespace/]model[:tag]`. Keeps the spelling it was written in; compare with
/// [`ModelName::key`], never by spelling.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModelName {
    host: String,
    namespace: String,
    model: String,
    tag: String,
}

/// Which part of a name is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelNamePart {
    Host,
    Namespace,
    Model,
    Tag,
}

impl ModelNamePart {
    /// The longest this part may be, in bytes.
    const fn max_bytes(self) -> usize {
        match self {
            Self::Host => 350,
            Self::Namespace | Self::Model | Self::Tag => 80,
        }
    }

    /// Marks allowed after the first character, beside letters, digits and `_`.
    const fn allowed_punctuation(self) -> &'static str {
        match self {
            Self::Host => "-.:",
            Self::Namespace => "-",
            Self::Model | Self::Tag => "-.",
        }
    }

    fn validate(self, text: &str) -> Result<(), ModelNameError> {
        if text.is_empty() {
            return Err(ModelNameError::Missing(self));
        }
        if text.len() > self.max_bytes() {
            return Err(ModelNameError::TooLong(self));
        }
        for (position, c) in text.chars().enumerate() {
            let plain = c.is_ascii_alphanumeric() || c == '_';
            if position == 0 && !plain && c.is_ascii() && self.allowed_punctuation().contains(c) {
                return Err(ModelNameError::InvalidStart(self, c));
            }
            if !plain && (position == 0 || !self.allowed_punctuation().contains(c)) {
                return Err(ModelNameError::InvalidCharacter(self, c));
            }
        }
        Ok(())
    }
}

impl fmt::Display for ModelNamePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host => "registry",
            Self::Namespace => "namespace",
            Self::Model => "model",
            Self::Tag => "tag",
        })
    }
}

/// Why a text is not the name of a model. The sentences are shown beside the field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelNameError {
    #[error("Type the name of a model, such as qwen3:8b.")]
    Empty,
    #[error("Leave out “{0}://”: a name starts with the registry or the model.")]
    UnexpectedScheme(String),
    #[error("A name has at most three parts between slashes: registry/namespace/model.")]
    TooManyParts,
    #[error("The {0} is missing.")]
    Missing(ModelNamePart),
    #[error("The {0} is longer than {limit} characters.", limit = .0.max_bytes())]
    TooLong(ModelNamePart),
    #[error("The {0} cannot start with “{1}”; it starts with a letter, a digit or “_”.")]
    InvalidStart(ModelNamePart, char),
    #[error("The {0} cannot contain “{1}”.")]
    InvalidCharacter(ModelNamePart, char),
    #[error("Use either :local or :cloud, not both.")]
    ConflictingSources,
}

impl ModelName {
    /// Reads a name; white space around it is ignored.
    ///
    /// # Errors
    /// [`ModelNameError`] says which part is wrong and why.
    pub fn parse(text: &str) -> Result<Self, ModelNameError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ModelNameError::Empty);
        }
        if let Some((scheme, _)) = text.split_once("://") {
            return Err(ModelNameError::UnexpectedScheme(scheme.to_owned()));
        }
        let (text, source) = split_source_suffix(text)?;
        let (path, tag) = match text.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
            _ => (text, None),
        };
        let mut parts = path.rsplit('/');
        let model = parts.next().unwrap_or_default();
        let namespace = parts.next();
        let host = parts.next();
        if parts.next().is_some() {
            return Err(ModelNameError::TooManyParts);
        }
        let tag = match (tag, source) {
            (None, Some(ModelNameSource::Cloud)) => CLOUD_TAG.to_owned(),
            (Some(tag), Some(ModelNameSource::Cloud)) => format!("{tag}-{CLOUD_TAG}"),
            (tag, _) => tag.unwrap_or(DEFAULT_TAG).to_owned(),
        };
        let name = Self {
            host: host.unwrap_or(DEFAULT_REGISTRY_HOST).to_owned(),
            namespace: namespace.unwrap_or(DEFAULT_NAMESPACE).to_owned(),
            model: model.to_owned(),
            tag,
        };
        ModelNamePart::Host.validate(&name.host)?;
        ModelNamePart::Namespace.validate(&name.namespace)?;
        ModelNamePart::Model.validate(&name.model)?;
        ModelNamePart::Tag.validate(&name.tag)?;
        Ok(name)
    }

    /// The registry it comes from, with its port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The owner within the registry.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The model itself, such as `qwen3`.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The variant, such as `8b`.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// What names compare by: all parts with their defaults, in lower case. Equal keys mean the same model.
    pub fn key(&self) -> String {
        // Asked for every row of a registry several times: one allocation, no formatting.
        let parts = [&self.host, "/", &self.namespace, "/", &self.model, ":", &self.tag];
        let mut key = String::with_capacity(parts.iter().map(|part| part.len()).sum());
        parts.iter().for_each(|part| key.push_str(part));
        key.make_ascii_lowercase();
        key
    }

    /// Whether it runs on somebody else's machine: article text would leave this one.
    pub fn is_cloud(&self) -> bool {
        let tag = self.tag.to_ascii_lowercase();
        tag == CLOUD_TAG || tag.ends_with("-cloud")
    }

    /// Whether its registry is one of `allowed` (hosts with their port, in any case).
    pub fn is_from(&self, allowed: &[impl AsRef<str>]) -> bool {
        allowed.iter().any(|host| host.as_ref().eq_ignore_ascii_case(&self.host))
    }
}

/// Whether two spellings mean the same model; texts that are no names compare by spelling.
pub fn same_model(a: &str, b: &str) -> bool {
    match (ModelName::parse(a), ModelName::parse(b)) {
        (Ok(a), Ok(b)) => a.key() == b.key(),
        _ => a == b,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ModelNameSource {
    Local,
    Cloud,
}

/// Takes a trailing `:local` or (behind a tag) `:cloud` off; these say where a model runs and are no tags.
fn split_source_suffix(text: &str) -> Result<(&str, Option<ModelNameSource>), ModelNameError> {
    fn strip_source_suffix(text: &str) -> Option<(&str, ModelNameSource)> {
        let (rest, word) = text.rsplit_once(':')?;
        if word.eq_ignore_ascii_case("local") {
            Some((rest, ModelNameSource::Local))
        } else if word.eq_ignore_ascii_case(CLOUD_TAG) {
            Some((rest, ModelNameSource::Cloud))
        } else {
            None
        }
    }
    match strip_source_suffix(text) {
        None => Ok((text, None)),
        Some((rest, _)) if strip_source_suffix(rest).is_some() => Err(ModelNameError::ConflictingSources),
        Some((rest, source)) => Ok((rest, Some(source))),
    }
}

impl fmt::Display for ModelName {
    /// The short form that Ollama lists: default host and namespace left out, the tag always there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let default_host = self.host.eq_ignore_ascii_case(DEFAULT_REGISTRY_HOST);
        if !default_host {
            write!(f, "{}/", self.host)?;
        }
        if !default_host || !self.namespace.eq_ignore_ascii_case(DEFAULT_NAMESPACE) {
            write!(f, "{}/", self.namespace)?;
        }
        write!(f, "{}:{}", self.model, self.tag)
    }
}

impl FromStr for ModelName {
    type Err = ModelNameError;
    fn from_str(text: &str) -> Result<Self, ModelNameError> {
        Self::parse(text)
    }
}

impl Serialize for ModelName {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ModelName {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(d)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::{ModelName, ModelNameError, same_model};
    use proptest::prelude::*;

    #[test]
    fn the_verified_table() {
        for name in [
            "_x",
            "a/b.c",
            "x:_a",
            "127.0.0.1:5000/a/b:c",
            "user/model:7b-instruct-q4_K_M",
            " qwen3:8b\n",
            "localhost:5000",
        ] {
            assert!(ModelName::parse(name).is_ok(), "{name}");
        }
        let long = "m".repeat(81);
        let long_tag = format!("x:{long}");
        for name in [
            "",
            " ",
            ":",
            "x:",
            ":x",
            "/x",
            "x/",
            "x//y",
            "-x",
            ".x",
            "x:-a",
            "x:.a",
            "a.b/c",
            "hf.co/a.b/c",
            "../x",
            "x/../y",
            "x%2fy",
            "x@sha256:abc",
            "é",
            "x y",
            "x\u{0}",
            &long,
            &long_tag,
            "[::1]:5000/a/b",
            "a/b/c/d",
            "x:y:z",
            "x:local:cloud",
            "http://x",
            "localhost:5000/model",
        ] {
            assert!(ModelName::parse(name).is_err(), "{name}");
        }
    }

    #[test]
    fn reasons_name_the_part() {
        for (name, reason) in [
            ("a b", "The model cannot contain “ ”."),
            ("a.b/c", "The namespace cannot contain “.”."),
            ("x:-a", "The tag cannot start with “-”; it starts with a letter, a digit or “_”."),
            ("x:", "The tag is missing."),
            ("https://hf.co/a/b", "Leave out “https://”: a name starts with the registry or the model."),
        ] {
            assert_eq!(ModelName::parse(name).map_err(|e| e.to_string()), Err(reason.to_owned()), "{name}");
        }
        assert_eq!(ModelName::parse("x:local:cloud"), Err(ModelNameError::ConflictingSources));
    }

    #[test]
    fn short_form_and_key() {
        for (name, short, key) in [
            ("llama3.2", "llama3.2:latest", "registry.ollama.ai/library/llama3.2:latest"),
            ("registry.ollama.ai/library/x", "x:latest", "registry.ollama.ai/library/x:latest"),
            ("Registry.Ollama.AI/Library/X", "X:latest", "registry.ollama.ai/library/x:latest"),
            ("user/m", "user/m:latest", "registry.ollama.ai/user/m:latest"),
            ("hf.co/u/r:Q8_0", "hf.co/u/r:Q8_0", "hf.co/u/r:q8_0"),
            ("tiny:local", "tiny:latest", "registry.ollama.ai/library/tiny:latest"),
            ("gpt-oss:20b:cloud", "gpt-oss:20b-cloud", "registry.ollama.ai/library/gpt-oss:20b-cloud"),
        ] {
            let parsed = ModelName::parse(name).expect(name);
            assert_eq!((parsed.to_string().as_str(), parsed.key().as_str()), (short, key));
        }
        assert!(same_model("Llama3.2", "llama3.2:latest"));
        assert!(!same_model("phi4", "phi4-mini"));
    }

    #[test]
    fn cloud_and_registries() {
        for (name, cloud) in [
            ("gpt-oss:120b-cloud", true),
            ("x:Cloud", true),
            ("cloud", false),
            ("x:cloudy", false),
            ("x-cloud:1b", false),
        ] {
            assert_eq!(ModelName::parse(name).expect(name).is_cloud(), cloud, "{name}");
        }
        let allowed = ["registry.ollama.ai", "hf.co"];
        for (name, ok) in
            [("x", true), ("HF.co/u/r:Q4_K_M", true), ("10.0.0.5:80/a/b", false), ("hf.co:443/u/r", false)]
        {
            assert_eq!(ModelName::parse(name).expect(name).is_from(&allowed), ok, "{name}");
        }
    }

    #[test]
    fn names_met_in_the_wild() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpora/ollama/names.json");
        let Ok(text) = std::fs::read_to_string(path) else {
            println!("skipped: no corpus of names beside the project");
            return;
        };
        let corpus: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let cases = corpus["cases"].as_array().expect("cases");
        for case in cases {
            let name = case["name"].as_str().expect("name");
            let full = case["full"].as_str().expect("full").to_ascii_lowercase();
            assert_eq!(ModelName::parse(name).map(|n| n.key()), Ok(full), "{name}");
        }
        println!("{} names agree", cases.len());
    }

    proptest! {
        #[test]
        fn the_short_form_reads_back_as_the_same_model(text in "([a-zA-Z0-9_][a-zA-Z0-9_.:-]{0,8}/)?([a-z0-9_][a-zA-Z0-9_-]{0,8}/)?[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,12}(:[a-zA-Z0-9_][a-z0-9_.-]{0,8})?") {
            if let Ok(name) = ModelName::parse(&text) {
                let again = ModelName::parse(&name.to_string()).expect("its own short form");
                prop_assert_eq!(again.key(), name.key());
                prop_assert_eq!(again.to_string(), name.to_string());
            }
        }

        #[test]
        fn nothing_that_is_accepted_can_leave_its_folder(text in ".{0,60}") {
            if let Ok(name) = ModelName::parse(&text) {
                for part in [name.host(), name.namespace(), name.model(), name.tag()] {
                    prop_assert!(part.is_ascii() && !part.contains(['/', '\\', ' ', '@']) && part != "..");
                }
            }
        }
    }
}
