//! Marks: read, star, vote; on items, and on whole streams as read.

use super::{
    caller::GreaderChange,
    error::{GreaderError, bad_request},
    lists::parse_item_ids,
    moment::ClientMoment,
    streams::{find_stream, label_name, no_such_stream, state_name},
};
use crate::{
    domain::{article::ArticleChange, vote::Vote},
    server::{
        http::clients::form::ClientForm,
        services::clients::{
            labels::{DISLIKED, LIKED},
            library::load_library,
            marks,
        },
        state::App,
    },
};
use axum::extract::State;

/// The answer to every change.
pub const OK: &str = "OK";

/// A tag that can be added to an item or removed from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GreaderTag {
    Read,
    KeptUnread,
    Starred,
    Voted(Vote),
}

/// The changes that tags request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct TagChange {
    /// The changed marks, and a vote that is added.
    change: ArticleChange,
    /// Votes that are removed from items that have them.
    withdrawn: [Option<Vote>; 2],
}

/// `POST edit-tag`: adds the tags `a` to the items `i` and removes `r` from them. Labels that cannot be
/// set are ignored: clients repeat changes that are refused.
pub async fn edit_tag(
    State(app): State<App>,
    GreaderChange(call): GreaderChange,
) -> Result<&'static str, GreaderError> {
    let ids = parse_item_ids(&call.form)?;
    let TagChange { change, withdrawn } = parse_tags(&call.form);
    for vote in withdrawn.into_iter().flatten() {
        marks::withdraw_votes(&app, &ids, vote).await?;
    }
    marks::set_marks(&app, &ids, change).await?;
    Ok(OK)
}

fn parse_tags(form: &ClientForm) -> TagChange {
    let added: Vec<GreaderTag> = form.all("a").filter_map(parse_tag).collect();
    let removed: Vec<GreaderTag> = form.all("r").filter_map(parse_tag).collect();
    let state_of = |tag| {
        if added.contains(&tag) { Some(true) } else { Some(false).filter(|_| removed.contains(&tag)) }
    };
    // "read" takes precedence over its opposite.
    let is_read = state_of(GreaderTag::Read).or_else(|| state_of(GreaderTag::KeptUnread).map(|is_kept| !is_kept));
    let is_starred = state_of(GreaderTag::Starred);
    let vote = [Vote::Up, Vote::Down].into_iter().find(|vote| added.contains(&GreaderTag::Voted(*vote)));
    let withdrawn = [Vote::Up, Vote::Down].map(|vote_removed| {
        Some(vote_removed).filter(|tag| vote.is_none() && removed.contains(&GreaderTag::Voted(*tag)))
    });
    TagChange { change: ArticleChange { is_read, is_starred, vote: vote.map(Some) }, withdrawn }
}

fn parse_tag(tag: &str) -> Option<GreaderTag> {
    let tag = tag.trim();
    match (state_name(tag), label_name(tag)) {
        (Some("read"), _) => Some(GreaderTag::Read),
        (Some("kept-unread" | "unread"), _) => Some(GreaderTag::KeptUnread),
        (Some("starred"), _) => Some(GreaderTag::Starred),
        (Some("like"), _) => Some(GreaderTag::Voted(Vote::Up)),
        (_, Some(name)) if name.eq_ignore_ascii_case(LIKED) => Some(GreaderTag::Voted(Vote::Up)),
        (_, Some(name)) if name.eq_ignore_ascii_case(DISLIKED) => Some(GreaderTag::Voted(Vote::Down)),
        _ => None,
    }
}

/// `POST mark-all-as-read`: everything of the stream `s` that the client can have seen until `ts`.
///
/// # Errors
/// 404 for a stream that is not there, 400 without one, and for a `ts` that is no moment.
pub async fn mark_all_read(
    State(app): State<App>,
    GreaderChange(call): GreaderChange,
) -> Result<&'static str, GreaderError> {
    let stream = call.form.get("s").filter(|stream| !stream.is_empty());
    let stream = stream.ok_or_else(|| bad_request("`s` must name a stream."))?;
    let until = match call.form.get("ts").map(str::trim).filter(|ts| !ts.is_empty()) {
        Some(ts) => Some(ClientMoment::parse(ts).ok_or_else(|| bad_request("`ts` must be a moment since 1970."))?),
        None => None,
    };
    let library = load_library(&app).await?;
    let found = find_stream(&library, stream).ok_or_else(|| no_such_stream(stream))?;
    if let Some(scope) = found.scope() {
        marks::mark_list_read(&app, &call.view, scope, until.map(ClientMoment::seen_until_us)).await?;
    }
    Ok(OK)
}

#[cfg(test)]
mod tests {
    use super::{ArticleChange, ClientForm, TagChange, Vote, parse_tags};

    #[test]
    fn tags_become_marks_and_votes() {
        let marks = |is_read, is_starred| TagChange {
            change: ArticleChange { is_read, is_starred, vote: None },
            ..TagChange::default()
        };
        let cast = |vote| TagChange { change: ArticleChange::set_vote(Some(vote)), ..TagChange::default() };
        let state = |name: &str| format!("user/-/state/com.google/{name}");
        for (form, wanted) in [
            (format!("a={}", state("read")), marks(Some(true), None)),
            (format!("r={}", state("read")), marks(Some(false), None)),
            (format!("a={}&r={}", state("read"), state("kept-unread")), marks(Some(true), None)),
            (
                format!("r={}&a={}&a={}", state("read"), state("kept-unread"), state("tracking-kept-unread")),
                marks(Some(false), None),
            ),
            (format!("a={}", state("kept-unread")), marks(Some(false), None)),
            (format!("r={}", state("kept-unread")), marks(Some(true), None)),
            (format!("a={}&r={}", state("starred"), state("read")), marks(Some(false), Some(true))),
            ("a=user/7/state/com.google/starred".to_owned(), marks(None, Some(true))),
            (format!("a={}", state("like")), cast(Vote::Up)),
            ("a=user/-/label/Liked".to_owned(), cast(Vote::Up)),
            ("a=user/-/label/Disliked&r=user/-/label/Liked".to_owned(), cast(Vote::Down)),
            (
                "r=user/-/label/Liked".to_owned(),
                TagChange { withdrawn: [Some(Vote::Up), None], ..TagChange::default() },
            ),
            (
                "r=user/-/label/disliked".to_owned(),
                TagChange { withdrawn: [None, Some(Vote::Down)], ..TagChange::default() },
            ),
            ("a=user/-/label/Later&r=user/-/label/Score%208%2B".to_owned(), TagChange::default()),
            (String::new(), TagChange::default()),
        ] {
            assert_eq!(parse_tags(&ClientForm::parse(None, form.as_bytes())), wanted, "{form}");
        }
    }
}
