//! Throttling of attempts with a password or a code: which of them are checked at all.

use super::{Caller, ClientInfo};
use crate::{
    domain::ids::SessionId,
    error::{AppError, ErrorKind},
    server::{
        state::App,
        storage::{owner, sign_ins},
    },
};

/// Checks the current password before a change that needs it; throttled like a login.
///
/// # Errors
/// 401 when it is wrong, and after too many attempts.
pub(super) async fn check_current_password(
    app: &App,
    client: &ClientInfo,
    caller: &Caller,
    current: String,
) -> Result<(), AppError> {
    let stored = owner::password_hash(&app.db.read).await?;
    let is_admitted = admit(app, client, session_of(caller)).await?;
    if check_password(app, is_admitted, current, stored).await? {
        return Ok(());
    }
    Err(AppError::new(ErrorKind::Unauthorized, "The current password is wrong.")
        .hint("`gleaner owner set-password` on the server sets a new one without it.")
        .field("current"))
}

/// Whether a password has this hash. Without a hash, and for an attempt that was not admitted, the answer is no after the same time.
///
/// # Errors
/// 503 when too many are being checked.
pub(super) async fn check_password(
    app: &App,
    is_admitted: bool,
    password: String,
    hash: Option<String>,
) -> Result<bool, AppError> {
    if is_admitted {
        return app.passwords.verify(password, hash).await;
    }
    app.passwords.refuse(password).await?;
    Ok(false)
}

/// Whether the password or code of this attempt is checked; counts the attempt by client address and by account
/// (domain/access/throttle.rs). A browser that is logged in is never refused, and the counter of the account does not apply to
/// addresses from which the owner logged in during the last 90 days, so that no stranger can lock the owner out.
pub async fn admit(app: &App, client: &ClientInfo, session: Option<SessionId>) -> Result<bool, AppError> {
    if session.is_some() {
        return Ok(true);
    }
    let now = app.clock.now();
    if !app.access.logins.try_acquire(client.address, now) {
        return Ok(false);
    }
    let mut db = app.db.write().await?;
    if sign_ins::has_success_from(&mut db, &client.address.to_string()).await? {
        return Ok(true);
    }
    let mut attempts = owner::login_attempts(&mut db).await?;
    let is_admitted = attempts.try_acquire(now);
    owner::set_login_attempts(&mut db, attempts).await?;
    db.commit().await?;
    Ok(is_admitted)
}

const fn session_of(caller: &Caller) -> Option<SessionId> {
    match caller {
        Caller::Session(id) => Some(*id),
        _ => None,
    }
}
