//! Devices: client programs with their own credentials.

use crate::{
    domain::{
        access::{device::Device, reader_address::ReaderAddresses},
        ids::DeviceId,
    },
    error::AppError,
};
use leptos::prelude::*;

/// All devices, by name.
#[server(prefix = "/fn", endpoint = "devices/all")]
pub async fn load_devices() -> Result<Vec<Device>, AppError> {
    use crate::server::{services::devices, state::App};
    devices::list(&expect_context::<App>()).await
}

/// The addresses to enter into feed readers, with the host that this browser uses.
#[server(prefix = "/fn", endpoint = "devices/addresses")]
pub async fn load_reader_addresses() -> Result<ReaderAddresses, AppError> {
    use crate::server::{http::access::current, services::devices::reader_address, state::App};
    let (client, _) = current::current_request();
    let app = expect_context::<App>();
    Ok(reader_address::reader_addresses(&app.config.access, &current::requested_host(), client.is_secure))
}

/// Adds a device; the page shows its secrets once.
#[server(name = AddDevice, prefix = "/fn", endpoint = "devices/add")]
pub async fn add_device(
    name: String,
    #[server(default)] read: bool,
    #[server(default)] write: bool,
    #[server(default)] metrics: bool,
) -> Result<(), AppError> {
    use crate::{
        components::forms::form_outcome::FormResult,
        server::{http::form_response, services::devices, state::App},
    };
    form_response::errors_shown_at("/settings/clients");
    let chosen = [(read, "read"), (write, "write"), (metrics, "metrics")];
    let scopes: Vec<_> = chosen.into_iter().filter(|(is_chosen, _)| *is_chosen).map(|(_, scope)| scope).collect();
    let added = devices::add(&expect_context::<App>(), &name, &scopes.join(",")).await?;
    form_response::redirect_with_result::<AddDevice>("/settings/clients", &[], FormResult::DeviceAdded(added.secrets));
    Ok(())
}

/// Changes how scores are shown in a device. `min_score`: a number, or empty for all articles.
#[server(name = SaveDeviceView, prefix = "/fn", endpoint = "devices/view")]
pub async fn save_device_view(
    id: DeviceId,
    labels: String,
    #[server(default)] min_score: String,
    #[server(default)] score_in_title: bool,
) -> Result<(), AppError> {
    use crate::{
        domain::{
            access::device::{DeviceView, LabelChoice},
            notice::Notice,
        },
        server::{http::form_response, services::devices, state::App},
    };
    form_response::errors_shown_at("/settings/clients");
    let labels = LabelChoice::parse(&labels)
        .ok_or_else(|| AppError::invalid(format!("“{labels}” is no choice of labels.")).field("labels"))?;
    let min_score = match min_score.trim() {
        "" => None,
        typed => Some(typed.parse::<f64>().map_err(|_| {
            AppError::invalid(format!("The lowest score cannot be “{typed}”."))
                .hint("It is a number, or empty.")
                .field("min_score")
        })?),
    };
    let view = DeviceView { labels, min_score, score_in_title };
    devices::set_view(&expect_context::<App>(), id, view).await?;
    form_response::redirect_with_notice("/settings/clients", Notice::DeviceSaved);
    Ok(())
}

/// Revokes a device.
#[server(name = RevokeDevice, prefix = "/fn", endpoint = "devices/revoke")]
pub async fn revoke_device(id: DeviceId) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::devices, state::App},
    };
    devices::revoke(&expect_context::<App>(), id).await?;
    form_response::redirect_with_notice("/settings/clients", Notice::DeviceRevoked);
    Ok(())
}
