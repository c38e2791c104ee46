//! Work on many rows in short transactions, so that no other write waits long.

/// The milliseconds that one transaction is to take at most.
const GOAL_MS: i128 = 20;
/// Rows of the first transaction.
const FIRST_ROWS: u16 = 50;
const MIN_ROWS: u16 = 10;
const MAX_ROWS: u16 = 200;

/// How many rows the next transaction changes: fewer after one that took longer than 20 ms, more after a fast one. What a row costs
/// depends on the machine, on what else it does, and on how many indexes the row is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SliceSize(u16);

impl SliceSize {
    /// That of the first transaction.
    pub const fn first() -> Self {
        Self(FIRST_ROWS)
    }

    /// The number of rows.
    pub const fn rows(self) -> u16 {
        self.0
    }

    /// The next one, after a transaction that took so many milliseconds.
    #[must_use]
    pub fn after(self, took_ms: i128) -> Self {
        let rows = if took_ms > GOAL_MS {
            self.0 / 2
        } else if took_ms * 3 < GOAL_MS {
            self.0 * 2
        } else {
            self.0
        };
        Self(rows.clamp(MIN_ROWS, MAX_ROWS))
    }
}

#[cfg(test)]
mod tests {
    use super::SliceSize;

    #[test]
    fn slices_grow_while_they_are_fast_and_shrink_when_they_are_slow() {
        for (took_ms, sizes) in [
            (1, [100, 200, 200, 200]),
            (10, [50, 50, 50, 50]),
            (20, [50, 50, 50, 50]),
            (21, [25, 12, 10, 10]),
            (5_000, [25, 12, 10, 10]),
        ] {
            let mut size = SliceSize::first();
            let found = sizes.map(|_| {
                size = size.after(took_ms);
                size.rows()
            });
            assert_eq!(found, sizes, "{took_ms} ms");
        }
    }
}
