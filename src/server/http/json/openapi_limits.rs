//! What the OpenAPI document says of the values of requests beyond their types.

use crate::{
    domain::{
        category::MAX_CATEGORY_NAME_CHARS,
        chat::{MAX_CONVERSATION_TITLE_CHARS, MAX_MESSAGE_CHARS},
        feed::{FEED_WEIGHTS, MAX_FOLDER_NAME_CHARS, MAX_TITLE_CHARS},
        feed_url::MAX_URL_BYTES,
        list_query::MAX_SEARCH_CHARS,
        model_name::MAX_MODEL_NAME_BYTES,
        model_server::{MAX_SERVER_NAME_CHARS, MAX_SERVER_SLOTS},
        preferences::{ALLOWED_REFRESH_INTERVAL_SECONDS, MAX_INTERESTS_CHARS},
        retention::MAX_RETENTION_RULES,
        rule::{MAX_RULE_NAME_CHARS, MAX_RULES, RULE_WEIGHTS},
        saved_search::{MAX_SAVED_SEARCH_NAME_CHARS, MAX_SAVED_SEARCHES},
    },
    server::{
        feed::fetch::MAX_HEADER_VALUE_BYTES,
        services::models::{NUM_CTX_RANGE, NUM_PREDICT_RANGE, SEED_RANGE},
    },
};
use serde_json::Value;
use utoipa::openapi::{
    Components, RefOr,
    schema::{Object, Schema, SchemaType, Type},
};

/// Levels of thinking.
const THINKING: &[&str] = &["off", "on", "low", "medium", "high"];

/// The words that a property takes; those that are cleared by null take it too.
const WORDS: [(&str, &str, &[&str]); 18] = [
    ("UpdateArticleRequest", "vote", &["up", "down"]),
    ("UpdateCategoryRequest", "weight", &["block", "reduce", "normal", "boost", "max"]),
    ("ChatMessageJson", "role", &["system", "user", "assistant"]),
    ("MarkReadRequest", "scope", &["all", "feed", "folder", "category", "view"]),
    ("UpdatePreferencesRequest", "theme", &["light", "dark"]),
    ("RescoreRequest", "scope", &["unread", "failed", "feed", "article"]),
    ("RescoreRequest", "mode", &["full", "score_only"]),
    ("UpdateFeedRequest", "full_text", &["auto", "always", "never"]),
    ("UpdatePreferencesRequest", "default_view", &["unread", "all", "starred", "scoring", "blocked", "failed"]),
    ("UpdatePreferencesRequest", "default_sort", &["score", "score-asc", "newest", "oldest"]),
    ("ShowTextRequest", "shown", &["feed", "full"]),
    ("ServerRequest", "kind", &["ollama", "openai"]),
    ("RuleRequest", "scoring", &["first", "never"]),
    ("RuleUpdateRequest", "scoring", &["first", "never"]),
    ("CreateConversationRequest", "thinking", THINKING),
    ("SendMessageRequest", "thinking", &["", "off", "on", "low", "medium", "high"]),
    ("SendChatRequest", "thinking", THINKING),
    ("SaveModelOptionsRequest", "task", &["categorization", "scoring", "chat"]),
];

