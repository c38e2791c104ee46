//! Logging in, the token for changes, and the user.

use super::{caller::GreaderCall, error::GreaderError};
use crate::{
    domain::access::device::Scope,
    error::ErrorKind,
    server::{
        http::clients::form::ClientForm,
        services::{access::ClientInfo, devices::authenticate},
        state::App,
    },
};
use axum::{
    Extension, Json,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// The number of the one user.
const USER_ID: &str = "1";

/// `POST /accounts/ClientLogin`: the token of a device for its user name and password, three lines or JSON. They are read from
/// the body only: in an address they would end up in logs. 401 otherwise.
pub async fn log_in(
    State(app): State<App>,
    Extension(client): Extension<ClientInfo>,
    body: Bytes,
) -> Result<Response, GreaderError> {
    let form = ClientForm::parse(None, &body);
    let (Some(name), Some(password)) = (form.get("Email"), form.get("Passwd")) else {
        return Ok(refuse_login());
    };
    let device = match authenticate::authenticate_password(&app, name, password, &client).await {
        Ok(device) if device.scopes.contains(Scope::Read) => device,
        Err(error) if error.kind != ErrorKind::Unauthorized => return Err(error.into()),
        _ => return Ok(refuse_login()),
    };
    let token = authenticate::google_reader_token(&app, &device).await?;
    if form.get("output") == Some("json") {
        return Ok(Json(json!({ "SID": token, "LSID": token, "Auth": token })).into_response());
    }
    Ok(format!("SID={token}\nLSID={token}\nAuth={token}\n").into_response())
}

fn refuse_login() -> Response {
    (StatusCode::UNAUTHORIZED, "Error=BadAuthentication\n").into_response()
}

/// `GET token`: what clients send with changes as `T`; the token of the device itself, without a line break.
pub async fn show_token(State(app): State<App>, call: GreaderCall) -> Result<String, GreaderError> {
    Ok(authenticate::google_reader_token(&app, &call.device).await?)
}

/// `GET user-info`: one user, named as the device.
pub async fn show_user(call: GreaderCall) -> Json<Value> {
    let name = call.device.username;
    Json(json!({ "userId": USER_ID, "userName": name, "userProfileId": USER_ID, "userEmail": "" }))
}

/// `GET preference/list`: none.
pub async fn list_preferences(_call: GreaderCall) -> Json<Value> {
    Json(json!({ "prefs": [] }))
}

/// `GET preference/stream/list`: none.
pub async fn list_stream_preferences(_call: GreaderCall) -> Json<Value> {
    Json(json!({ "streamprefs": {} }))
}

/// `GET friend/list`: none.
pub async fn list_friends(_call: GreaderCall) -> Json<Value> {
    Json(json!({ "friends": [] }))
}
