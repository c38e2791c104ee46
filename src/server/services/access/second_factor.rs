//! The second factor with the password: codes of an authenticator app (RFC 6238), and recovery codes.

use super::sign_in_events::record_sign_in;
use super::{Caller, ClientInfo, attempts};
use crate::{
    domain::{
        access::{LoginMethod, SignInOutcome, second_factor::SecondFactor},
        time::Timestamp,
    },
    error::AppError,
    server::{
        secrets::{self, InstanceKey},
        services::instance_key,
        state::App,
        storage::{owner, second_factor as rows},
        totp::{SECRET_BYTES, TotpSecret},
    },
};
use sqlx::SqliteConnection;

/// Recovery codes that are made at once.
const RECOVERY_CODES: usize = 10;
/// Letters of a recovery code: 75 bits.
const RECOVERY_CODE_LETTERS: usize = 16;
/// Recovery codes are shown in groups of so many letters.
const GROUP_LETTERS: usize = 4;
/// What the hash of a recovery code is for.
const RECOVERY_CODE_PURPOSE: &str = "recovery-code";
/// What the derived secret is for.
const SECRET_PURPOSE: &str = "totp";

/// The state that `/settings/access` shows.
pub async fn state(app: &App) -> Result<SecondFactor, AppError> {
    let mut db = app.db.read.acquire().await?;
    let Some(factor) = rows::find(&mut *db).await? else { return Ok(SecondFactor::Off) };
    if factor.is_confirmed {
        return Ok(SecondFactor::On { recovery_codes_left: rows::count_recovery_codes(&mut *db).await? });
    }
    let Some(key) = instance_key::find(&mut *db).await? else { return Ok(SecondFactor::Off) };
    let secret = secret_of(&key, &factor.salt);
    Ok(SecondFactor::SettingUp { secret: secret.to_text(), qr_code: secret.to_qr_code(&app.config.access.owner) })
}

/// Makes a secret, which the page shows until [`confirm`].
///
/// # Errors
/// 409 without a password, or when it is on already.
#[tracing::instrument(name = "access.second_factor.begin", level = "debug", skip_all)]
pub async fn begin(app: &App) -> Result<(), AppError> {
    let mut db = app.db.write().await?;
    if !owner::has_password(&mut *db).await? {
        return Err(AppError::conflict("Set a password first: the second factor is asked for after it."));
    }
    instance_key::load_or_make(&mut db).await?;
    let salt: [u8; SECRET_BYTES] = rand::random();
    if !rows::begin(&mut db, &salt).await? {
        return Err(AppError::conflict("The second factor is on already.").hint("Switch it off first."));
    }
    Ok(db.commit().await?)
}

/// Switches it on with the first code of the app; the recovery codes, which are not stored.
///
/// # Errors
/// 422 for a wrong code, 409 when it is not being set up.
#[tracing::instrument(name = "access.second_factor.confirm", level = "debug", skip_all)]
pub async fn confirm(app: &App, client: &ClientInfo, code: &str) -> Result<Vec<String>, AppError> {
    let (mut db, now) = (app.db.write().await?, app.clock.now());
    let factor = rows::find(&mut *db).await?.filter(|factor| !factor.is_confirmed);
    let factor = factor.ok_or_else(|| AppError::conflict("The second factor is not being set up."))?;
    let key = instance_key::load_or_make(&mut db).await?;
    let step = secret_of(&key, &factor.salt).find_step(code, now, factor.last_step).ok_or_else(|| {
        AppError::invalid("That is not the current code.")
            .hint("The clocks of this server and of the app may differ by half a minute at most.")
            .field("code")
    })?;
    rows::confirm(&mut db, now).await?;
    rows::set_last_step(&mut db, step).await?;
    let codes = make_recovery_codes(&mut db, &key).await?;
    record_sign_in(&mut db, (SignInOutcome::FactorOn, LoginMethod::Code), client, now).await?;
    db.commit().await?;
    Ok(codes)
}

/// Deletes an unconfirmed secret.
pub async fn cancel(app: &App) -> Result<(), AppError> {
    let mut db = app.db.write().await?;
    if rows::find(&mut *db).await?.is_some_and(|factor| !factor.is_confirmed) {
        rows::delete(&mut db).await?;
    }
    Ok(db.commit().await?)
}

