//! Which entries of a long document are read.

use crate::domain::time::Timestamp;
use std::cmp::Reverse;

/// Entries of one document that are read; of more the newest.
pub const MAX_ENTRIES: usize = 2_000;

/// Leaves the newest [`MAX_ENTRIES`] in their order; how many went. An entry without a date is as old as the one before it, else
/// as the first that has one. Without any date the first entries are kept, since feeds begin with the newest.
pub(super) fn keep_newest<T>(entries: &mut Vec<T>, date: impl Fn(&T) -> Option<Timestamp>) -> usize {
    let left_out = entries.len().saturating_sub(MAX_ENTRIES);
    if left_out == 0 {
        return 0;
    }
    let dates: Vec<Option<Timestamp>> = entries.iter().map(date).collect();
    let mut last = dates.iter().flatten().next().copied();
    let mut newest_first: Vec<(Option<Timestamp>, usize)> = Vec::with_capacity(dates.len());
    for (position, date) in dates.into_iter().enumerate() {
        last = date.or(last);
        newest_first.push((last, position));
    }
    newest_first.sort_by_key(|(date, _)| Reverse(*date));
    let mut is_kept = vec![false; entries.len()];
    newest_first.into_iter().take(MAX_ENTRIES).for_each(|(_, position)| is_kept[position] = true);
    let mut is_kept = is_kept.into_iter();
    entries.retain(|_| is_kept.next().unwrap_or(false));
    left_out
}

#[cfg(test)]
mod tests {
    use super::{MAX_ENTRIES, keep_newest};
    use crate::domain::time::Timestamp;

    #[test]
    fn the_newest_stay_whatever_their_order() {
        let many = i64::try_from(3 * MAX_ENTRIES).expect("few");
        let kept = i64::try_from(MAX_ENTRIES).expect("few");
        type DateOf = fn(i64, i64) -> Option<i64>;
        let cases: [(&str, DateOf, i64, i64); 5] = [
            ("the newest first", |n, many| Some(many - n), 0, kept - 1),
            ("the oldest first", |n, _| Some(n), many - kept, many - 1),
            ("without dates", |_, _| None, 0, kept - 1),
            ("the oldest first, each second without a date", |n, _| (n % 2 == 0).then_some(n), many - kept, many - 1),
            ("the oldest first, no date at the beginning", |n, _| (n > 5).then_some(n), many - kept, many - 1),
        ];
        for (name, date, first, last) in cases {
            let mut entries: Vec<i64> = (0..many).collect();
            let left_out = keep_newest(&mut entries, |n| date(*n, many).map(Timestamp));
            assert_eq!((entries.first(), entries.last()), (Some(&first), Some(&last)), "{name}");
            assert_eq!((entries.len(), left_out), (MAX_ENTRIES, 2 * MAX_ENTRIES), "{name}");
            assert!(entries.is_sorted(), "{name}");
        }
    }
}
