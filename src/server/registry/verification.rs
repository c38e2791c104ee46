//! Comparing variants of the registry with Ollama or its store, without changing anything.

use crate::domain::{
    model_name::ModelName,
    registry::{ModelLocation, Variant, VerifyResult, VerifyStatus, format::short_digest},
};
use crate::server::registry::{listed_model::digests_agree, ollama_store::StoreIndex};
use std::collections::HashMap;

/// What a variant is compared with.
#[derive(Clone, Debug)]
pub enum VerifyEvidence {
    /// The list of a running Ollama: digest by key, empty when it reported none.
    Listed(HashMap<String, String>),
    /// The store on this machine.
    Stored(StoreIndex),
    /// Nothing, with the reason.
    Nothing(String),
}

/// The result for one variant.
pub fn verify_variant(variant: &Variant, evidence: &VerifyEvidence) -> VerifyResult {
    let (verdict, note) = compare(variant, evidence);
    VerifyResult { name: variant.name.clone(), served_model_id: variant.served_model_id.clone(), verdict, note }
}

fn compare(variant: &Variant, evidence: &VerifyEvidence) -> (VerifyStatus, Option<String>) {
    let unverifiable = |why: &str| (VerifyStatus::Unverifiable, Some(why.to_owned()));
    let id = match ModelName::parse(&variant.served_model_id) {
        Ok(id) => id,
        Err(reason) => {
            return unverifiable(&format!("“{}” cannot be a model of Ollama's: {reason}", variant.served_model_id));
        }
    };
    let found: Option<&str> = match evidence {
        VerifyEvidence::Nothing(why) => return unverifiable(why),
        VerifyEvidence::Listed(digests) => digests.get(&id.key()).map(String::as_str),
        VerifyEvidence::Stored(_) if variant.location == Some(ModelLocation::Cloud) => {
            return unverifiable("a cloud model keeps no files here; ask again while Ollama runs");
        }
        VerifyEvidence::Stored(store) => match store.models.get(&id.key()) {
            Some(model) => {
                if let Some(blob) = &model.missing_blob {
                    return (VerifyStatus::Missing, Some(format!("its manifest is there, {blob} is not")));
                }
                Some(model.digest.as_str())
            }
            None => None,
        },
    };
    match (found, variant.digest.as_deref()) {
        (None, _) => (VerifyStatus::Missing, Some("not there any more".to_owned())),
        (Some(""), _) => unverifiable("it is there, but Ollama told no digest"),
        (Some(_), None) => {
            unverifiable("it is there, but no digest is on record; `gleaner models import` or `backfill` records it")
        }
        (Some(found), Some(recorded)) if digests_agree(recorded, found) => (VerifyStatus::Ok, None),
        (Some(found), Some(recorded)) => (
            VerifyStatus::Changed,
            Some(format!("digest {} on record, {} found", short_digest(recorded), short_digest(found))),
        ),
    }
}
