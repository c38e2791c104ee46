//! Reading a list of recommended models: pure. Everything that is wrong is told with its line and field.

use crate::domain::{
    library::{MAX_RECOMMENDED_MODELS, RecommendedModel, SpeedClass},
    memory_estimate::KvCacheParams,
    model_name::ModelName,
};
use serde::Deserialize;
use std::{collections::BTreeMap, fmt};
use toml::{Spanned, Value};

/// The list that the program brings along.
pub const BUILT_IN_MODELS: &str = include_str!("models.toml");

/// The longest text of a field, in characters.
const MAX_TEXT_CHARS: usize = 200;
/// The largest number of bytes that a field may say: a petabyte.
const MAX_BYTES: i64 = 1_000_000_000_000_000;

/// What is wrong in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelListProblem {
    /// Where, counted from 1.
    pub line: usize,
    /// The field; `None`: the line as a whole.
    pub field: Option<String>,
    /// What is wrong, as a sentence.
    pub message: String,
}

impl fmt::Display for ModelListProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "line {}, {field}: {}", self.line, self.message),
            None => write!(f, "line {}: {}", self.line, self.message),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawList {
    #[serde(default)]
    model: Vec<Spanned<BTreeMap<String, Spanned<Value>>>>,
}

/// Reads a list.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse_models(text: &str) -> Result<Vec<RecommendedModel>, Vec<ModelListProblem>> {
    let line_at = |offset: usize| text.get(..offset).unwrap_or(text).matches('\n').count() + 1;
    let raw: RawList = toml::from_str(text).map_err(|error| {
        let line = line_at(error.span().map_or(0, |span| span.start));
        vec![ModelListProblem { line, field: None, message: format!("{}.", error.message().trim_end_matches('.')) }]
    })?;
    let mut problems = Vec::new();
    let mut models: Vec<RecommendedModel> = Vec::new();
    if raw.model.is_empty() || raw.model.len() > MAX_RECOMMENDED_MODELS {
        let message = format!("A list has 1 to {MAX_RECOMMENDED_MODELS} entries [[model]].");
        problems.push(ModelListProblem { line: 1, field: None, message });
    }
    for entry in raw.model {
        let line = line_at(entry.span().start);
        let mut reader = EntryReader { line, line_at: &line_at, fields: entry.into_inner(), problems: &mut problems };
        let Some(model) = reader.read() else { continue };
        if models.iter().any(|other| other.name == model.name) {
            let message = format!("{} stands in the list already.", model.name);
            problems.push(ModelListProblem { line, field: Some("name".into()), message });
        }
        models.push(model);
    }
    if problems.is_empty() { Ok(models) } else { Err(problems) }
}

/// Reads the fields of one model, and notes what is wrong with them.
struct EntryReader<'a> {
    line: usize,
    line_at: &'a dyn Fn(usize) -> usize,
    fields: BTreeMap<String, Spanned<Value>>,
    problems: &'a mut Vec<ModelListProblem>,
}

