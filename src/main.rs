//! Calls `gleaner::server::cli::main`.

#[cfg(feature = "ssr")]
fn main() -> std::process::ExitCode {
    gleaner::server::cli::main()
}

#[cfg(not(feature = "ssr"))]
fn main() {}
