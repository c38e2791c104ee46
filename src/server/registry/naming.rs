//! Names of variants, derived from their identifiers alone (registry.md, "Naming").

use super::quantization;
use crate::domain::model_name::{DEFAULT_REGISTRY_HOST, ModelName};
use sha2::{Digest, Sha256};

const BACKEND_FORMAT_INFIX: &str = "-ollama-gguf";
/// The family of an identifier that has neither letter nor digit nor dot, such as `_:latest`.
const UNNAMED_FAMILY: &str = "unnamed";

/// The parts of a variant's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariantNaming {
    /// The family of models, for example `qwen3`.
    pub family: String,
    /// The quantization in lower case; `None` when the tag names none.
    pub quantization: Option<String>,
}

impl VariantNaming {
    /// The parts of an identifier.
    pub fn of(id: &ModelName) -> Self {
        let (rest, quantization) = quantization::split_tag(id.tag());
        let mut family = String::new();
        if !id.host().eq_ignore_ascii_case(DEFAULT_REGISTRY_HOST) {
            push_normalized(&mut family, id.host());
        }
        if !id.namespace().eq_ignore_ascii_case("library") {
            push_normalized(&mut family, id.namespace());
        }
        push_normalized(&mut family, id.model());
        if !rest.eq_ignore_ascii_case("latest") {
            push_normalized(&mut family, rest);
        }
        if family.ends_with('-') {
            family.pop();
        }
        if family.is_empty() {
            family.push_str(UNNAMED_FAMILY);
        }
        Self { family, quantization }
    }

    /// `<family>-ollama-gguf[-<quantization>]`
    pub fn name(&self) -> String {
        match &self.quantization {
            Some(q) => format!("{}{BACKEND_FORMAT_INFIX}-{q}", self.family),
            None => format!("{}{BACKEND_FORMAT_INFIX}", self.family),
        }
    }

    /// The name for an identifier; when it is taken, `-` and the first six hex digits of the sha256 of its key follow, or more
    /// digits when these are taken too.
    pub fn unique_name(&self, id: &ModelName, is_taken: impl Fn(&str) -> bool) -> String {
        let plain = self.name();
        if !is_taken(&plain) {
            return plain;
        }
        let hash = hex::encode(Sha256::digest(id.key()));
        let with_digits = |count: usize| format!("{plain}-{}", &hash[..count]);
        (6..hash.len()).map(with_digits).find(|name| !is_taken(name)).unwrap_or_else(|| with_digits(hash.len()))
    }
}

/// Appends `-` and `part`, normalized: lower-case, separators to single dashes, none at the start.
fn push_normalized(family: &mut String, part: &str) {
    for c in std::iter::once('-').chain(part.chars()) {
        match c {
            '/' | ':' | '@' | ' ' | '_' | '-' => {
                if !family.is_empty() && !family.ends_with('-') {
                    family.push('-');
                }
            }
            c => family.push(c.to_ascii_lowercase()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::VariantNaming;
    use crate::domain::model_name::ModelName;

    fn naming(id: &str) -> VariantNaming {
        VariantNaming::of(&ModelName::parse(id).expect(id))
    }

    #[test]
    fn names_of_the_specification() {
        let hf = "hf.co-bartowski-llama-3.2-3b-instruct-gguf";
        for (id, family, q) in [
            ("mistral", "mistral", None),
            ("mistral:latest", "mistral", None),
            ("llama3.1:8b", "llama3.1-8b", None),
            ("mistral:q4_K_M", "mistral", Some("q4_k_m")),
            ("llama3.2:3b-instruct-q4_K_M", "llama3.2-3b-instruct", Some("q4_k_m")),
            ("qwen2.5:7b-instruct-fp16", "qwen2.5-7b-instruct", Some("fp16")),
            ("hf.co/bartowski/Llama-3.2-3B-Instruct-GGUF:IQ3_M", hf, Some("iq3_m")),
            ("hf.co/u/r:UD-Q4_K_XL", "hf.co-u-r", Some("ud-q4_k_xl")),
            ("huihui_ai/gpt-oss-abliterated:20b", "huihui-ai-gpt-oss-abliterated-20b", None),
            ("registry.example.com/team/model:7b", "registry.example.com-team-model-7b", None),
            ("localhost:5000/ns/model:q8_0", "localhost-5000-ns-model", Some("q8_0")),
            ("gemma3:27b-it-qat", "gemma3-27b-it", Some("qat")),
            ("seq2seq-t5:base", "seq2seq-t5-base", None),
        ] {
            let expected = VariantNaming { family: family.into(), quantization: q.map(Into::into) };
            assert_eq!(naming(id), expected, "{id}");
            let name = q.map_or(format!("{family}-ollama-gguf"), |q| format!("{family}-ollama-gguf-{q}"));
            assert_eq!(naming(id).name(), name, "{id}");
        }
    }

    #[test]
    fn unusual_identifiers() {
        for (id, family) in [
            ("_", "unnamed"),
            ("_:7b", "7b"),
            ("__a__b--c", "a-b-c"),
            ("x:latest-q4_0", "x"),
            ("x:LATEST", "x"),
            ("Library/x", "x"),
            ("Registry.Ollama.ai/library/X", "x"),
            ("hf.co/library/x", "hf.co-x"),
            ("gpt-oss:20b-cloud", "gpt-oss-20b-cloud"),
        ] {
            assert_eq!(naming(id).family, family, "{id}");
        }
    }

    #[test]
    fn a_taken_name_gets_digits_of_the_key() {
        let id = ModelName::parse("a_b:latest").expect("name");
        let plain = "a-b-ollama-gguf";
        let six = VariantNaming::of(&id).unique_name(&id, |name| name == plain);
        assert_eq!(six.len(), plain.len() + 7);
        assert!(six.starts_with(plain));
        let seven = VariantNaming::of(&id).unique_name(&id, |name| name == plain || name == six);
        assert!(seven.starts_with(&six) && seven.len() == six.len() + 1);
    }
}
