//! Sign-in events that begin no session: half-done, refused and throttled logins, logouts, changes of the ways in.

use super::ClientInfo;
use crate::{
    domain::{
        access::{LoginMethod, SignInOutcome},
        time::Timestamp,
    },
    error::AppError,
    server::storage::sign_ins,
};
use sqlx::SqliteConnection;

/// Stores a sign-in event that begins no session.
pub(super) async fn record_sign_in(
    db: &mut SqliteConnection,
    what: (SignInOutcome, LoginMethod),
    client: &ClientInfo,
    now: Timestamp,
) -> Result<(), AppError> {
    let (address, device) = (client.address.to_string(), client.device());
    sign_ins::record(db, what, (&address, &device), false, now).await?;
    Ok(())
}
