//! `gleaner doctor`: is everything as it should be, and if not, what to do.

use super::{Exit, looking_at, say, shell, table::clean, warn};
use crate::{
    domain::checkup::{Checkup, Finding, Outcome, Topic},
    server::{
        config::{Config, ConfigError},
        services::doctor,
    },
};
use comfy_table::{Cell, Color, ContentArrangement, Table, presets};
use std::io::IsTerminal;

const HELP: &str = "\
Looks at the settings, the database, the disk, Ollama, its version, the chosen models, one short answer of each, and a few feeds.
Nothing is changed; a server may be running. A model that is not in memory is loaded, which may take minutes.

Output with --json:
  {\"passed\", \"findings\": [{\"topic\", \"outcome\", \"message\", \"remedy\": TEXT or null}…]}
  topic: configuration, database, disk, ollama, version, models, answer, feeds
  outcome: ok, warn, fail, skipped

Exit code 3 when something fails, also when that is Ollama; warnings alone are 0.

Example:
  gleaner doctor --json | jq '.findings[] | select(.outcome == \"fail\")'";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct Doctor {
    /// JSON instead of text; fields may be added in later versions, none is taken away
    #[arg(long)]
    json: bool,
}

impl Doctor {
    /// Says what the settings alone make of it.
    pub(super) fn badly_configured(self, error: &ConfigError) -> Exit {
        let checkup = doctor::badly_configured(error);
        if !self.json {
            checkup.findings.iter().for_each(tell);
        }
        self.end(&checkup)
    }

    /// Looks at everything.
    pub(super) async fn run(self, config: Config) -> Exit {
        let (app, database) = match looking_at(config).await {
            Ok(found) => found,
            Err(error) => return shell::fail(&error),
        };
        let told = |finding: &Finding| {
            if self.json {
                return;
            }
            tell(finding);
            if finding.topic == Topic::Models && finding.outcome == Outcome::Ok && std::io::stderr().is_terminal() {
                warn("Asking for an answer; a model that has to be loaded takes its time …");
            }
        };
        let checkup = doctor::examine(&app, database, told).await;
        app.db.close().await;
        self.end(&checkup)
    }

    fn end(&self, checkup: &Checkup) -> Exit {
        if self.json {
            let findings = &checkup.findings;
            say(format!("{:#}", serde_json::json!({ "passed": checkup.passed(), "findings": findings })));
        } else {
            say(summary(checkup));
        }
        if checkup.passed() { Exit::Done } else { Exit::Wanting }
    }
}

/// One finding, as soon as it is made; its remedy below it.
fn tell(finding: &Finding) {
    let on_terminal = std::io::stdout().is_terminal();
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(if on_terminal { ContentArrangement::Dynamic } else { ContentArrangement::Disabled });
    let (mark, colour) = match finding.outcome {
        Outcome::Ok => ("ok", Color::Green),
        Outcome::Warn => ("warn", Color::Yellow),
        Outcome::Fail => ("FAIL", Color::Red),
        Outcome::Skipped => ("-", Color::Grey),
    };
    let mut text = finding.message.lines().map(clean).collect::<Vec<_>>().join("\n");
    if let Some(remedy) = &finding.remedy {
        text.push_str(&format!("\n→ {}", clean(remedy)));
    }
    let mark = Cell::new(format!("{mark:<4}"));
    let mark = if on_terminal { mark.fg(colour) } else { mark };
    table.add_row([mark, Cell::new(format!("{:<13}", finding.topic.as_str())), Cell::new(text)]);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    say(table.trim_fmt());
}

fn summary(checkup: &Checkup) -> String {
    let counts = [(Outcome::Fail, "failed"), (Outcome::Warn, "to be looked at"), (Outcome::Skipped, "skipped")];
    let told: Vec<String> = counts
        .iter()
        .map(|(outcome, words)| (checkup.count(*outcome), words))
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
    if told.is_empty() { "All is well.".to_owned() } else { format!("{}.", told.join(", ")) }
}
