//! Tests of the command line.

mod articles_command;
mod chat_command;
mod config;
mod crash_recovery;
mod doctor;
mod exit_codes;
mod feeds_command;
mod searches_command;
mod start_stop;
mod terminal;
