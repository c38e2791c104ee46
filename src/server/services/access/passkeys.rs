//! Passkeys: adding and removing them, and logging in with one in place of the password (docs/spec/access.md, "Passkeys").

use super::sign_in_events::record_sign_in;
use super::{
    Caller, ClientInfo,
    attempts::{self, admit},
    login::{LoginClient, begin_session, record_refusal},
    mode,
};
use crate::{
    domain::{
        access::{
            LoginMethod, LoginOptions, SignInOutcome,
            passkey::{MAX_PASSKEY_NAME_CHARS, MAX_PASSKEYS, Passkey, parse_passkey_name},
        },
        ids::PasskeyId,
    },
    error::{AppError, ErrorKind},
    server::{
        secrets::{self, InstanceKey},
        services::instance_key,
        state::App,
        storage::{owner, passkeys as rows},
        webauthn::{
            LoginAssertion, LoginChallenge, RegistrationChallenge, RelyingParty, StoredCredential, USER_HANDLE_BYTES,
            UserHandleBytes, WebauthnError,
        },
    },
};

/// What the handle under which authenticators know the owner is derived for.
const USER_HANDLE_PURPOSE: &str = "passkey-user";

/// A challenge for the browser that asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedChallenge {
    /// The value of the cookie that the answer has to come with.
    pub token: String,
    /// The options for `navigator.credentials`, as JSON.
    pub options: String,
}

/// What `/login` offers to a browser that asked the host of `party`.
pub async fn login_options(app: &App, party: Option<RelyingParty>) -> Result<LoginOptions, AppError> {
    let mode = mode(app).await?;
    let has_passkey = match party {
        Some(party) => rows::exists_for(&app.db.read, party.host()).await?,
        None => false,
    };
    Ok(LoginOptions { mode, has_passkey })
}

/// Begins to add a passkey. `current`: the password.
///
/// # Errors
/// 409 without a password, under a host for which browsers allow none, and with too many passkeys; 401 for a wrong password.
#[tracing::instrument(name = "access.passkey.begin", level = "debug", skip_all)]
pub async fn begin_registration(
    app: &App,
    (client, caller): (&ClientInfo, &Caller),
    party: Option<RelyingParty>,
    current: String,
) -> Result<IssuedChallenge, AppError> {
    if !owner::has_password(&app.db.read).await? {
        return Err(AppError::conflict("Set a password first: a passkey is a second way to log in."));
    }
    let party = party.ok_or_else(no_relying_party)?;
    attempts::check_current_password(app, client, caller, current).await?;
    if rows::list(&app.db.read).await?.len() >= MAX_PASSKEYS {
        return Err(AppError::conflict(format!("There are {MAX_PASSKEYS} passkeys already.")).hint("Remove one first."));
    }
    let mut db = app.db.write().await?;
    let user = derive_user_handle(&instance_key::load_or_make(&mut db).await?);
    db.commit().await?;
    let existing = rows::credentials_for(&app.db.read, party.host()).await?;
    let (challenge, options) = RegistrationChallenge::begin(party, (&user, &app.config.access.owner), existing)
        .map_err(|error| not_begun(&error))?;
    let token = app.access.passkey_registrations.add(challenge, client.address, app.clock.now());
    Ok(IssuedChallenge { token, options })
}

