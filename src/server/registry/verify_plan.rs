//! Whether a variant is still what the registry says. Nothing is changed by looking.

use super::{observed::digests_agree, store::StoreIndex};
use crate::domain::{
    model_name::ModelName,
    registry::{Location, Variant, Verdict, Verified, words::short},
};
use std::collections::HashMap;

/// What a variant is held against.
#[derive(Clone, Debug)]
pub enum Evidence {
    /// The list of a running Ollama: digest by key, empty when it told none.
    Listed(HashMap<String, String>),
    /// The store on this machine.
    Stored(StoreIndex),
    /// Nothing; why.
    Nothing(String),
}

/// The verdict on one variant.
pub fn judge(variant: &Variant, evidence: &Evidence) -> Verified {
    let (verdict, note) = verdict(variant, evidence);
    Verified { name: variant.name.clone(), served_model_id: variant.served_model_id.clone(), verdict, note }
}

fn verdict(variant: &Variant, evidence: &Evidence) -> (Verdict, Option<String>) {
    let unverifiable = |why: &str| (Verdict::Unverifiable, Some(why.to_owned()));
    let id = match ModelName::parse(&variant.served_model_id) {
        Ok(id) => id,
        Err(reason) => {
            return unverifiable(&format!("“{}” cannot be a model of Ollama's: {reason}", variant.served_model_id));
        }
    };
    let found: Option<&str> = match evidence {
        Evidence::Nothing(why) => return unverifiable(why),
        Evidence::Listed(digests) => digests.get(&id.key()).map(String::as_str),
        Evidence::Stored(_) if variant.location == Some(Location::Cloud) => {
            return unverifiable("a cloud model keeps no files here; ask again while Ollama runs");
        }
        Evidence::Stored(store) => match store.models.get(&id.key()) {
            Some(model) => {
                if let Some(blob) = &model.missing_blob {
                    return (Verdict::Missing, Some(format!("its manifest is there, {blob} is not")));
                }
                Some(model.digest.as_str())
            }
            None => None,
        },
    };
    match (found, variant.digest.as_deref()) {
        (None, _) => (Verdict::Missing, Some("not there any more".to_owned())),
        (Some(""), _) => unverifiable("it is there, but Ollama told no digest"),
        (Some(_), None) => {
            unverifiable("it is there, but no digest is on record; `gleaner models import` or `backfill` records it")
        }
        (Some(found), Some(recorded)) if digests_agree(recorded, found) => (Verdict::Ok, None),
        (Some(found), Some(recorded)) => {
            (Verdict::Changed, Some(format!("digest {} on record, {} found", short(recorded), short(found))))
        }
    }
}
