//! Documents generated from the definition of the command line: completions, the manual page, docs/cli.md.

use crate::server::cli::terminal::{self, Exit, print_stdout};
use clap::Command;
use std::fmt::Write;

/// `gleaner completions SHELL`.
pub(super) fn print_completions(mut command: Command, shell: clap_complete::Shell) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command, "gleaner", &mut text);
    print_stdout(String::from_utf8_lossy(&text).trim_end());
    Exit::Done
}

/// `gleaner man`.
pub(super) fn print_manual(command: Command, as_markdown: bool) -> Exit {
    if as_markdown {
        print_stdout(render_markdown(command).trim_end());
        return Exit::Done;
    }
    let mut text = Vec::new();
    if let Err(error) = clap_mangen::Man::new(command).render(&mut text) {
        return terminal::fail(&error);
    }
    print_stdout(String::from_utf8_lossy(&text).trim_end());
    Exit::Done
}

/// All commands with their help, as docs/cli.md holds them.
fn render_markdown(mut root: Command) -> String {
    let mut text = String::from(
        "# The command line\n\n<!-- Written by `make docs` from src/server/cli; a test keeps it up to date. -->\n\n\
         Every command takes the settings of [configuration.md](configuration.md).\n",
    );
    root.build();
    append_command(&root, &mut text);
    text
}

fn append_command(command: &Command, text: &mut String) {
    // The settings are listed once, with the program itself.
    let within = command.get_bin_name().is_some_and(|name| name.contains(' '));
    let mut plain = command.clone().term_width(100).mut_args(|arg| {
        let is_listed_before = within && arg.is_global_set();
        arg.hide(is_listed_before)
    });
    let name = plain.get_bin_name().unwrap_or_else(|| plain.get_name()).to_owned();
    // Writing to a String cannot fail.
    let _ = write!(text, "\n## `{name}`\n\n```text\n{}\n```\n", plain.render_long_help().to_string().trim_end());
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        append_command(inner, text);
    }
}
