//! The address of a list: [`ListQuery`] to and from the parameters that pages, the API and the command line share.

use super::article::{ArticleScope, ArticleSort, ArticleView, Cursor, ListQuery};
use serde::{Deserialize, Serialize};

/// Rows of a page when the address names no `limit`.
pub const DEFAULT_PAGE_ROWS: u32 = 50;
/// The most rows a page can have.
pub const MAX_PAGE_ROWS: u32 = 200;
/// The longest query, in characters.
pub const MAX_SEARCH_CHARS: usize = 500;

/// The parameters that decide a list, in the order in which they are written.
pub const QUERY_PARAMS: [&str; 8] = ["view", "feed", "folder", "category", "q", "sort", "limit", "cursor"];

/// A parameter that cannot be used: the message names it and says what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ListParamError {
    /// One of [`QUERY_PARAMS`].
    pub field: &'static str,
    /// What is wrong with the value and what is allowed.
    pub message: String,
}

impl ListParamError {
    fn new(field: &'static str, value: &str, allowed: impl std::fmt::Display) -> Self {
        // A value comes from outside and may be of any length; its start is enough to recognize it.
        let shown: String = value.chars().take(40).collect();
        Self { field, message: format!("`{field}` cannot be \"{shown}\": {allowed}.") }
    }
}

impl Default for ListQuery {
    /// The inbox as it opens: unread, everything, best first.
    fn default() -> Self {
        Self {
            view: ArticleView::default(),
            scope: ArticleScope::default(),
            sort: ArticleSort::default(),
            search: None,
            limit: DEFAULT_PAGE_ROWS,
            cursor: None,
        }
    }
}

/// The view and the order of a list whose address does not name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ListDefaults {
    /// Which articles.
    pub view: ArticleView,
    /// The order.
    pub sort: ArticleSort,
}

/// How the pages address lists, and whether they show scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ListSettings {
    /// What an address without view and order shows.
    pub defaults: ListDefaults,
    /// Whether no model scores articles; then nothing about scoring is shown.
    pub without_model: bool,
}

impl ListQuery {
    /// What the search page shows: hits among all articles.
    pub const SEARCH_DEFAULTS: ListDefaults = ListDefaults { view: ArticleView::All, sort: ArticleSort::Best };

    /// Reads the parameters of an address. Empty values count as absent and names other than [`QUERY_PARAMS`] are ignored; callers
    /// that must refuse them look for them first.
    pub fn from_params<'a>(params: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, ListParamError> {
        Self::from_params_with(params, ListDefaults::default())
    }

    fn from_params_with<'a>(
        params: impl IntoIterator<Item = (&'a str, &'a str)>,
        defaults: ListDefaults,
    ) -> Result<Self, ListParamError> {
        let mut query = Self { view: defaults.view, ..Self::default() };
        let mut sort = None;
        let mut scope_from: Option<&str> = None;
        for (name, value) in params {
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            match name {
                "view" => {
                    query.view =
                        parse_choice("view", value, ArticleView::parse, ArticleView::ALL.iter().map(|v| v.as_str()))?
                }
                "sort" => {
                    sort = Some(parse_choice(
                        "sort",
                        value,
                        ArticleSort::parse,
                        ArticleSort::ALL.iter().map(|s| s.as_str()),
                    )?)
                }
                "feed" => query.scope = ArticleScope::Feed(parse_id("feed", value)?.into()),
                "folder" => query.scope = ArticleScope::Folder(parse_id("folder", value)?.into()),
                "category" => query.scope = ArticleScope::Category(parse_id("category", value)?.into()),
                "q" if value.chars().count() > MAX_SEARCH_CHARS => {
                    return Err(ListParamError::new(
                        "q",
                        value,
                        format_args!("at most {MAX_SEARCH_CHARS} characters are searched for"),
                    ));
                }
                "q" => query.search = Some(value.to_owned()),
                "limit" => query.limit = parse_limit(value)?,
                "cursor" => {
                    let cursor = value.parse::<Cursor>();
                    query.cursor =
                        Some(cursor.map_err(|_| {
                            ListParamError::new("cursor", value, "take it from `next_cursor` unchanged")
                        })?);
                }
                _ => {}
            }
            if let Some(field) = ["feed", "folder", "category"].into_iter().find(|f| *f == name) {
                if let Some(other) = scope_from.filter(|o| *o != field) {
                    return Err(ListParamError::new(
                        field,
                        value,
                        format_args!("`{other}` is given too, and only one can be"),
                    ));
                }
                scope_from = Some(field);
            }
        }
        query.sort = sort.unwrap_or_else(|| query.default_sort(defaults));
        Ok(query)
    }

    /// The order when the address does not name one: relevance for a search, else that of `defaults`.
    fn default_sort(&self, defaults: ListDefaults) -> ArticleSort {
        if self.search.is_some() { ArticleSort::Relevance } else { defaults.sort }
    }

    /// [`Self::from_params`] from the query part of an address, without the `?`.
    pub fn from_query(query: &str) -> Result<Self, ListParamError> {
        Self::from_query_with(query, ListDefaults::default())
    }

    /// The same, with view and order as in `defaults` when the address does not name them.
    pub fn from_query_with(query: &str, defaults: ListDefaults) -> Result<Self, ListParamError> {
        let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).collect();
        Self::from_params_with(pairs.iter().map(|(name, value)| (&**name, &**value)), defaults)
    }

    /// The parameters that [`Self::from_query_with`] reads back to this query; default values are left out.
    pub fn to_params_with(&self, defaults: ListDefaults) -> Vec<(&'static str, String)> {
        let mut params = Vec::new();
        if self.view != defaults.view {
            params.push(("view", self.view.as_str().to_owned()));
        }
        match self.scope {
            ArticleScope::All => {}
            ArticleScope::Feed(id) => params.push(("feed", id.to_string())),
            ArticleScope::Folder(id) => params.push(("folder", id.to_string())),
            ArticleScope::Category(id) => params.push(("category", id.to_string())),
        }
        if let Some(search) = self.search.as_deref().map(str::trim).filter(|s| !s.is_empty()) {
            params.push(("q", search.to_owned()));
        }
        // Without a search there is no relevance to sort by.
        let is_default =
            self.sort == self.default_sort(defaults) || (self.sort == ArticleSort::Relevance && self.search.is_none());
        if !is_default {
            params.push(("sort", self.sort.as_str().to_owned()));
        }
        if self.limit != DEFAULT_PAGE_ROWS {
            params.push(("limit", self.limit.to_string()));
        }
        if let Some(cursor) = self.cursor {
            params.push(("cursor", cursor.to_string()));
        }
        params
    }

    /// The query part of an address that [`Self::from_query`] reads back to this query, percent-encoded, without the `?`; empty for the default list.
    pub fn to_query(&self) -> String {
        self.to_query_with(ListDefaults::default())
    }

    /// [`Self::to_params_with`] as the query part of an address.
    pub fn to_query_with(&self, defaults: ListDefaults) -> String {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(self.to_params_with(defaults)).finish()
    }
}

