//! Pictures and files of an entry, gathered from the elements that name them: which is which, and which are the same.

use crate::{
    domain::publisher_details::{ArticleMedia, MediaKind},
    server::html::{
        addresses::{self, MAX_VALUE_BYTES},
        text,
    },
};
use url::Url;

/// Pictures and files of an entry; further ones are ignored.
const MAX_MEDIA: usize = 64;
/// Characters of a title or an alternative text.
const MAX_MEDIA_TITLE_CHARS: usize = 1_500;
/// The longer side of a picture or film that is preferred over larger ones, in pixels.
const MAX_PREFERRED_SIDE: i64 = 1_920;
/// A duration that a file plausibly has, in seconds: four weeks.
const MAX_DURATION_SECONDS: i64 = 28 * 86_400;

/// Media types that do not identify a kind; the address decides.
const MEANINGLESS_TYPES: [&str; 5] = [
    "application/octet-stream",
    "binary/octet-stream",
    "application/force-download",
    "application/x-download",
    "application/unknown",
];

/// The description of a file by one element.
#[derive(Clone, Debug, Default)]
pub(super) struct MediaCandidate {
    /// The resolved address.
    pub url: Option<Url>,
    /// The media type, as sent.
    pub mime_type: Option<String>,
    /// `medium` of Media RSS: `image`, `audio`, `video`, …
    pub medium: Option<String>,
    /// Whether it is only a preview of the entry.
    pub is_thumbnail: bool,
    /// Whether its group prefers it.
    pub is_default: bool,
    /// Bytes, as sent.
    pub bytes: Option<String>,
    /// Pixels, as sent.
    pub width: Option<String>,
    /// Pixels, as sent.
    pub height: Option<String>,
    /// Seconds or `HH:MM:SS`, as sent.
    pub duration: Option<String>,
    /// Title or alternative text.
    pub title: Option<String>,
}

/// The media of one entry as far as they were read.
#[derive(Clone, Debug, Default)]
pub(super) struct MediaCollector {
    media: Vec<ArticleMedia>,
    thumbnail: Option<ArticleMedia>,
}

impl MediaCollector {
    /// Adds a file, or completes what is known of one with the same address.
    pub fn add(&mut self, candidate: &MediaCandidate) {
        let Some(media) = media_of(candidate) else { return };
        if media.kind == MediaKind::Thumbnail {
            let is_larger = |known: &ArticleMedia| media.width.unwrap_or(0) > known.width.unwrap_or(0);
            if self.thumbnail.as_ref().is_none_or(is_larger) {
                self.thumbnail = Some(media);
            }
            return;
        }
        if let Some(known) = self.media.iter_mut().find(|known| is_same(known, &media)) {
            merge(known, media);
        } else if self.media.len() < MAX_MEDIA {
            self.media.push(media);
        }
    }

    /// Adds the best of several forms of the same content.
    pub fn add_best(&mut self, group: &[MediaCandidate]) {
        let best = group
            .iter()
            .filter_map(|candidate| Some((candidate, media_of(candidate)?)))
            .reduce(|best, next| if preference(next.0, &next.1) > preference(best.0, &best.1) { next } else { best });
        if let Some((candidate, _)) = best {
            self.add(candidate);
        }
    }

    /// All of them. `link`: the entry's own, which needs no second mention; `duration`: of the episode as a whole.
    pub fn finish(mut self, link: Option<&str>, duration: Option<&str>) -> Vec<ArticleMedia> {
        self.media.retain(|media| media.kind != MediaKind::File || Some(media.url.as_str()) != link);
        let is_player = |media: &&mut ArticleMedia| matches!(media.kind, MediaKind::Audio | MediaKind::Video);
        if let Some(player) = self.media.iter_mut().find(is_player) {
            player.duration_seconds = player.duration_seconds.or_else(|| parse_duration(duration?));
        }
        let thumbnail = self.thumbnail.filter(|thumbnail| !self.media.iter().any(|media| is_same(media, thumbnail)));
        self.media.extend(thumbnail);
        self.media
    }
}

