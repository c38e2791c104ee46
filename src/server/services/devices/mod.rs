//! Programs with secrets of their own: adding, listing, changing and revoking them.

pub mod authenticate;
pub mod reader_address;
mod secret_kind;

use crate::{
    domain::{
        access::device::{
            Device, DeviceSecrets, DeviceView, MAX_DEVICE_NAME_CHARS, MAX_VIEW_SCORE, ScopeSet, username_of,
        },
        ids::DeviceId,
        plain_text,
        time::Timestamp,
    },
    error::AppError,
    server::{
        secrets,
        services::instance_key,
        state::App,
        storage::devices::{self as rows, DeviceKey, SecretMacs},
    },
};
use secret_kind::SecretKind;
use sqlx::SqliteConnection;

/// Letters of a password: 131 bits, at least 128 as docs/spec/access.md "Devices" has it.
const PASSWORD_LETTERS: usize = 28;

/// A device that was just added, with its secrets.
#[derive(Clone, Debug)]
pub struct NewDevice {
    /// The device.
    pub device: Device,
    /// Its secrets, which are not stored.
    pub secrets: DeviceSecrets,
}

/// All devices, by name.
#[tracing::instrument(name = "devices.list", level = "debug", skip_all)]
pub async fn list(app: &App) -> Result<Vec<Device>, AppError> {
    let mut all = Vec::new();
    for id in rows::list_ids(&app.db.read).await? {
        if let Some(found) = rows::find(&app.db.read, DeviceKey::Id(id)).await? {
            all.push(with_requests_of_today(app, found.device));
        }
    }
    Ok(all)
}

fn with_requests_of_today(app: &App, mut device: Device) -> Device {
    let day = |at: Timestamp| at.0.div_euclid(86_400);
    if device.last_used_at.is_none_or(|used| day(used) != day(app.clock.now())) {
        device.requests_today = 0;
    }
    device.requests_today += app.access.device_requests.pending(device.id, app.clock.now());
    device
}

/// Adds a device. `scopes`: a list as [`ScopeSet::parse`] reads it.
///
/// # Errors
/// 422 for a name that is empty or too long and for a word that is no scope, 409 for a name that is taken.
#[tracing::instrument(name = "devices.add", level = "debug", skip_all)]
pub async fn add(app: &App, name: &str, scopes: &str) -> Result<NewDevice, AppError> {
    let name = &plain_text::clean_line(name);
    if name.is_empty() || name.chars().count() > MAX_DEVICE_NAME_CHARS {
        return Err(AppError::invalid(format!("The name needs 1 to {MAX_DEVICE_NAME_CHARS} characters.")).field("name"));
    }
    let scopes = ScopeSet::parse(scopes).map_err(|word| {
        let message = if word.is_empty() {
            "Choose what the device may do.".into()
        } else {
            format!("“{word}” is no scope.")
        };
        AppError::invalid(message).hint("The scopes are read, write and metrics.").field("scopes")
    })?;
    let mut db = app.db.write().await?;
    let key = instance_key::load_or_make(&mut db).await?;
    let username = free_username(&mut db, name).await?;
    let password = secrets::random_letters(PASSWORD_LETTERS);
    let secrets = DeviceSecrets { token: secrets::random_device_token(), username, password };
    let fever = secrets::fever_digest(&secrets.username, &secrets.password);
    let macs = SecretMacs {
        token: SecretKind::Token.mac(&key, &secrets.token),
        password: SecretKind::Password.mac(&key, &secrets.password),
        fever: SecretKind::Fever.mac(&key, &fever),
    };
    let id = rows::insert(&mut db, (name, &secrets.username), scopes, &macs, app.clock.now()).await?;
    db.commit().await?;
    Ok(NewDevice { device: find(app, id).await?, secrets })
}

/// The name must be free; a number is added to a user name that is taken.
async fn free_username(db: &mut SqliteConnection, name: &str) -> Result<String, AppError> {
    let base = username_of(name);
    let mut username = base.clone();
    for number in 2.. {
        match rows::is_taken(db, name, &username).await? {
            (true, _) => {
                return Err(AppError::conflict(format!("There is a device called “{name}” already."))
                    .hint("Choose another name, or revoke that one first.")
                    .field("name"));
            }
            (false, true) => username = format!("{base}{number}"),
            (false, false) => break,
        }
    }
    Ok(username)
}

async fn find(app: &App, id: DeviceId) -> Result<Device, AppError> {
    let found = rows::find(&app.db.read, DeviceKey::Id(id)).await?;
    found.map(|found| found.device).ok_or_else(no_such_device)
}

/// Changes how scores reach a device.
///
/// # Errors
/// 404 when there is none, 422 for a score outside of the scale.
#[tracing::instrument(name = "devices.set_view", level = "debug", skip_all)]
pub async fn set_view(app: &App, id: DeviceId, view: DeviceView) -> Result<(), AppError> {
    if view.min_score.is_some_and(|score| !(0.0..=MAX_VIEW_SCORE).contains(&score)) {
        let message = format!("The lowest score must be a number from 0 to {MAX_VIEW_SCORE}, or empty.");
        return Err(AppError::invalid(message).field("min_score"));
    }
    let mut db = app.db.write().await?;
    let existed = rows::set_view(&mut db, id, view).await?;
    db.commit().await?;
    if existed { Ok(()) } else { Err(no_such_device()) }
}

/// Revokes a device: its secrets are refused from the next request on, and its open event streams end.
///
/// # Errors
/// 404 when there is none.
#[tracing::instrument(name = "devices.revoke", level = "debug", skip_all)]
pub async fn revoke(app: &App, id: DeviceId) -> Result<(), AppError> {
    let mut db = app.db.write().await?;
    let existed = rows::delete(&mut db, id).await?;
    db.commit().await?;
    app.access.publish_change();
    if existed { Ok(()) } else { Err(no_such_device()) }
}

/// As [`revoke`], by name.
///
/// # Errors
/// 404 when there is none.
pub async fn revoke_by_name(app: &App, name: &str) -> Result<(), AppError> {
    let found = rows::find(&app.db.read, DeviceKey::Name(name)).await?;
    revoke(app, found.ok_or_else(no_such_device)?.device.id).await
}

fn no_such_device() -> AppError {
    AppError::not_found("There is no such device.")
        .hint("It may have been revoked.")
        .link("Devices", "/settings/clients")
}
