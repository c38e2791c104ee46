//! Recomputing the fields that follow from the identifier, for rows of older versions or edited by other programs.

use super::{diff, naming::VariantNaming};
use crate::domain::{
    model_name::ModelName,
    registry::{FieldChange, ModelFormat, Variant},
};
use crate::server::registry::ollama_store::StoreIndex;

/// The rows to write and what changes in them.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct NormalizePlan {
    /// The changed variants.
    pub writes: Vec<Variant>,
    /// The changed fields.
    pub changes: Vec<FieldChange>,
    /// Why fields could not be derived, as sentences.
    pub problems: Vec<String>,
}

/// Plans the changes: family, quantization and format by the identifier; size, digest and format by the store, when there is one.
/// Names stay as they are.
pub fn plan(variants: &[Variant], store: Option<&StoreIndex>) -> NormalizePlan {
    let mut plan = NormalizePlan::default();
    for variant in variants {
        let id = match ModelName::parse(&variant.served_model_id) {
            Ok(id) => id,
            Err(reason) => {
                plan.problems.push(format!(
                    "{}: its served id “{}” cannot be read: {reason}",
                    variant.name, variant.served_model_id
                ));
                continue;
            }
        };
        let mut next = variant.clone();
        let naming = VariantNaming::of(&id);
        next.family = naming.family;
        next.quantization = naming.quantization;
        next.download_format.get_or_insert(ModelFormat::Gguf);
        if let Some(store) = store {
            match store.models.get(&id.key()) {
                Some(model) => {
                    next.size_bytes = Some(model.size);
                    next.digest = Some(model.digest.clone());
                    next.download_format = Some(model.format);
                }
                None => {
                    plan.problems.push(format!("{}: {id} is not in the store; its size and digest stay", variant.name))
                }
            }
        }
        let changes = diff::diff_variants(variant, &next);
        if !changes.is_empty() {
            plan.changes.extend(changes);
            plan.writes.push(next);
        }
    }
    plan
}
