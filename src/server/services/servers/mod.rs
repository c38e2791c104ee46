//! Model servers: adding, testing, changing and removing them, and putting what is stored into use.

mod build;
mod form;

pub use build::{main_server, refresh};
pub use form::ServerForm;

use crate::{
    domain::{
        ids::ServerId,
        model_server::{MAIN_SERVER, ServerKind, ServerStatus, ServerTest},
    },
    error::AppError,
    server::{
        models::server::ModelServer,
        services::{instance_key, models},
        state::App,
        storage::servers as rows,
    },
};
use std::sync::Arc;

/// All servers with what is known of them, the main one first. Never waits for one.
#[tracing::instrument(name = "servers.list", level = "debug", skip_all)]
pub async fn list(app: &App) -> Result<Vec<ServerStatus>, AppError> {
    refresh(app).await?;
    Ok(app.servers.list().iter().map(|server| status_of(app, server)).collect())
}

fn status_of(app: &App, server: &ModelServer) -> ServerStatus {
    let mut status = server.status();
    if server.settings.is_main() {
        // The poll knows more than the last request.
        status.problem = models::health(app)
            .problem
            .map(|problem| format!("{} {}", problem.message, problem.hint))
            .or(status.problem);
    }
    status
}

/// Adds a server, which is used at once.
///
/// # Errors
/// 422 beside the field that is wrong, and for an Ollama that is given as a server with OpenAI's API; 409 when the name is taken.
#[tracing::instrument(name = "servers.add", level = "debug", skip_all)]
pub async fn add(app: &App, form: ServerForm) -> Result<ServerStatus, AppError> {
    let mut tx = app.db.write().await?;
    let new = form.to_stored(&mut tx, None, app.clock.now()).await?;
    // The key of the instance may have been made; the row comes after a look at the server.
    tx.commit().await?;
    refuse_ollama(app, &new).await?;
    let mut tx = app.db.write().await?;
    let id = rows::insert(&mut tx, &new).await?.ok_or_else(|| form::name_taken(&new.name))?;
    tx.commit().await?;
    apply(app, id).await
}

/// Changes a server; requests in flight end as they began.
///
/// # Errors
/// As [`add`]; 404 when there is none.
#[tracing::instrument(name = "servers.update", level = "debug", skip_all)]
pub async fn update(app: &App, id: ServerId, form: ServerForm) -> Result<ServerStatus, AppError> {
    let before = find_row(app, id).await?;
    let mut tx = app.db.write().await?;
    let changed = form.to_stored(&mut tx, Some(&before), app.clock.now()).await?;
    tx.commit().await?;
    if changed.address != before.address {
        refuse_ollama(app, &changed).await?;
    }
    let mut tx = app.db.write().await?;
    if !rows::update(&mut tx, &changed).await? {
        return Err(form::name_taken(&changed.name));
    }
    tx.commit().await?;
    apply(app, id).await
}

/// Removes a server: what it was asked goes back to the queue, or is stored when it has answered.
///
/// # Errors
/// 404 when there is none; 409 for the main one.
#[tracing::instrument(name = "servers.remove", level = "debug", skip_all)]
pub async fn remove(app: &App, id: ServerId) -> Result<(), AppError> {
    if id == MAIN_SERVER {
        return Err(AppError::conflict("The Ollama of the settings cannot be removed.")
            .hint("Take its tasks away, and it is asked nothing about articles."));
    }
    let mut tx = app.db.write().await?;
    if !rows::remove(&mut tx, id).await? {
        return Err(not_found());
    }
    tx.commit().await?;
    refresh(app).await?;
    app.scoring_wakeup.notify_one();
    Ok(())
}

/// The server called `name`, whatever the case.
///
/// # Errors
/// 404 when there is none.
pub async fn find_by_name(app: &App, name: &str) -> Result<ServerId, AppError> {
    let all = rows::list(&app.db.read).await?;
    let found = all.into_iter().find(|row| row.name.eq_ignore_ascii_case(name.trim()));
    found.map(|row| row.id).ok_or_else(not_found)
}

/// Requests the models of a server and, for the kind openai, probes its response format; sends no text of articles.
///
/// # Errors
/// 503 with the reason when it does not answer, or does not have the model.
#[tracing::instrument(name = "servers.test", level = "debug", skip_all)]
pub async fn test(app: &App, id: ServerId) -> Result<ServerTest, AppError> {
    refresh(app).await?;
    let server = find(app, id)?;
    let failed = |error| server.to_app_error(&error);
    server.ping().await.map_err(failed)?;
    let models = server.list_model_names().await.map_err(failed)?;
    let wanted = models::load_config(app).await?.scoring_model;
    let target = server.find_target(&wanted).await.map_err(|error| {
        let offered: Vec<&str> = models.iter().map(|model| model.as_str()).collect();
        failed(error).hint(format!("It offers: {}. Set the model of the server to one of them.", offered.join(", ")))
    })?;
    let response_format = match server.openai() {
        None => None,
        Some(client) => {
            let format = client.probe_response_format(&target.model).await.map_err(failed)?.as_str();
            let mut tx = app.db.write().await?;
            rows::set_response_format(&mut tx, id, format).await?;
            tx.commit().await?;
            Some(format.to_owned())
        }
    };
    Ok(ServerTest {
        models: models.iter().map(ToString::to_string).collect(),
        model: target.model.to_string(),
        context_length: target.context_length,
        response_format,
    })
}

/// Asks the servers that have nothing to do whether they answer, except the main one, which has a poll of its own.
pub async fn ping_idle(app: &App) {
    let idle =
        app.servers.list().into_iter().filter(|server| !server.settings.is_main() && server.status().in_flight == 0);
    futures::future::join_all(idle.map(|server| async move {
        // The failure is part of the status.
        let _ = server.ping().await;
    }))
    .await;
}

fn find(app: &App, id: ServerId) -> Result<Arc<ModelServer>, AppError> {
    app.servers.list().into_iter().find(|server| server.settings.id == id).ok_or_else(not_found)
}

async fn find_row(app: &App, id: ServerId) -> Result<rows::StoredServer, AppError> {
    rows::list(&app.db.read).await?.into_iter().find(|row| row.id == id).ok_or_else(not_found)
}

fn not_found() -> AppError {
    AppError::not_found("There is no such server.").hint("It may have been removed; the list shows those there are.")
}

/// Its API of the other kind hides errors in the middle of an answer.
async fn refuse_ollama(app: &App, row: &rows::StoredServer) -> Result<(), AppError> {
    if ServerKind::parse(&row.kind) != Some(ServerKind::OpenAi) {
        return Ok(());
    }
    let key = instance_key::find(&app.db.read).await?;
    let server = build::build(app, row, key.as_ref())?;
    match server.openai() {
        Some(client) if client.is_ollama().await => Err(AppError::invalid("This is an Ollama.")
            .hint("Choose the kind “Ollama”: over OpenAI's API it hides errors in the middle of an answer.")
            .field("kind")),
        _ => Ok(()),
    }
}

async fn apply(app: &App, id: ServerId) -> Result<ServerStatus, AppError> {
    refresh(app).await?;
    app.scoring_wakeup.notify_one();
    Ok(status_of(app, find(app, id)?.as_ref()))
}