/// Characters of a property, at least and at most.
const LENGTHS: [(&str, &str, usize, usize); 42] = [
    ("CreateCategoryRequest", "name", 1, MAX_CATEGORY_NAME_CHARS),
    ("UpdateCategoryRequest", "name", 1, MAX_CATEGORY_NAME_CHARS),
    ("FolderNameRequest", "name", 1, MAX_FOLDER_NAME_CHARS),
    ("UpdateFeedRequest", "custom_title", 0, MAX_TITLE_CHARS),
    ("UpdatePreferencesRequest", "interests", 0, MAX_INTERESTS_CHARS),
    ("UpdatePreferencesRequest", "anti_interests", 0, MAX_INTERESTS_CHARS),
    ("RenameConversationRequest", "title", 1, MAX_CONVERSATION_TITLE_CHARS),
    ("CreateConversationRequest", "message", 1, MAX_MESSAGE_CHARS),
    ("SendMessageRequest", "message", 1, MAX_MESSAGE_CHARS),
    ("ChatMessageJson", "content", 1, MAX_MESSAGE_CHARS),
    ("SavedSearchRequest", "name", 1, MAX_SAVED_SEARCH_NAME_CHARS),
    ("SavedSearchUpdateRequest", "name", 1, MAX_SAVED_SEARCH_NAME_CHARS),
    ("SavedSearchRequest", "query", 1, MAX_SEARCH_CHARS),
    ("SavedSearchUpdateRequest", "query", 1, MAX_SEARCH_CHARS),
    ("ServerRequest", "name", 1, MAX_SERVER_NAME_CHARS),
    ("SubscribeRequest", "url", 1, MAX_URL_BYTES),
    ("UpdateFeedRequest", "url", 1, MAX_URL_BYTES),
    ("SaveFeedRequestRequest", "user_agent", 0, MAX_HEADER_VALUE_BYTES),
    ("SaveFeedRequestRequest", "username", 0, MAX_HEADER_VALUE_BYTES),
    ("SaveFeedRequestRequest", "password", 0, MAX_HEADER_VALUE_BYTES),
    ("SaveFeedRequestRequest", "cookie", 0, MAX_HEADER_VALUE_BYTES),
    ("SaveMediaPositionRequest", "url", 1, MAX_URL_BYTES),
    ("RuleRequest", "name", 1, MAX_RULE_NAME_CHARS),
    ("RuleUpdateRequest", "name", 1, MAX_RULE_NAME_CHARS),
    ("RuleRequest", "query", 1, MAX_SEARCH_CHARS),
    ("RuleUpdateRequest", "query", 1, MAX_SEARCH_CHARS),
    ("TestRuleRequest", "query", 1, MAX_SEARCH_CHARS),
    ("ServerRequest", "address", 0, MAX_URL_BYTES),
    ("ServerRequest", "model", 0, MAX_MODEL_NAME_BYTES),
    ("CancelPullRequest", "model", 1, MAX_MODEL_NAME_BYTES),
    ("CopyModelRequest", "source", 1, MAX_MODEL_NAME_BYTES),
    ("CopyModelRequest", "destination", 1, MAX_MODEL_NAME_BYTES),
    ("CreateConversationRequest", "model", 1, MAX_MODEL_NAME_BYTES),
    ("EarlierVersionRequest", "copy", 1, MAX_MODEL_NAME_BYTES),
    ("MovePullRequest", "model", 1, MAX_MODEL_NAME_BYTES),
    ("PullAgainRequest", "model", 1, MAX_MODEL_NAME_BYTES),
    ("PullModelRequest", "model", 1, MAX_MODEL_NAME_BYTES),
    ("SaveModelOptionsRequest", "model", 1, MAX_MODEL_NAME_BYTES),
    ("SendChatRequest", "model", 1, MAX_MODEL_NAME_BYTES),
    ("SendMessageRequest", "model", 1, MAX_MODEL_NAME_BYTES),
    ("UpdateModelConfigRequest", "categorization_model", 1, MAX_MODEL_NAME_BYTES),
    ("UpdateModelConfigRequest", "scoring_model", 1, MAX_MODEL_NAME_BYTES),
];

