//! Pictures and files of an article in the reader: figures, players of the browser, links. None of them needs a script.

use crate::{
    api::articles::SaveMediaPosition,
    domain::{
        humanize::{format_bytes, format_duration_short},
        ids::ArticleId,
        publisher_details::{ArticleMedia, MediaKind, MediaLayout, MediaPosition},
    },
};
use leptos::{nonce::use_nonce, prelude::*};
use server_fn::ServerFn;

/// The media before the text: players, or the picture that represents the article.
#[component]
pub fn MediaBeforeText(id: ArticleId, layout: MediaLayout, positions: Vec<MediaPosition>) -> impl IntoView {
    let MediaLayout { cover, poster, players, .. } = layout;
    let has_players = !players.is_empty();
    let players = players.into_iter().map(|media| {
        let position = positions.iter().find(|position| position.url == media.url);
        let seconds = position.map(|position| position.seconds);
        view! { <Player media poster=poster.clone() seconds /> }
    });
    view! {
        {cover.map(|cover| view! { <Picture picture=cover class="media cover" /> })}
        {players.collect_view()}
        {has_players.then(|| view! { <PositionScript id /> })}
    }
}

/// Lets the players of the page save how far they played.
#[component]
fn PositionScript(id: ArticleId) -> impl IntoView {
    view! {
        <form id="media-position" method="post" action=SaveMediaPosition::url() hidden>
            <input type="hidden" name="article" value=id.to_string() />
        </form>
        <script type="module" nonce=use_nonce()>
            {include_str!("media_positions.js")}
        </script>
    }
}

/// The media after the text: pictures that the text does not show, and files.
#[component]
pub fn MediaAfterText(layout: MediaLayout) -> impl IntoView {
    let files = layout.files;
    view! {
        {layout.pictures.into_iter().map(|picture| view! { <Picture picture class="media" /> }).collect_view()}
        {(!files.is_empty())
            .then(|| {
                let files = files.into_iter().map(|file| view! { <li><FileLink media=file /></li> }).collect_view();
                view! {
                    <section class="media" aria-label="Files">
                        <ul class="lines">{files}</ul>
                    </section>
                }
            })}
    }
}

/// A picture that links to its full size.
#[component]
fn Picture(picture: ArticleMedia, class: &'static str) -> impl IntoView {
    let ArticleMedia { url, title, width, height, .. } = picture;
    let original = url.clone();
    view! {
        <figure class=class>
            <a href=original rel="noopener noreferrer nofollow external">
                <img
                    src=url
                    alt=title.unwrap_or_default()
                    width=width
                    height=height
                    loading="lazy"
                    decoding="async"
                    referrerpolicy="no-referrer"
                />
            </a>
        </figure>
    }
}

/// The browser's own player, which begins after `seconds` (a media fragment). Nothing is loaded before it is started.
#[component]
fn Player(media: ArticleMedia, poster: Option<String>, seconds: Option<i64>) -> impl IntoView {
    let label = media.label().to_owned();
    let file = media.url.clone();
    let source = match seconds {
        Some(seconds) => format!("{}#t={seconds}", file.split('#').next().unwrap_or_default()),
        None => file.clone(),
    };
    let player = if media.kind == MediaKind::Video {
        view! {
            <video
                controls
                preload="none"
                src=source
                data-file=file
                poster=poster
                width=media.width
                height=media.height
                aria-label=label
            ></video>
        }
        .into_any()
    } else {
        view! { <audio controls preload="none" src=source data-file=file aria-label=label></audio> }.into_any()
    };
    view! {
        <figure class="media">
            {player}
            <figcaption>
                <FileLink media />
                {seconds.map(|seconds| view! { <span class="muted">" · goes on after " {format_position(seconds)}</span> })}
            </figcaption>
        </figure>
    }
}

/// A place in a file: `1:02:03`, `4:05`.
fn format_position(seconds: i64) -> String {
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// A link to a file, with what is known of it.
#[component]
fn FileLink(media: ArticleMedia) -> impl IntoView {
    let label = media.label().to_owned();
    let facts = [
        media.duration_seconds.map(format_duration_short),
        media.bytes.map(format_bytes),
        media.mime_type.filter(|_| media.kind == MediaKind::File),
    ];
    let facts: String = facts.into_iter().flatten().map(|fact| format!(" · {fact}")).collect();
    view! {
        <a href=media.url dir="auto" rel="noopener noreferrer nofollow external">
            {label}
        </a>
        <span class="muted">{facts}</span>
    }
}