/// Adds the passkey that a browser made. `pending`: the value of the cookie of the challenge; `response`: what the browser answered.
///
/// # Errors
/// 401 when the challenge was answered before or is too old; 422 for a name that is none, and when the answer is not right.
#[tracing::instrument(name = "access.passkey.add", level = "debug", skip_all)]
pub async fn add(
    app: &App,
    client: &ClientInfo,
    pending: &str,
    (name, response): (&str, &str),
) -> Result<(), AppError> {
    let now = app.clock.now();
    let challenge = app.access.passkey_registrations.take(pending, now);
    let name = checked_name(name)?;
    let challenge = challenge.ok_or_else(|| {
        AppError::new(ErrorKind::Unauthorized, "Adding the passkey took too long.")
            .hint("The browser has five minutes to make it. Try again.")
    })?;
    let host = challenge.host().to_owned();
    let credential = challenge.finish(response).map_err(|error| {
        tracing::info!(%error, "a passkey was not added");
        AppError::invalid("The browser made no passkey that Gleaner can use.")
            .hint("It has to verify you: with a PIN, a fingerprint or a face.")
    })?;
    let mut db = app.db.write().await?;
    if !rows::insert(&mut db, (&name, &host), &credential, now).await? {
        return Err(AppError::conflict("This passkey was added before."));
    }
    record_sign_in(&mut db, (SignInOutcome::PasskeyAdded, LoginMethod::Passkey), client, now).await?;
    Ok(db.commit().await?)
}

/// Begins a login with a passkey.
///
/// # Errors
/// 409 under a host for which browsers allow none.
#[tracing::instrument(name = "access.passkey.challenge", level = "debug", skip_all)]
pub async fn begin_login(
    app: &App,
    client: &ClientInfo,
    party: Option<RelyingParty>,
) -> Result<IssuedChallenge, AppError> {
    let party = party.ok_or_else(no_relying_party)?;
    let (challenge, options) = LoginChallenge::begin(party).map_err(|error| not_begun(&error))?;
    let token = app.access.passkey_logins.add(challenge, client.address, app.clock.now());
    Ok(IssuedChallenge { token, options })
}

/// Logs in with what a browser answered; the value of the session's cookie. No code is asked for: the authenticator verified who
/// uses it. `pending`: the value of the cookie of the challenge.
///
/// # Errors
/// 401 with one sentence for an answer that is not right and for too many attempts; 401 when the challenge was answered before or is
/// too old.
#[tracing::instrument(name = "access.passkey.log_in", level = "debug", skip_all)]
pub async fn log_in(app: &App, who: LoginClient<'_>, pending: &str, response: &str) -> Result<String, AppError> {
    let challenge = app.access.passkey_logins.take(pending, app.clock.now()).ok_or_else(|| {
        AppError::new(ErrorKind::Unauthorized, "The login took too long.")
            .hint("The browser has five minutes to answer, once. Try again.")
    })?;
    let is_admitted = admit(app, who.client, who.session).await?;
    if !is_admitted || !accept(app, challenge, response).await? {
        record_refusal(app, who.client, is_admitted, LoginMethod::Passkey).await?;
        return Err(AppError::new(
            ErrorKind::Unauthorized,
            "The passkey was not accepted, or there were too many attempts.",
        )
        .hint(
            "It may have been removed. After five attempts there are pauses of 30 seconds, then twice as long each time, up to \
             15 minutes. The password works too.",
        ));
    }
    begin_session(app, who, LoginMethod::Passkey).await
}

/// Renames a passkey.
///
/// # Errors
/// 422 for a name that is none, 404 when there is no such passkey.
pub async fn rename(app: &App, id: PasskeyId, name: &str) -> Result<(), AppError> {
    let name = checked_name(name)?;
    let mut db = app.db.write().await?;
    if !rows::rename(&mut db, id, &name).await? {
        return Err(gone());
    }
    Ok(db.commit().await?)
}

/// Removes a passkey. Browsers that logged in with it stay logged in.
///
/// # Errors
/// 404 when there is no such passkey.
#[tracing::instrument(name = "access.passkey.remove", level = "debug", skip_all)]
pub async fn remove(app: &App, client: &ClientInfo, id: PasskeyId) -> Result<(), AppError> {
    let mut db = app.db.write().await?;
    if !rows::delete(&mut db, id).await? {
        return Err(gone());
    }
    record_sign_in(&mut db, (SignInOutcome::PasskeyRemoved, LoginMethod::Passkey), client, app.clock.now()).await?;
    Ok(db.commit().await?)
}

