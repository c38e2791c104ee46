//! Tests of cli.

mod articles_command;
mod chat_command;
mod config;
mod crash_recovery;
mod doctor;
mod exit_codes;
mod start_stop;
mod terminal;
