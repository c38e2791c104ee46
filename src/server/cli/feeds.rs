//! `gleaner feeds`: subscriptions from the keyboard or a script.

use super::{Exit, say, table, warn};
use crate::{
    domain::{
        feed::{Feed, FeedState, Subscribed},
        ids::FeedId,
        url::FeedUrl,
    },
    error::{AppError, ErrorKind},
    server::{services::subscriptions, state::App},
};
use serde::Serialize;
use std::{
    io::Read,
    path::{Path, PathBuf},
};

const EXAMPLES: &str = "\
Examples:
  gleaner feeds add example.org             the feed that a site offers
  gleaner feeds list --json                 everything that is known of every feed
  gleaner feeds refresh 12                  ask one feed now, whatever its schedule
  gleaner feeds import subscriptions.opml   from a file, or from standard input with -
  gleaner feeds export > subscriptions.opml

Exit codes: 1 when something could not be added, 3 when a refreshed feed is in trouble.";

/// Options of all commands, and the command.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Feeds {
    /// JSON instead of text; fields may be added in later versions, none is taken away
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the feeds
    List,
    /// Subscribe to a feed, or to the one that a site offers
    Add {
        /// The address of the feed or the site
        address: String,
    },
    /// Remove a feed with its articles
    Remove {
        /// The feed's number, as `list` shows it
        id: i64,
    },
    /// Ask feeds now, whatever their schedule: the one given, or all
    Refresh {
        /// The feed's number, as `list` shows it
        id: Option<i64>,
    },
    /// Subscribe to every feed of an OPML file; a running server fetches them within a minute
    Import {
        /// The file, or - for standard input
        file: PathBuf,
    },
    /// Print all subscriptions as OPML 2.0
    Export,
}

impl Feeds {
    /// Whether it leaves the data folder as it is.
    pub(super) const fn only_looks(&self) -> bool {
        matches!(self.command, Command::List | Command::Export)
    }

    pub(super) async fn run(self, app: &App) -> Result<Exit, AppError> {
        let json = self.json;
        match self.command {
            Command::List => list(&subscriptions::feeds(app).await?, json),
            Command::Add { address } => add(app, &address, json).await,
            Command::Remove { id } => {
                subscriptions::unsubscribe(app, FeedId(id)).await?;
                if json {
                    return print(&serde_json::json!({ "removed": id }));
                }
                say(format_args!("Feed {id} and its articles are gone."));
                Ok(Exit::Done)
            }
            Command::Refresh { id } => refresh(app, id.map(FeedId), json).await,
            Command::Import { file } => import(app, &file, json).await,
            Command::Export => {
                say(subscriptions::export_opml(app).await?.trim_end());
                Ok(Exit::Done)
            }
        }
    }
}

fn print(value: &impl Serialize) -> Result<Exit, AppError> {
    say(serde_json::to_string_pretty(value).map_err(|_| AppError::internal())?);
    Ok(Exit::Done)
}

fn list(feeds: &[Feed], json: bool) -> Result<Exit, AppError> {
    if json {
        return print(&feeds);
    }
    if feeds.is_empty() {
        say("No feeds yet. Add one with `gleaner feeds add ADDRESS`.");
        return Ok(Exit::Done);
    }
    let rows = feeds.iter().map(|feed| {
        vec![
            feed.id.to_string(),
            feed.display_title().to_owned(),
            feed.unread.to_string(),
            feed.health.state.as_str().to_owned(),
            feed.health.message.clone().unwrap_or_else(|| feed.url.clone()),
        ]
    });
    say(table::render(&["ID", "TITLE", "UNREAD", "STATE", "ADDRESS OR TROUBLE"], rows, &[0, 2]));
    Ok(Exit::Done)
}

async fn add(app: &App, address: &str, json: bool) -> Result<Exit, AppError> {
    match subscriptions::subscribe(app, address, None).await? {
        Subscribed::Added(id) => {
            let feed = subscriptions::feed(app, id).await?;
            if json {
                return print(&feed);
            }
            say(format_args!("{} ({}): {} articles.", table::clean(feed.display_title()), feed.id, feed.total));
            Ok(Exit::Done)
        }
        Subscribed::Choose(candidates) => {
            if json {
                print(&serde_json::json!({ "candidates": candidates }))?;
            } else {
                let rows = candidates
                    .into_iter()
                    .map(|c| vec![c.url, c.title, c.items.map(|n| n.to_string()).unwrap_or_default()]);
                warn("The page offers several feeds; add the one you mean:");
                say(table::render(&["ADDRESS", "TITLE", "ENTRIES"], rows, &[2]));
            }
            Ok(Exit::Failed)
        }
    }
}

/// One after the other, with the pause that a host is owed.
async fn refresh(app: &App, only: Option<FeedId>, json: bool) -> Result<Exit, AppError> {
    let feeds = match only {
        Some(id) => vec![subscriptions::feed(app, id).await?],
        None => subscriptions::feeds(app).await?,
    };
    let mut done = Vec::new();
    let mut last_host = None;
    for feed in feeds {
        let host = FeedUrl::parse(&feed.url).ok().map(|url| url.authority());
        if host.is_some() && host == last_host {
            app.clock.sleep(app.config.fetch.per_host_spacing).await;
        }
        last_host = host;
        done.push(subscriptions::refresh(app, feed.id).await?);
    }
    let troubled = done.iter().any(|f| f.health.state != FeedState::Ok);
    list(&done, json)?;
    Ok(if troubled { Exit::Wanting } else { Exit::Done })
}

async fn import(app: &App, file: &Path, json: bool) -> Result<Exit, AppError> {
    let document = read(file).map_err(|cause| {
        AppError::new(ErrorKind::Invalid, format!("{} cannot be read: {cause}.", file.display()))
            .hint("Name an OPML file, or - for standard input.")
    })?;
    let report = subscriptions::import_opml(app, &document).await?;
    if json {
        return print(&report);
    }
    say(format_args!(
        "{} added, {} known already, {} unusable.",
        report.added,
        report.duplicates,
        report.invalid.len()
    ));
    for outline in report.invalid {
        warn(table::clean(&format!("{}: {}", outline.url, outline.reason)));
    }
    Ok(Exit::Done)
}

fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    if file != Path::new("-") {
        return std::fs::read(file);
    }
    let mut document = Vec::new();
    std::io::stdin().lock().read_to_end(&mut document)?;
    Ok(document)
}
