//! What a publisher sends of an entry beside its text: pictures and files, categories, comments, source, language.

use serde::{Deserialize, Serialize};

/// Extensions of picture files; the query of their address holds only a size or a token.
const PICTURE_ENDINGS: [&str; 6] = ["jpg", "jpeg", "png", "gif", "webp", "avif"];

string_enum! {
    /// How a file of an entry is shown.
    #[derive(Default)]
    MediaKind {
        /// A picture that belongs to the text.
        Image = "image",
        /// A picture that represents the entry, shown when there is no other.
        Thumbnail = "thumbnail",
        /// Audio, in a player.
        Audio = "audio",
        /// Video, in a player.
        Video = "video",
        /// Anything else, as a link.
        #[default] File = "file",
    }
}

/// A picture or a file of an entry: an enclosure, an attachment, or an element of Media RSS.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ArticleMedia {
    /// How it is shown.
    pub kind: MediaKind,
    /// Its absolute address on the web.
    pub url: String,
    /// Its media type as sent, in lower case.
    pub mime_type: Option<String>,
    /// Its size in bytes.
    pub bytes: Option<i64>,
    /// Its width in pixels.
    pub width: Option<u32>,
    /// Its height in pixels.
    pub height: Option<u32>,
    /// Its title; of a picture the alternative text. Plain text.
    pub title: Option<String>,
    /// Duration of audio or video, in seconds.
    pub duration_seconds: Option<i64>,
}

impl ArticleMedia {
    /// Its media type; where none was sent, one of its kind, since readers require one.
    pub fn mime_type_or_default(&self) -> &str {
        self.mime_type.as_deref().unwrap_or(match self.kind {
            MediaKind::Image | MediaKind::Thumbnail => "image/jpeg",
            MediaKind::Audio => "audio/mpeg",
            MediaKind::Video => "video/mp4",
            MediaKind::File => "application/octet-stream",
        })
    }
}

/// How far an audio or video file of an article was played.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaPosition {
    /// The file.
    pub url: String,
    /// Seconds from its beginning.
    pub seconds: i64,
}

/// Seconds before the end of a file from which on it counts as finished.
const FINISHED_SECONDS: i64 = 10;

impl MediaPosition {
    /// Whether it is to be kept: a file that is finished, or hardly begun, starts at its beginning.
    pub fn is_kept(&self, duration: Option<i64>) -> bool {
        self.seconds > 0 && duration.is_none_or(|duration| self.seconds < duration - FINISHED_SECONDS)
    }
}

/// The feed that an entry was taken from (`source` of RSS and Atom).
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ArticleSource {
    /// Its title, as plain text; may be empty.
    pub title: String,
    /// Its address on the web.
    pub url: Option<String>,
}

/// What a publisher sends of an entry beside its text.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PublisherDetails {
    /// The language of the entry or of its feed (BCP 47).
    pub language: Option<String>,
    /// The address of the page with comments.
    pub comments_url: Option<String>,
    /// The feed that it was taken from.
    pub source: Option<ArticleSource>,
    /// The publisher's own categories, which are unrelated to those of the model. Plain text.
    pub categories: Vec<String>,
    /// Pictures and files, in the order of the document.
    pub media: Vec<ArticleMedia>,
}

/// The media of an article as the reader shows them: before the text, and after it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct MediaLayout {
    /// The picture that represents the article, when there is no other.
    pub cover: Option<ArticleMedia>,
    /// Address of the picture that a video shows before it plays.
    pub poster: Option<String>,
    /// Audio and video.
    pub players: Vec<ArticleMedia>,
    /// Pictures that the text does not show itself.
    pub pictures: Vec<ArticleMedia>,
    /// Everything else.
    pub files: Vec<ArticleMedia>,
}

impl PublisherDetails {
    /// Whether there is nothing to store.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The title of the first picture or file that has one.
    pub fn media_title(&self) -> Option<&str> {
        self.media.iter().find_map(|media| media.title.as_deref())
    }
}

impl ArticleMedia {
    /// Its title, else the name of the file, else its host.
    pub fn label(&self) -> &str {
        if let Some(title) = &self.title {
            return title;
        }
        let (address, _) = split_query(&self.url);
        let (host, path) = address.split_once('/').unwrap_or((address, ""));
        path.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(host)
    }

