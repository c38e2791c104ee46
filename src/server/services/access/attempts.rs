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
    if app.passwords.verify(current, stored.filter(|_| is_admitted)).await? {
        return Ok(());
    }
    Err(AppError::new(ErrorKind::Unauthorized, "The current password is wrong.")
        .hint("`gleaner owner set-password` on the server sets a new one without it.")
        .field("current"))
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
