//! The reader's votes on articles, and how far the scores agree with them.

use serde::{Deserialize, Serialize};

string_enum! {
    /// The reader's vote on an article.
    Vote {
        /// Worth the time.
        Up = "up",
        Down = "down",
    }
}

impl Vote {
    /// Reads the value of a form or a command line: a vote, or `none` to remove it.
    pub fn parse_or_none(word: &str) -> Option<Option<Self>> {
        if word == "none" { Some(None) } else { Self::parse(word).map(Some) }
    }
}

/// Votes on articles whose scores, in tenths of a point, are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoteTally {
    /// The score in tenths of a point.
    pub tenths: i64,
    /// Votes up.
    pub up: i64,
    /// Votes down.
    pub down: i64,
}

/// A column of the plot: the votes on articles of one point of the scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScoreBin {
    /// Scores from here to less than the next one; the last column also holds everything above.
    pub min_score: i64,
    /// Votes up.
    pub up: i64,
    /// Votes down.
    pub down: i64,
}

/// How far votes and the model's scores agree, over articles that a model has scored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Votes up.
    pub up: i64,
    /// Votes down.
    pub down: i64,
    /// By the scores as they are: of all pairs of a liked and a disliked article, the share in which the liked one has the
    /// higher score, ties counting half. 1: scores and votes agree; 0.5: they are unrelated. `None` until there
    /// are votes of both kinds.
    pub current: Option<f64>,
    /// The same by the scores as they were when the votes were cast.
    pub when_cast: Option<f64>,
    /// Votes by the scores as they are, lowest first; always eleven bins.
    pub bins: Vec<ScoreBin>,
}

/// The last column's scores: 10 and more.
const LAST_BIN: i64 = 10;

impl Agreement {
    /// From the votes by the scores as they are, and by those as they were; `None` without votes. Both lowest score first.
    pub fn from_tallies(now: &[VoteTally], then: &[VoteTally]) -> Option<Self> {
        let mut columns: Vec<ScoreBin> =
            (0..=LAST_BIN).map(|from| ScoreBin { min_score: from, up: 0, down: 0 }).collect();
        for tally in now {
            let at = usize::try_from(tally.tenths.div_euclid(10).clamp(0, LAST_BIN)).unwrap_or(0);
            if let Some(column) = columns.get_mut(at) {
                column.up += tally.up;
                column.down += tally.down;
            }
        }
        let (up, down) = columns.iter().fold((0, 0), |(up, down), column| (up + column.up, down + column.down));
        (up + down > 0).then(|| Self {
            up,
            down,
            current: concordance(now),
            when_cast: concordance(then),
            bins: columns,
        })
    }
}

/// The share of pairs of a liked and a disliked article in which the liked one stands higher; ties count half.
fn concordance(tallies: &[VoteTally]) -> Option<f64> {
    let (mut halves, mut lower) = (0_i128, 0_i128);
    for tally in tallies {
        let (up, down) = (i128::from(tally.up), i128::from(tally.down));
        halves += up * (2 * lower + down);
        lower += down;
    }
    let liked: i128 = tallies.iter().map(|tally| i128::from(tally.up)).sum();
    let pairs = liked * lower;
    #[expect(clippy::cast_precision_loss, reason = "a share, to a few digits")]
    (pairs > 0).then(|| halves as f64 / (2 * pairs) as f64)
}

#[cfg(test)]
mod tests {
    use super::{Agreement, Vote, VoteTally, concordance};

    fn tallies(of: &[(i64, i64, i64)]) -> Vec<VoteTally> {
        of.iter().map(|&(tenths, up, down)| VoteTally { tenths, up, down }).collect()
    }

    #[test]
    fn agreement_is_the_share_of_pairs_in_order() {
        for (votes, share) in [
            (&[][..], None),
            (&[(50, 3, 0)][..], None),
            (&[(50, 0, 3)][..], None),
            (&[(20, 0, 2), (80, 3, 0)][..], Some(1.0)),
            (&[(20, 2, 0), (80, 0, 3)][..], Some(0.0)),
            (&[(50, 2, 5)][..], Some(0.5)),
            (&[(20, 1, 1), (80, 1, 1)][..], Some(0.5)),
            (&[(20, 0, 1), (50, 1, 1), (80, 1, 0)][..], Some(3.5 / 4.0)),
        ] {
            assert_eq!(concordance(&tallies(votes)), share, "{votes:?}");
        }
    }

    #[test]
    fn columns_hold_every_vote_once() {
        assert_eq!(Agreement::from_tallies(&[], &[]), None);
        let now = tallies(&[(-3, 0, 1), (0, 0, 1), (9, 1, 0), (10, 1, 0), (99, 2, 0), (100, 3, 0), (200, 4, 1)]);
        let agreement = Agreement::from_tallies(&now, &[]).expect("votes");
        assert_eq!((agreement.up, agreement.down, agreement.when_cast), (11, 3, None));
        let filled: Vec<_> =
            agreement.bins.iter().map(|c| (c.min_score, c.up, c.down)).filter(|c| c.1 + c.2 > 0).collect();
        assert_eq!(filled, [(0, 1, 2), (1, 1, 0), (9, 2, 0), (10, 7, 1)]);
        assert_eq!(agreement.bins.len(), 11);
    }

    #[test]
    fn words_are_read_back() {
        for (word, vote) in
            [("up", Some(Some(Vote::Up))), ("down", Some(Some(Vote::Down))), ("none", Some(None)), ("maybe", None)]
        {
            assert_eq!(Vote::parse_or_none(word), vote);
        }
    }
}