    /// A key that is equal for addresses of the same picture: without scheme, and for a file without its query.
    pub fn picture_key(&self) -> String {
        let (address, query) = split_query(&self.url);
        let ending = address.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        let is_file = PICTURE_ENDINGS.contains(&ending.as_str());
        if is_file || query.is_empty() { address.to_owned() } else { format!("{address}?{query}") }
    }
}

/// An address without scheme and fragment, and its query.
fn split_query(url: &str) -> (&str, &str) {
    let bare = url.split_once("://").map_or(url, |(_, bare)| bare);
    let bare = bare.split('#').next().unwrap_or(bare);
    bare.split_once('?').unwrap_or((bare, ""))
}

/// Arranges the media of an article whose text is `html`.
pub fn arrange_media(media: &[ArticleMedia], html: &str) -> MediaLayout {
    let of = |kind: MediaKind| media.iter().filter(move |media| media.kind == kind).cloned();
    // Addresses in HTML have their ampersands escaped.
    let is_in_text = |picture: &ArticleMedia| html.contains(&picture.picture_key().replace('&', "&amp;"));
    let mut layout = MediaLayout {
        players: media.iter().filter(|m| matches!(m.kind, MediaKind::Audio | MediaKind::Video)).cloned().collect(),
        pictures: of(MediaKind::Image).filter(|picture| !is_in_text(picture)).collect(),
        files: of(MediaKind::File).collect(),
        ..MediaLayout::default()
    };
    let has_picture = !layout.pictures.is_empty() || html.contains("<img");
    let thumbnail = of(MediaKind::Thumbnail).next();
    if layout.players.iter().any(|player| player.kind == MediaKind::Video) {
        layout.poster = thumbnail.map(|thumbnail| thumbnail.url);
    } else if !has_picture {
        layout.cover = thumbnail;
    }
    layout
}

#[cfg(test)]
mod tests {
    use super::{ArticleMedia, MediaKind, arrange_media};

    fn medium(kind: MediaKind, url: &str) -> ArticleMedia {
        ArticleMedia { kind, url: url.to_owned(), ..ArticleMedia::default() }
    }

    #[test]
    fn media_stand_where_they_are_looked_for() {
        let picture = medium(MediaKind::Image, "https://x.example/a.jpg?w=300");
        let script = medium(MediaKind::Image, "https://x.example/show?size=1&id=7");
        let cover = medium(MediaKind::Thumbnail, "https://x.example/cover.jpg");
        let (sound, film) =
            (medium(MediaKind::Audio, "https://x.example/a.mp3"), medium(MediaKind::Video, "https://x.example/a.mp4"));
        for (media, html, expected) in [
            (vec![&picture, &cover], "<p>Text</p>", ("", "", 0, 1)),
            (vec![&picture, &cover], "<img src=\"http://x.example/a.jpg?w=800\">", ("", "", 0, 0)),
            (vec![&script], "<img src=\"http://x.example/show?size=1&amp;id=7\">", ("", "", 0, 0)),
            (vec![&script], "<img src=\"http://x.example/show?size=1&amp;id=8\">", ("", "", 0, 1)),
            (vec![&cover], "<p>Text</p>", ("https://x.example/cover.jpg", "", 0, 0)),
            (vec![&cover], "<img src=\"http://x.example/b.jpg\">", ("", "", 0, 0)),
            (vec![&sound, &cover], "", ("https://x.example/cover.jpg", "", 1, 0)),
            (vec![&film, &cover], "", ("", "https://x.example/cover.jpg", 1, 0)),
        ] {
            let media: Vec<ArticleMedia> = media.into_iter().cloned().collect();
            let layout = arrange_media(&media, html);
            let cover = layout.cover.map(|cover| cover.url).unwrap_or_default();
            let poster = layout.poster.unwrap_or_default();
            let found = (cover.as_str(), poster.as_str(), layout.players.len(), layout.pictures.len());
            assert_eq!(found, expected, "{media:?} {html}");
        }
    }

    #[test]
    fn files_have_names() {
        for (url, label) in [
            ("https://x.example/a/talk.pdf?x=1", "talk.pdf"),
            ("https://x.example/", "x.example"),
            ("https://x.example", "x.example"),
        ] {
            assert_eq!(medium(MediaKind::File, url).label(), label, "{url}");
        }
    }
}
