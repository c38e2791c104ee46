//! The name of a model: its grammar, its short form, and when two names mean the same model (ollama-api.md §3).

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    str::FromStr,
};

/// The registry of a name without a host.
pub const DEFAULT_REGISTRY_HOST: &str = "registry.ollama.ai";
const DEFAULT_NAMESPACE: &str = "library";
const DEFAULT_TAG: &str = "latest";
const CLOUD_TAG: &str = "cloud";

/// The name of a model: `[host/][namespace/]model[:tag]`. Two spellings of one model are equal: case does not matter, and what is
/// left out has its default. [`ModelName::parse`] reads what a person typed, [`From`] what a server, a setting or the
/// database holds. The default is the empty name, for a row without one.
#[derive(Clone, Debug, Default)]
pub struct ModelName {
    /// As it is shown, stored and sent.
    text: String,
    /// This part and the next two are empty when `text` breaks the grammar.
    host: String,
    namespace: String,
    /// All of `text` when it breaks the grammar.
    model: String,
    tag: String,
}

/// Which part of a name is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelNamePart {
    /// The registry's host.
    Host,
    /// The namespace, for example `library`.
    Namespace,
    /// The model.
    Model,
    /// The tag after the colon.
    Tag,
}

/// The longest name, in bytes: its four parts with what separates them.
pub const MAX_MODEL_NAME_BYTES: usize = ModelNamePart::Host.max_bytes()
    + ModelNamePart::Namespace.max_bytes()
    + ModelNamePart::Model.max_bytes()
    + ModelNamePart::Tag.max_bytes()
    + 3;

impl ModelNamePart {
    /// The longest this part may be, in bytes.
    const fn max_bytes(self) -> usize {
        match self {
            Self::Host => 350,
            Self::Namespace | Self::Model | Self::Tag => 80,
        }
    }

    /// Punctuation allowed after the first character, beside letters, digits and `_`.
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
    /// The text is empty.
    #[error("Type the name of a model, such as qwen3:8b.")]
    Empty,
    /// The text starts with a scheme such as `https://`.
    #[error("Leave out “{0}://”: a name starts with the registry or the model.")]
    UnexpectedScheme(String),
    /// The text has more than three parts between slashes.
    #[error("A name has at most three parts between slashes: registry/namespace/model.")]
    TooManyParts,
    /// A part is empty.
    #[error("The {0} is missing.")]
    Missing(ModelNamePart),
    /// A part is too long.
    #[error("The {0} is longer than {limit} characters.", limit = .0.max_bytes())]
    TooLong(ModelNamePart),
    /// A part starts with a character it must not start with.
    #[error("The {0} cannot start with “{1}”; it starts with a letter, a digit or “_”.")]
    InvalidStart(ModelNamePart, char),
    /// A part contains a character that is not allowed.
    #[error("The {0} cannot contain “{1}”.")]
    InvalidCharacter(ModelNamePart, char),
    /// The tag says both local and cloud.
    #[error("Use either :local or :cloud, not both.")]
    ConflictingSources,
}

impl ModelName {
    /// Reads a name as a person types it and spells it as Ollama lists it; white space around it is ignored.
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
        let mut name = Self {
            text: String::new(),
            host: host.unwrap_or(DEFAULT_REGISTRY_HOST).to_owned(),
            namespace: namespace.unwrap_or(DEFAULT_NAMESPACE).to_owned(),
            model: model.to_owned(),
            tag,
        };
        ModelNamePart::Host.validate(&name.host)?;
        ModelNamePart::Namespace.validate(&name.namespace)?;
        ModelNamePart::Model.validate(&name.model)?;
        ModelNamePart::Tag.validate(&name.tag)?;
        name.text = name.short_form();
        Ok(name)
    }

    /// The name without default host and namespace, always with a tag.
    fn short_form(&self) -> String {
        let default_host = self.host.eq_ignore_ascii_case(DEFAULT_REGISTRY_HOST);
        let default_namespace = default_host && self.namespace.eq_ignore_ascii_case(DEFAULT_NAMESPACE);
        let mut parts: Vec<&str> = Vec::new();
        if !default_host {
            parts.push(&self.host);
        }
        if !default_namespace {
            parts.push(&self.namespace);
        }
        parts.push(&self.model);
        format!("{}:{}", parts.join("/"), self.tag)
    }

    /// The name as it is shown, stored and sent.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether there is no name at all.
    pub const fn is_empty(&self) -> bool {
        self.text.is_empty()
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

    /// Bytes of [`Self::key`].
    fn key_bytes(&self) -> impl Iterator<Item = u8> {
        let parts = match self.tag.is_empty() {
            true => [&self.model, "", "", "", "", "", ""],
            false => [&self.host, "/", &self.namespace, "/", &self.model, ":", &self.tag],
        };
        parts.into_iter().flat_map(str::bytes).map(|byte| byte.to_ascii_lowercase())
    }

    /// What names compare by: all parts with their defaults, in lower case. Equal keys mean the same model.
    pub fn key(&self) -> String {
        self.key_bytes().map(char::from).collect()
    }

    /// Whether it runs in Ollama's cloud: article text would leave this machine.
    pub fn is_cloud(&self) -> bool {
        let tag = self.tag.to_ascii_lowercase();
        tag == CLOUD_TAG || tag.ends_with("-cloud")
    }

    /// Whether its registry is one of `allowed` (hosts with their port, in any case).
    pub fn is_from(&self, allowed: &[impl AsRef<str>]) -> bool {
        allowed.iter().any(|host| host.as_ref().eq_ignore_ascii_case(&self.host))
    }
}

impl PartialEq for ModelName {
    fn eq(&self, other: &Self) -> bool {
        self.key_bytes().eq(other.key_bytes())
    }
}

impl Eq for ModelName {}

impl PartialOrd for ModelName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ModelName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key_bytes().cmp(other.key_bytes())
    }
}

impl Hash for ModelName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key_bytes().for_each(|byte| byte.hash(state));
        u8::MAX.hash(state);
    }
}

/// A name as a server, a setting or the database spells it. One that breaks the grammar keeps its text and is
/// equal to the same text in any case.
impl From<String> for ModelName {
    fn from(text: String) -> Self {
        match Self::parse(&text) {
            Ok(name) => Self { text, ..name },
            Err(_) => Self { model: text.trim().to_owned(), text, ..Self::default() },
        }
    }
}

/// As [`From<String>`](#impl-From<String>-for-ModelName).
impl From<&str> for ModelName {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ModelNameSource {
    Local,
    Cloud,
}

/// Splits a trailing `:local` or (after a tag) `:cloud` off; these name where a model runs and are no tags.
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
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
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
        s.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for ModelName {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d).map(Self::from)
    }
}

#[cfg(test)]
mod tests;
