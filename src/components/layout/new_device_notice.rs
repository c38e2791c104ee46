//! The notice of a login by a device that was not seen before.

use crate::{api::access::AcknowledgeSignIns, components::layout::time_element::TimeElement, domain::access::SignIn};
use leptos::prelude::*;
use server_fn::ServerFn;

/// The notice, on every page of the other browsers until it is acknowledged.
#[component]
pub fn NewDeviceNotice(sign_in: SignIn) -> impl IntoView {
    view! {
        <div class="notice warn" role="status">
            <p>
                "A new device logged in: " <strong>{sign_in.device}</strong> " from " {sign_in.address} ", "
                <TimeElement at=sign_in.last_at /> ". If that was not you, "
                <a href="/settings/access">"change the password"</a> "."
            </p>
            <form method="post" action=AcknowledgeSignIns::url()>
                <button>"That was me"</button>
            </form>
        </div>
    }
}