/// All passkeys, the oldest first.
#[tracing::instrument(name = "access.passkeys.list", level = "debug", skip_all)]
pub async fn list(app: &App) -> Result<Vec<Passkey>, AppError> {
    Ok(rows::list(&app.db.read).await?)
}

/// Removes the passkey of this name, or of this number where several have the name; what was removed. Its sessions go on.
///
/// # Errors
/// 404 when there is none, 409 when several have the name.
#[tracing::instrument(name = "access.passkeys.remove_by_name", level = "debug", skip_all)]
pub async fn remove_by_name(app: &App, typed: &str) -> Result<Passkey, AppError> {
    let all = list(app).await?;
    let mut named = all.iter().filter(|passkey| passkey.name == typed.trim());
    let found = match (named.next(), named.next()) {
        (Some(_), Some(_)) => {
            return Err(AppError::conflict(format!("Several passkeys are called “{typed}”."))
                .hint("Give the number of one of them, as `gleaner owner list-passkeys` shows it."));
        }
        (Some(passkey), None) => passkey,
        _ => all.iter().find(|passkey| passkey.id.to_string() == typed.trim()).ok_or_else(|| {
            AppError::not_found(format!("There is no passkey “{typed}”."))
                .hint("`gleaner owner list-passkeys` shows them.")
        })?,
    };
    remove(app, &ClientInfo::of_a_command(), found.id).await?;
    Ok(found.clone())
}

/// Whether an answer is that of a passkey to this challenge; stores the sign count that it told.
async fn accept(app: &App, challenge: LoginChallenge, response: &str) -> Result<bool, AppError> {
    let Some((id, stored, after)) = verify(app, challenge, response).await? else { return Ok(false) };
    let mut db = app.db.write().await?;
    let is_first = rows::record_use(&mut db, id, (&stored.state, &after), app.clock.now()).await?;
    db.commit().await?;
    Ok(is_first)
}

/// The passkey that gave a right answer: as it was stored, and its state from now on.
async fn verify(
    app: &App,
    challenge: LoginChallenge,
    response: &str,
) -> Result<Option<(PasskeyId, StoredCredential, Vec<u8>)>, AppError> {
    let assertion = match LoginAssertion::parse(response) {
        Ok(assertion) => assertion,
        Err(error) => {
            tracing::info!(%error, "the answer of a passkey could not be read");
            return Ok(None);
        }
    };
    let found = rows::find(&app.db.read, challenge.host(), assertion.credential_id()).await?;
    let key = instance_key::find(&app.db.read).await?;
    let Some(((id, stored), key)) = found.zip(key) else { return Ok(None) };
    match challenge.finish(&assertion, &derive_user_handle(&key), &stored) {
        Ok(after) => Ok(Some((id, stored, after))),
        Err(error) => {
            tracing::info!(%error, "a passkey was refused");
            Ok(None)
        }
    }
}

fn derive_user_handle(key: &InstanceKey) -> UserHandleBytes {
    let mut handle = [0; USER_HANDLE_BYTES];
    handle.copy_from_slice(&secrets::mac(key, USER_HANDLE_PURPOSE, b"")[..USER_HANDLE_BYTES]);
    handle
}

fn checked_name(typed: &str) -> Result<String, AppError> {
    parse_passkey_name(typed).ok_or_else(|| {
        AppError::invalid("That cannot be the name of a passkey.")
            .hint(format!("It has 1 to {MAX_PASSKEY_NAME_CHARS} characters."))
            .field("name")
    })
}

fn not_begun(error: &WebauthnError) -> AppError {
    tracing::error!(%error, "no challenge could be made for a passkey");
    AppError::internal()
}

fn no_relying_party() -> AppError {
    AppError::conflict("Browsers allow passkeys only under a name with TLS, or under localhost.").hint(
        "Set `access.public_url` to the https address of Gleaner and open it there, or open it as http://localhost.",
    )
}

fn gone() -> AppError {
    AppError::not_found("That passkey was removed already.")
}
