//! Filling empty fields of variants from Ollama's model store on this machine, without asking Ollama.

use super::{diff, import_plan::synthetic_path};
use crate::domain::{
    model_name::ModelName,
    registry::{BackfilledField, ModelFormat, ModelLocation, Variant},
};
use crate::server::registry::{listed_model::digests_agree, ollama_store::StoreIndex};

/// The rows to write and what is filled in them.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct BackfillPlan {
    /// The changed variants.
    pub writes: Vec<Variant>,
    /// The filled fields.
    pub filled: Vec<BackfilledField>,
    /// Number of variants without empty fields.
    pub complete: i64,
    /// Why fields could not be filled, as sentences.
    pub problems: Vec<String>,
}

/// Plans the changes. Only empty fields are filled; a synthetic path and a shortened digest count as empty.
pub fn plan(variants: &[Variant], store: Option<&StoreIndex>) -> BackfillPlan {
    let mut plan = BackfillPlan::default();
    for variant in variants {
        let mut next = variant.clone();
        fill_from_store(&mut next, store, &mut plan.problems);
        let mut filled: Vec<BackfilledField> = diff::diff_variants(variant, &next)
            .into_iter()
            .map(|change| BackfilledField { change, from: "store".into() })
            .collect();
        let stored = next.clone();
        fill_defaults(&mut next);
        filled.extend(diff::diff_variants(&stored, &next).into_iter().map(|change| {
            let from = if change.field == "path" { "served id" } else { "default" };
            BackfilledField { change, from: from.into() }
        }));
        if filled.is_empty() {
            plan.complete += 1;
        } else {
            plan.filled.extend(filled);
            plan.writes.push(next);
        }
    }
    plan
}

/// Fills empty fields of `variants` from the store, where it holds the same content.
pub fn fill_all_from_store(variants: &mut [Variant], store: &StoreIndex) {
    for variant in variants {
        fill_from_store(variant, Some(store), &mut Vec::new());
    }
}

fn fill_from_store(next: &mut Variant, store: Option<&StoreIndex>, problems: &mut Vec<String>) {
    let Some(model) =
        store.zip(ModelName::parse(&next.served_model_id).ok()).and_then(|(store, id)| store.models.get(&id.key()))
    else {
        return;
    };
    if let Some(recorded) = &next.digest
        && !digests_agree(recorded, &model.digest)
    {
        problems.push(format!(
            "{}: the store holds other content than is on record; `gleaner models import` takes it over",
            next.name
        ));
        return;
    }
    if let Some(blob) = &model.missing_blob {
        problems.push(format!("{}: its manifest is in the store, {blob} is not; pull it again", next.name));
        return;
    }
    next.digest = Some(model.digest.clone());
    next.size_bytes.get_or_insert(model.size);
    next.download_format.get_or_insert(model.format);
    if next.path.as_deref().is_none_or(|path| path.starts_with("ollama://")) {
        next.path = Some(model.path.to_string_lossy().into_owned());
        if next.location != Some(ModelLocation::Cloud) {
            next.location = Some(ModelLocation::Local);
        }
    }
    next.location.get_or_insert(ModelLocation::Local);
}

fn fill_defaults(next: &mut Variant) {
    let cloud = ModelName::parse(&next.served_model_id).is_ok_and(|id| id.is_cloud());
    if next.path.is_none() && !next.served_model_id.is_empty() {
        next.path = Some(synthetic_path(&next.served_model_id));
    }
    next.download_format.get_or_insert(ModelFormat::Gguf);
    next.location.get_or_insert(if cloud { ModelLocation::Cloud } else { ModelLocation::Ollama });
}
