//! What a version of Ollama can do (ollama-api.md §7), for badge, pages, API and doctor.

/// What to do about an old version.
pub const UPDATE_OLLAMA_HINT: &str = "Update Ollama: https://ollama.com/download";

/// The first version with structured outputs.
const MIN_OLLAMA_VERSION: (u64, u64) = (0, 5);
/// The first version with the option `think`.
const RECOMMENDED_OLLAMA_VERSION: (u64, u64) = (0, 9);

/// What a version means for Gleaner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OllamaVersionSupport {
    /// Everything works.
    Full,
    /// The version cannot be read, or is that of a build from source (`0.0.0`): treated as recent.
    Unknown,
    /// It works, with the limit that the sentence names.
    Limited(String),
    /// It cannot score, for the reason that the sentence names.
    TooOld(String),
}

/// What the version that `/api/version` reports can do.
pub fn ollama_version_support(version: &str) -> OllamaVersionSupport {
    match parse_major_minor(version) {
        None | Some((0, 0)) => OllamaVersionSupport::Unknown,
        Some(found) if found < MIN_OLLAMA_VERSION => {
            OllamaVersionSupport::TooOld(format!("Ollama {version} is too old: structured outputs need 0.5 or later."))
        }
        Some(found) if found < RECOMMENDED_OLLAMA_VERSION => OllamaVersionSupport::Limited(format!(
            "Ollama {version} works, but thinking cannot be disabled before 0.9, which makes answers slower."
        )),
        Some(_) => OllamaVersionSupport::Full,
    }
}

fn parse_major_minor(version: &str) -> Option<(u64, u64)> {
    let mut parts = version.trim().trim_start_matches('v').split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}
