//! Pictures and files of an article in the reader: figures, players of the browser, links. None of them needs a script.

use crate::domain::{
    humanize::{format_bytes, format_duration_short},
    publisher_details::{ArticleMedia, MediaKind, MediaLayout},
};
use leptos::prelude::*;

/// The media before the text: players, or the picture that represents the article.
#[component]
pub fn MediaBeforeText(layout: MediaLayout) -> impl IntoView {
    let MediaLayout { cover, poster, players, .. } = layout;
    view! {
        {cover.map(|cover| view! { <Picture picture=cover class="media cover" /> })}
        {players.into_iter().map(|media| view! { <Player media poster=poster.clone() /> }).collect_view()}
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

/// The browser's own player. Nothing is loaded before it is started.
#[component]
fn Player(media: ArticleMedia, poster: Option<String>) -> impl IntoView {
    let label = media.label().to_owned();
    let source = media.url.clone();
    let player = if media.kind == MediaKind::Video {
        view! {
            <video
                controls
                preload="none"
                src=source
                poster=poster
                width=media.width
                height=media.height
                aria-label=label
            ></video>
        }
        .into_any()
    } else {
        view! { <audio controls preload="none" src=source aria-label=label></audio> }.into_any()
    };
    view! {
        <figure class="media">
            {player}
            <figcaption>
                <FileLink media />
            </figcaption>
        </figure>
    }
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