/// Numbers of a property, at least and at most.
const RANGES: [(&str, &str, i64, i64); 13] = [
    ("UpdateFeedRequest", "weight", *FEED_WEIGHTS.start(), *FEED_WEIGHTS.end()),
    (
        "UpdateFeedRequest",
        "own_interval",
        *ALLOWED_REFRESH_INTERVAL_SECONDS.start(),
        *ALLOWED_REFRESH_INTERVAL_SECONDS.end(),
    ),
    (
        "UpdatePreferencesRequest",
        "feed_refresh_interval",
        *ALLOWED_REFRESH_INTERVAL_SECONDS.start(),
        *ALLOWED_REFRESH_INTERVAL_SECONDS.end(),
    ),
    ("ServerRequest", "slots", 1, MAX_SERVER_SLOTS),
    ("SavedSearchUpdateRequest", "position", 1, MAX_SAVED_SEARCHES),
    ("RuleRequest", "weight", *RULE_WEIGHTS.start(), *RULE_WEIGHTS.end()),
    ("RuleUpdateRequest", "weight", *RULE_WEIGHTS.start(), *RULE_WEIGHTS.end()),
    ("RuleUpdateRequest", "position", 1, MAX_RULES as i64),
    ("UpdateModelOptionsJson", "num_ctx", *NUM_CTX_RANGE.start(), *NUM_CTX_RANGE.end()),
    ("UpdateModelOptionsJson", "num_predict", *NUM_PREDICT_RANGE.start(), *NUM_PREDICT_RANGE.end()),
    ("UpdateModelOptionsJson", "seed", *SEED_RANGE.start(), *SEED_RANGE.end()),
    ("UpdateModelOptionsJson", "temperature", 0, 2),
    ("UpdateModelOptionsJson", "top_p", 0, 1),
];

/// Adds the words and lengths to the schemas. The names of those that are not there: a mistake in the tables.
pub fn add_value_limits(components: &mut Components) -> Vec<String> {
    let mut unknown = Vec::new();
    for (schema, property, words) in WORDS {
        match find_property(components, schema, property) {
            Some(object) => {
                let is_nullable =
                    matches!(&object.schema_type, SchemaType::Array(types) if types.contains(&Type::Null));
                let null = is_nullable.then_some(Value::Null);
                object.enum_values = Some(words.iter().map(|word| Value::from(*word)).chain(null).collect());
            }
            None => unknown.push(format!("{schema}.{property}")),
        }
    }
    for (schema, property, min, max) in LENGTHS {
        match find_property(components, schema, property) {
            Some(object) => (object.min_length, object.max_length) = (Some(min).filter(|min| *min > 0), Some(max)),
            None => unknown.push(format!("{schema}.{property}")),
        }
    }
    for (schema, property, min, max) in RANGES {
        match find_property(components, schema, property) {
            Some(object) => (object.minimum, object.maximum) = (Some(min.into()), Some(max.into())),
            None => unknown.push(format!("{schema}.{property}")),
        }
    }
    for (schema, property, max) in
        [("SaveRetentionRequest", "rules", MAX_RETENTION_RULES), ("TestRetentionRequest", "rules", MAX_RETENTION_RULES)]
    {
        match components.schemas.get_mut(schema) {
            Some(RefOr::T(Schema::Object(object))) => match object.properties.get_mut(property) {
                Some(RefOr::T(Schema::Array(array))) => array.max_items = Some(max),
                _ => unknown.push(format!("{schema}.{property}")),
            },
            _ => unknown.push(format!("{schema}.{property}")),
        }
    }
    unknown
}

fn find_property<'a>(components: &'a mut Components, schema: &str, property: &str) -> Option<&'a mut Object> {
    let RefOr::T(Schema::Object(object)) = components.schemas.get_mut(schema)? else { return None };
    match object.properties.get_mut(property)? {
        RefOr::T(Schema::Object(property)) => Some(property),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::add_value_limits;
    use crate::server::http::json::openapi_document;
    use utoipa::openapi::RefOr;

    #[test]
    fn every_limit_is_of_a_property_that_there_is() {
        let mut components = openapi_document().components.expect("schemas");
        assert_eq!(add_value_limits(&mut components), Vec::<String>::new());
        let document = serde_json::to_value(&components.schemas["UpdateArticleRequest"]).expect("JSON");
        assert!(matches!(components.schemas["UpdateArticleRequest"], RefOr::T(_)));
        assert_eq!(document["properties"]["vote"]["enum"], serde_json::json!(["up", "down", null]));
        for name in ["SendChatRequest", "ChatMessageJson", "UpdateModelOptionsJson"] {
            let schema = serde_json::to_value(&components.schemas[name]).expect("JSON");
            assert_eq!(schema["additionalProperties"], false, "{name}");
        }
    }
}
