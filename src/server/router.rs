//! All routes of the server, and the layers around them.

use super::{
    config::leptos_options,
    http::{
        access::{self, current::RequestCaller},
        assets, base_path, clients,
        guard::{self, AllowedHosts},
        headers::{self, TransportSecurity},
        health, icons, json, metrics, opml, outgoing,
    },
    state::App,
};
use crate::server::http::{
    body_limit,
    error_response::{is_api_path, json_error_response, negotiated_error_response},
    form_layer,
    form_outcomes::FormOutcomes,
    panic_handler,
};
use crate::{
    app,
    components::{browser::site_address::DocumentBasePath, layout::error_page::PageStatus},
    error::AppError,
};
use axum::{
    Router,
    extract::Request,
    http::{Method, StatusCode},
    middleware::{from_fn, from_fn_with_state},
    response::Response,
    routing::get,
};
use http::request::Parts;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{LeptosRoutes, ResponseOptions, generate_route_list_with_exclusions, render_app_async_with_context};
use std::time::Duration;
use tower_http::{
    CompressionLevel, catch_panic::CatchPanicLayer, classify::ServerErrorsFailureClass, compression::CompressionLayer,
    limit::RequestBodyLimitLayer, trace::TraceLayer,
};
use tracing::Span;

/// The largest form, in bytes. The API and uploads have limits of their own.
const MAX_FORM_BYTES: usize = 1024 * 1024;

/// The whole of Gleaner as one service; requests carry the address of their client as `ConnectInfo`, which [`access::check_access`]
/// wants.
pub fn router(app: App) -> Router {
    let base = app.config.access.base_path.clone();
    base_path::below(site_router(app), base)
        // Low compression levels, since each answer is compressed anew. Event streams and compressed content are left as they are.
        .layer(CompressionLayer::new().quality(CompressionLevel::Precise(4)))
}

/// All routes, without the base path.
fn site_router(app: App) -> Router {
    let known = AllowedHosts::new(&app.config);
    let transport_security = TransportSecurity::new(&app.config);
    let outcomes = FormOutcomes::new(app.clock.clone());
    let plain = Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(metrics::serve_metrics))
        .with_state(app.clone());
    Router::new()
        .merge(plain)
        .merge(opml::router(app.clone(), outcomes.clone()))
        .merge(json::router(app.clone()))
        .merge(icons::router(app.clone()))
        .merge(outgoing::router(app.clone()))
        .merge(clients::router(app.clone()))
        .merge(page_router(app.clone(), outcomes))
        .layer(CatchPanicLayer::custom(panic_handler::handle_panic))
        .layer(from_fn(panic_handler::render_panic))
        .layer(from_fn(body_limit::render_too_large))
        .layer(from_fn_with_state(app.clone(), access::check_access))
        .layer(from_fn_with_state(known, guard::guard))
        .layer(from_fn_with_state(app.clone(), metrics::record_request))
        .layer(from_fn_with_state(transport_security, headers::set_security_headers))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(|request: &Request| {
                    // Without the query, which may hold the reader's searches.
                    tracing::debug_span!("request", method = %request.method(), path = outgoing::hide_secret(request.uri().path()))
                })
                .on_request(())
                .on_response(|response: &Response, took: Duration, _: &Span| {
                    tracing::debug!(status = response.status().as_u16(), ms = took.as_millis(), "answered");
                })
                .on_failure(|failure: ServerErrorsFailureClass, took: Duration, _: &Span| {
                    tracing::warn!(%failure, ms = took.as_millis(), "failed");
                }),
        )
}

/// The pages and their server functions; what is no page either is looked for among the assets, and then is not found.
fn page_router(app: App, outcomes: FormOutcomes) -> Router {
    let options = leptos_options(&app.config);
    let names = assets::asset_names();
    let kept = outcomes.clone();
    let base = Some(app.config.access.base_path.to_string()).filter(|base| !base.is_empty()).map(DocumentBasePath);
    let context = move || {
        if let Some(base) = &base {
            provide_context(base.clone());
        }
        provide_context(app.clone());
        provide_context(names.clone());
        provide_context(kept.clone());
        if let Some(outcome) = use_context::<Parts>().and_then(|parts| kept.find(&parts.uri)) {
            provide_context(outcome);
        }
        if let Some(options) = use_context::<ResponseOptions>() {
            provide_context(PageStatus::new(move |status| {
                if let Ok(status) = StatusCode::from_u16(status) {
                    options.set_status(status);
                }
            }));
        }
        headers::provide_page_csp();
    };
    // The page for unknown addresses is the fallback below, after the assets.
    let routes = generate_route_list_with_exclusions(app::App, Some(vec![CATCH_ALL_ROUTE.into()]));
    let not_found = render_app_async_with_context(context.clone(), app::shell);
    let elsewhere = move |request: Request| {
        let not_found = not_found.clone();
        async move {
            let path = request.uri().path();
            if let Some(asset) = assets::serve_asset(request.method(), path, request.headers()) {
                return asset;
            }
            if is_api_path(path) || request.method() != Method::GET {
                return json_error_response(
                    &AppError::not_found("There is no such endpoint.").hint("/api/openapi.json lists the API."),
                );
            }
            // The page has the sidebar, which is for the owner only.
            if request.extensions().get::<RequestCaller>().is_none_or(|caller| caller.0.is_none()) {
                let error = AppError::not_found("There is nothing at this address.");
                return negotiated_error_response(&error, path, request.headers());
            }
            let mut response = not_found(request).await;
            if response.status() == StatusCode::OK {
                *response.status_mut() = StatusCode::NOT_FOUND;
            }
            response
        }
    };
    Router::new()
        .leptos_routes_with_context(&options, routes, context, app::shell)
        .fallback(elsewhere)
        .layer(from_fn_with_state(outcomes, form_layer::answer_form))
        .layer(RequestBodyLimitLayer::new(MAX_FORM_BYTES))
        .with_state(options)
}

/// leptos' route for everything, as axum writes it.
const CATCH_ALL_ROUTE: &str = "/{*any}";
