//! Names of time zones, as feeds of many languages write them.

/// Zone names that feeds use, in minutes from UTC.
const ZONE_OFFSETS_MINUTES: &[(&str, i32)] = &[
    ("z", 0),
    ("ut", 0),
    ("utc", 0),
    ("gmt", 0),
    ("wet", 0),
    ("west", 60),
    ("bst", 60),
    ("cet", 60),
    ("cest", 120),
    ("mez", 60),
    ("mesz", 120),
    ("met", 60),
    ("mest", 120),
    ("eet", 120),
    ("eest", 180),
    ("msk", 180),
    ("ist", 330),
    ("wib", 420),
    ("hkt", 480),
    ("sgt", 480),
    ("awst", 480),
    ("jst", 540),
    ("kst", 540),
    ("acst", 570),
    ("aest", 600),
    ("aedt", 660),
    ("nzst", 720),
    ("nzdt", 780),
    ("brt", -180),
    ("art", -180),
    ("nst", -210),
    ("ast", -240),
    ("adt", -180),
    ("est", -300),
    ("edt", -240),
    ("cst", -360),
    ("cdt", -300),
    ("mst", -420),
    ("mdt", -360),
    ("akst", -540),
    ("pst", -480),
    ("pdt", -420),
    ("hst", -600),
    ("akdt", -480),
    ("ndt", -150),
    ("acdt", 630),
    ("sast", 120),
    ("cat", 120),
    ("eat", 180),
    ("wat", 60),
    ("pkt", 300),
    ("ict", 420),
    ("pht", 480),
    ("clt", -240),
    ("cot", -300),
    ("pet", -300),
    ("uyt", -180),
    ("trt", 180),
    ("brst", -120),
    ("vet", -240),
    ("bot", -240),
    ("gyt", -240),
    ("clst", -180),
    ("pyst", -180),
    ("fkst", -180),
    ("srt", -180),
    ("ect", -300),
    ("azot", -60),
    ("cvt", -60),
    ("idt", 180),
    ("irst", 210),
    ("gst", 240),
    ("samt", 240),
    ("azt", 240),
    ("get", 240),
    ("mut", 240),
    ("aft", 270),
    ("yekt", 300),
    ("uzt", 300),
    ("npt", 345),
    ("omst", 360),
    ("mmt", 390),
    ("novt", 420),
    ("krat", 420),
    ("irkt", 480),
    ("myt", 480),
    ("wita", 480),
    ("yakt", 540),
    ("wit", 540),
    ("chst", 600),
    ("vlat", 600),
    ("magt", 660),
    ("nct", 660),
    ("pett", 720),
    ("fjt", 720),
    ("hast", -600),
    ("hadt", -540),
    ("hdt", -540),
    ("sst", -660),
];

/// Capitals beside a time of day that are no zone: weekdays, halves of the day, and words for "o'clock".
const WORDS_BESIDE_TIME: [&str; 15] =
    ["am", "pm", "uhr", "hrs", "hours", "mon", "tue", "tues", "wed", "thu", "thur", "thurs", "fri", "sat", "sun"];

/// Minutes from UTC of a zone's name in lower case.
pub(super) fn zone_offset_minutes(name: &str) -> Option<i32> {
    ZONE_OFFSETS_MINUTES.iter().find(|(zone, _)| *zone == name).map(|(_, minutes)| *minutes)
}

/// Whether a word in lower case stands beside times of day without being a zone.
pub(super) fn is_word_beside_time(word: &str) -> bool {
    WORDS_BESIDE_TIME.contains(&word)
}

/// The IANA name of a zone that is written without saying whether daylight saving is in force, `ET` or `Eastern Time`.
pub(super) fn zone_with_seasons(name: &str) -> Option<&'static str> {
    match name {
        "et" | "eastern" => Some("America/New_York"),
        "ct" | "central" => Some("America/Chicago"),
        "mt" | "mountain" => Some("America/Denver"),
        "pt" | "pacific" => Some("America/Los_Angeles"),
        _ => None,
    }
}
