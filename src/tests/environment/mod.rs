//! Faults of the machine: a full disk, lost files, too few open files, clock jumps, stalled connections.

mod clock_jumps;
mod connections;
mod folder_permissions;
mod full_disk;
mod lost_files;
mod open_files;
