//! The model registry.

use crate::{
    domain::registry::{VariantFilter, VariantList, VerifyReport},
    error::AppError,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What `/models` shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegistryOverview {
    /// The variants that match the filter.
    pub variants: VariantList,
    /// The results of verifying, when requested.
    pub verification: Option<VerifyReport>,
}

/// The variants of a filter; with `check` also whether they are still installed, by the last poll of Ollama.
#[server(prefix = "/fn", endpoint = "registry/overview")]
pub async fn load_registry(filter: VariantFilter, check: bool) -> Result<RegistryOverview, AppError> {
    use crate::server::{
        services::registry::{self, VerifySource},
        state::App,
    };
    let app = expect_context::<App>();
    let variants = registry::list(&app, &filter).await?;
    let verification = if check { Some(registry::verify(&app, &[], VerifySource::Observer).await?) } else { None };
    Ok(RegistryOverview { variants, verification })
}

/// Imports the models that Ollama has installed.
#[server(name = ImportModels, prefix = "/fn", endpoint = "registry/import")]
pub async fn import_models(#[server(default)] deprecate_placeholders: bool) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{
            http::form_response,
            services::registry::{self, ImportOptions, ImportSource},
            state::App,
        },
    };
    let options = ImportOptions { deprecate_placeholders, dry_run: false };
    let report = registry::import(&expect_context::<App>(), ImportSource::Ollama, options).await?;
    let notice = if report.is_unchanged() { Notice::ModelsUnchanged } else { Notice::ModelsImported };
    form_response::redirect_back("", &[("done", notice.code()), ("n", &report.changed_count().to_string())]);
    Ok(())
}

/// Marks a variant as not to be used.
#[server(name = DeprecateVariant, prefix = "/fn", endpoint = "registry/deprecate")]
pub async fn deprecate_variant(name: String, #[server(default)] reason: String) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::registry, state::App},
    };
    registry::deprecate(&expect_context::<App>(), &[name], Some(&reason), false).await?;
    form_response::redirect_back("", &[("done", Notice::VariantDeprecated.code())]);
    Ok(())
}

/// Removes the mark that a variant is not to be used.
#[server(name = UndeprecateVariant, prefix = "/fn", endpoint = "registry/undeprecate")]
pub async fn undeprecate_variant(name: String) -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::registry, state::App},
    };
    registry::undeprecate(&expect_context::<App>(), &[name], false).await?;
    form_response::redirect_back("", &[("done", Notice::VariantUndeprecated.code())]);
    Ok(())
}

/// Gives a variant exactly the roles that are ticked.
#[server(name = SetVariantRoles, prefix = "/fn", endpoint = "registry/roles")]
pub async fn set_variant_roles(
    name: String,
    #[server(default)] categorization: bool,
    #[server(default)] scoring: bool,
    #[server(default)] chat: bool,
    #[server(default)] embedding: bool,
) -> Result<(), AppError> {
    use crate::{
        domain::{notice::Notice, registry::ModelRole},
        server::{http::form_response, services::registry, state::App},
    };
    let ticked = [
        (categorization, ModelRole::Categorization),
        (scoring, ModelRole::Scoring),
        (chat, ModelRole::Chat),
        (embedding, ModelRole::Embedding),
    ];
    let roles: Vec<ModelRole> = ticked.into_iter().filter(|(ticked, _)| *ticked).map(|(_, role)| role).collect();
    registry::set_roles(&expect_context::<App>(), &name, &roles, false).await?;
    form_response::redirect_back("", &[("done", Notice::VariantRolesSaved.code())]);
    Ok(())
}

/// Fills what variants lack from Ollama's files on the server's machine.
#[server(name = BackfillVariants, prefix = "/fn", endpoint = "registry/backfill")]
pub async fn backfill_variants() -> Result<(), AppError> {
    use crate::{
        domain::notice::Notice,
        server::{http::form_response, services::registry, state::App},
    };
    let report = registry::backfill(&expect_context::<App>(), false).await?;
    let count = report.filled.len().to_string();
    form_response::redirect_back("", &[("done", Notice::VariantsBackfilled.code()), ("n", &count)]);
    Ok(())
}
