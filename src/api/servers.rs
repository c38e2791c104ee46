//! Model servers.

#![expect(clippy::too_many_arguments, reason = "the fields of the forms")]

use crate::{
    domain::{ids::ServerId, model_server::ServerStatus},
    error::AppError,
};
use leptos::prelude::*;

/// All servers with what is known of them.
#[server(prefix = "/fn", endpoint = "servers/all")]
pub async fn load_servers() -> Result<Vec<ServerStatus>, AppError> {
    use crate::server::{services::servers, state::App};
    servers::list(&expect_context::<App>()).await
}

/// Adds a server.
#[server(name = AddServer, prefix = "/fn", endpoint = "servers/add")]
pub async fn add_server(
    name: String,
    kind: String,
    address: String,
    #[server(default)] token: String,
    #[server(default)] model: String,
    slots: String,
    #[server(default)] categorizes: bool,
    #[server(default)] scores: bool,
    #[server(default)] consent: bool,
) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{
            http::form_response,
            services::servers::{self, ServerForm},
            state::App,
        },
    };
    form_response::errors_shown_at("/settings/servers");
    let form = ServerForm { name, kind, address, token: Some(token), model, slots, categorizes, scores, consent };
    servers::add(&expect_context::<App>(), form).await?;
    form_response::redirect_with_notice("/settings/servers", Notice::ServerAdded);
    Ok(())
}

/// Changes a server. An empty token leaves the stored one, unless `without_token`.
#[server(name = SaveServer, prefix = "/fn", endpoint = "servers/save")]
pub async fn save_server(
    id: ServerId,
    name: String,
    #[server(default)] address: String,
    #[server(default)] token: String,
    #[server(default)] without_token: bool,
    #[server(default)] model: String,
    #[server(default)] slots: String,
    #[server(default)] categorizes: bool,
    #[server(default)] scores: bool,
    #[server(default)] consent: bool,
) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{
            http::form_response,
            services::servers::{self, ServerForm},
            state::App,
        },
    };
    form_response::errors_shown_at("/settings/servers");
    let token = if without_token { Some(String::new()) } else { Some(token).filter(|token| !token.is_empty()) };
    let form = ServerForm { name, kind: String::new(), address, token, model, slots, categorizes, scores, consent };
    servers::update(&expect_context::<App>(), id, form).await?;
    form_response::redirect_with_notice("/settings/servers", Notice::ServerSaved);
    Ok(())
}

/// Asks a server what it offers; the page shows what came of it.
#[server(name = TestServer, prefix = "/fn", endpoint = "servers/test")]
pub async fn test_server(id: ServerId) -> Result<(), AppError> {
    use crate::{
        components::forms::form_outcome::FormResult,
        server::{http::form_response, services::servers, state::App},
    };
    form_response::errors_shown_at("/settings/servers");
    let found = servers::test(&expect_context::<App>(), id).await?;
    let id = id.to_string();
    form_response::redirect_with_result::<TestServer>(
        "/settings/servers",
        &[("id", id.as_str())],
        FormResult::ServerTested(found),
    );
    Ok(())
}

/// Removes a server.
#[server(name = RemoveServer, prefix = "/fn", endpoint = "servers/remove")]
pub async fn remove_server(id: ServerId) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::servers, state::App},
    };
    form_response::errors_shown_at("/settings/servers");
    servers::remove(&expect_context::<App>(), id).await?;
    form_response::redirect_with_notice("/settings/servers", Notice::ServerRemoved);
    Ok(())
}
