//! Browsers that are logged in.

use super::sign_in_events::record_sign_in;
use super::{Caller, ClientInfo, mode, second_factor};
use crate::{
    domain::{
        access::{AccessOverview, LoginMethod, SignIn, SignInOutcome, is_session_over},
        ids::SessionId,
    },
    error::AppError,
    server::{
        secrets,
        state::App,
        storage::{owner, passkeys, sessions as rows, sign_ins},
        webauthn::RelyingParty,
    },
};
use sqlx::SqliteConnection;

/// The last use of a session is stored this often, in seconds.
const TOUCH_SECONDS: i64 = 60;
/// Sign-ins that the page shows.
const MAX_SIGN_INS_SHOWN: i64 = 50;

/// The session of a cookie's value; `None` when there is none or it is over. Records its use.
pub async fn find(app: &App, token: &str, client: &ClientInfo) -> Result<Option<SessionId>, AppError> {
    let Some(found) = rows::find(&app.db.read, &secrets::sha256(token)).await? else { return Ok(None) };
    let (now, session) = (app.clock.now(), found.summary);
    if is_session_over(session.created_at, session.last_used_at, now) {
        return Ok(None);
    }
    // Before the last use: the clock was set back.
    if !(0..TOUCH_SECONDS).contains(&now.since(session.last_used_at)) {
        let mut db = app.db.write().await?;
        rows::touch(&mut db, session.id, (&client.address.to_string(), &client.device()), now).await?;
        db.commit().await?;
    }
    Ok(Some(session.id))
}

/// Begins a session after a login or a new password, in place of the one that this browser had; the value of its cookie. Records
/// the sign-in.
pub(super) async fn begin(
    app: &App,
    db: &mut SqliteConnection,
    client: &ClientInfo,
    old: Option<SessionId>,
    (outcome, method): (SignInOutcome, LoginMethod),
) -> Result<String, AppError> {
    let (address, device, now) = (client.address.to_string(), client.device(), app.clock.now());
    let (is_known, is_any_known) = sign_ins::find_device(db, &device).await?;
    let is_new = outcome == SignInOutcome::Success && is_any_known && !is_known;
    let sign_in = sign_ins::record(db, (outcome, method), (&address, &device), is_new, now).await?;
    if let Some(old) = old {
        rows::delete(db, old).await?;
    }
    let token = secrets::random_session_token();
    rows::insert(db, &secrets::sha256(&token), (&address, &device), (method, sign_in), now).await?;
    Ok(token)
}

/// Ends the session of this browser.
#[tracing::instrument(name = "access.log_out", level = "debug", skip_all)]
pub async fn log_out(app: &App, client: &ClientInfo, caller: &Caller) -> Result<(), AppError> {
    let Caller::Session(id) = caller else { return Ok(()) };
    let mut db = app.db.write().await?;
    if rows::delete(&mut db, *id).await? {
        record_sign_in(&mut db, (SignInOutcome::Logout, LoginMethod::Password), client, app.clock.now()).await?;
    }
    db.commit().await?;
    app.access.publish_change();
    Ok(())
}

/// Ends a session.
///
/// # Errors
/// 404 when there is none.
#[tracing::instrument(name = "access.end_session", level = "debug", skip_all)]
pub async fn end(app: &App, id: SessionId) -> Result<(), AppError> {
    let mut db = app.db.write().await?;
    let existed = rows::delete(&mut db, id).await?;
    db.commit().await?;
    app.access.publish_change();
    if existed { Ok(()) } else { Err(AppError::not_found("That browser is logged out already.")) }
}

/// What `/settings/access` shows. `party`: for which passkeys can be added under the host that was asked.
#[tracing::instrument(name = "access.overview", level = "debug", skip_all)]
pub async fn overview(app: &App, caller: &Caller, party: Option<RelyingParty>) -> Result<AccessOverview, AppError> {
    let db = &app.db.read;
    Ok(AccessOverview {
        mode: mode(app).await?,
        has_password: owner::has_password(db).await?,
        owner: app.config.access.owner.clone(),
        second_factor: second_factor::state(app).await?,
        passkeys: passkeys::list(db).await?,
        passkey_host: party.map(|party| party.host().to_owned()),
        current: match caller {
            Caller::Session(id) => Some(*id),
            _ => None,
        },
        sessions: rows::list(db, app.clock.now()).await?,
        sign_ins: sign_ins::list(db, MAX_SIGN_INS_SHOWN).await?,
    })
}

/// The login of a new device that this browser has not shown.
pub async fn unseen_new_device(app: &App, caller: &Caller) -> Result<Option<SignIn>, AppError> {
    match caller {
        Caller::Session(id) => Ok(sign_ins::find_unseen_new_device(&app.db.read, *id).await?),
        _ => Ok(None),
    }
}

/// Records that this browser has shown all sign-ins.
pub async fn mark_sign_ins_seen(app: &App, caller: &Caller) -> Result<(), AppError> {
    let Caller::Session(id) = caller else { return Ok(()) };
    let mut db = app.db.write().await?;
    rows::mark_sign_ins_seen(&mut db, *id).await?;
    Ok(db.commit().await?)
}
