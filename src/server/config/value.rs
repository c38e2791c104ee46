//! Parsers and formatters of single values: durations, sizes, switches, lists, addresses.

use super::LogFormat;
use crate::domain::model::ModelFallbackPolicy;
use ipnet::IpNet;
use std::{net::SocketAddr, path::Path, time::Duration};

/// `90s`, `5m`, `1h 30m`; a bare number counts seconds, as Ollama's own settings do.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let duration = match text.trim().parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => humantime::parse_duration(text.trim()).map_err(|_| "it is not a duration".to_owned())?,
    };
    if duration.is_zero() { Err("it must be longer than zero".into()) } else { Ok(duration) }
}

/// As [`parse_duration`], but zero is allowed.
pub fn parse_duration_or_zero(text: &str) -> Result<Duration, String> {
    if matches!(text.trim(), "0" | "0s") { Ok(Duration::ZERO) } else { parse_duration(text) }
}

/// Writes what [`parse_duration`] reads.
pub fn format_duration(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

/// `15MiB`, `2MB`; a bare number counts bytes.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let bytes = text.trim().parse::<bytesize::ByteSize>().map_err(|_| "it is not a size".to_owned())?.as_u64();
    if bytes == 0 { Err("it must be larger than zero".into()) } else { Ok(bytes) }
}

/// Writes what [`parse_size`] reads: whole units where they are exact, else bytes.
pub fn format_size(bytes: u64) -> String {
    [("GiB", 30), ("MiB", 20), ("KiB", 10)]
        .into_iter()
        .find(|(_, shift)| bytes > 0 && bytes.trailing_zeros() >= *shift)
        .map_or_else(|| bytes.to_string(), |(unit, shift)| format!("{}{unit}", bytes >> shift))
}

/// `true` or `false`; also `1`, `0`, `yes`, `no`, `on`, `off`.
pub fn parse_bool(text: &str) -> Result<bool, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err("it is neither true nor false".into()),
    }
}

/// A whole number within `range`.
pub fn parse_number<T>(text: &str, range: std::ops::RangeInclusive<T>) -> Result<T, String>
where
    T: std::str::FromStr + PartialOrd + std::fmt::Display,
{
    let number = text.trim().parse::<T>().map_err(|_| "it is not a whole number in range".to_owned())?;
    if range.contains(&number) {
        Ok(number)
    } else {
        Err(format!("it is not between {} and {}", range.start(), range.end()))
    }
}

/// An IP address with a port; `localhost:3000` is 127.0.0.1.
pub fn parse_socket_addr(text: &str) -> Result<SocketAddr, String> {
    let text = text.trim();
    let text = text.strip_prefix("localhost:").map_or_else(|| text.to_owned(), |port| format!("127.0.0.1:{port}"));
    text.parse().map_err(|_| "it is not an IP address with a port".into())
}

/// The parts of a comma list, trimmed; blanks are left out.
pub fn split_list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Host names without scheme, port or path, in lower case.
pub fn parse_host_names(text: &str) -> Result<Vec<String>, String> {
    let names = split_list(&text.to_ascii_lowercase());
    if names.iter().any(|name| url::Host::parse(name).is_err() || name.contains([':', '/'])) {
        return Err("it holds something that is not a host name (no scheme, no port, no path)".into());
    }
    Ok(names)
}

/// Networks such as `192.168.0.0/16` or `fd00::/8`; an address alone is a network of one.
pub fn parse_networks(text: &str) -> Result<Vec<IpNet>, String> {
    let read = |part: &String| {
        part.parse::<IpNet>()
            .or_else(|_| part.parse::<std::net::IpAddr>().map(IpNet::from))
            .map_err(|_| "it holds something that is not a network".to_owned())
    };
    split_list(text).iter().map(read).collect()
}

/// The name of a header; blank is `None`.
pub fn parse_header_name(text: &str) -> Result<Option<http::HeaderName>, String> {
    let name = parse_optional(text)?;
    name.map(|name| name.parse().map_err(|_| "it is not the name of a header".to_owned())).transpose()
}

