//! Passkeys. Each is made and used in two steps: the script of the page asks for a challenge, and posts the form with the answer of the
//! browser.

use crate::{domain::ids::PasskeyId, error::AppError};
use leptos::prelude::*;

/// Begins to add a passkey; the options for the browser, as JSON. `current`: the password.
#[server(name = BeginPasskey, prefix = "/fn", endpoint = "access/passkeys/begin")]
pub async fn begin_passkey(current: String) -> Result<String, AppError> {
    use crate::server::{
        http::{access::current as request, form_response},
        services::access::passkeys,
        state::App,
    };
    form_response::errors_shown_at("/settings/access");
    let ((client, caller), party) = (request::current_caller()?, request::current_relying_party());
    let app = expect_context::<App>();
    let issued = passkeys::begin_registration(&app, (&client, &caller), party, current).await?;
    form_response::start_pending_login(&issued.token, &client);
    Ok(issued.options)
}

/// Adds the passkey that the browser made. `response`: its answer.
#[server(name = AddPasskey, prefix = "/fn", endpoint = "access/passkeys/add")]
pub async fn add_passkey(name: String, response: String) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{
            http::{access::current, form_response},
            services::access::passkeys,
            state::App,
        },
    };
    form_response::errors_shown_at("/settings/access");
    let (client, _) = current::current_caller()?;
    let pending = current::current_pending_login();
    passkeys::add(&expect_context::<App>(), &client, &pending, (&name, &response)).await?;
    form_response::end_pending_login();
    form_response::redirect_with_notice("/settings/access", Notice::PasskeyAdded);
    Ok(())
}

/// Renames a passkey.
#[server(name = RenamePasskey, prefix = "/fn", endpoint = "access/passkeys/rename")]
pub async fn rename_passkey(id: PasskeyId, name: String) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::access::passkeys, state::App},
    };
    form_response::errors_shown_at("/settings/access");
    passkeys::rename(&expect_context::<App>(), id, &name).await?;
    form_response::redirect_with_notice("/settings/access", Notice::PasskeyRenamed);
    Ok(())
}

/// Removes a passkey.
#[server(name = RemovePasskey, prefix = "/fn", endpoint = "access/passkeys/remove")]
pub async fn remove_passkey(id: PasskeyId) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{
            http::{access::current, form_response},
            services::access::passkeys,
            state::App,
        },
    };
    form_response::errors_shown_at("/settings/access");
    let (client, _) = current::current_caller()?;
    passkeys::remove(&expect_context::<App>(), &client, id).await?;
    form_response::redirect_with_notice("/settings/access", Notice::PasskeyRemoved);
    Ok(())
}

/// Begins a login with a passkey; the options for the browser, as JSON.
#[server(name = BeginPasskeyLogin, prefix = "/fn", endpoint = "access/login/passkey/begin")]
pub async fn begin_passkey_login() -> Result<String, AppError> {
    use crate::server::{
        http::{access::current, form_response},
        services::access::passkeys,
        state::App,
    };
    form_response::errors_shown_at("/login");
    let ((client, _), party) = (current::current_request(), current::current_relying_party());
    let issued = passkeys::begin_login(&expect_context::<App>(), &client, party).await?;
    form_response::start_pending_login(&issued.token, &client);
    Ok(issued.options)
}

/// Logs in with what the browser answered, and leads to `next`, a path of this instance.
#[server(name = LogInWithPasskey, prefix = "/fn", endpoint = "access/login/passkey")]
pub async fn log_in_with_passkey(response: String, #[server(default)] next: String) -> Result<(), AppError> {
    use crate::{
        domain::access::local_path::local_path_or_inbox,
        server::{
            http::{access::current, form_response},
            services::access::{login::LoginClient, passkeys},
            state::App,
        },
    };
    let next = local_path_or_inbox(&next);
    form_response::errors_shown_at(&form_response::with_params("/login", &[("next", next)]));
    let (client, caller) = current::current_request();
    let (who, pending) = (LoginClient::new(&client, caller.as_ref()), current::current_pending_login());
    let token = passkeys::log_in(&expect_context::<App>(), who, &pending, &response).await?;
    form_response::start_session(&token, &client);
    form_response::end_pending_login();
    form_response::redirect_to(next, &[]);
    Ok(())
}
