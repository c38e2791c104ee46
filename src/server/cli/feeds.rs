//! `gleaner feeds`: subscriptions from a terminal or a script.

use super::{Exit, feed_lists, feed_show, print_json, print_stderr, print_stdout, table};
use crate::{
    domain::{
        feed::{FEED_WEIGHTS, Feed, FeedChange, FeedState, SubscribeOutcome},
        feed_request_summary::FeedRequestInput,
        full_text::FullTextChoice,
        ids::FeedId,
        time::Timestamp,
    },
    error::{AppError, ErrorKind},
    server::{
        http::json::{FeedRequestResponse, SaveFeedRequestRequest},
        services::{
            feed_requests,
            subscriptions::{self, CheckMode},
        },
        state::App,
    },
};
use clap::builder::PossibleValuesParser;
use std::{
    io::Read,
    path::{Path, PathBuf},
};

const EXAMPLES: &str = "\
Examples:
  gleaner feeds add example.org             the feed that a site offers
  gleaner feeds list --json                 everything that is known of every feed
  gleaner feeds show 12                     its state, and its last exchanges with its server
  gleaner feeds add-pack science --dry-run  which feeds a starter pack would add
  gleaner feeds refresh 12                  check one feed now, whatever its schedule
  gleaner feeds refresh 12 --force          fetch it in full, even if its site asked for a pause
  gleaner feeds set 12 --full-text always   fetch the pages behind its articles
  gleaner feeds set 12 --pause-until 2026-12-31
  gleaner feeds set 12 --weight -2          rank its articles lower by two points
  gleaner feeds request 12 < login.json     user name, password, cookie, headers
  gleaner feeds import subscriptions.opml   from a file, or from standard input with -
  gleaner feeds export > subscriptions.opml

Exit codes: 1 when something could not be added, 3 when a refreshed feed failed or was not checked.";

/// Options of all commands, and the command.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct FeedsArgs {
    /// JSON instead of text; fields may be added in later versions, none is removed
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: FeedsCommand,
}

#[derive(Debug, clap::Subcommand)]
enum FeedsCommand {
    /// List the feeds
    List,
    /// Show a feed with the last exchanges with its server
    Show {
        /// The feed's number, as `list` shows it
        id: i64,
    },
    /// Subscribe to a feed, or to the one that a site offers
    Add {
        /// The address of the feed or the site
        address: String,
        /// Read what requests to its site carry from standard input, as `request` does
        #[arg(long)]
        request: bool,
    },
    /// Remove a feed with its articles
    Remove {
        /// The feed's number, as `list` shows it
        id: i64,
    },
    /// Check feeds now, whatever their schedule: the one given, or all
    Refresh {
        /// The feed's number, as `list` shows it
        id: Option<i64>,
        /// Fetch the whole feed, even if its site asked for a pause or says that nothing has changed
        #[arg(long, requires = "id")]
        force: bool,
    },
    /// Change the settings of a feed
    Set {
        /// The feed's number, as `list` shows it
        id: i64,
        /// Whether the pages behind its articles are fetched; `auto`: when its own texts are short
        #[arg(long, value_parser = PossibleValuesParser::new(FullTextChoice::ALL.iter().map(|choice| choice.as_str())))]
        full_text: Option<String>,
        /// Another address; the articles and their marks stay
        #[arg(long)]
        url: Option<String>,
        /// Minutes between checks; `default`: as in the settings
        #[arg(long)]
        interval: Option<String>,
        /// A day such as 2026-12-31 before which it is not checked by itself; `none` ends a pause
        #[arg(long)]
        pause_until: Option<String>,
        /// Points that are added to the scores of its articles, -3 to 3
        #[arg(long, allow_negative_numbers = true, value_parser = clap::value_parser!(i64).range(FEED_WEIGHTS))]
        weight: Option<i64>,
        /// Whether no model is asked about its articles
        #[arg(long)]
        never_score: Option<bool>,
    },
    /// Set what requests to the site of a feed carry: user agent, user name, password, cookie, headers, as JSON from standard input
    Request {
        /// The feed's number, as `list` shows it
        id: i64,
    },
    /// Subscribe to every feed of an OPML file; a running server fetches them within a minute
    Import {
        /// The file, or - for standard input
        file: PathBuf,
    },
    /// List the starter packs: well-known feeds by topic
    Packs,
    /// Subscribe to all feeds of a starter pack
    AddPack {
        /// Its name, as `packs` shows it
        name: String,
        /// Only say which feeds would be added
        #[arg(long)]
        dry_run: bool,
    },
    /// Print all subscriptions as OPML 2.0
    Export,
}

