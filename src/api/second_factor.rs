//! The second factor with the owner's password.

use crate::error::AppError;
use leptos::prelude::*;

/// Creates a secret, which the page shows until it is confirmed.
#[server(name = BeginSecondFactor, prefix = "/fn", endpoint = "access/factor/begin")]
pub async fn begin_second_factor() -> Result<(), AppError> {
    use crate::server::{http::form_response, services::access::second_factor, state::App};
    form_response::errors_shown_at("/settings/access");
    second_factor::begin(&expect_context::<App>()).await?;
    form_response::redirect_to("/settings/access#second-factor", &[]);
    Ok(())
}

/// Discards an unconfirmed secret.
#[server(name = CancelSecondFactor, prefix = "/fn", endpoint = "access/factor/cancel")]
pub async fn cancel_second_factor() -> Result<(), AppError> {
    use crate::server::{http::form_response, services::access::second_factor, state::App};
    second_factor::cancel(&expect_context::<App>()).await?;
    form_response::redirect_to("/settings/access#second-factor", &[]);
    Ok(())
}

/// Switches the second factor on with the first code; the page shows the recovery codes once.
#[server(name = ConfirmSecondFactor, prefix = "/fn", endpoint = "access/factor/confirm")]
pub async fn confirm_second_factor(code: String) -> Result<(), AppError> {
    use crate::{
        components::forms::form_outcome::FormResult,
        server::{
            http::{access::current, form_response},
            services::access::second_factor,
            state::App,
        },
    };
    form_response::errors_shown_at("/settings/access");
    let (client, _) = current::current_caller()?;
    let codes = second_factor::confirm(&expect_context::<App>(), &client, &code).await?;
    let result = FormResult::RecoveryCodes(codes);
    form_response::redirect_with_result::<ConfirmSecondFactor>("/settings/access#second-factor", &[], result);
    Ok(())
}

/// Makes ten new recovery codes, which the page shows once. `current`: the password.
#[server(name = RenewRecoveryCodes, prefix = "/fn", endpoint = "access/factor/renew")]
pub async fn renew_recovery_codes(current: String) -> Result<(), AppError> {
    use crate::{
        components::forms::form_outcome::FormResult,
        server::{
            http::{access::current as request, form_response},
            services::access::second_factor,
            state::App,
        },
    };
    form_response::errors_shown_at("/settings/access");
    let (client, caller) = request::current_caller()?;
    let codes = second_factor::renew_recovery_codes(&expect_context::<App>(), (&client, &caller), current).await?;
    let result = FormResult::RecoveryCodes(codes);
    form_response::redirect_with_result::<RenewRecoveryCodes>("/settings/access#second-factor", &[], result);
    Ok(())
}

/// Switches the second factor off. `current`: the password.
#[server(name = SwitchOffSecondFactor, prefix = "/fn", endpoint = "access/factor/off")]
pub async fn switch_off_second_factor(current: String) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{
            http::{access::current as request, form_response},
            services::access::second_factor,
            state::App,
        },
    };
    form_response::errors_shown_at("/settings/access");
    let (client, caller) = request::current_caller()?;
    second_factor::switch_off(&expect_context::<App>(), (&client, &caller), current).await?;
    form_response::redirect_with_notice("/settings/access", Notice::SecondFactorOff);
    Ok(())
}
