//! How far votes and scores agree: a plot, a table and a summary.

use crate::domain::{
    humanize::format_count,
    vote::{Agreement, ScoreBin},
};
use leptos::prelude::*;

/// Width of a column of the plot, and of its bar; the height that the longest bar takes; all in the drawing's own units.
const COLUMN_STEP: i64 = 30;
const BAR_WIDTH: i64 = 20;
const MAX_BAR_HEIGHT: i64 = 80;
/// Room for the numbers under the bars.
const AXIS_LABEL_HEIGHT: i64 = 24;

/// Votes by score. Nothing before the first vote on a scored article.
#[component]
pub fn AgreementPanel(agreement: Option<Agreement>) -> impl IntoView {
    let agreement = agreement?;
    let sentence = agreement_summary(&agreement);
    let rows = agreement.bins.iter().rev().filter(|c| c.up + c.down > 0).map(|column| {
        view! {
            <tr>
                <th scope="row">{score_range_label(column)}</th>
                <td>{column.up}</td>
                <td>{column.down}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    Some(view! {
        <section class="panel stack" id="agreement" aria-labelledby="agreement-title">
            <h2 id="agreement-title">"Your votes and the scores"</h2>
            <p>{sentence}</p>
            <VoteChart columns=agreement.bins />
            <details>
                <summary>"As a table"</summary>
                <table class="grid-table">
                    <thead>
                        <tr>
                            <th scope="col">"Score"</th>
                            <th scope="col">"Votes up"</th>
                            <th scope="col">"Votes down"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </details>
        </section>
    })
}

/// Bars over and under a line, one column for each point of the scale.
#[component]
fn VoteChart(columns: Vec<ScoreBin>) -> impl IntoView {
    let tallest = |of: fn(&ScoreBin) -> i64| columns.iter().map(of).max().unwrap_or(0);
    let (up, down) = (tallest(|c| c.up), tallest(|c| c.down));
    let most = up.max(down).max(1);
    // Where the bars begin, votes up above it and votes down below; no more room on either side than its bars take.
    let ground = bar_height(up, most) + 4;
    let bottom = ground + bar_height(down, most);
    let width = COLUMN_STEP * i64::try_from(columns.len()).unwrap_or(0);
    let bars = columns.into_iter().zip(0..).map(|(column, n)| {
        let x = n * COLUMN_STEP + (COLUMN_STEP - BAR_WIDTH) / 2;
        let (up, down) = (bar_height(column.up, most), bar_height(column.down, most));
        view! {
            <rect class="up" x=x y=ground - up width=BAR_WIDTH height=up></rect>
            <rect class="down" x=x y=ground width=BAR_WIDTH height=down></rect>
            <text x=x + BAR_WIDTH / 2 y=bottom + AXIS_LABEL_HEIGHT - 6 text-anchor="middle">
                {if n == 10 { "10+".to_owned() } else { column.min_score.to_string() }}
            </text>
        }
    });
    let bars = bars.collect_view();
    view! {
        <figure class="plot">
            <svg
                viewBox=format!("0 0 {width} {}", bottom + AXIS_LABEL_HEIGHT)
                role="img"
                aria-label="Votes up above the line, votes down below it, by score from 0 on the left to 10 and more on the right"
            >
                {bars}
                <line x1="0" x2=width y1=ground y2=ground></line>
            </svg>
            <figcaption class="muted">"Votes up above the line, votes down below it, by score"</figcaption>
        </figure>
    }
}

/// Height of a bar; at least 2 when there are votes.
const fn bar_height(votes: i64, most: i64) -> i64 {
    if votes == 0 {
        return 0;
    }
    let length = votes * MAX_BAR_HEIGHT / most;
    if length < 2 { 2 } else { length }
}

fn score_range_label(column: &ScoreBin) -> String {
    if column.min_score >= 10 {
        "10 and more".to_owned()
    } else {
        format!("{} to {}.9", column.min_score, column.min_score)
    }
}

fn agreement_summary(agreement: &Agreement) -> String {
    let votes =
        format!("{} up and {} down on scored articles.", format_count(agreement.up, "vote", "votes"), agreement.down);
    let Some(now) = agreement.current else {
        return format!("{votes} Agreement is shown once there are both up and down votes.");
    };
    let then = match agreement.when_cast {
        Some(then) if format_percent(then) != format_percent(now) => {
            format!(" With the scores at the time of your votes it was {} %.", format_percent(then))
        }
        _ => String::new(),
    };
    format!(
        "{votes} Of all pairs of an upvoted and a downvoted article, the upvoted one has the higher score in {} % (50 % is chance).{then}",
        format_percent(now)
    )
}

fn format_percent(share: f64) -> String {
    format!("{:.0}", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::{Agreement, agreement_summary, bar_height};
    use crate::domain::vote::VoteTally;

    #[test]
    fn the_sentence_tells_what_can_be_told() {
        let (high, low) = (VoteTally { tenths: 80, up: 2, down: 0 }, VoteTally { tenths: 30, up: 0, down: 1 });
        let tell = |now: &[VoteTally], then: &[VoteTally]| {
            Agreement::from_tallies(now, then).map(|a| agreement_summary(&a)).unwrap_or_default()
        };
        assert!(tell(&[high], &[]).ends_with("up and down votes."));
        assert!(tell(&[low, high], &[low, high]).ends_with("in 100 % (50 % is chance)."));
        let before = [VoteTally { tenths: 50, up: 2, down: 1 }];
        assert!(tell(&[low, high], &before).ends_with("at the time of your votes it was 50 %."));
    }

    #[test]
    fn every_vote_shows() {
        assert_eq!((bar_height(0, 9), bar_height(9, 9), bar_height(1, 1000)), (0, 80, 2));
    }
}