/// A level, or a filter such as `info,gleaner=debug`.
pub fn parse_log_level(text: &str) -> Result<String, String> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let parts = split_list(text);
    let level_of = |part: &str| part.rsplit_once('=').map_or(part, |(_, level)| level).to_ascii_lowercase();
    match parts.iter().find(|part| !LEVELS.contains(&level_of(part).as_str())) {
        Some(_) => Err("it holds something that is not a level".to_owned()),
        None if parts.is_empty() => Err("it is empty".into()),
        None => Ok(parts.join(",")),
    }
}

/// What serves a task whose chosen model is not installed.
pub fn parse_fallback(text: &str) -> Result<ModelFallbackPolicy, String> {
    ModelFallbackPolicy::parse(text.trim()).ok_or_else(|| "it is not one of these".to_owned())
}

/// `text` or `json`.
pub fn parse_log_format(text: &str) -> Result<LogFormat, String> {
    match text.trim() {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("there is no such format".into()),
    }
}

/// One line of text that must not be blank.
pub fn parse_non_empty(text: &str) -> Result<String, String> {
    parse_optional(text)?.ok_or_else(|| "it is empty".to_owned())
}

/// One line of text that may be blank, which is `None`. Control characters are refused.
pub fn parse_optional(text: &str) -> Result<Option<String>, String> {
    let text = text.trim();
    if text.contains(char::is_control) {
        return Err("it holds a line break or another control character".into());
    }
    Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
}

/// A path as text; empty without one.
pub fn format_path(path: Option<&Path>) -> String {
    path.map_or_else(String::new, |path| path.display().to_string())
}

/// `user:password`; blank is `None`.
pub fn parse_credentials(text: &str) -> Result<Option<String>, String> {
    match parse_optional(text)? {
        Some(pair) if pair.split_once(':').is_none_or(|(user, _)| user.is_empty()) => {
            Err("it is not a user name and a password with a colon between them".into())
        }
        pair => Ok(pair),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        format_duration, format_size, parse_bool, parse_credentials, parse_duration, parse_duration_or_zero,
        parse_host_names, parse_log_level, parse_networks, parse_size, parse_socket_addr,
    };
    use std::time::Duration;

    #[test]
    fn durations_and_sizes_round_trip() {
        for (text, seconds) in [("90s", 90), ("5m", 300), ("600", 600), ("1h 30m", 5400), ("30m", 1800)] {
            let read = parse_duration(text).expect(text);
            assert_eq!(read, Duration::from_secs(seconds));
            assert_eq!(parse_duration(&format_duration(read)), Ok(read));
        }
        assert_eq!(parse_duration_or_zero("0"), Ok(Duration::ZERO));
        for (text, bytes) in [("15MiB", 15 << 20), ("1KiB", 1024), ("2MB", 2_000_000), ("4096", 4096)] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
            assert_eq!(parse_size(&format_size(bytes)), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(parse_duration("soon").is_err() && parse_duration("0").is_err() && parse_duration("-5s").is_err());
        assert!(parse_size("big").is_err() && parse_size("0").is_err());
        assert!(parse_bool("maybe").is_err());
        assert!(parse_credentials("anna").is_err() && parse_credentials(":secret").is_err());
        assert!(parse_socket_addr("3000").is_err() && parse_socket_addr("example.org:80").is_err());
        assert!(parse_host_names("http://x").is_err() && parse_host_names("x:80").is_err());
        assert!(parse_networks("10.0.0.0/33").is_err());
        assert!(
            parse_log_level("loud").is_err()
                && parse_log_level("gleaner=chatty").is_err()
                && parse_log_level("").is_err()
        );
    }

    #[test]
    fn the_usual_is_taken() {
        assert_eq!(parse_credentials(" anna:s:cret "), Ok(Some("anna:s:cret".into())));
        assert_eq!(parse_credentials(" "), Ok(None));
        assert_eq!(parse_socket_addr("localhost:3000").map(|a| a.to_string()).as_deref(), Ok("127.0.0.1:3000"));
        assert_eq!(parse_networks("10.0.0.0/8, ::1").map(|n| n.len()), Ok(2));
        assert_eq!(parse_log_level("info, gleaner=debug").as_deref(), Ok("info,gleaner=debug"));
        assert_eq!(parse_host_names("Gleaner.lan").as_deref(), Ok(["gleaner.lan".to_owned()].as_slice()));
    }
}
