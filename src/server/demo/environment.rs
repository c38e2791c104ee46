//! The environment of the demo: a simulated Ollama, sample feeds and a temporary data folder. No network.

use super::samples::SampleFeedServer;
use crate::server::demo::simulator::{ModelSpec, SimulatedOllama, SimulatorSettings};
use crate::{
    error::AppError,
    server::{
        clock::Clock,
        config::Config,
        models::ollama::address,
        services::{models, preferences, subscriptions},
        state::App,
    },
};
use std::{fs, io, path::PathBuf, time::Duration};

const INTERESTS: &str = "Space telescopes and rockets, well-made software, databases, small language models, typography and \
                         design, quiet films, walking, anything explained slowly.";
const ANTI_INTERESTS: &str = "Company funding news, gadgets, celebrity gossip.";

/// The servers and the data folder of the demo; the folder is removed when this is dropped.
#[derive(Debug)]
pub struct DemoEnvironment {
    /// The simulated Ollama.
    pub ollama: SimulatedOllama,
    /// The server of the sample feeds.
    pub samples: SampleFeedServer,
    folder: PathBuf,
}

impl DemoEnvironment {
    /// Starts both servers and points `config` at them and at a fresh data folder. Everything else in `config` stays.
    ///
    /// # Errors
    /// No port is free, or the folder for temporary files cannot be written.
    pub async fn set(config: &mut Config) -> io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("gleaner-demo-{}", std::process::id()));
        // Files that an earlier process with the same id left behind are unused.
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let ollama = SimulatedOllama::start(simulator_settings()).await?;
        let samples = SampleFeedServer::start(&Clock::System).await?;
        config.ollama.host = address::parse(&ollama.url).map_err(io::Error::other)?;
        (config.ollama.bearer_token, config.ollama.basic_auth) = (None, None);
        config.ollama.manifest_lookup = false;
        config.ollama.model = "qwen3:8b".into();
        (config.ollama.categorization_model, config.ollama.scoring_model) = (None, None);
        config.fetch.allow_networks = vec!["127.0.0.0/8".parse().map_err(io::Error::other)?];
        config.fetch.per_host_spacing = Duration::ZERO;
        // The pages of the samples have the same texts as their feeds.
        config.fetch.full_text = false;
        config.data_dir.clone_from(&folder);
        Ok(Self { ollama, samples, folder })
    }

    /// Saves interests and subscribes to the sample feeds. Articles exist afterwards; scores follow.
    ///
    /// # Errors
    /// The first error of a service; earlier steps stay.
    pub async fn fill(&self, app: &App) -> Result<(), AppError> {
        let saved = preferences::change(app, |saved| {
            saved.interests = INTERESTS.into();
            saved.anti_interests = ANTI_INTERESTS.into();
        });
        saved.await?;
        models::poll_now(app).await;
        let science = subscriptions::create_folder(app, "Science").await?.id;
        let leisure = subscriptions::create_folder(app, "Leisure").await?.id;
        for address in self.samples.feeds() {
            let folder = match address.rsplit('/').nth(1) {
                Some("orbit" | "planet") => Some(science),
                Some("second-row" | "ledger") => Some(leisure),
                _ => None,
            };
            subscriptions::subscribe(app, &address, folder).await?;
        }
        Ok(())
    }
}

impl Drop for DemoEnvironment {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            tracing::warn!(%error, folder = %self.folder.display(), "the demo's data folder is left behind");
        }
    }
}

/// The pace of the demo: some articles a second, a load of two seconds, a pull of 15 s.
pub fn simulator_settings() -> SimulatorSettings {
    SimulatorSettings {
        models: vec![
            ModelSpec::recommended("qwen3:8b"),
            ModelSpec::recommended("llama3.2:3b"),
            ModelSpec::new("nomic-embed-text", 274_302_450).with_capabilities(&["embedding"]),
        ],
        load_time: Duration::from_secs(2),
        prompt_time: Duration::from_millis(40),
        token_time: Duration::from_millis(1),
        talk_time: Duration::from_millis(25),
        pull_tick: Duration::from_millis(60),
        pull_step: 20_000_000,
        ..SimulatorSettings::default()
    }
}
