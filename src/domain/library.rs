//! Models worth having: what the settings page recommends, and how it fits the machine.

use super::{
    memory::{Need, Shape},
    pull::Downloads,
};
use serde::{Deserialize, Serialize};

/// A model that Gleaner recommends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recommended {
    pub name: &'static str,
    /// Bytes to download.
    pub size: i64,
    /// Why, in one line.
    pub why: &'static str,
    /// What its context cache follows from.
    pub shape: Shape,
}

const fn shape(layers: i64, kv_heads: i64, head: i64, context: i64) -> Shape {
    Shape { layers, kv_heads, key_length: head, value_length: head, context_length: Some(context) }
}

/// The five of the settings page, smallest of a family first. Sizes and shapes are those of Ollama's library.
pub const RECOMMENDED: [Recommended; 5] = [
    Recommended {
        name: "qwen3:1.7b",
        size: 1_359_291_908,
        why: "The quickest; for small machines and first tries.",
        shape: shape(28, 8, 128, 40_960),
    },
    Recommended {
        name: "qwen3:4b",
        size: 2_497_291_520,
        why: "A good balance of judgement and speed without a GPU.",
        shape: shape(36, 8, 128, 40_960),
    },
    Recommended {
        name: "qwen3:8b",
        size: 5_225_388_164,
        why: "The default: the best judgement of these five.",
        shape: shape(36, 8, 128, 40_960),
    },
    Recommended {
        name: "gemma3:4b",
        size: 3_338_801_718,
        why: "Strong with languages other than English.",
        shape: shape(34, 4, 256, 131_072),
    },
    Recommended {
        name: "llama3.2:3b",
        size: 2_019_393_189,
        why: "Small and steady; a good second model for categories.",
        shape: shape(28, 8, 128, 131_072),
    },
];

words! {
    /// Whether a model fits the memory of the machine.
    Fit {
        Fits = "fits",
        Tight = "tight",
        TooLarge = "too_large",
    }
}

impl Fit {
    /// `need` and `machine` in bytes; `None` when the machine is not known. The system and other programs want a quarter.
    pub fn of(need: i64, machine: Option<i64>) -> Option<Self> {
        let machine = machine?;
        Some(match need {
            _ if need <= machine / 4 * 3 => Self::Fits,
            _ if need <= machine => Self::Tight,
            _ => Self::TooLarge,
        })
    }

    /// The same in words, beside what it needs.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Fits => "fits this machine",
            Self::Tight => "tight on this machine",
            Self::TooLarge => "too large for this machine",
        }
    }
}

/// A recommended model as the library shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LibraryModel {
    pub name: String,
    /// Bytes to download.
    pub size: i64,
    pub why: String,
    pub is_installed: bool,
    /// Bytes of memory with the context in use.
    pub need: i64,
    /// `None`: the memory of Ollama's machine cannot be known.
    pub fit: Option<Fit>,
}

impl LibraryModel {
    /// `recommended` with a context of `num_ctx` tokens on a machine of so many bytes.
    pub fn new(recommended: &Recommended, is_installed: bool, num_ctx: i64, machine: Option<i64>) -> Self {
        let Recommended { name, size, why, shape } = *recommended;
        let need = Need::new(name, size, Some(shape), num_ctx).total;
        Self { name: name.into(), size, why: why.into(), is_installed, need, fit: Fit::of(need, machine) }
    }
}

/// What can be pulled, and what is being pulled.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Library {
    pub models: Vec<LibraryModel>,
    pub downloads: Downloads,
    /// Where models may come from.
    pub registries: Vec<String>,
    /// Ollama answers; without it nothing can be pulled.
    pub is_connected: bool,
}

#[cfg(test)]
mod tests {
    use super::{Fit, LibraryModel, RECOMMENDED};
    use crate::domain::model_name::ModelName;

    #[test]
    fn a_quarter_of_the_machine_is_left_to_others() {
        for (need, machine, fit) in [
            (7, None, None),
            (12, Some(16), Some(Fit::Fits)),
            (13, Some(16), Some(Fit::Tight)),
            (17, Some(16), Some(Fit::TooLarge)),
        ] {
            assert_eq!(Fit::of(need, machine), fit, "{need} of {machine:?}");
        }
    }

    #[test]
    fn recommended_models_have_names_and_needs() {
        for recommended in &RECOMMENDED {
            let name = ModelName::parse(recommended.name).expect("a name");
            assert_eq!(name.to_string(), recommended.name, "written as Ollama lists it");
            let model = LibraryModel::new(recommended, false, 8_192, Some(8_000_000_000));
            assert!(model.need > recommended.size && model.need < 2 * recommended.size + 1_000_000_000, "{model:?}");
        }
    }
}
