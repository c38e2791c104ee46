//! The OpenAPI document.

use super::openapi_limits::add_value_limits;
use axum::{Extension, Json};
use std::sync::Arc;
use utoipa::{
    OpenApi as _,
    openapi::{
        ContentBuilder, OpenApi, Ref, RefOr, ResponseBuilder,
        path::{Operation, PathItem},
        schema::{AdditionalProperties, ArrayItems, Schema},
    },
};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Gleaner",
        description = "Everything the pages do. Times are RFC 3339 in UTC, sizes bytes, ids integers. Answers may grow \
                       further fields; unknown fields in a request are refused. Unsafe methods from another origin: 403."
    ),
    components(schemas(crate::server::http::json::error::ErrorResponse)),
    tags(
        (name = "reading", description = "Articles, feeds, folders, categories and preferences."),
        (name = "scoring", description = "The queue and its worker."),
        (name = "ollama", description = "The server that runs the models."),
        (name = "servers", description = "The servers whose models score articles."),
        (name = "registry", description = "The models on record, and what they are for."),
        (name = "chat", description = "Talking to a model."),
        (name = "live", description = "Events, and this document.")
    )
)]
struct ApiDoc;

/// The document before the routes add themselves.
pub fn base_document() -> OpenApi {
    ApiDoc::openapi()
}

/// What holds for all routes alike: how they fail, and that requests have no other fields than the named ones.
pub fn add_shared_parts(document: &mut OpenApi) {
    let mut requests: Vec<String> = Vec::new();
    for operation in document.paths.paths.values_mut().flat_map(operations_mut) {
        let error = ResponseBuilder::new()
            .description(
                "What went wrong: 400 malformed, 404 not found, 409 conflict, 413, 415, 422 invalid value, 5xx.",
            )
            .content(
                "application/json",
                ContentBuilder::new().schema(Some(Ref::from_schema_name("ErrorResponse"))).build(),
            )
            .build();
        operation.responses.responses.insert("default".into(), RefOr::T(error));
        let Some(RefOr::T(body)) = &operation.request_body else { continue };
        requests.extend(body.content.values().filter_map(|content| {
            let RefOr::T(content) = content else { return None };
            let Some(RefOr::Ref(schema)) = &content.schema else { return None };
            schema.ref_location.rsplit('/').next().map(str::to_owned)
        }));
    }
    let Some(components) = &mut document.components else { return };
    while let Some(name) = requests.pop() {
        let Some(RefOr::T(Schema::Object(object))) = components.schemas.get_mut(&name) else { continue };
        if object.additional_properties.is_none() {
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
            requests.extend(object.properties.values().filter_map(referenced_schema));
        }
    }
    add_value_limits(components);
}

/// The name of the schema that a property is, that its elements are, or that it is when it is not null.
fn referenced_schema(property: &RefOr<Schema>) -> Option<String> {
    let name = |reference: &Ref| reference.ref_location.rsplit('/').next().map(str::to_owned);
    match property {
        RefOr::Ref(reference) => name(reference),
        RefOr::T(Schema::Array(array)) => match &array.items {
            ArrayItems::RefOrSchema(items) => referenced_schema(items),
            ArrayItems::False => None,
        },
        RefOr::T(Schema::OneOf(choices)) => choices.items.iter().find_map(referenced_schema),
        RefOr::T(_) => None,
    }
}

fn operations_mut(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete].into_iter().flatten()
}

/// This document.
#[utoipa::path(get, path = "/api/openapi.json", tag = "live", responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
pub async fn serve_openapi(Extension(document): Extension<Arc<OpenApi>>) -> Json<OpenApi> {
    Json(OpenApi::clone(&document))
}
