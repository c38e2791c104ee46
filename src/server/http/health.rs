//! Whether the process lives, and whether it can do its work.

use crate::server::{services, state::App, storage};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

/// `GET /healthz`: the process answers. No I/O.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: proves a write; 503 when the database cannot be read and written. Ollama or its model being down is "degraded" and still 200: reading goes on without.
pub async fn readyz(State(app): State<App>) -> Response {
    let database = storage::schema_version(&app.db).await;
    let migrations = matches!(&database, Ok(version) if *version == storage::known_schema_version());
    if let Err(error) = &database {
        tracing::error!(%error, "the database does not answer");
    }
    let ollama = services::models::health(&app).connected;
    let ollama_status = services::models::status(&app).await;
    let model = ollama_status.as_ref().ok().and_then(|status| status.worst_model()).map(|worst| worst.state);
    let storage = services::storage_health::prove(&app).await;
    let clock = services::clock_jumps::find_future_moment(&app).await;
    let is_clock_right = !matches!(clock, Ok(Some(_)));
    let has_free_files = !app.open_files.were_exhausted_recently(&app.clock);
    let usable = database.is_ok() && migrations && storage.is_writable;
    let label = |fine: bool| if fine { "ok" } else { "fail" };
    let status = if usable
        && is_clock_right
        && has_free_files
        && storage.obstacle.is_none()
        && ollama
        && model.is_some_and(|state| !state.needs_attention())
    {
        "ready"
    } else {
        "degraded"
    };
    let code = if usable { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let checks = json!({
        "database": label(database.is_ok()),
        "migrations": label(migrations),
        // A write was committed.
        "write": label(storage.is_writable),
        // Why fetching and scoring wait.
        "obstacle": storage.obstacle,
        "free_bytes": storage.free_bytes,
        // Whether files and connections could be opened during the last minute.
        "open_files": label(has_free_files),
        // Whether the clock is not more than a day behind what was stored before.
        "clock": label(is_clock_right),
        "ollama": label(ollama),
        // The state of the model in use, as `GET /api/models` tells it.
        "model": model,
    });
    (code, Json(json!({ "status": status, "checks": checks }))).into_response()
}
