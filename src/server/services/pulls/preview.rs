//! What the registry says about a model before it is downloaded. Asked through the guard of feeds, of allowed registries only, and
//! never when `ollama.manifest_lookup` is off.

use super::parse_allowed_name;
use crate::{
    domain::{
        feed_check::Validators,
        feed_error::FeedErrorKind,
        feed_url::FeedUrl,
        library::MemoryFit,
        memory_estimate::ModelMemoryEstimate,
        model_name::ModelName,
        pull_preview::{ManifestLayer, PullPreview},
    },
    error::{AppError, ErrorKind},
    server::{
        feed::fetch::FetchResponse,
        models::ollama::address,
        registry::{ollama_store, remote_manifest},
        services::{models, storage_health},
        state::App,
    },
};
use std::path::PathBuf;

/// Licenses larger than this are not read, in bytes.
const MAX_LICENSE_BYTES: i64 = 256 << 10;

/// Looks a model up in its registry: size, layers, license, and whether it fits. 422 for a name or registry that is not allowed,
/// 404 when the registry does not know it, 409 when looking up is switched off, 502 when the registry cannot be asked.
#[tracing::instrument(name = "pulls.preview.preview_pull", level = "debug", skip_all)]
pub async fn preview_pull(app: &App, typed: &str) -> Result<PullPreview, AppError> {
    let model = parse_allowed_name(app, typed)?;
    ensure_lookup_is_on(app)?;
    let layers = fetch_layers(app, &model).await?;
    let license = fetch_license(app, &model, &layers).await;
    let num_ctx = models::load_config(app).await?.largest_context(&model);
    let weights = layers.iter().filter(|layer| layer.kind == "model").map(|layer| layer.size).sum();
    models::load_measurements(app).await?;
    let footprints = models::footprints(app);
    let kv_cache = models::load_recommended(app).await.find(&model).and_then(|known| known.kv_cache);
    let need = ModelMemoryEstimate::new(&model, weights, kv_cache, num_ctx, &footprints.measurements).total_bytes;
    Ok(PullPreview {
        size: remote_manifest::total_bytes(&layers),
        license,
        is_installed: app.models.snapshot().find(&model).is_some(),
        needed_memory_bytes: need,
        memory_fit: MemoryFit::classify(need, footprints.machine_memory_bytes),
        free_disk_bytes: free_disk_bytes(app),
        layers,
        model,
    })
}

/// Bytes of the whole model, for the percentage of its download: from the manifest, else those told for a recommended model.
#[tracing::instrument(name = "pulls.preview.expected_bytes", level = "debug", skip_all, fields(%model))]
pub async fn expected_bytes(app: &App, model: &ModelName) -> Option<i64> {
    if app.config.ollama.manifest_lookup {
        match fetch_layers(app, model).await {
            Ok(layers) => return Some(remote_manifest::total_bytes(&layers)),
            Err(error) => tracing::debug!(%error, "the size of the model is not known before its download"),
        }
    }
    models::load_recommended(app).await.find(model).map(|known| known.size)
}

/// 409 when `ollama.manifest_lookup` is off.
pub fn ensure_lookup_is_on(app: &App) -> Result<(), AppError> {
    if app.config.ollama.manifest_lookup {
        return Ok(());
    }
    Err(AppError::conflict("Looking models up in their registry is switched off.")
        .hint("Set ollama.manifest_lookup to true."))
}

/// Bytes of the layers in the registry's manifest that Ollama's store on this machine lacks; `None` when one of the two cannot be
/// looked at.
#[tracing::instrument(name = "pulls.preview.missing_bytes", level = "debug", skip_all, fields(%model))]
pub async fn missing_bytes(app: &App, model: &ModelName) -> Option<i64> {
    ensure_lookup_is_on(app).ok()?;
    let blobs = find_store(app)?.join("blobs");
    let layers = fetch_layers(app, model).await.ok()?;
    let is_missing = |layer: &ManifestLayer| !blobs.join(layer.digest.replace(':', "-")).is_file();
    let missing: Vec<ManifestLayer> = layers.into_iter().filter(is_missing).collect();
    Some(remote_manifest::total_bytes(&missing))
}

/// The manifest of a model as its registry serves it.
#[tracing::instrument(name = "pulls.preview.fetch_manifest", level = "debug", skip_all, fields(%model))]
pub async fn fetch_manifest(app: &App, model: &ModelName) -> Result<Vec<u8>, AppError> {
    let document = fetch(app, &remote_manifest::manifest_address(model), model).await?;
    if remote_manifest::parse_manifest(&document).is_none() {
        return Err(no_manifest(model));
    }
    Ok(document)
}

async fn fetch_layers(app: &App, model: &ModelName) -> Result<Vec<ManifestLayer>, AppError> {
    let document = fetch_manifest(app, model).await?;
    remote_manifest::parse_manifest(&document).ok_or_else(|| no_manifest(model))
}

fn no_manifest(model: &ModelName) -> AppError {
    AppError::new(ErrorKind::BadGateway, format!("{} did not answer with a manifest of {model}.", model.host()))
        .hint("It may be a login page of a network, or no registry of models.")
}

/// Best effort: a license that cannot be read is left out.
async fn fetch_license(app: &App, model: &ModelName, layers: &[ManifestLayer]) -> Option<String> {
    let layer = layers.iter().find(|layer| layer.kind == "license" && layer.size <= MAX_LICENSE_BYTES)?;
    let text = fetch(app, &remote_manifest::blob_address(model, &layer.digest), model).await.ok()?;
    remote_manifest::license_title(&String::from_utf8_lossy(&text))
}

async fn fetch(app: &App, address: &str, model: &ModelName) -> Result<Vec<u8>, AppError> {
    let refused = |message: String| {
        AppError::new(ErrorKind::BadGateway, message).hint("Pulling may still work: Ollama asks the registry itself.")
    };
    let url = FeedUrl::parse(address).map_err(|error| refused(error.to_string()))?;
    match app.feed_client.get(&url, &Validators::default(), app.clock.now()).await {
        Ok(FetchResponse::Document(_, document)) => Ok(document.bytes),
        Ok(FetchResponse::Unchanged(_)) => Err(refused(format!("{} answered without a document.", model.host()))),
        Err(error) if error.problem.kind == FeedErrorKind::Missing => {
            Err(AppError::not_found(format!("The registry does not know {model}."))
                .field("model")
                .hint("Check the spelling of the name and of the tag behind the colon."))
        }
        Err(error) => {
            Err(refused(format!("{} could not be asked about {model}: {}", model.host(), error.problem.message)))
        }
    }
}

/// Bytes free where Ollama keeps its models, when that is this machine.
pub fn free_disk_bytes(app: &App) -> Option<i64> {
    i64::try_from(storage_health::free_bytes(&find_store(app)?).ok()?).ok()
}

/// Ollama's store, when that is on this machine.
fn find_store(app: &App) -> Option<PathBuf> {
    if !address::is_loopback(&app.config.ollama.host) {
        return None;
    }
    let home = etcetera::home_dir().ok();
    ollama_store::find_folder(app.config.ollama.models_dir.as_deref(), home.as_deref())
}
