//! The changes of the registry by an import, planned before anything is written.

use super::{diff, guess, naming::VariantNaming, placeholder};
use crate::domain::{
    model_name::ModelName,
    registry::{
        Backend, CapabilityOrigin, ModelFormat, ModelLocation, Registry, RegistryImportReport, SourceProvider, Variant,
    },
    time::Timestamp,
};
use crate::server::registry::listed_model::{ListedModel, ListedSize, digests_agree};
use std::collections::{HashMap, HashSet, hash_map::Entry};

/// The rows to write, and the report about them.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ImportPlan {
    /// New and changed variants.
    pub writes: Vec<Variant>,
    /// What the import reports.
    pub report: RegistryImportReport,
}

/// Plans the changes. `listed` is the whole list of Ollama in any order; changed rows get `now` as their time.
pub fn plan(registry: &Registry, listed: Vec<ListedModel>, deprecate_placeholders: bool, now: Timestamp) -> ImportPlan {
    let mut listed = merge_by_key(listed);
    let mut taken: HashSet<String> = registry.variants.iter().map(|v| v.name.clone()).collect();
    let mut plan = ImportPlan::default();

    for variant in &registry.variants {
        let key = import_key(variant);
        let mut next = match key.and_then(|key| listed.remove(&key)) {
            Some(row) => {
                let mut next = update_from_listed(variant, &row);
                if next != *variant {
                    next.last_seen = now;
                }
                next
            }
            None => mark_missing(variant, registry.last_import, now),
        };
        let deprecated = deprecate_placeholders && placeholder::deprecate_placeholder(&mut next);
        add_to_report(&mut plan.report, variant, &next, deprecated);
        if next != *variant {
            plan.writes.push(next);
        }
    }

    let mut newcomers: Vec<ListedModel> = listed.into_values().collect();
    newcomers.sort_by(|a, b| a.spelled.cmp(&b.spelled));
    for row in newcomers {
        let naming = VariantNaming::of(&row.id);
        let name = naming.unique_name(&row.id, |name| taken.contains(name));
        taken.insert(name.clone());
        let mut variant = update_from_listed(&new_variant(name, naming, &row, now), &row);
        if deprecate_placeholders && placeholder::deprecate_placeholder(&mut variant) {
            plan.report.deprecated.push(variant.name.clone());
        }
        plan.report.added.push(variant.name.clone());
        plan.writes.push(variant);
    }
    plan.report.added.sort();
    plan
}

/// One row per model: rows of one key are merged under the first name in byte order.
fn merge_by_key(mut listed: Vec<ListedModel>) -> HashMap<String, ListedModel> {
    listed.sort_by(|a, b| a.spelled.cmp(&b.spelled).then_with(|| a.digest.cmp(&b.digest)));
    let mut by_key = HashMap::with_capacity(listed.len());
    for row in listed {
        match by_key.entry(row.id.key()) {
            Entry::Vacant(free) => {
                free.insert(row);
            }
            Entry::Occupied(mut known) => known.get_mut().fill_missing_from(row),
        }
    }
    by_key
}

/// The key by which an import finds a variant again; `None` for placeholders whose name belongs to no identifier of Ollama.
fn import_key(variant: &Variant) -> Option<String> {
    let id = ModelName::parse(&variant.served_model_id).ok()?;
    let stray = placeholder::is_placeholder(&variant.name) && !variant.name.starts_with(&VariantNaming::of(&id).name());
    (!stray).then(|| id.key())
}

fn new_variant(name: String, naming: VariantNaming, row: &ListedModel, now: Timestamp) -> Variant {
    Variant {
        name,
        backend: Backend::Ollama,
        family: naming.family,
        quantization: naming.quantization,
        reported_quantization: None,
        download_format: None,
        served_model_id: row.spelled.clone(),
        source_provider: SourceProvider::Ollama,
        digest: None,
        size_bytes: None,
        path: None,
        location: None,
        roles: Vec::new(),
        capabilities: Vec::new(),
        parameter_size: None,
        context_length: None,
        aliases: Vec::new(),
        deprecated: false,
        deprecated_reason: None,
        first_seen: now,
        last_seen: now,
        missing_since: None,
    }
}

/// The path of a variant whose files are not known: Ollama serves it under this name.
pub fn synthetic_path(served_model_id: &str) -> String {
    format!("ollama://{served_model_id}")
}

/// The variant with the values of the row; missing values stay as they are.
fn update_from_listed(variant: &Variant, row: &ListedModel) -> Variant {
    let mut next = variant.clone();
    next.missing_since = None;
    let other_content = matches!((&variant.digest, &row.digest), (Some(old), Some(new)) if !digests_agree(old, new));
    if other_content {
        // These figures describe the former content, and the row may lack the new ones.
        (next.digest, next.size_bytes) = (None, None);
    }
    match &row.digest {
        Some(new) if next.digest.as_ref().is_none_or(|old| old.len() < new.len()) => next.digest = Some(new.clone()),
        _ => {}
    }
    match row.size {
        Some(ListedSize::Exact(bytes)) => next.size_bytes = Some(bytes),
        Some(ListedSize::Rounded(bytes)) => next.size_bytes = next.size_bytes.or(Some(bytes)),
        None => {}
    }
    next.download_format = row.format.or(next.download_format).or(Some(ModelFormat::Gguf));
    next.reported_quantization = row.quantization.clone().or(next.reported_quantization);
    next.parameter_size = row.parameter_size.clone().or(next.parameter_size);
    next.context_length = row.context_length.or(next.context_length);
    let guessed = next.capabilities.iter().all(|capability| capability.origin == CapabilityOrigin::Guessed);
    // A report replaces a guess, and so does a guess with a known architecture.
    if row.capabilities.is_some() || next.capabilities.is_empty() || guessed && row.architecture.is_some() {
        next.capabilities = guess::derive_capabilities(row);
    }
    if row.is_cloud {
        next.location = Some(ModelLocation::Cloud);
    }
    // The path is that of the former content.
    if next.path.is_none() || other_content {
        next.path = Some(synthetic_path(&next.served_model_id));
    }
    for spelling in row.other_spellings.iter().chain([&row.spelled]) {
        if *spelling != next.served_model_id && !next.aliases.contains(spelling) {
            next.aliases.push(spelling.clone());
        }
    }
    next.aliases.sort();
    next
}

/// The variant of a model that Ollama no longer lists: it stays, with the time since it is missing.
fn mark_missing(variant: &Variant, last_import: Option<Timestamp>, now: Timestamp) -> Variant {
    let mut next = variant.clone();
    if next.missing_since.is_none() {
        next.missing_since = Some(now);
        // An import without changes wrote nothing, but listed it.
        next.last_seen = last_import.map_or(next.last_seen, |seen| seen.max(next.last_seen));
    }
    next
}

fn add_to_report(report: &mut RegistryImportReport, old: &Variant, new: &Variant, deprecated: bool) {
    if old == new {
        report.unchanged += 1;
        return;
    }
    match (old.missing_since, new.missing_since) {
        (None, Some(_)) => report.missing.push(old.name.clone()),
        (Some(_), None) => report.returned.push(old.name.clone()),
        _ => {}
    }
    if deprecated {
        report.deprecated.push(old.name.clone());
    }
    // These fields are reported above.
    let told = ["missing_since", "last_seen", "deprecated", "deprecated_reason"];
    report.changed.extend(diff::diff_variants(old, new).into_iter().filter(|c| !told.contains(&c.field.as_str())));
}

#[cfg(test)]
#[path = "import_plan_tests.rs"]
mod tests;
