//! How long a model stays in memory after an answer (ollama-api.md §5.1).

use serde::Serialize;
use std::time::Duration;

/// How long a model stays in memory after an answer: Go's durations (`15m`, `1h30m`, `-1m`) or seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum KeepAlive {
    /// A number of seconds; negative is for ever.
    Seconds(i64),
    /// A duration as Go writes it.
    Duration(String),
}

impl KeepAlive {
    /// Unload the model after the current request.
    pub const UNLOAD_NOW: Self = Self::Seconds(0);

    /// Reads a setting. Ollama refuses a number inside a text (`"300"`), so that becomes seconds.
    ///
    /// `None` when it is neither seconds nor a duration.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Self::Seconds(seconds));
        }
        parse_go_duration(text.strip_prefix(['-', '+']).unwrap_or(text)).map(|_| Self::Duration(text.to_owned()))
    }

    /// How long that is; `None`: for ever, which is what Ollama takes a negative time for.
    pub fn duration(&self) -> Option<Duration> {
        match self {
            Self::Seconds(seconds) => u64::try_from(*seconds).ok().map(Duration::from_secs),
            Self::Duration(text) if text.starts_with('-') => None,
            Self::Duration(text) => parse_go_duration(text.trim_start_matches('+')),
        }
    }
}

const GO_DURATION_UNITS: [(&str, f64); 7] =
    [("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];

/// Reads `1h30m`, `1.5h`, `90s`; without a sign.
fn parse_go_duration(mut text: &str) -> Option<Duration> {
    let mut seconds = 0.0;
    if text.is_empty() {
        return None;
    }
    while !text.is_empty() {
        let rest = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let number: f64 = text[..text.len() - rest.len()].parse().ok()?;
        let (unit, size) = GO_DURATION_UNITS.into_iter().find(|(unit, _)| {
            rest.strip_prefix(unit)
                .is_some_and(|after| after.is_empty() || after.starts_with(|c: char| c.is_ascii_digit() || c == '.'))
        })?;
        seconds += number * size;
        text = &rest[unit.len()..];
    }
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::KeepAlive;
    use std::time::Duration;

    #[test]
    fn durations_of_settings() {
        for (text, seconds) in [
            ("15m", Some(900)),
            ("300", Some(300)),
            ("0", Some(0)),
            ("-1", None),
            ("-1m", None),
            ("1h30m", Some(5400)),
            ("1.5h", Some(5400)),
            ("2500ms", Some(2)),
        ] {
            let lasts = KeepAlive::parse(text).and_then(|k| k.duration()).map(|d: Duration| d.as_secs());
            assert_eq!(lasts, seconds, "{text}");
        }
    }

    #[test]
    fn keep_alive_as_ollama_takes_it() {
        for (text, json) in [
            ("15m", r#""15m""#),
            ("300", "300"),
            ("-1", "-1"),
            ("-1m", r#""-1m""#),
            ("1h30m", r#""1h30m""#),
            ("0s", r#""0s""#),
            ("1.5h", r#""1.5h""#),
        ] {
            assert_eq!(
                KeepAlive::parse(text).map(|k| serde_json::to_string(&k).expect("json")).as_deref(),
                Some(json),
                "{text}"
            );
        }
        for text in ["", "5x", "m", "forever", "1m x", "1..5m", "-"] {
            assert_eq!(KeepAlive::parse(text), None, "{text}");
        }
    }
}
