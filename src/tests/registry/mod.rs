//! Tests of the model registry.

mod backfill;
mod commands;
mod following;
mod import;
mod import_dry_run;
mod json_api;
mod naming;
mod page;
mod verify;
