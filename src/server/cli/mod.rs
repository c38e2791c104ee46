//! The command line: one file per command group; `serve` is the default.

/// Runs the command given; the exit code says how it went (operations.md).
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
