//! The parameters of lists: streams, bounds in time, order, pages.

use super::{
    error::{GreaderError, bad_request},
    moment::ClientMoment,
    streams::{GreaderStream, READING_LIST, find_stream, no_such_stream},
};
use crate::{
    error::AppError,
    server::{
        http::clients::form::ClientForm,
        services::clients::{articles, library::ClientLibrary, view::ClientView},
        state::App,
        storage::client_articles::{ArticleCondition, ArticleKey, ClientOrder, ClientQuery},
    },
};

/// Items of a page, unless the client requests another number.
const DEFAULT_ITEMS: i64 = 20;

/// A list as a client requests it.
#[derive(Clone, Debug, PartialEq)]
pub struct GreaderList {
    /// The first stream, as the client calls it.
    pub stream: String,
    /// The page.
    find: ClientQuery,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GreaderPage {
    /// Its articles, in their order.
    pub keys: Vec<ArticleKey>,
    /// What the client sends for the next page as `c`; `None` on the last one.
    pub continuation: Option<String>,
}

/// Reads the parameters: articles in all streams of `s` and `it` and in none of `xt`. `stream` is the one in the address.
/// `max_items`: the longest page.
///
/// # Errors
/// 404 for a stream that is not there, 400 for a moment or a continuation that cannot be read.
pub fn parse_list(
    form: &ClientForm,
    stream: Option<&str>,
    library: &ClientLibrary,
    view: &ClientView,
    max_items: i64,
) -> Result<GreaderList, GreaderError> {
    let streams: Vec<&str> = stream.into_iter().chain(form.all("s")).filter(|stream| !stream.is_empty()).collect();
    let first = streams.first().copied().unwrap_or(READING_LIST).to_owned();
    let mut conditions = Vec::new();
    for stream in streams {
        let found = find_stream(library, stream).ok_or_else(|| no_such_stream(stream))?;
        conditions.extend(found.condition(library));
    }
    for stream in form.all("it").filter(|stream| !stream.is_empty()) {
        conditions.extend(find_stream(library, stream).unwrap_or(GreaderStream::Nothing).condition(library));
    }
    for stream in form.all("xt").filter(|stream| !stream.is_empty()) {
        // Excluding the reading list leaves nothing; excluding an unknown stream leaves everything.
        let excluded = find_stream(library, stream).unwrap_or(GreaderStream::Nothing).condition(library);
        conditions.push(excluded.map_or(ArticleCondition::Any(Vec::new()), ArticleCondition::negated));
    }
    if let Some(moment) = parse_moment(form, "ot")? {
        conditions.push(view.shown_from(moment.first_us));
    }
    if let Some(moment) = parse_moment(form, "nt")? {
        conditions.push(ArticleCondition::ArrivedUntil(moment.last_us));
    }
    let is_descending = form.get("r") != Some("o");
    if let Some(last) = form.get("c").filter(|last| !last.is_empty()) {
        let last: i64 = last.parse().map_err(|_| bad_request("`c` is not the continuation of the page before."))?;
        conditions.push(if is_descending {
            ArticleCondition::ArrivedUntil(last.saturating_sub(1))
        } else {
            ArticleCondition::ArrivedFrom(last.saturating_add(1))
        });
    }
    let wanted = form.get("n").and_then(|n| n.trim().parse::<i64>().ok()).filter(|n| *n > 0);
    let limit = wanted.unwrap_or(DEFAULT_ITEMS).min(max_items);
    let find = ClientQuery { conditions, order: ClientOrder::Arrival, is_descending, limit, offset: 0 };
    Ok(GreaderList { stream: first, find })
}

fn parse_moment(form: &ClientForm, name: &str) -> Result<Option<ClientMoment>, GreaderError> {
    let Some(text) = form.get(name).map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let moment = ClientMoment::parse(text);
    moment.map(Some).ok_or_else(|| bad_request(format!("`{name}` must be seconds since 1970.")))
}

/// The page: one article more is queried, which shows whether another page follows.
pub async fn find_page(app: &App, view: &ClientView, list: GreaderList) -> Result<GreaderPage, AppError> {
    let mut find = list.find;
    let limit = usize::try_from(find.limit).unwrap_or(usize::MAX);
    find.limit = find.limit.saturating_add(1);
    let mut keys = articles::find_keys(app, view, find).await?;
    let has_next = keys.len() > limit;
    keys.truncate(limit);
    let continuation = keys.last().filter(|_| has_next).map(|last| last.arrived_us.to_string());
    Ok(GreaderPage { keys, continuation })
}