impl FeedsArgs {
    /// Whether it changes nothing.
    pub(super) const fn is_read_only(&self) -> bool {
        matches!(
            self.command,
            FeedsCommand::List
                | FeedsCommand::Show { .. }
                | FeedsCommand::Packs
                | FeedsCommand::AddPack { dry_run: true, .. }
                | FeedsCommand::Export
        )
    }

    pub(super) async fn run(self, app: &App) -> Result<Exit, AppError> {
        let json = self.json;
        match self.command {
            FeedsCommand::List => print_feeds(&subscriptions::list_feeds(app).await?, json),
            FeedsCommand::Show { id } => feed_show::show_feed(app, FeedId(id), json).await,
            FeedsCommand::Packs => feed_lists::list_packs(app, json).await,
            FeedsCommand::AddPack { name, dry_run } => feed_lists::add_pack(app, &name, dry_run, json).await,
            FeedsCommand::Add { address, request } => {
                let request = if request { read_request()? } else { FeedRequestInput::default() };
                add_feed(app, &address, request, json).await
            }
            FeedsCommand::Remove { id } => {
                subscriptions::unsubscribe(app, FeedId(id)).await?;
                if json {
                    return print_json(&serde_json::json!({ "removed": id }));
                }
                print_stdout(format_args!("Feed {id} and its articles are removed."));
                Ok(Exit::Done)
            }
            FeedsCommand::Refresh { id, force } => {
                let mode = if force { CheckMode::Forced } else { CheckMode::Conditional };
                refresh_feeds(app, id.map(FeedId), mode, json).await
            }
            FeedsCommand::Set { id, full_text, url, interval, pause_until, weight, never_score } => {
                let full_text = full_text.as_deref().and_then(FullTextChoice::parse);
                let change = FeedChange {
                    full_text,
                    address: url,
                    own_interval: interval.as_deref().map(parse_minutes).transpose()?,
                    pause_until: pause_until.as_deref().map(parse_day).transpose()?,
                    weight,
                    never_score,
                    ..FeedChange::default()
                };
                print_feeds(&[subscriptions::update_feed(app, FeedId(id), change).await?], json)
            }
            FeedsCommand::Request { id } => {
                feed_requests::save_request(app, FeedId(id), read_request()?).await?;
                print_json(&FeedRequestResponse::from(feed_requests::show_request(app, FeedId(id)).await?))
            }
            FeedsCommand::Import { file } => import_opml_file(app, &file, json).await,
            FeedsCommand::Export => {
                print_stdout(subscriptions::export_opml(app).await?.trim_end());
                Ok(Exit::Done)
            }
        }
    }
}

/// What requests carry, as JSON from standard input.
fn read_request() -> Result<FeedRequestInput, AppError> {
    let request = read_file_or_stdin(Path::new("-")).ok();
    let request = request.and_then(|json| serde_json::from_slice::<SaveFeedRequestRequest>(&json).ok());
    let hint = "It is an object with user_agent, username, password, cookie and headers; {} stands for none of them.";
    let request = request.ok_or_else(|| AppError::invalid("Standard input is no such JSON.").hint(hint))?;
    Ok(request.into())
}

/// Seconds; `None` for `default`.
fn parse_minutes(text: &str) -> Result<Option<i64>, AppError> {
    if text == "default" {
        return Ok(None);
    }
    let seconds = text.parse::<i64>().ok().and_then(|minutes| minutes.checked_mul(60));
    seconds.map(Some).ok_or_else(|| AppError::invalid("--interval is a number of minutes, or default."))
}

