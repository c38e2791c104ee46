//! The XML vocabularies that feeds are written in.

/// Namespaces of RSS itself, without scheme and ending.
const RSS_NAMESPACES: [&str; 12] = [
    "purl.org/rss/1.0",
    "purl.org/net/rss1.1",
    "my.netscape.com/rdf/simple/0.9",
    "channel.netscape.com/rdf/simple/0.9",
    "backend.userland.com/rss",
    "backend.userland.com/rss091",
    "backend.userland.com/rss092",
    "backend.userland.com/rss2",
    "blogs.law.harvard.edu/tech/rss",
    "cyber.law.harvard.edu/rss",
    "cyber.law.harvard.edu/rss/rss.html",
    "www.rssboard.org/rss-specification",
];

/// A vocabulary that is understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Namespace {
    /// None, or one of RSS's own.
    Plain,
    /// Atom.
    Atom,
    /// RDF.
    Rdf,
    /// Dublin Core.
    DublinCore,
    /// The RSS module for content.
    Content,
    /// Apple's podcast tags.
    Itunes,
    /// Media RSS.
    Media,
    /// The RSS module for update periods.
    Syndication,
    /// XHTML.
    Xhtml,
    /// The `xml:` prefix.
    Xml,
    /// Any other.
    Other,
}

impl Namespace {
    /// By its URI. Publishers get the case, the ending and the scheme wrong; the rest identifies it.
    pub fn from_uri(uri: &str) -> Self {
        let uri = uri.trim().to_ascii_lowercase();
        let bare = uri.trim_start_matches("http://").trim_start_matches("https://").trim_end_matches(['/', '#']);
        match bare {
            "www.w3.org/2005/atom" | "purl.org/atom/ns" => Self::Atom,
            "www.w3.org/1999/02/22-rdf-syntax-ns" => Self::Rdf,
            "purl.org/dc/elements/1.1" | "purl.org/dc/elements/1.0" | "purl.org/dc/terms" => Self::DublinCore,
            "purl.org/rss/1.0/modules/content" => Self::Content,
            "www.itunes.com/dtds/podcast-1.0.dtd" | "example.com/dtds/podcast-1.0.dtd" => Self::Itunes,
            "search.yahoo.com/mrss" => Self::Media,
            "purl.org/rss/1.0/modules/syndication" => Self::Syndication,
            "www.w3.org/1999/xhtml" => Self::Xhtml,
            "" => Self::Plain,
            _ if RSS_NAMESPACES.contains(&bare) => Self::Plain,
            _ => Self::Other,
        }
    }

    /// By a prefix that was never declared, as everyone uses it.
    pub fn from_prefix(prefix: &str) -> Self {
        match prefix.to_ascii_lowercase().as_str() {
            "" => Self::Plain,
            "atom" | "atom10" | "a10" => Self::Atom,
            "rdf" => Self::Rdf,
            "dc" | "dcterms" => Self::DublinCore,
            "content" => Self::Content,
            "itunes" => Self::Itunes,
            "media" => Self::Media,
            "sy" => Self::Syndication,
            "xhtml" => Self::Xhtml,
            "xml" => Self::Xml,
            _ => Self::Other,
        }
    }
}
