//! A doorway: everything happens in `gleaner::server::cli`.

#[cfg(feature = "ssr")]
fn main() -> std::process::ExitCode {
    gleaner::server::cli::main()
}

#[cfg(not(feature = "ssr"))]
fn main() {}