/// The beginning of a day in UTC; `None` for `none`.
fn parse_day(text: &str) -> Result<Option<Timestamp>, AppError> {
    if text == "none" {
        return Ok(None);
    }
    let day = format!("{text}T00:00:00Z").parse::<Timestamp>();
    day.map(Some).map_err(|_| AppError::invalid("--pause-until is a day such as 2026-12-31, or none."))
}

fn print_feeds(feeds: &[Feed], json: bool) -> Result<Exit, AppError> {
    if json {
        return print_json(&feeds);
    }
    if feeds.is_empty() {
        print_stdout("No feeds yet. Add one with `gleaner feeds add ADDRESS`.");
        return Ok(Exit::Done);
    }
    let rows = feeds.iter().map(|feed| {
        vec![
            feed.id.to_string(),
            feed.display_title().to_owned(),
            feed.unread.to_string(),
            feed.health.state.as_str().to_owned(),
            feed.health.message.clone().unwrap_or_else(|| feed.url.to_string()),
        ]
    });
    print_stdout(table::render(&["ID", "TITLE", "UNREAD", "STATE", "ADDRESS OR ERROR"], rows, &[0, 2]));
    Ok(Exit::Done)
}

async fn add_feed(app: &App, address: &str, request: FeedRequestInput, json: bool) -> Result<Exit, AppError> {
    match subscriptions::subscribe_with(app, address, None, request).await? {
        SubscribeOutcome::Added(id) => {
            let feed = subscriptions::load_feed(app, id).await?;
            if json {
                return print_json(&feed);
            }
            print_stdout(format_args!(
                "{} ({}): {} articles.",
                table::replace_control_chars(feed.display_title()),
                feed.id,
                feed.total
            ));
            Ok(Exit::Done)
        }
        SubscribeOutcome::Candidates(candidates) => {
            if json {
                print_json(&serde_json::json!({ "candidates": candidates }))?;
            } else {
                let rows = candidates
                    .into_iter()
                    .map(|c| vec![c.url.to_string(), c.title, c.items.map(|n| n.to_string()).unwrap_or_default()]);
                print_stderr("The page offers several feeds; add the one you mean:");
                print_stdout(table::render(&["ADDRESS", "TITLE", "ENTRIES"], rows, &[2]));
            }
            Ok(Exit::Failed)
        }
    }
}

/// Checks feeds one after the other, with the pauses between requests to a host; not those whose site asked for a longer pause.
async fn refresh_feeds(app: &App, only: Option<FeedId>, mode: CheckMode, json: bool) -> Result<Exit, AppError> {
    let feeds = match only {
        Some(id) => vec![subscriptions::load_feed(app, id).await?],
        None => subscriptions::list_feeds(app).await?,
    };
    let (mut done, mut has_skipped) = (Vec::new(), false);
    for feed in feeds {
        match subscriptions::refresh_feed_as(app, feed.id, mode).await {
            Ok(feed) => done.push(feed),
            Err(error) if error.kind == ErrorKind::Conflict => {
                has_skipped = true;
                let title = table::replace_control_chars(feed.display_title());
                print_stderr(format_args!("{title} ({}): {error} Add --force to check it nevertheless.", feed.id));
            }
            // Merged into a feed that was listed before it.
            Err(error) if error.kind == ErrorKind::NotFound && only.is_none() => {}
            Err(error) => return Err(error),
        }
    }
    let has_failed = has_skipped || done.iter().any(|f| f.health.state != FeedState::Ok);
    if json || !done.is_empty() {
        print_feeds(&done, json)?;
    }
    Ok(if has_failed { Exit::CheckFailed } else { Exit::Done })
}

async fn import_opml_file(app: &App, file: &Path, json: bool) -> Result<Exit, AppError> {
    let document = read_file_or_stdin(file).map_err(|cause| {
        AppError::new(ErrorKind::Invalid, format!("{} cannot be read: {cause}.", file.display()))
            .hint("Name an OPML file, or - for standard input.")
    })?;
    feed_lists::print_import_report(subscriptions::import_opml(app, &document).await?, json)
}

fn read_file_or_stdin(file: &Path) -> std::io::Result<Vec<u8>> {
    if file != Path::new("-") {
        return std::fs::read(file);
    }
    let mut document = Vec::new();
    std::io::stdin().lock().read_to_end(&mut document)?;
    Ok(document)
}