impl EntryReader<'_> {
    fn read(&mut self) -> Option<RecommendedModel> {
        let known = self.problems.len();
        let name = self.text("name");
        let name = self.parsed("name", name, |text| ModelName::parse(text).map_err(|error| error.to_string()));
        let (size, memory) = (self.number("size", MAX_BYTES), self.number("memory", MAX_BYTES));
        let context = self.number("context", 100_000_000);
        let (languages, good_for) = (self.text("languages"), self.text("good_for"));
        let speed = self.text("speed");
        let speed = self.parsed("speed", speed, |word| {
            SpeedClass::parse(word).ok_or_else(|| "It is one of fast, medium, slow.".to_owned())
        });
        let cache = if ["layers", "kv_heads", "head"].iter().any(|field| self.fields.contains_key(*field)) {
            let (layers, kv_heads, head) =
                (self.number("layers", 10_000), self.number("kv_heads", 10_000), self.number("head", 100_000));
            Some((layers?, kv_heads?, head?))
        } else {
            None
        };
        while let Some((field, value)) = self.fields.pop_first() {
            let line = (self.line_at)(value.span().start);
            self.problem(line, &field, "No such field.".to_owned());
        }
        if self.problems.len() > known {
            return None;
        }
        let context_length = context?;
        let kv_cache = cache.map(|(layers, kv_heads, head)| KvCacheParams {
            layers,
            kv_heads,
            key_length: head,
            value_length: head,
            context_length: Some(context_length),
        });
        Some(RecommendedModel {
            name: name?,
            size: size?,
            memory_bytes: memory?,
            context_length,
            languages: languages?.1,
            good_for: good_for?.1,
            speed: speed?,
            kv_cache,
        })
    }

    fn problem(&mut self, line: usize, field: &str, message: String) {
        self.problems.push(ModelListProblem { line, field: Some(field.to_owned()), message });
    }

    /// The value of a field with its line; notes when it is missing.
    fn take(&mut self, field: &str) -> Option<(usize, Value)> {
        match self.fields.remove(field) {
            Some(value) => Some(((self.line_at)(value.span().start), value.into_inner())),
            None => {
                self.problem(self.line, field, "It is missing.".to_owned());
                None
            }
        }
    }

    fn text(&mut self, field: &str) -> Option<(usize, String)> {
        let (line, value) = self.take(field)?;
        match value {
            Value::String(text)
                if !text.trim().is_empty()
                    && text.chars().count() <= MAX_TEXT_CHARS
                    && !text.contains(char::is_control) =>
            {
                Some((line, text.trim().to_owned()))
            }
            _ => {
                self.problem(line, field, format!("It is a text of one line, at most {MAX_TEXT_CHARS} characters."));
                None
            }
        }
    }

    fn number(&mut self, field: &str, most: i64) -> Option<i64> {
        let (line, value) = self.take(field)?;
        match value {
            Value::Integer(number) if (1..=most).contains(&number) => Some(number),
            _ => {
                self.problem(line, field, format!("It is a whole number from 1 to {most}."));
                None
            }
        }
    }

    fn parsed<T>(
        &mut self,
        field: &str,
        text: Option<(usize, String)>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let (line, text) = text?;
        parse(&text).map_err(|message| self.problem(line, field, message)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{BUILT_IN_MODELS, parse_models};
    use crate::domain::{library::LibraryModel, memory_measurement::MemoryMeasurements};

    #[test]
    fn the_built_in_list_is_complete_and_its_figures_agree() {
        let models = parse_models(BUILT_IN_MODELS).expect("nothing is wrong");
        assert!(models.len() >= 5);
        for recommended in &models {
            assert!(recommended.kv_cache.is_some(), "{recommended:?}");
            let model = LibraryModel::new(recommended, false, 8_192, None, &MemoryMeasurements::default());
            let error = (model.needed_memory_bytes - recommended.memory_bytes).abs();
            assert!(error * 100 <= recommended.memory_bytes, "within 1 %: {model:?}");
            assert!(recommended.memory_bytes > recommended.size, "{recommended:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_line_and_field() {
        let good = "[[model]]\nname = \"a:1b\"\nsize = 1\nmemory = 2\ncontext = 3\nlanguages = \"x\"\ngood_for = \"y\"\nspeed = \"fast\"\n";
        assert_eq!(parse_models(good).map(|models| models.len()), Ok(1));
        let many = good.repeat(101);
        for (text, told) in [
            ("", &["line 1: A list has 1 to 100"][..]),
            (&many, &["line 1: A list has", "line 9, name: a:1b stands in the list already."]),
            ("[[model]]\nname = ", &["line 2: "]),
            ("[[models]]\nname = \"a\"", &["line 1: unknown field"]),
            ("model = 7", &["line 1: "]),
            (&good.replace("size = 1\n", ""), &["line 1, size: It is missing."]),
            (&good.replace("size = 1", "size = \"5 GB\""), &["line 3, size: It is a whole number from 1"]),
            (&good.replace("size = 1", "size = -1"), &["line 3, size: "]),
            (&good.replace("memory = 2", "memory = 0"), &["line 4, memory: "]),
            (&good.replace("a:1b", "a b"), &["line 2, name: "]),
            (&good.replace("\"x\"", "\"\""), &["line 6, languages: It is a text"]),
            (&good.replace("fast", "quick"), &["line 8, speed: It is one of fast, medium, slow."]),
            (&format!("{good}colour = 1"), &["line 9, colour: No such field."]),
            (&format!("{good}layers = 1"), &["line 1, kv_heads: It is missing.", "line 1, head: It is missing."]),
            (
                &good.replace("size = 1", "size = 0").replace("fast", "quick"),
                &["line 3, size: It is", "line 8, speed: It is"],
            ),
        ] {
            let problems = parse_models(text).expect_err(text);
            let told_now: Vec<String> = problems.iter().map(ToString::to_string).collect();
            for words in told {
                assert!(told_now.iter().any(|problem| problem.starts_with(words)), "{words} in {told_now:?}");
            }
        }
    }
}
