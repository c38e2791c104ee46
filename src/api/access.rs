//! Logging in and out, and who may use this instance.

use crate::{
    domain::{
        access::{AccessMode, AccessOverview, LoginOptions},
        ids::SessionId,
    },
    error::AppError,
};
use leptos::prelude::*;

/// Who may use this instance.
#[server(prefix = "/fn", endpoint = "access/mode")]
pub async fn load_access_mode() -> Result<AccessMode, AppError> {
    use crate::server::{services::access, state::App};
    access::mode(&expect_context::<App>()).await
}

/// What the login offers to the browser that asks.
#[server(prefix = "/fn", endpoint = "access/login/options")]
pub async fn load_login_options() -> Result<LoginOptions, AppError> {
    use crate::server::{http::access::current, services::access::passkeys, state::App};
    passkeys::login_options(&expect_context::<App>(), current::current_relying_party()).await
}

/// Sessions and sign-ins.
#[server(prefix = "/fn", endpoint = "access/overview")]
pub async fn load_access() -> Result<AccessOverview, AppError> {
    use crate::server::{http::access::current, services::access::sessions, state::App};
    let (_, caller) = current::current_caller()?;
    sessions::overview(&expect_context::<App>(), &caller, current::current_relying_party()).await
}

/// Logs in and redirects to `next`, a path of this instance; with a second factor, to the form for a code first.
#[server(name = LogIn, prefix = "/fn", endpoint = "access/login")]
pub async fn log_in(name: String, password: String, #[server(default)] next: String) -> Result<(), AppError> {
    use crate::{
        domain::access::local_path::local_path_or_inbox,
        server::{
            http::{access::current, form_response},
            services::access::login::{self, LoginClient, LoginStep},
            state::App,
        },
    };
    let next = local_path_or_inbox(&next);
    form_response::errors_shown_at(&form_response::with_params("/login", &[("next", next)]));
    let (client, caller) = current::current_request();
    let login_client = LoginClient::new(&client, caller.as_ref());
    match login::log_in(&expect_context::<App>(), login_client, &name, password).await? {
        LoginStep::Session(token) => {
            form_response::start_session(&token, &client);
            form_response::redirect_to(next, &[]);
        }
        LoginStep::CodeNeeded(token) => {
            form_response::start_pending_login(&token, &client);
            form_response::redirect_to("/login/code", &[("next", next)]);
        }
    }
    Ok(())
}

/// Finishes a login with a code of the authenticator app or a recovery code, and redirects to `next`.
#[server(name = EnterCode, prefix = "/fn", endpoint = "access/login/code")]
pub async fn enter_code(code: String, #[server(default)] next: String) -> Result<(), AppError> {
    use crate::{
        domain::access::local_path::local_path_or_inbox,
        server::{
            http::{access::current, form_response},
            services::access::login::{self, LoginClient},
            state::App,
        },
    };
    let next = local_path_or_inbox(&next);
    form_response::errors_shown_at(&form_response::with_params("/login/code", &[("next", next)]));
    let (client, caller) = current::current_request();
    let (login_client, pending) = (LoginClient::new(&client, caller.as_ref()), current::current_pending_login());
    let token = login::enter_code(&expect_context::<App>(), login_client, &pending, &code).await?;
    form_response::start_session(&token, &client);
    form_response::end_pending_login();
    form_response::redirect_to(next, &[]);
    Ok(())
}

/// Sets the first password with the first-run code, and logs in.
#[server(name = SetUp, prefix = "/fn", endpoint = "access/setup")]
pub async fn set_up(code: String, password: String, repeated: String) -> Result<(), AppError> {
    use crate::server::{
        http::{access::current, form_response},
        services::access::password::{self, NewPassword},
        state::App,
    };
    form_response::errors_shown_at("/setup");
    let (client, _) = current::current_request();
    let new = NewPassword { password, repeated };
    let token = password::set_up(&expect_context::<App>(), &client, &code, new).await?;
    form_response::start_session(&token, &client);
    form_response::redirect_to("/", &[]);
    Ok(())
}

/// Changes the password, or sets the first one; every other browser is logged out.
#[server(name = ChangePassword, prefix = "/fn", endpoint = "access/password")]
pub async fn change_password(
    #[server(default)] current: String,
    password: String,
    repeated: String,
) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{
            http::{access::current, form_response},
            services::access::password::{self, NewPassword},
            state::App,
        },
    };
    form_response::errors_shown_at("/settings/access");
    let (client, caller) = current::current_caller()?;
    let new = NewPassword { password, repeated };
    let token = password::change_password(&expect_context::<App>(), (&client, &caller), current, new).await?;
    form_response::start_session(&token, &client);
    form_response::redirect_with_notice("/settings/access", Notice::PasswordSaved);
    Ok(())
}

/// Logs this browser out.
#[server(name = LogOut, prefix = "/fn", endpoint = "access/logout")]
pub async fn log_out() -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{
            http::{access::current, form_response},
            services::access::sessions,
            state::App,
        },
    };
    let (client, caller) = current::current_caller()?;
    sessions::log_out(&expect_context::<App>(), &client, &caller).await?;
    form_response::end_session();
    form_response::redirect_with_notice("/login", Notice::LoggedOut);
    Ok(())
}

/// Logs another browser out.
#[server(name = EndSession, prefix = "/fn", endpoint = "access/end")]
pub async fn end_session(id: SessionId) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::access::sessions, state::App},
    };
    sessions::end(&expect_context::<App>(), id).await?;
    form_response::redirect_with_notice("/settings/access", Notice::SessionEnded);
    Ok(())
}

/// Hides the notice of a login by a new device in this browser.
#[server(name = AcknowledgeSignIns, prefix = "/fn", endpoint = "access/seen")]
pub async fn acknowledge_sign_ins() -> Result<(), AppError> {
    use crate::server::{
        http::{access::current, form_response},
        services::access::sessions,
        state::App,
    };
    let (_, caller) = current::current_caller()?;
    sessions::mark_sign_ins_seen(&expect_context::<App>(), &caller).await?;
    form_response::redirect_back("", &[]);
    Ok(())
}
