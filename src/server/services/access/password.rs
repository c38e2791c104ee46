//! Setting the owner's password: on the command line, with the first-run code, and on the page.

use super::{AccessMode, Caller, ClientInfo, attempts, mode, sessions};
use crate::{
    domain::access::{LoginMethod, SignInOutcome, password_rules::password_fault},
    error::{AppError, ErrorKind},
    server::{
        live::access::SetupCode,
        secrets,
        state::App,
        storage::{owner, sessions as session_rows},
    },
};

/// How long the first-run code is valid, in milliseconds.
const SETUP_CODE_MS: i128 = 15 * 60 * 1000;
/// Letters of the first-run code; 47 bits.
const SETUP_CODE_LETTERS: usize = 10;

/// A new password as it was typed.
#[derive(Debug)]
pub struct NewPassword {
    /// The password.
    pub password: String,
    /// The same again.
    pub repeated: String,
}

impl NewPassword {
    /// # Errors
    /// 422 when it is too short, or the two differ.
    fn check(self) -> Result<String, AppError> {
        if let Some(fault) = password_fault(&self.password) {
            return Err(AppError::invalid(fault)
                .hint("A sentence is easier to remember than a word, and harder to guess.")
                .field("password"));
        }
        if self.password != self.repeated {
            return Err(AppError::invalid("The two passwords differ.").field("repeated"));
        }
        Ok(self.password)
    }
}

/// Sets the password, whatever it was; every session ends.
///
/// # Errors
/// 422 for a password that is too short.
#[tracing::instrument(name = "access.set_password", level = "debug", skip_all)]
pub async fn set_password(app: &App, new: NewPassword) -> Result<(), AppError> {
    let hash = app.passwords.hash(new.check()?).await?;
    let mut db = app.db.write().await?;
    owner::set_password(&mut db, &hash, app.clock.now()).await?;
    session_rows::delete_all(&mut db).await?;
    db.commit().await?;
    app.access.publish_change();
    Ok(())
}

/// Makes a first-run code, which [`set_up`] takes once within 15 minutes. `None` when a password is set.
pub async fn issue_setup_code(app: &App) -> Result<Option<String>, AppError> {
    if owner::has_password(&app.db.read).await? {
        return Ok(None);
    }
    let code = secrets::random_letters(SETUP_CODE_LETTERS);
    let expires_at_ms = app.clock.monotonic_ms() + SETUP_CODE_MS;
    *app.access.lock_setup() = Some(SetupCode { hash: secrets::sha256(&code), expires_at_ms });
    Ok(Some(code))
}

/// Sets the first password with the first-run code; the value of the new session's cookie.
///
/// # Errors
/// 401 for a code that is wrong, used or too old, and after too many attempts; 422 for a password that is too short.
#[tracing::instrument(name = "access.set_up", level = "debug", skip_all)]
pub async fn set_up(app: &App, client: &ClientInfo, code: &str, new: NewPassword) -> Result<String, AppError> {
    let password = new.check()?;
    let typed: String = code.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    let now = app.clock.now();
    let is_admitted = app.access.logins.try_acquire(client.address, now);
    let is_right =
        app.access.lock_setup().as_ref().is_some_and(|setup| {
            app.clock.monotonic_ms() < setup.expires_at_ms && setup.hash == secrets::sha256(&typed)
        });
    if !is_admitted || !is_right {
        let message = "The code is wrong or too old, or there were too many attempts.";
        return Err(AppError::new(ErrorKind::Unauthorized, message)
            .hint("It is valid for 15 minutes; start `gleaner serve --setup` again for another one.")
            .field("code"));
    }
    let token = set_first_password(app, client, password).await?;
    *app.access.lock_setup() = None;
    Ok(token)
}

/// Changes the password, or sets the first one where everybody on this machine is let in; every other session ends. The value of
/// the new session's cookie. `current`: the password until now.
///
/// # Errors
/// 401 for a wrong current password; 422 for a new one that is too short; 403 for a device.
#[tracing::instrument(name = "access.change_password", level = "debug", skip_all)]
pub async fn change_password(
    app: &App,
    (client, caller): (&ClientInfo, &Caller),
    current: String,
    new: NewPassword,
) -> Result<String, AppError> {
    if let Caller::Device(_) = caller {
        return Err(AppError::new(ErrorKind::Forbidden, "A device cannot change the password."));
    }
    let password = new.check()?;
    if mode(app).await? == AccessMode::Open {
        return set_first_password(app, client, password).await;
    }
    if owner::has_password(&app.db.read).await? {
        attempts::check_current_password(app, client, caller, current).await?;
    }
    replace_password(app, client, password).await
}

async fn set_first_password(app: &App, client: &ClientInfo, password: String) -> Result<String, AppError> {
    if owner::has_password(&app.db.read).await? {
        return Err(AppError::conflict("A password is set already.").link("Log in", "/login"));
    }
    replace_password(app, client, password).await
}

async fn replace_password(app: &App, client: &ClientInfo, password: String) -> Result<String, AppError> {
    let hash = app.passwords.hash(password).await?;
    let mut db = app.db.write().await?;
    owner::set_password(&mut db, &hash, app.clock.now()).await?;
    session_rows::delete_all(&mut db).await?;
    let token = sessions::begin(app, &mut db, client, None, (SignInOutcome::Password, LoginMethod::Password)).await?;
    db.commit().await?;
    app.access.logins.clear(client.address);
    app.access.publish_change();
    Ok(token)
}
