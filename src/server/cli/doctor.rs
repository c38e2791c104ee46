//! `gleaner doctor`: is everything as it should be, and if not, what to do.

use crate::{
    domain::diagnostics::{DiagnosticCheck, DiagnosticOutcome, DiagnosticReport, DiagnosticResult},
    server::{
        cli::{
            open_app::open_read_only,
            table::replace_control_chars,
            terminal::{self, Exit, print_stderr, print_stdout, print_styled},
        },
        config::{Config, ConfigError},
        services::doctor,
    },
};
use comfy_table::{Cell, Color, ContentArrangement, Table, presets};
use std::io::IsTerminal;

const HELP: &str = "\
Looks at the settings, the database, the disk, the clock, the limit of open files, Ollama, its version, the chosen models, one short answer of each, and a few feeds.
Nothing is changed; a server may be running. A model that is not in memory is loaded, which may take minutes.

Output with --json:
  {\"passed\", \"findings\": [{\"topic\", \"outcome\", \"message\", \"remedy\": TEXT or null}…]}
  topic: configuration, database, disk, clock, open_files, ollama, version, models, answer, feeds
  outcome: ok, warn, fail, skipped

Exit code 3 when something fails, also when that is Ollama; warnings alone are 0.

Example:
  gleaner doctor --json | jq '.findings[] | select(.outcome == \"fail\")'";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct DoctorArgs {
    /// JSON instead of text; fields may be added in later versions, none is taken away
    #[arg(long)]
    json: bool,
}

impl DoctorArgs {
    /// Says what the settings alone make of it.
    pub(super) fn badly_configured(self, error: &ConfigError) -> Exit {
        let checkup = doctor::diagnose_config_error(error);
        if !self.json {
            checkup.results.iter().for_each(print_finding);
        }
        self.end(&checkup)
    }

    /// Looks at everything.
    pub(super) async fn run(self, config: Config) -> Exit {
        let (app, database) = match open_read_only(config).await {
            Ok(found) => found,
            Err(error) => return terminal::fail(&error),
        };
        let told = |finding: &DiagnosticResult| {
            if self.json {
                return;
            }
            print_finding(finding);
            if finding.topic == DiagnosticCheck::Models
                && finding.outcome == DiagnosticOutcome::Ok
                && std::io::stderr().is_terminal()
            {
                print_stderr("Asking for an answer; loading a model takes a while …");
            }
        };
        let checkup = doctor::run_checks(&app, database, told).await;
        app.db.close().await;
        self.end(&checkup)
    }

    fn end(&self, checkup: &DiagnosticReport) -> Exit {
        if self.json {
            let findings = &checkup.results;
            print_stdout(format!("{:#}", serde_json::json!({ "passed": checkup.passed(), "findings": findings })));
        } else {
            print_stdout(render_summary(checkup));
        }
        if checkup.passed() { Exit::Done } else { Exit::Wanting }
    }
}

/// One finding, as soon as it is made; its remedy below it.
fn print_finding(finding: &DiagnosticResult) {
    let run_on_terminal = std::io::stdout().is_terminal();
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(if run_on_terminal {
        ContentArrangement::Dynamic
    } else {
        ContentArrangement::Disabled
    });
    let (mark, colour) = match finding.outcome {
        DiagnosticOutcome::Ok => ("ok", Color::Green),
        DiagnosticOutcome::Warn => ("warn", Color::Yellow),
        DiagnosticOutcome::Fail => ("FAIL", Color::Red),
        DiagnosticOutcome::Skipped => ("-", Color::Grey),
    };
    let mut text = finding.message.lines().map(replace_control_chars).collect::<Vec<_>>().join("\n");
    if let Some(remedy) = &finding.remedy {
        text.push_str(&format!("\n→ {}", replace_control_chars(remedy)));
    }
    let mark = Cell::new(format!("{mark:<4}"));
    let mark = if run_on_terminal { mark.fg(colour) } else { mark };
    table.add_row([mark, Cell::new(format!("{:<13}", finding.topic.as_str())), Cell::new(text)]);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    print_styled(table.trim_fmt());
}

fn render_summary(checkup: &DiagnosticReport) -> String {
    let counts = [
        (DiagnosticOutcome::Fail, "failed"),
        (DiagnosticOutcome::Warn, "to be looked at"),
        (DiagnosticOutcome::Skipped, "skipped"),
    ];
    let told: Vec<String> = counts
        .iter()
        .map(|(outcome, words)| (checkup.count(*outcome), words))
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
    if told.is_empty() { "All is well.".to_owned() } else { format!("{}.", told.join(", ")) }
}
