//! A terminal of a chosen width for the real program.

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use std::{
    io::{Read, Write},
    path::Path,
    time::{Duration, Instant},
};

/// The output and the exit code.
pub struct TerminalOutput {
    /// As it came, control sequences included.
    pub raw: String,
    pub code: u32,
}

impl TerminalOutput {
    /// The lines as they stood on the screen at some moment: what is between line ends, without control sequences.
    pub fn lines(&self) -> Vec<String> {
        self.raw.split(['\n', '\r']).map(strip_control_sequences).filter(|line| !line.trim().is_empty()).collect()
    }

    /// The widest of them, in characters.
    pub fn width(&self) -> usize {
        self.lines().iter().map(|line| line.trim_end().chars().count()).max().unwrap_or(0)
    }
}

/// Runs the program on a pseudo-terminal of `columns` columns.
pub fn run_on_terminal(home: &Path, columns: u16, env: &[(&str, &str)], args: &[&str]) -> TerminalOutput {
    run_and_type(home, columns, env, args, &[])
}

/// As [`run_on_terminal`]; types the second of each pair after the first was printed and the terminal stopped showing what is typed.
pub fn run_and_type(
    home: &Path,
    columns: u16,
    env: &[(&str, &str)],
    args: &[&str],
    hidden: &[(&str, &str)],
) -> TerminalOutput {
    let size = PtySize { rows: 40, cols: columns, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_gleaner"));
    command.env_clear();
    command.env("HOME", home);
    command.env("TERM", "xterm-256color");
    env.iter().for_each(|(name, value)| command.env(name, value));
    command.cwd(home);
    command.args(args);
    let mut child = pair.slave.spawn_command(command).expect("it starts");
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().expect("readable");
    let mut raw = Vec::new();
    let mut writer = pair.master.take_writer().expect("writable");
    for (prompt, typed) in hidden {
        let mut part = [0; 256];
        while !String::from_utf8_lossy(&raw).contains(prompt) {
            let count = reader.read(&mut part).expect("it asks");
            raw.extend_from_slice(&part[..count]);
        }
        // The flag ECHO of termios(3).
        let shows = || pair.master.get_termios().is_none_or(|termios| termios.local_flags.bits() & 0o10 != 0);
        let began = Instant::now();
        while shows() {
            assert!(began.elapsed() < Duration::from_secs(20), "what is typed at {prompt:?} would be shown");
            std::thread::yield_now();
        }
        writeln!(writer, "{typed}").expect("typed");
    }
    // The end of a terminal is an error on Linux.
    let _ = reader.read_to_end(&mut raw);
    let code = child.wait().expect("it ends").exit_code();
    TerminalOutput { raw: String::from_utf8_lossy(&raw).into_owned(), code }
}

/// Without sequences such as `ESC [ 2 K`.
fn strip_control_sequences(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c == '\u{1b}' {
            if rest.next() == Some('[') {
                // Parameters, then one letter.
                let _ = rest.by_ref().find(char::is_ascii_alphabetic);
            }
        } else if !c.is_control() {
            kept.push(c);
        }
    }
    kept
}