fn media_of(candidate: &MediaCandidate) -> Option<ArticleMedia> {
    let url = candidate.url.as_ref().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    if url.as_str().len() > MAX_VALUE_BYTES || addresses::is_tracker_url(url.as_str()) || is_avatar(url) {
        return None;
    }
    let number = |text: &Option<String>| text.as_deref().and_then(|text| text.trim().parse::<u32>().ok());
    let mime_type = candidate.mime_type.as_deref().and_then(parse_mime_type);
    let kind =
        if candidate.is_thumbnail { MediaKind::Thumbnail } else { kind_of(candidate, mime_type.as_deref(), url) };
    let mut media = ArticleMedia {
        kind,
        url: url.as_str().to_owned(),
        mime_type,
        bytes: candidate.bytes.as_deref().and_then(|bytes| bytes.trim().parse().ok()).filter(|bytes| *bytes > 0),
        width: number(&candidate.width).filter(|pixels| *pixels > 0),
        height: number(&candidate.height).filter(|pixels| *pixels > 0),
        title: candidate.title.as_deref().and_then(media_title),
        duration_seconds: candidate.duration.as_deref().and_then(parse_duration),
    };
    // What plays only within a frame of another site is a link to that site.
    if media.mime_type.as_deref() == Some("application/x-shockwave-flash") {
        let (url, label) = addresses::player_link(&media.url, None)?;
        media = ArticleMedia { url, title: media.title.or(Some(label)), mime_type: None, ..media };
    }
    Some(media)
}

/// Pictures of authors are no part of the text.
fn is_avatar(url: &Url) -> bool {
    url.host_str().is_some_and(|host| host == "gravatar.com" || host.ends_with(".gravatar.com"))
}

