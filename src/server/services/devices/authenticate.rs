//! Which device a request comes from, by the secrets of each API. The secrets are random, so a fast keyed hash suffices
//! (docs/spec/access.md "Devices").

use super::secret_kind::SecretKind;
use crate::{
    domain::{access::device::Device, plain_text},
    error::{AppError, ErrorKind},
    server::{
        secrets::{self, InstanceKey},
        services::{access::ClientInfo, instance_key},
        state::App,
        storage::devices::{self as rows, DeviceKey, StoredDevice},
    },
};

/// The last use of a device is stored this often, in seconds.
const TOUCH_SECONDS: i64 = 60;
/// The longest User-Agent that is stored, in characters.
const MAX_PROGRAM_CHARS: usize = 120;

/// The device with this token (`gl_…`).
///
/// # Errors
/// 401 when there is none, or it was revoked.
pub async fn authenticate_token(app: &App, token: &str, client: &ClientInfo) -> Result<Device, AppError> {
    let key = key_of(app).await?;
    let mac = SecretKind::Token.mac(&key, token);
    let found = rows::find(&app.db.read, DeviceKey::TokenMac(&mac)).await?;
    accept(app, found, client).await
}

/// The device with this user name and password (Google Reader's ClientLogin, Basic authentication).
///
/// # Errors
/// 401 when there is none; 429 after too many guesses from this address. The right password is never refused.
pub async fn authenticate_password(
    app: &App,
    username: &str,
    password: &str,
    client: &ClientInfo,
) -> Result<Device, AppError> {
    let key = key_of(app).await?;
    let found = rows::find(&app.db.read, DeviceKey::Username(username)).await?.filter(|found| {
        secrets::is_mac(&key, SecretKind::Password.purpose(), password.as_bytes(), &found.password_mac)
    });
    if found.is_none() && !app.access.device_guesses.try_acquire(client.address, app.clock.now()) {
        return Err(AppError::new(ErrorKind::TooManyRequests, "Too many wrong passwords came from this address.")
            .hint("The right one is accepted at any time."));
    }
    accept(app, found, client).await
}

/// The device with this `api_key` of the Fever API: `md5(username:password)` in hex, in either case.
///
/// # Errors
/// As [`authenticate_token`].
pub async fn authenticate_fever(app: &App, api_key: &str, client: &ClientInfo) -> Result<Device, AppError> {
    let key = key_of(app).await?;
    let mac = SecretKind::Fever.mac(&key, &api_key.to_ascii_lowercase());
    let found = rows::find(&app.db.read, DeviceKey::FeverMac(&mac)).await?;
    accept(app, found, client).await
}

/// The `Auth` value that ClientLogin answers: `username/` and 64 hex digits. It is computed, not stored, and ends with the device.
///
/// # Errors
/// 401 when the device was revoked meanwhile.
pub async fn google_reader_token(app: &App, device: &Device) -> Result<String, AppError> {
    let key = key_of(app).await?;
    let found = rows::find(&app.db.read, DeviceKey::Id(device.id)).await?.ok_or_else(refusal)?;
    let mac = secrets::mac(&key, SecretKind::GoogleReader.purpose(), &google_reader_material(&found));
    Ok(format!("{}/{}", device.username, hex::encode(mac)))
}

/// The device with this [`google_reader_token`].
///
/// # Errors
/// As [`authenticate_token`].
pub async fn authenticate_google_reader(app: &App, token: &str, client: &ClientInfo) -> Result<Device, AppError> {
    let key = key_of(app).await?;
    let (username, mac) = token.split_once('/').unwrap_or_default();
    let mac = hex::decode(mac).unwrap_or_default();
    let found = rows::find(&app.db.read, DeviceKey::Username(username)).await?.filter(|found| {
        secrets::is_mac(&key, SecretKind::GoogleReader.purpose(), &google_reader_material(found), &mac)
    });
    accept(app, found, client).await
}

fn google_reader_material(found: &StoredDevice) -> Vec<u8> {
    [&found.device.id.0.to_be_bytes(), found.password_mac.as_slice()].concat()
}

/// The key of the instance; without any device, one that nothing was hashed with.
async fn key_of(app: &App) -> Result<InstanceKey, AppError> {
    Ok(instance_key::find(&app.db.read).await?.unwrap_or_else(secrets::random_key))
}

/// The device, with its request counted; the refusal when there is none.
async fn accept(app: &App, found: Option<StoredDevice>, client: &ClientInfo) -> Result<Device, AppError> {
    let now = app.clock.now();
    let StoredDevice { device, .. } = found.ok_or_else(refusal)?;
    if let Some(count) = app.access.device_requests.count(device.id, now, TOUCH_SECONDS) {
        let program: String = plain_text::clean_line(&client.user_agent).chars().take(MAX_PROGRAM_CHARS).collect();
        let mut db = app.db.write().await?;
        rows::touch(&mut db, device.id, (&client.address.to_string(), &program), count, now).await?;
        db.commit().await?;
    }
    Ok(device)
}

fn refusal() -> AppError {
    AppError::new(ErrorKind::Unauthorized, "The token or password is wrong, or was revoked.")
        .hint("`gleaner clients add NAME` or the page /settings/clients makes a new one.")
}
