//! Which errors of SQLite have their cause outside of the program.

use crate::domain::write_obstacle::WriteObstacle;

/// Bits of a result code that hold the primary one; <https://sqlite.org/rescode.html>.
const PRIMARY_CODE_MASK: i32 = 0xFF;
const SQLITE_PERM: i32 = 3;
const SQLITE_READONLY: i32 = 8;
const SQLITE_IOERR: i32 = 10;
const SQLITE_FULL: i32 = 13;
const SQLITE_CANTOPEN: i32 = 14;

/// What the environment refused; `None` for a fault of the program.
pub fn write_obstacle(error: &sqlx::Error) -> Option<WriteObstacle> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    match code & PRIMARY_CODE_MASK {
        SQLITE_FULL => Some(WriteObstacle::DiskFull),
        SQLITE_IOERR => Some(WriteObstacle::DiskError),
        SQLITE_READONLY | SQLITE_PERM => Some(WriteObstacle::ReadOnly),
        SQLITE_CANTOPEN => Some(WriteObstacle::CannotOpen),
        _ => None,
    }
}
