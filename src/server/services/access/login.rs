//! Logging in with the password, and with a code where a second factor is on.

use super::sign_in_events::record_sign_in;
use super::{
    Caller, ClientInfo,
    attempts::{self, admit},
    second_factor, sessions,
};
use crate::{
    domain::{
        access::{LoginMethod, SignInOutcome},
        ids::SessionId,
    },
    error::{AppError, ErrorKind},
    server::{state::App, storage::owner},
};

/// Who logs in.
#[derive(Clone, Copy, Debug)]
pub struct LoginClient<'a> {
    /// The browser.
    pub client: &'a ClientInfo,
    /// The session of this browser, when it is logged in already.
    pub session: Option<SessionId>,
}

impl<'a> LoginClient<'a> {
    /// The browser on whose behalf a request is made.
    pub const fn new(client: &'a ClientInfo, caller: Option<&Caller>) -> Self {
        let session = match caller {
            Some(Caller::Session(id)) => Some(*id),
            _ => None,
        };
        Self { client, session }
    }
}

/// What a right password leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginStep {
    /// A session; the value of its cookie.
    Session(String),
    /// A code is needed; the value of the cookie of the pending login.
    CodeNeeded(String),
}

/// Logs in with name and password as typed. The old session of this browser ends with the new one.
///
/// # Errors
/// 401 with one sentence, after the same time, for a wrong name, a wrong password and too many attempts; 503 when too many logins are
/// being checked.
#[tracing::instrument(name = "access.log_in", level = "debug", skip_all)]
pub async fn log_in(app: &App, who: LoginClient<'_>, name: &str, password: String) -> Result<LoginStep, AppError> {
    let is_admitted = admit(app, who.client, who.session).await?;
    let may_match = is_admitted && name.trim() == app.config.access.owner;
    let hash = owner::password_hash(&app.db.read).await?.filter(|_| may_match);
    if !attempts::check_password(app, is_admitted, password, hash.clone()).await? {
        record_refusal(app, who.client, is_admitted, LoginMethod::Password).await?;
        return Err(refusal());
    }
    let (mut db, now) = (app.db.write().await?, app.clock.now());
    if !second_factor::is_on(&mut db).await? {
        drop(db);
        return Ok(LoginStep::Session(begin_session(app, who, LoginMethod::Password).await?));
    }
    record_sign_in(&mut db, (SignInOutcome::HalfDone, LoginMethod::Password), who.client, now).await?;
    db.commit().await?;
    Ok(LoginStep::CodeNeeded(app.access.pending_logins.add(hash.unwrap_or_default(), now)))
}

/// Finishes a login with a code of the authenticator app or with a recovery code; the value of the session's cookie. `pending`: the
/// value of the cookie of the pending login.
///
/// # Errors
/// 401 with one sentence for a wrong code, one that was used before, and too many attempts; 401 when the login is not pending.
#[tracing::instrument(name = "access.enter_code", level = "debug", skip_all)]
pub async fn enter_code(app: &App, who: LoginClient<'_>, pending: &str, code: &str) -> Result<String, AppError> {
    let now = app.clock.now();
    let typed_hash = app.access.pending_logins.find(pending, now);
    if typed_hash.is_none() || typed_hash != owner::password_hash(&app.db.read).await? {
        return Err(AppError::new(ErrorKind::Unauthorized, "The login took too long, or the password changed.")
            .hint("The code has to be typed within five minutes after the password.")
            .link("Log in again", "/login"));
    }
    let is_admitted = admit(app, who.client, who.session).await?;
    let method = if is_admitted {
        let mut db = app.db.write().await?;
        let method = second_factor::accept_code(&mut db, code, now).await?;
        db.commit().await?;
        method
    } else {
        None
    };
    // Only the first of several requests with the same cookie gets through.
    let Some(method) = method.filter(|_| app.access.pending_logins.remove(pending, now)) else {
        record_refusal(app, who.client, is_admitted, second_factor::method_of(code)).await?;
        return Err(AppError::new(
            ErrorKind::Unauthorized,
            "The code is wrong or used, or there were too many attempts.",
        )
        .hint(
            "Each code works once. The next one comes within 30 seconds; after five attempts there are pauses of \
                   30 seconds, then twice as long each time, up to 15 minutes.",
        )
        .field("code"));
    };
    begin_session(app, who, method).await
}

/// Begins the session after a login and resets the counters of attempts.
pub(super) async fn begin_session(app: &App, who: LoginClient<'_>, method: LoginMethod) -> Result<String, AppError> {
    let mut db = app.db.write().await?;
    owner::set_login_attempts(&mut db, Default::default()).await?;
    let token = sessions::begin(app, &mut db, who.client, who.session, (SignInOutcome::Success, method)).await?;
    db.commit().await?;
    app.access.logins.clear(who.client.address);
    app.access.publish_change();
    Ok(token)
}

/// Records an attempt that failed, or was not looked at.
pub(super) async fn record_refusal(
    app: &App,
    client: &ClientInfo,
    is_admitted: bool,
    method: LoginMethod,
) -> Result<(), AppError> {
    let outcome = if is_admitted { SignInOutcome::Refused } else { SignInOutcome::Throttled };
    let mut db = app.db.write().await?;
    record_sign_in(&mut db, (outcome, method), client, app.clock.now()).await?;
    Ok(db.commit().await?)
}

fn refusal() -> AppError {
    AppError::new(ErrorKind::Unauthorized, "Name or password is wrong, or there were too many attempts.")
        .hint("After five attempts the next one counts after 30 seconds, then after twice as long each time, up to 15 minutes. \
               `gleaner owner set-password` on the server sets a new password at once.")
        .field("password")
}
