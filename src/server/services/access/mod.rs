//! Who may use this instance: the owner's password, the sessions of browsers, and the record of logins.

pub mod attempts;
pub mod login;
pub mod passkeys;
pub mod password;
pub mod second_factor;
pub mod sessions;
mod sign_in_events;

use crate::{
    domain::{
        access::{AccessMode, device::Device, is_session_over, user_agent::device_of},
        ids::SessionId,
    },
    error::{AppError, ErrorKind},
    server::{
        state::App,
        storage::{devices, owner, sessions as session_rows},
    },
};
use std::net::{IpAddr, Ipv4Addr};

/// The program that a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientInfo {
    /// Its address, behind trusted proxies.
    pub address: IpAddr,
    /// Its User-Agent; empty without one.
    pub user_agent: String,
    /// Whether its connection to Gleaner, or to the proxy before Gleaner, uses TLS.
    pub is_secure: bool,
}

impl ClientInfo {
    /// A command on this machine.
    pub fn of_a_command() -> Self {
        Self { address: IpAddr::V4(Ipv4Addr::LOCALHOST), user_agent: "gleaner".into(), is_secure: false }
    }

    /// Browser and system, for people.
    pub fn device(&self) -> String {
        device_of(&self.user_agent)
    }
}

/// On whose behalf a request is made.
#[derive(Clone, Debug, PartialEq)]
pub enum Caller {
    /// A request from this machine while no password is set.
    Anybody,
    /// Of the owner, by the cookie of a session.
    Session(SessionId),
    /// Of the owner, whom a trusted proxy authenticated.
    TrustedProxy,
    /// Of a device, by its token.
    Device(Box<Device>),
}

/// Whom this instance lets in.
pub async fn mode(app: &App) -> Result<AccessMode, AppError> {
    if owner::has_password(&app.db.read).await? {
        return Ok(AccessMode::Closed);
    }
    let now_ms = app.clock.monotonic_ms();
    if app.access.lock_setup().as_ref().is_some_and(|code| now_ms < code.expires_at_ms) {
        return Ok(AccessMode::Setup);
    }
    let is_local = app.config.addr.ip().is_loopback() && !app.config.access.trusts_a_proxy();
    Ok(if is_local { AccessMode::Open } else { AccessMode::Closed })
}

/// Whether a caller who was let in is still let in.
pub async fn is_still_let_in(app: &App, caller: &Caller) -> Result<bool, AppError> {
    match caller {
        Caller::Anybody => Ok(mode(app).await? == AccessMode::Open),
        Caller::TrustedProxy => Ok(true),
        Caller::Session(id) => {
            let times = session_rows::find_times(&app.db.read, *id).await?;
            Ok(times.is_some_and(|(began, used)| !is_session_over(began, used, app.clock.now())))
        }
        Caller::Device(device) => Ok(devices::find(&app.db.read, devices::DeviceKey::Id(device.id)).await?.is_some()),
    }
}

/// The error for a request without a valid session or token.
pub fn not_logged_in() -> AppError {
    AppError::new(ErrorKind::Unauthorized, "You were logged out. Log in again.").link("Log in", "/login")
}
