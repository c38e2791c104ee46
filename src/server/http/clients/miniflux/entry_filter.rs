//! The parameters of lists of entries as conditions.

use super::{
    error::{MinifluxError, bad_request},
    responses::{USER_ID, folder_of_category},
};
use crate::{
    domain::{ids::ArticleId, time::Timestamp},
    server::{
        services::clients::{articles::search_condition, labels::find_label, library::ClientLibrary, view::ClientView},
        storage::client_articles::{ArticleCondition, ClientOrder, ClientQuery},
    },
};

/// Default entries of a page.
const DEFAULT_LIMIT: i64 = 100;
/// Entries of a page at most.
pub const MAX_ENTRIES: i64 = 1_000;
/// Ids of a page at most.
pub const MAX_IDS: i64 = 10_000;

/// The condition of a category.
pub fn category_condition(category: i64) -> ArticleCondition {
    folder_of_category(category).map_or(ArticleCondition::NoFolder, ArticleCondition::Folder)
}

/// The list that a query asks for, in the order and direction that Miniflux has without others. `max_limit`: the longest page.
///
/// # Errors
/// 400 for a value that cannot be read. Unknown parameters are ignored.
pub fn parse_entry_query(
    query: &str,
    library: &ClientLibrary,
    view: &ClientView,
    max_limit: i64,
) -> Result<ClientQuery, MinifluxError> {
    let mut find = ClientQuery {
        conditions: Vec::new(),
        order: ClientOrder::Date,
        is_descending: false,
        limit: DEFAULT_LIMIT.min(max_limit),
        offset: 0,
    };
    let mut statuses: Vec<String> = Vec::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let number = || value.parse::<i64>().map_err(|_| bad_request(format!("`{name}` must be a number.")));
        // Zero and less mean no limit in time.
        let second =
            |step: i64| Ok::<_, MinifluxError>(Some(number()?).filter(|at| *at > 0).map(|at| Timestamp(at + step)));
        let condition = match &*name {
            "status" => {
                statuses.push(value.into_owned());
                None
            }
            // Clients in Python write `True`.
            "starred" => Some(match &*value.to_ascii_lowercase() {
                "true" | "1" | "t" => ArticleCondition::Starred,
                "false" | "0" | "f" => ArticleCondition::Starred.negated(),
                _ => return Err(bad_request("`starred` is true or false.")),
            }),
            "limit" => {
                find.limit = Some(number()?).filter(|limit| (1..=max_limit).contains(limit)).unwrap_or(max_limit);
                None
            }
            "offset" => {
                find.offset =
                    Some(number()?).filter(|at| *at >= 0).ok_or_else(|| bad_request("`offset` is 0 or more."))?;
                None
            }
            "order" => {
                find.order = parse_order(&value)?;
                None
            }
            "direction" => {
                find.is_descending = match &*value {
                    "asc" => false,
                    "desc" => true,
                    _ => return Err(bad_request("`direction` is asc or desc.")),
                };
                None
            }
            "before" | "published_before" => second(-1)?.map(ArticleCondition::DatedUntil),
            "after" | "published_after" => second(1)?.map(ArticleCondition::DatedFrom),
            "changed_before" => second(-1)?.map(ArticleCondition::ChangedUntil),
            // With the second itself: what arrived in it after the client asked must not be lost.
            "changed_after" => second(0)?.map(|at| view.changed_from(at)),
            "before_entry_id" => {
                Some(number()?).filter(|id| *id > 0).map(|id| ArticleCondition::IdBelow(ArticleId(id)))
            }
            "after_entry_id" => Some(number()?).filter(|id| *id > 0).map(|id| ArticleCondition::IdAbove(ArticleId(id))),
            "category_id" => Some(number()?).filter(|id| *id > 0).map(category_condition),
            "feed_id" => Some(number()?).filter(|id| *id > 0).map(|id| ArticleCondition::Feed(id.into())),
            "user_id" => Some(number()?).filter(|id| *id != USER_ID).map(|_| nothing()),
            "search" if value.trim().is_empty() => None,
            "search" => Some(search_condition(&value).unwrap_or_else(nothing)),
            "tags" => Some(
                find_label(library, &value)
                    .filter(|label| !label.is_folder())
                    .map_or_else(nothing, |label| label.condition(library)),
            ),
            _ => None,
        };
        find.conditions.extend(condition);
    }
    find.conditions.extend(status_condition(&statuses)?);
    Ok(find)
}

fn parse_order(order: &str) -> Result<ClientOrder, MinifluxError> {
    Ok(match order {
        "id" => ClientOrder::Id,
        "status" => ClientOrder::Status,
        "published_at" => ClientOrder::Date,
        "created_at" => ClientOrder::Arrival,
        "changed_at" => ClientOrder::Change,
        "category_title" => ClientOrder::FolderName,
        "category_id" => ClientOrder::FolderId,
        "title" => ClientOrder::Title,
        "author" => ClientOrder::Author,
        _ => return Err(bad_request(format!("There is no order `{order}`."))),
    })
}

/// Articles with one of the statuses; nothing is ever `removed`.
fn status_condition(statuses: &[String]) -> Result<Option<ArticleCondition>, MinifluxError> {
    if let Some(unknown) = statuses.iter().find(|status| !["read", "unread", "removed"].contains(&status.as_str())) {
        return Err(bad_request(format!("There is no status `{unknown}`.")));
    }
    let has = |status: &str| statuses.iter().any(|known| known == status);
    Ok(match (has("read"), has("unread")) {
        (true, true) => None,
        (true, false) => Some(ArticleCondition::Read),
        (false, true) => Some(ArticleCondition::Read.negated()),
        (false, false) => Some(nothing()).filter(|_| !statuses.is_empty()),
    })
}

const fn nothing() -> ArticleCondition {
    ArticleCondition::IdIn(Vec::new())
}
