//! Numbers and sizes for people.

/// `count` and the noun in the right number: `1 article`, `2 articles`.
pub fn format_count(count: i64, singular: &str, plural: &str) -> String {
    format!("{count} {}", if count == 1 { singular } else { plural })
}

/// A duration in seconds, rounded as a person would say it.
pub fn format_duration_rough(seconds: i64) -> String {
    match seconds {
        ..90 => "a minute".to_owned(),
        90..5_400 => format_count((seconds + 30) / 60, "minute", "minutes"),
        5_400..129_600 => format_count((seconds + 1_800) / 3_600, "hour", "hours"),
        _ => format_count((seconds.saturating_add(43_200)) / 86_400, "day", "days"),
    }
}

/// A wait in seconds, as a display counts it: `40 s`, `3 min`, `2 h`.
pub fn format_duration_short(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ ..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", (seconds + 30) / 60),
        seconds => format!("{} h", (seconds + 1_800) / 3_600),
    }
}

/// A number of bytes in decimal units, as Ollama and file managers write it: `5.2 GB`.
pub fn format_bytes(bytes: i64) -> String {
    const UNITS: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];
    let mut size = bytes.max(0) as f64;
    let mut unit = 0;
    while size >= 999.5 && unit + 1 < UNITS.len() {
        size /= 1000.0;
        unit += 1;
    }
    let digits = usize::from(unit > 0 && size < 99.95);
    format!("{size:.digits$} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::{format_bytes, format_count, format_duration_rough, format_duration_short};

    #[test]
    fn numbers_agree_with_their_noun() {
        assert_eq!(format_count(1, "article", "articles"), "1 article");
        assert_eq!(format_count(0, "article", "articles"), "0 articles");
    }

    #[test]
    fn durations_are_rounded_as_people_do() {
        for (seconds, text) in [
            (0, "a minute"),
            (89, "a minute"),
            (90, "2 minutes"),
            (3_600, "60 minutes"),
            (7_200, "2 hours"),
            (172_800, "2 days"),
            (i64::MAX, "106751991167300 days"),
        ] {
            assert_eq!(format_duration_rough(seconds), text);
        }
    }

    #[test]
    fn waits_are_counted() {
        for (seconds, text) in [(-1, "0 s"), (40, "40 s"), (119, "119 s"), (150, "3 min"), (7_200, "2 h")] {
            assert_eq!(format_duration_short(seconds), text);
        }
    }

    #[test]
    fn sizes_have_a_fitting_unit() {
        for (bytes, text) in [
            (-1, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (999_999, "1.0 MB"),
            (274_302_450, "274 MB"),
            (5_225_388_164, "5.2 GB"),
            (2_000_000_000_000_000, "2.0 PB"),
        ] {
            assert_eq!(format_bytes(bytes), text);
        }
    }
}
