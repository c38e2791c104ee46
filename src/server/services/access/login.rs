//! Logging in with the password.

use super::{ClientInfo, sessions};
use crate::{
    domain::{access::SignInOutcome, ids::SessionId},
    error::{AppError, ErrorKind},
    server::{
        state::App,
        storage::{owner, sign_ins},
    },
};

/// A login that is tried.
#[derive(Debug)]
pub struct LoginAttempt<'a> {
    /// The name as typed.
    pub name: &'a str,
    /// The password as typed.
    pub password: String,
    /// Who tries.
    pub client: &'a ClientInfo,
    /// The session of this browser, when it is logged in already.
    pub session: Option<SessionId>,
}

/// Logs in; the value of the new session's cookie. The old session of this browser ends.
///
/// # Errors
/// 401 with one sentence, after the same time, for a wrong name, a wrong password and too many attempts; 503 when too many logins are
/// being checked.
#[tracing::instrument(name = "access.log_in", level = "debug", skip_all)]
pub async fn log_in(app: &App, attempt: LoginAttempt<'_>) -> Result<String, AppError> {
    let LoginAttempt { name, password, client, session } = attempt;
    let is_admitted = admit(app, client, session).await?;
    let may_match = is_admitted && name.trim() == app.config.access.owner;
    let hash = owner::password_hash(&app.db.read).await?.filter(|_| may_match);
    if !app.passwords.verify(password, hash).await? {
        let outcome = if is_admitted { SignInOutcome::Refused } else { SignInOutcome::Throttled };
        let mut db = app.db.write().await?;
        let (address, device) = (client.address.to_string(), client.device());
        sign_ins::record(&mut db, outcome, (&address, &device), false, app.clock.now()).await?;
        db.commit().await?;
        return Err(refusal());
    }
    let mut db = app.db.write().await?;
    owner::set_login_attempts(&mut db, Default::default()).await?;
    let token = sessions::begin(app, &mut db, client, session, SignInOutcome::Success).await?;
    db.commit().await?;
    app.access.logins.clear(client.address);
    app.access.publish_change();
    Ok(token)
}

/// Whether the password of this attempt is looked at; counts the attempt. By client address and by account apart (domain/access/
/// throttle.rs). A browser that is logged in is never refused, and neither is the account's count held against an address from
/// which the owner logged in during the last 90 days, so that no stranger can lock the owner out.
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

fn refusal() -> AppError {
    AppError::new(ErrorKind::Unauthorized, "Name or password is wrong, or there were too many attempts.")
        .hint("After five attempts the next one counts after 30 seconds, then after twice as long each time, up to 15 minutes. \
               `gleaner owner set-password` on the server sets a new password at once.")
        .field("password")
}