fn parse_choice<T>(
    field: &'static str,
    value: &str,
    parse: impl Fn(&str) -> Option<T>,
    all: impl Iterator<Item = &'static str>,
) -> Result<T, ListParamError> {
    parse(value).ok_or_else(|| {
        ListParamError::new(field, value, format_args!("it is one of {}", all.collect::<Vec<_>>().join(", ")))
    })
}

fn parse_id(field: &'static str, value: &str) -> Result<i64, ListParamError> {
    value.parse().map_err(|_| ListParamError::new(field, value, "it is a number, the id"))
}

fn parse_limit(value: &str) -> Result<u32, ListParamError> {
    let rows = value.parse().ok().filter(|n| (1..=MAX_PAGE_ROWS).contains(n));
    rows.ok_or_else(|| ListParamError::new("limit", value, format_args!("it is a number from 1 to {MAX_PAGE_ROWS}")))
}

#[cfg(test)]
mod tests {
    use super::{ListDefaults, MAX_SEARCH_CHARS, QUERY_PARAMS};
    use crate::domain::{
        article::{ArticleScope, ArticleSort, ArticleView, Cursor, ListQuery},
        ids::{ArticleId, CategoryId, FeedId, FolderId},
    };
    use proptest::prelude::*;

    fn read(address: &str) -> Result<ListQuery, &'static str> {
        let pairs: Vec<_> = url::form_urlencoded::parse(address.as_bytes()).into_owned().collect();
        ListQuery::from_params(pairs.iter().map(|(k, v)| (k.as_str(), v.as_str()))).map_err(|bad| bad.field)
    }

    #[test]
    fn the_empty_address_is_the_inbox() {
        assert_eq!(read(""), Ok(ListQuery::default()));
        assert_eq!(read("view=&feed=&folder=&q=%20&cursor=&flash=hello"), Ok(ListQuery::default()));
        assert_eq!(ListQuery::default().to_query(), "");
    }

    #[test]
    fn errors_name_the_field() {
        let long = format!("q={}", "x".repeat(MAX_SEARCH_CHARS + 1));
        for (address, field) in [
            ("view=everything", "view"),
            ("sort=rank", "sort"),
            ("feed=first", "feed"),
            ("folder=1.5", "folder"),
            ("category=ai", "category"),
            ("limit=0", "limit"),
            ("limit=201", "limit"),
            ("limit=ten", "limit"),
            ("cursor=next", "cursor"),
            ("feed=1&folder=2", "folder"),
            (long.as_str(), "q"),
        ] {
            assert_eq!(read(address), Err(field), "{address}");
            assert!(QUERY_PARAMS.contains(&field));
        }
    }

    fn queries() -> impl Strategy<Value = ListQuery> {
        let scope = prop_oneof![
            Just(ArticleScope::All),
            (1i64..).prop_map(|id| ArticleScope::Feed(FeedId(id))),
            (1i64..).prop_map(|id| ArticleScope::Folder(FolderId(id))),
            (1i64..).prop_map(|id| ArticleScope::Category(CategoryId(id))),
        ];
        let cursor = (-20.0..20.0f64, any::<i64>(), 1i64..).prop_map(|(rank, sorted_at, id)| Cursor {
            rank,
            sorted_at,
            id: ArticleId(id),
        });
        (
            prop::sample::select(ArticleView::ALL),
            scope,
            prop::sample::select(ArticleSort::ALL),
            prop::option::of("[a-zäß\"&=?+% ]{0,30}[a-z]"),
            1u32..=200,
            prop::option::of(cursor),
        )
            .prop_map(|(view, scope, sort, search, limit, cursor)| ListQuery {
                view,
                scope,
                sort: if sort == ArticleSort::Relevance && search.is_none() { ArticleSort::Best } else { sort },
                search: search.map(|s| s.trim().to_owned()),
                limit,
                cursor,
            })
    }

    proptest! {
        #[test]
        fn every_query_survives_its_address(query in queries()) {
            prop_assert_eq!(read(&query.to_query()), Ok(query));
        }

        #[test]
        fn every_query_survives_its_address_whatever_the_defaults(
            query in queries(),
            view in prop::sample::select(ArticleView::ALL),
            sort in prop::sample::select(ArticleSort::ALL),
        ) {
            let defaults = ListDefaults { view, sort };
            let address = query.to_query_with(defaults);
            prop_assert_eq!(ListQuery::from_query_with(&address, defaults), Ok(query));
        }
    }
}
