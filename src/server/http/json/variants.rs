//! A variant of the model registry as the API answers it, and the parameters that choose variants.

use crate::server::http::json::extract::{QueryParams, parse_flag};
use crate::{
    domain::{
        registry::{
            Backend, Capability, CapabilityOrigin, ModelFormat, ModelLocation, ModelRole, SourceProvider, Variant,
            VariantFilter, VariantList, VariantSort,
        },
        time::Timestamp,
    },
    error::AppError,
};
use serde::Serialize;
use utoipa::ToSchema;

/// The variants that a filter asks for.
#[derive(Serialize, ToSchema)]
pub struct VariantListResponse {
    variants: Vec<VariantJson>,
    count: i64,
    /// Bytes of the variants listed whose size is known.
    total_size_bytes: i64,
    /// Deprecated ones that match the filter but are not listed.
    hidden_deprecated: i64,
    /// Logical ones (without a file) that match the filter but are not listed.
    hidden_logical: i64,
}

/// One variant of a model.
#[derive(Serialize, ToSchema)]
pub struct VariantJson {
    /// Its name in the registry.
    name: String,
    #[schema(value_type = String, example = "ollama")]
    backend: Backend,
    family: String,
    quantization: Option<String>,
    /// As Ollama reported it.
    reported_quantization: Option<String>,
    /// `gguf` or `safetensors`.
    #[schema(value_type = Option<String>)]
    download_format: Option<ModelFormat>,
    /// What Ollama calls it.
    served_model_id: String,
    #[schema(value_type = String, example = "ollama")]
    source_provider: SourceProvider,
    /// sha256 of the manifest in hex: 64 digits or the first 12.
    digest: Option<String>,
    size_bytes: Option<i64>,
    /// The file of its weights, or `ollama://` and the served id.
    path: Option<String>,
    /// `local`, `ollama` or `cloud`.
    #[schema(value_type = Option<String>)]
    location: Option<ModelLocation>,
    /// Of `categorization`, `scoring`, `chat`, `embedding`.
    #[schema(value_type = Vec<String>)]
    roles: Vec<ModelRole>,
    capabilities: Vec<CapabilityJson>,
    parameter_size: Option<String>,
    /// Tokens the model was trained for.
    context_length: Option<i64>,
    aliases: Vec<String>,
    deprecated: bool,
    deprecated_reason: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    first_seen: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    last_seen: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    missing_since: Option<Timestamp>,
}

/// Something a variant can do.
#[derive(Serialize, ToSchema)]
struct CapabilityJson {
    name: String,
    /// `reported` or `guessed`.
    #[schema(value_type = String, example = "reported")]
    origin: CapabilityOrigin,
}

/// Reads the parameters of the list of variants. 400 for an unknown parameter, 422 for an unknown value.
pub fn parse_filter(params: &QueryParams) -> Result<VariantFilter, AppError> {
    let mut filter = VariantFilter::default();
    for (name, value) in params.allow_only(&["role", "backend", "format", "deprecated", "logical", "sort"])? {
        match name {
            "role" => {
                filter.role =
                    Some(parse_word("role", value, ModelRole::parse, words(ModelRole::ALL, ModelRole::as_str))?)
            }
            "backend" => {
                filter.backend =
                    Some(parse_word("backend", value, Backend::parse, words(Backend::ALL, Backend::as_str))?);
            }
            "format" => {
                let all = words(ModelFormat::ALL, ModelFormat::as_str);
                filter.format = Some(parse_word("format", value, ModelFormat::parse, all)?);
            }
            "sort" => {
                filter.sort =
                    parse_word("sort", value, VariantSort::parse, words(VariantSort::ALL, VariantSort::as_str))?;
            }
            "deprecated" => filter.show_deprecated = parse_flag("deprecated", value)?,
            _ => filter.include_logical = parse_flag("logical", value)?,
        }
    }
    Ok(filter)
}

fn words<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str) -> String {
    all.iter().map(|one| word(*one)).collect::<Vec<_>>().join(", ")
}

fn parse_word<T>(
    name: &'static str,
    value: &str,
    parse: impl Fn(&str) -> Option<T>,
    allowed: String,
) -> Result<T, AppError> {
    parse(value).ok_or_else(|| AppError::invalid(format!("`{name}` is one of {allowed}.")).field(name))
}

impl From<VariantList> for VariantListResponse {
    fn from(list: VariantList) -> Self {
        let VariantList { variants, count, total_size_bytes, hidden_deprecated, hidden_logical } = list;
        let variants = variants.into_iter().map(Into::into).collect();
        Self { variants, count, total_size_bytes, hidden_deprecated, hidden_logical }
    }
}

impl From<Variant> for VariantJson {
    fn from(variant: Variant) -> Self {
        let capability = |Capability { name, origin }| CapabilityJson { name, origin };
        Self {
            name: variant.name,
            backend: variant.backend,
            family: variant.family,
            quantization: variant.quantization,
            reported_quantization: variant.reported_quantization,
            download_format: variant.download_format,
            served_model_id: variant.served_model_id,
            source_provider: variant.source_provider,
            digest: variant.digest,
            size_bytes: variant.size_bytes,
            path: variant.path,
            location: variant.location,
            roles: variant.roles,
            capabilities: variant.capabilities.into_iter().map(capability).collect(),
            parameter_size: variant.parameter_size,
            context_length: variant.context_length,
            aliases: variant.aliases,
            deprecated: variant.deprecated,
            deprecated_reason: variant.deprecated_reason,
            first_seen: variant.first_seen,
            last_seen: variant.last_seen,
            missing_since: variant.missing_since,
        }
    }
}
