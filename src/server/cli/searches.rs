//! `gleaner searches`: saved searches.

use super::{Exit, print_json, print_stdout, table};
use crate::{
    domain::{
        ids::SavedSearchId,
        outgoing_feed::{OutgoingFeed, OutgoingFormat},
        saved_search::SavedSearch,
    },
    error::AppError,
    server::{
        http::json::{OutgoingFeedResponse, SavedSearchResponse},
        services::{
            outgoing_feeds::{self, RequestedSite},
            saved_searches::{self, SavedSearchChanges},
        },
        state::App,
    },
};

const EXAMPLES: &str = "\
Examples:
  gleaner searches add 'Long reads' 'words:>2000 score:>7'
  gleaner searches list                         with their unread articles
  gleaner searches edit 3 --query 'words:>3000'
  gleaner searches edit 3 --position 1          the first of the sidebar
  gleaner searches feed 3                       the addresses of its feed, for others
  gleaner searches feed 3 --renew               new ones; the old ones no longer work
  gleaner searches remove 3                     its articles are kept";

/// Options of all commands, and the command.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct SearchesArgs {
    /// JSON instead of text, as the JSON API answers it
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: SearchesCommand,
}

#[derive(Debug, clap::Subcommand)]
enum SearchesCommand {
    /// List saved searches in their order
    List,
    /// Save a query under a name
    Add {
        /// What you call it
        name: String,
        /// The query, as the search field takes it
        query: String,
    },
    /// Change a saved search, or its place
    #[command(group = clap::ArgGroup::new("changes").required(true).multiple(true))]
    Edit {
        /// The saved search's id, as `list` shows it
        id: i64,
        /// Another name
        #[arg(long, group = "changes")]
        name: Option<String>,
        /// Another query
        #[arg(long, group = "changes")]
        query: Option<String>,
        /// The place in the list, from 1
        #[arg(long, group = "changes")]
        position: Option<i64>,
    },
    /// Show the addresses of the outgoing feed of a saved search, which is switched on when it is off
    Feed {
        /// The saved search's id, as `list` shows it
        id: i64,
        /// Make new addresses; the earlier ones no longer work
        #[arg(long, conflicts_with = "off")]
        renew: bool,
        /// Switch the feed off
        #[arg(long)]
        off: bool,
    },
    /// Remove a saved search; its articles are kept
    Remove {
        /// The saved search's id, as `list` shows it
        id: i64,
    },
}

impl SearchesArgs {
    /// Whether it changes nothing.
    pub(super) const fn is_read_only(&self) -> bool {
        matches!(self.command, SearchesCommand::List)
    }

    pub(super) async fn run(self, app: &App) -> Result<Exit, AppError> {
        let json = self.json;
        match self.command {
            SearchesCommand::List => print_searches(saved_searches::list(app).await?, json),
            SearchesCommand::Add { name, query } => {
                print_search(saved_searches::create(app, &name, &query).await?, json)
            }
            SearchesCommand::Edit { id, name, query, position } => {
                let changes = SavedSearchChanges { name, query, position };
                print_search(saved_searches::update(app, SavedSearchId(id), changes).await?, json)
            }
            SearchesCommand::Feed { id, off: true, .. } => {
                outgoing_feeds::switch_off(app, SavedSearchId(id)).await?;
                if json {
                    return print_json(&serde_json::json!({ "off": id }));
                }
                print_stdout(format_args!("The feed of saved search {id} is off."));
                Ok(Exit::Done)
            }
            SearchesCommand::Feed { id, renew, .. } => print_feed(find_feed(app, id, renew).await?, json),
            SearchesCommand::Remove { id } => {
                saved_searches::remove(app, SavedSearchId(id)).await?;
                if json {
                    return print_json(&serde_json::json!({ "removed": id }));
                }
                print_stdout(format_args!("Saved search {id} is removed."));
                Ok(Exit::Done)
            }
        }
    }
}

/// The outgoing feed, made when it is off. Without `access.public_url` its addresses are those of the server's own socket.
async fn find_feed(app: &App, id: i64, renew: bool) -> Result<OutgoingFeed, AppError> {
    let host = app.config.addr.to_string();
    let (id, site) = (SavedSearchId(id), RequestedSite { host: &host, is_secure: false });
    let is_on = outgoing_feeds::list(app, site).await?.iter().any(|feed| feed.search == id);
    if is_on && !renew {
        return outgoing_feeds::load(app, id, site).await;
    }
    outgoing_feeds::renew(app, id, site).await
}

fn print_feed(feed: OutgoingFeed, json: bool) -> Result<Exit, AppError> {
    if json {
        return print_json(&OutgoingFeedResponse::from(feed));
    }
    for format in OutgoingFormat::ALL {
        print_stdout(feed.address_in(*format));
    }
    Ok(Exit::Done)
}

fn print_search(search: SavedSearch, json: bool) -> Result<Exit, AppError> {
    if json {
        return print_json(&SavedSearchResponse::from(search));
    }
    let text = format!("{} ({}) finds {}", search.name, search.id, search.query);
    print_stdout(table::replace_control_chars(&text));
    Ok(Exit::Done)
}

fn print_searches(all: Vec<SavedSearch>, json: bool) -> Result<Exit, AppError> {
    if json {
        return print_json(&all.into_iter().map(SavedSearchResponse::from).collect::<Vec<_>>());
    }
    if all.is_empty() {
        print_stdout("No saved searches yet. Save one with `gleaner searches add NAME QUERY`.");
        return Ok(Exit::Done);
    }
    let rows = all.iter().map(|search| {
        let unread = search.unread.short_label();
        vec![
            search.id.to_string(),
            search.name.clone(),
            if unread.is_empty() { "0".into() } else { unread },
            search.query.clone(),
        ]
    });
    print_stdout(table::render(&["Id", "Name", "Unread", "Query"], rows, &[0, 2]));
    Ok(Exit::Done)
}