/// `type/subtype` in lower case without parameters; `None` when it is none or says nothing.
fn parse_mime_type(text: &str) -> Option<String> {
    let bare = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_token = |part: &str| {
        !part.is_empty()
            && part.len() <= 100
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    let (kind, subtype) = bare.split_once('/')?;
    (is_token(kind) && is_token(subtype)).then_some(bare)
}

fn kind_of(candidate: &MediaCandidate, mime_type: Option<&str>, url: &Url) -> MediaKind {
    if let Some(mime_type) = mime_type.filter(|mime_type| !MEANINGLESS_TYPES.contains(mime_type)) {
        return kind_of_type(mime_type);
    }
    let by_word = |word: &str| match word.trim().to_ascii_lowercase().as_str() {
        "image" => Some(MediaKind::Image),
        "audio" => Some(MediaKind::Audio),
        "video" => Some(MediaKind::Video),
        _ => None,
    };
    // Some publishers write the medium, or the ending of the file, into `type`.
    let sent = candidate.mime_type.as_deref().filter(|sent| !sent.contains('/'));
    let by_ending = |ending: &str| mime_guess::from_ext(ending.trim().trim_start_matches('.')).first();
    let by_address = || mime_guess::from_path(url.path()).first();
    candidate
        .medium
        .as_deref()
        .or(sent)
        .and_then(by_word)
        .or_else(|| by_address().or_else(|| by_ending(sent?)).map(|guessed| kind_of_type(guessed.essence_str())))
        .unwrap_or_default()
}

fn kind_of_type(mime_type: &str) -> MediaKind {
    match mime_type {
        "application/ogg" => MediaKind::Audio,
        // Lists of addresses, which most browsers do not play.
        "audio/x-mpegurl" | "audio/mpegurl" | "audio/x-scpls" | "video/youtube" | "video/x-ms-asf" | "video/x-flv" => {
            MediaKind::File
        }
        _ => match mime_type.split('/').next() {
            Some("image") => MediaKind::Image,
            Some("audio") => MediaKind::Audio,
            Some("video") => MediaKind::Video,
            _ => MediaKind::File,
        },
    }
}

/// The order of several forms of one content: what a browser shows, what the publisher prefers, then the size up to a limit.
fn preference(candidate: &MediaCandidate, media: &ArticleMedia) -> (bool, bool, i64) {
    let side = i64::from(media.width.max(media.height).unwrap_or(0));
    // Beyond the limit the smaller one is better.
    let size = if side <= MAX_PREFERRED_SIDE { side } else { -side };
    (media.kind != MediaKind::File, candidate.is_default, size)
}

/// Whether both are one file, or one picture in two sizes.
fn is_same(one: &ArticleMedia, other: &ArticleMedia) -> bool {
    let is_picture = |media: &ArticleMedia| matches!(media.kind, MediaKind::Image | MediaKind::Thumbnail);
    one.url == other.url || is_picture(one) && is_picture(other) && one.picture_key() == other.picture_key()
}

fn merge(known: &mut ArticleMedia, other: ArticleMedia) {
    if known.kind == MediaKind::File {
        known.kind = other.kind;
    }
    // Of one picture in two sizes the larger one stays.
    if other.width > known.width && other.url != known.url {
        (known.url, known.width, known.height, known.bytes) = (other.url, other.width, other.height, other.bytes);
    }
    known.mime_type = known.mime_type.take().or(other.mime_type);
    known.bytes = known.bytes.or(other.bytes);
    known.width = known.width.or(other.width);
    known.height = known.height.or(other.height);
    known.title = known.title.take().or(other.title);
    known.duration_seconds = known.duration_seconds.or(other.duration_seconds);
}

/// Plain text of bounded length; `None` when blank.
pub(super) fn media_title(text: &str) -> Option<String> {
    let title: String = text::html_to_text(text).chars().take(MAX_MEDIA_TITLE_CHARS).collect();
    (!title.is_empty()).then_some(title)
}

/// Seconds from `1:02:03`, `62:03`, `3723` or `3723.5`.
fn parse_duration(text: &str) -> Option<i64> {
    let parts: Vec<&str> = text.trim().split(':').collect();
    let (last, before) = parts.split_last()?;
    let whole = |part: &str| part.trim().parse::<i64>().ok().filter(|n| (0..=MAX_DURATION_SECONDS).contains(n));
    let seconds = whole(last.split('.').next()?)?;
    if before.len() > 2 {
        return None;
    }
    let minutes = before.iter().try_fold(0_i64, |sum, part| Some(sum * 60 + whole(part)?))?;
    Some(minutes * 60 + seconds).filter(|seconds| (1..=MAX_DURATION_SECONDS).contains(seconds))
}

#[cfg(test)]
mod tests {
    use super::{MediaCandidate, parse_duration};
    use crate::domain::publisher_details::MediaKind;
    use url::Url;

    #[test]
    fn durations_are_read_as_publishers_write_them() {
        for (text, seconds) in [
            ("1:02:03", Some(3_723)),
            ("62:03", Some(3_723)),
            (" 3723 ", Some(3_723)),
            ("3723.5", Some(3_723)),
            ("00:00:00", None),
            ("-5", None),
            ("1:2:3:4", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(parse_duration(text), seconds, "{text}");
        }
    }

    #[test]
    fn kinds_come_from_the_type_else_the_medium_else_the_address() {
        use MediaKind::{Audio, File, Image, Video};
        for (mime_type, medium, url, kind) in [
            ("audio/mpeg", "", "https://x.example/a", Audio),
            ("AUDIO/MPEG; q=1", "", "https://x.example/a", Audio),
            ("", "", "https://x.example/a.mp3?x=1", Audio),
            ("", "", "https://x.example/a.opus", Audio),
            ("application/octet-stream", "", "https://x.example/a.m4a", Audio),
            ("binary/octet-stream", "video", "https://x.example/a", Video),
            ("mp3", "", "https://x.example/get?id=1", Audio),
            ("audio", "", "https://x.example/get?id=1", Audio),
            ("", "image", "https://x.example/get?id=1", Image),
            ("", "", "https://x.example/a.webp", Image),
            ("video/mp4", "image", "https://x.example/a", Video),
            ("application/x-bittorrent", "", "https://x.example/a.mp4", File),
            ("application/vnd.apple.mpegurl", "video", "https://x.example/a.m3u8", File),
            ("application/pdf", "", "https://x.example/a.pdf", File),
            ("", "", "https://x.example/a", File),
        ] {
            let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            let candidate = MediaCandidate {
                url: Url::parse(url).ok(),
                mime_type: some(mime_type),
                medium: some(medium),
                ..MediaCandidate::default()
            };
            let media = super::media_of(&candidate).expect("a file");
            assert_eq!(media.kind, kind, "{mime_type} {medium} {url}");
        }
    }
}
