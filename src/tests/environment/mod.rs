//! What the machine does to Gleaner: a full disk, lost files, too few open files, a clock that jumps, stalled connections.

mod clock_jumps;
mod connections;
mod folder_permissions;
mod full_disk;
mod lost_files;
mod open_files;
