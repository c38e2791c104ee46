//! `gleaner doctor`: checks the whole installation and says what to do about problems.

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
Checks the settings, the database, the disk, the clock, the limit of open files, Ollama, its version, the chosen models, one short answer of each, and a few feeds.
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
    /// JSON instead of text; fields may be added in later versions, none is removed
    #[arg(long)]
    json: bool,
}

impl DoctorArgs {
    /// Reports settings that are not valid; nothing else can be checked.
    pub(super) fn report_config_error(self, error: &ConfigError) -> Exit {
        let report = doctor::diagnose_config_error(error);
        if !self.json {
            report.results.iter().for_each(print_finding);
        }
        self.end(&report)
    }

    /// Runs all checks.
    pub(super) async fn run(self, config: Config) -> Exit {
        let (app, database) = match open_read_only(config).await {
            Ok(found) => found,
            Err(error) => return terminal::fail(&error),
        };
        let print = |finding: &DiagnosticResult| {
            if self.json {
                return;
            }
            print_finding(finding);
            if finding.topic == DiagnosticCheck::Models
                && finding.outcome == DiagnosticOutcome::Ok
                && std::io::stderr().is_terminal()
            {
                print_stderr("Requesting an answer; loading a model may take a while …");
            }
        };
        let report = doctor::run_checks(&app, database, print).await;
        app.db.close().await;
        self.end(&report)
    }

    fn end(&self, report: &DiagnosticReport) -> Exit {
        if self.json {
            let findings = &report.results;
            print_stdout(format!("{:#}", serde_json::json!({ "passed": report.passed(), "findings": findings })));
        } else {
            print_stdout(render_summary(report));
        }
        if report.passed() { Exit::Done } else { Exit::CheckFailed }
    }
}

/// Prints one result with its remedy below it.
fn print_finding(finding: &DiagnosticResult) {
    let run_on_terminal = std::io::stdout().is_terminal();
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(if run_on_terminal {
        ContentArrangement::Dynamic
    } else {
        ContentArrangement::Disabled
    });
    let (mark, color) = match finding.outcome {
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
    let mark = if run_on_terminal { mark.fg(color) } else { mark };
    table.add_row([mark, Cell::new(format!("{:<13}", finding.topic.as_str())), Cell::new(text)]);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    print_styled(table.trim_fmt());
}

fn render_summary(report: &DiagnosticReport) -> String {
    let counts = [
        (DiagnosticOutcome::Fail, "failed"),
        (DiagnosticOutcome::Warn, "with warnings"),
        (DiagnosticOutcome::Skipped, "skipped"),
    ];
    let parts: Vec<String> = counts
        .iter()
        .map(|(outcome, words)| (report.count(*outcome), words))
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
    if parts.is_empty() { "No problems found.".to_owned() } else { format!("{}.", parts.join(", ")) }
}
