//! `models pull`: a job like those of the pages. A server that runs on the data folder does it; else this process.

use crate::domain::model_name::ModelName;
use crate::server::cli::{
    models::options::OutputFormat,
    terminal::{self, Exit, print_stderr, print_stdout},
};
use crate::{
    domain::{
        pull::{FinishedPull, PullOutcome, PullPhase, PullProgress},
        pull_format,
    },
    error::{AppError, ErrorKind},
    server::{
        services::{
            model_versions, models,
            pulls::{self, PullView, QueuedPull},
        },
        startup,
        state::App,
        worker,
    },
};
use futures::StreamExt as _;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{io::IsTerminal as _, pin::pin};

const HELP: &str = "\
A bar shows the whole model; when the output is not a terminal, a line tells of each phase and each tenth. While a server runs on
the data folder, it does the pull, and Ctrl-C only ends the watching; else Ctrl-C cancels. What was downloaded is kept either way.

Output with --json:
  {\"model\", \"outcome\", \"error\": null or {\"kind\", \"cause\", \"message\", \"hint\"}, \"finished_at\", \"dismissed\"}";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct ModelsPullArgs {
    /// The model: `[registry/][namespace/]model[:tag]`
    name: String,
    /// Keep the installed version of a model in use under another name; see `gleaner models earlier`
    #[arg(long)]
    keep_earlier: bool,
}

impl ModelsPullArgs {
    pub(super) async fn run(self, app: &App, output: OutputFormat) -> Result<Exit, AppError> {
        // The lock is released at once: the pull loop takes it again. While it is free, no server runs the pulls of this folder.
        let is_ours = startup::lock_pulls(&app.config).is_ok();
        let health = models::poll_now(app).await;
        if let Some(problem) = health.problem.filter(|_| is_ours && !health.connected) {
            return Err(AppError::new(ErrorKind::Unavailable, problem.message).hint(problem.hint));
        }
        let request = if self.keep_earlier {
            let model_versions::PulledAgain { pull, kept } = model_versions::pull_again(app, &self.name).await?;
            if let Some(kept) = kept {
                print_stderr(format_args!("The installed version is kept as {kept}."));
            }
            pull
        } else {
            pulls::enqueue(app, &self.name).await?
        };
        let Some(last) = run_pull(app, request).await? else { return Ok(Exit::Done) };
        output.print(&last, print_outcome)?;
        Ok(if last.outcome == PullOutcome::Success { Exit::Done } else { Exit::Failed })
    }
}

/// Runs a queued pull, or watches the server that does, and shows its progress. `None`: the watching ended, the pull goes on.
pub(super) async fn run_pull(app: &App, request: QueuedPull) -> Result<Option<FinishedPull>, AppError> {
    let is_ours = startup::lock_pulls(&app.config).is_ok();
    if is_ours {
        app.lifecycle.spawn(worker::pulls::run(app.clone()));
    } else if request.joined {
        print_stderr(format_args!("{} is being pulled already.", request.model));
    }
    let mut printer = PullProgressPrinter::new(&request.model);
    let mut interrupts = terminal::interrupts()?;
    let mut views = pin!(pulls::follow(app.clone(), request.id));
    let last = loop {
        let view = tokio::select! {
            view = views.next() => view,
            () = interrupts.next() => {
                printer.clear();
                if !is_ours {
                    print_stderr("The server continues the pull.");
                    return Ok(None);
                }
                pulls::cancel(app, Some(request.model.as_str())).await?;
                continue;
            }
        };
        match view {
            Some(PullView::Ended(last)) => break last,
            Some(view) => printer.show(&view),
            None => return Err(AppError::conflict(format!("The pull of {} is no longer known.", request.model))),
        }
    };
    printer.clear();
    Ok(Some(last))
}

fn print_outcome(last: &FinishedPull) {
    let sentence = pull_format::format_outcome(last);
    match &last.outcome {
        PullOutcome::Success => print_stdout(sentence),
        PullOutcome::Cancelled => print_stderr(sentence),
        PullOutcome::Error => {
            print_stderr(format_args!("gleaner: {sentence}"));
            last.error.iter().filter_map(|error| error.hint.as_ref()).for_each(print_stderr);
        }
    }
}

/// Prints progress to standard error: a bar on a terminal, else lines.
struct PullProgressPrinter {
    bar: ProgressBar,
    is_terminal: bool,
    /// The last line that was printed.
    last_line: String,
}

impl PullProgressPrinter {
    fn new(model: &ModelName) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let target = if is_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(1000), target).with_prefix(model.to_string());
        // If the template cannot be read, the default bar is shown.
        if let Ok(style) = ProgressStyle::with_template("{prefix} {wide_bar} {msg}") {
            bar.set_style(style);
        }
        Self { bar, is_terminal, last_line: String::new() }
    }

    fn show(&mut self, view: &PullView) {
        let (permille, text, line) = match view {
            PullView::Running { retry: Some(retry), progress } => {
                let sentence = pull_format::format_activity(progress, Some(retry));
                (permille(progress), sentence.clone(), sentence)
            }
            PullView::Running { progress, retry: None } => {
                (permille(progress), describe_progress(progress), describe_milestone(progress))
            }
            PullView::Queued => (0, "queued".to_owned(), "queued".to_owned()),
            PullView::Ended(_) => return,
        };
        self.bar.set_position(permille);
        self.bar.set_message(text);
        if !self.is_terminal && line != self.last_line {
            print_stderr(&line);
            self.last_line = line;
        }
    }

    fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1000")]
fn permille(progress: &PullProgress) -> u64 {
    (progress.percent.clamp(0.0, 100.0) * 10.0) as u64
}

/// The text beside the bar: `43 % · 2.1 GB of 5.2 GB · 31.0 MB/s · 1 min 40 s left`, or the activity while no data arrives.
fn describe_progress(progress: &PullProgress) -> String {
    if progress.phase != PullPhase::Downloading {
        return pull_format::format_phase(progress.phase).to_owned();
    }
    if progress.stalled {
        return pull_format::format_activity(progress, None);
    }
    [pull_format::format_percent(progress), pull_format::format_progress(progress)].join(" · ")
}

/// A line for output that is not a terminal; it changes with each phase and each tenth.
fn describe_milestone(progress: &PullProgress) -> String {
    match progress.phase {
        PullPhase::Downloading if progress.stalled => "Downloading: no data".to_owned(),
        PullPhase::Downloading => format!("Downloading: {} %", (permille(progress) / 100) * 10),
        phase => pull_format::format_phase(phase).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{PullPhase, PullProgress, describe_milestone, describe_progress};

    #[test]
    fn texts_of_progress() {
        let progress = PullProgress {
            phase: PullPhase::Downloading,
            completed: 2_100_000_000,
            total: 5_200_000_000,
            percent: 40.4,
            bytes_per_second: 31_000_000,
            eta_seconds: Some(100),
            ..PullProgress::default()
        };
        let stalled = PullProgress { bytes_per_second: 0, stalled: true, quiet_seconds: 41, ..progress.clone() };
        let writing = PullProgress { phase: PullPhase::Writing, ..progress.clone() };
        for (progress, bar, line) in [
            (&progress, "40 % · 2.1 GB of 5.2 GB · 31.0 MB/s · 1 min 40 s left", "Downloading: 40 %"),
            (&stalled, "No data for 41 s.", "Downloading: no data"),
            (&writing, "Writing the manifest", "Writing the manifest"),
        ] {
            assert_eq!((describe_progress(progress).as_str(), describe_milestone(progress).as_str()), (bar, line));
        }
    }
}