/// Switches it off. `current`: the password.
///
/// # Errors
/// 401 for a wrong password.
#[tracing::instrument(name = "access.second_factor.switch_off", level = "debug", skip_all)]
pub async fn switch_off(app: &App, (client, caller): (&ClientInfo, &Caller), current: String) -> Result<(), AppError> {
    attempts::check_current_password(app, client, caller, current).await?;
    let mut db = app.db.write().await?;
    if rows::delete(&mut db).await? {
        record_sign_in(&mut db, (SignInOutcome::FactorOff, LoginMethod::Code), client, app.clock.now()).await?;
    }
    Ok(db.commit().await?)
}

/// Disables it when the owner is locked out; returns whether it was enabled.
#[tracing::instrument(name = "access.second_factor.reset", level = "debug", skip_all)]
pub async fn reset(app: &App) -> Result<bool, AppError> {
    let mut db = app.db.write().await?;
    let existed = rows::delete(&mut db).await?;
    db.commit().await?;
    Ok(existed)
}

/// New recovery codes in place of those before. `current`: the password.
///
/// # Errors
/// 401 for a wrong password, 409 when it is off.
#[tracing::instrument(name = "access.second_factor.renew", level = "debug", skip_all)]
pub async fn renew_recovery_codes(
    app: &App,
    (client, caller): (&ClientInfo, &Caller),
    current: String,
) -> Result<Vec<String>, AppError> {
    attempts::check_current_password(app, client, caller, current).await?;
    let mut db = app.db.write().await?;
    if !is_on(&mut db).await? {
        return Err(AppError::conflict("The second factor is off."));
    }
    let key = instance_key::load_or_make(&mut db).await?;
    let codes = make_recovery_codes(&mut db, &key).await?;
    db.commit().await?;
    Ok(codes)
}

/// Whether a login needs a code.
pub(super) async fn is_on(db: &mut SqliteConnection) -> Result<bool, AppError> {
    Ok(rows::find(db).await?.is_some_and(|factor| factor.is_confirmed))
}

/// Uses up a right code and returns its kind. `None` for a wrong code, and for one that was used before.
pub(super) async fn accept_code(
    db: &mut SqliteConnection,
    typed: &str,
    now: Timestamp,
) -> Result<Option<LoginMethod>, AppError> {
    let Some(factor) = rows::find(&mut *db).await?.filter(|factor| factor.is_confirmed) else { return Ok(None) };
    let key = instance_key::load_or_make(db).await?;
    if let Some(step) = secret_of(&key, &factor.salt).find_step(typed, now, factor.last_step) {
        rows::set_last_step(db, step).await?;
        return Ok(Some(LoginMethod::Code));
    }
    let is_there = rows::delete_recovery_code(db, &recovery_code_mac(&key, typed)).await?;
    Ok(is_there.then_some(LoginMethod::RecoveryCode))
}

/// Whether a code looks like one of an app or like a recovery code.
pub(super) fn method_of(typed: &str) -> LoginMethod {
    if typed.chars().any(char::is_alphabetic) { LoginMethod::RecoveryCode } else { LoginMethod::Code }
}

async fn make_recovery_codes(db: &mut SqliteConnection, key: &InstanceKey) -> Result<Vec<String>, AppError> {
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| secrets::random_letters(RECOVERY_CODE_LETTERS)).collect();
    let macs: Vec<_> = codes.iter().map(|code| recovery_code_mac(key, code)).collect();
    rows::replace_recovery_codes(db, &macs).await?;
    Ok(codes.iter().map(|code| in_groups(code)).collect())
}

fn in_groups(code: &str) -> String {
    let letters: Vec<char> = code.chars().collect();
    let groups: Vec<String> = letters.chunks(GROUP_LETTERS).map(String::from_iter).collect();
    groups.join("-")
}

/// The hash of a recovery code, whatever stands between its letters.
fn recovery_code_mac(key: &InstanceKey, typed: &str) -> Vec<u8> {
    let letters: String = typed.chars().filter(char::is_ascii_alphabetic).collect();
    secrets::mac(key, RECOVERY_CODE_PURPOSE, letters.to_ascii_lowercase().as_bytes())
}

fn secret_of(key: &InstanceKey, salt: &[u8]) -> TotpSecret {
    let mut bytes = [0; SECRET_BYTES];
    bytes.copy_from_slice(&secrets::mac(key, SECRET_PURPOSE, salt)[..SECRET_BYTES]);
    TotpSecret::new(bytes)
}
