//! How much a model thinks before it answers.

use super::model_name::ModelName;

string_enum! {
    /// How much a model thinks before it answers: most models know on and off, the gpt-oss family knows three levels.
    ThinkingLevel {
        Off = "off",
        On = "on",
        Low = "low",
        Medium = "medium",
        High = "high",
    }
}

impl From<bool> for ThinkingLevel {
    fn from(thinks: bool) -> Self {
        if thinks { Self::On } else { Self::Off }
    }
}

impl ThinkingLevel {
    /// The levels that a model knows. `capabilities`: as Ollama lists them; empty when they are not known.
    pub fn of_model(model: &ModelName, capabilities: &[String]) -> &'static [Self] {
        if has_levels(model) {
            return &[Self::Low, Self::Medium, Self::High];
        }
        let can_think = capabilities.is_empty() || capabilities.iter().any(|capability| capability == "thinking");
        if can_think { &[Self::Off, Self::On] } else { &[Self::Off] }
    }

    /// Reads what was typed for a model; empty is `None`. The error is a sentence.
    pub fn parse_for(typed: &str, model: &ModelName, capabilities: &[String]) -> Result<Option<Self>, String> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Ok(None);
        }
        let level = Self::parse(typed).ok_or_else(|| format!("Thinking is one of {}.", join_levels(Self::ALL)))?;
        let known = Self::of_model(model, capabilities);
        match known {
            known if known.contains(&level) => Ok(Some(level)),
            [Self::Off] => Err(format!("{model} cannot think: it has no such mode.")),
            known => Err(format!("{model} does not know thinking “{typed}”, only {}.", join_levels(known))),
        }
    }
}

/// Whether the model takes a level in place of on and off; such a model always thinks.
pub fn has_levels(model: &ModelName) -> bool {
    model.as_str().to_ascii_lowercase().contains("gpt-oss")
}

fn join_levels(levels: &[ThinkingLevel]) -> String {
    let words: Vec<&str> = levels.iter().map(|level| level.as_str()).collect();
    match words.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, first)) => format!("{} or {last}", first.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::ThinkingLevel;

    #[test]
    fn levels_by_model_and_capabilities() {
        for (model, capabilities, typed, read) in [
            ("qwen3:8b", "completion thinking", "on", Ok(Some(ThinkingLevel::On))),
            ("qwen3:8b", "completion thinking", " off ", Ok(Some(ThinkingLevel::Off))),
            ("qwen3:8b", "completion thinking", "", Ok(None)),
            ("qwen3:8b", "completion thinking", "high", Err("qwen3:8b does not know thinking “high”, only off or on.")),
            ("qwen3:8b", "", "on", Ok(Some(ThinkingLevel::On))),
            ("llama3.2:3b", "completion", "off", Ok(Some(ThinkingLevel::Off))),
            ("llama3.2:3b", "completion", "on", Err("llama3.2:3b cannot think: it has no such mode.")),
            ("gpt-oss:20b", "completion thinking", "high", Ok(Some(ThinkingLevel::High))),
            (
                "gpt-oss:20b",
                "completion thinking",
                "off",
                Err("gpt-oss:20b does not know thinking “off”, only low, medium or high."),
            ),
            ("qwen3:8b", "", "hard", Err("Thinking is one of off, on, low, medium or high.")),
        ] {
            let capabilities: Vec<String> = capabilities.split_whitespace().map(str::to_owned).collect();
            let expected = read.map_err(str::to_owned);
            assert_eq!(ThinkingLevel::parse_for(typed, &model.into(), &capabilities), expected, "{model} {typed}");
        }
    }
}
