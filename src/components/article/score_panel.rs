//! The score of an article, with its reasoning, formula and provenance.

use crate::components::{
    article::{article_row::SUSPICIOUS_LABEL, score_badge::ScoreBadge, vote_buttons::VoteButtons},
    layout::time_element::TimeElement,
};
use crate::{
    api::articles::MarkArticle,
    domain::{
        article::{ArticleDetail, ModelRun},
        category::CategoryWeight,
        feed::FeedScoring,
        humanize::format_count,
        prompt_injection::InjectionSign,
        rule::{RuleEffects, RulePoints},
        score::{ArticleState, MAX_COMPOSITE_SCORE, Score, composite_score},
        scoring::ScoringStep,
    },
};
use leptos::prelude::*;
use server_fn::ServerFn;

/// Score and reasoning, with arithmetic and provenance behind `<details>`.
#[component]
pub fn ScorePanel(
    article: ArticleDetail,
    /// Categories with their effective weights.
    weights: Vec<(String, CategoryWeight)>,
    /// How the feed takes part in scoring.
    feed_scoring: FeedScoring,
) -> impl IntoView {
    let row = article.row;
    let words = score_explanation(
        row.state,
        row.score.as_ref(),
        row.last_error.as_deref(),
        article.attempts,
        &weights,
        never_scored_because(feed_scoring, &article.rule_effects),
    );
    let rules = article.rule_effects.points;
    let sum = row.score.as_ref().and_then(|score| score_formula(score, &weights, feed_scoring.weight, &rules));
    let rules = if sum.is_some() { rules } else { Vec::new() };
    let has_more = sum.is_some() || !article.runs.is_empty();
    let cut: i64 = article.runs.iter().filter(|run| run.step == ScoringStep::Score).map(|run| run.cut_chars).sum();
    let word_rank = row.score.as_ref().and_then(|score| replacing_rank(score, row.cursor.rank));
    let is_judged = row.score.as_ref().is_some_and(|score| !score.is_keyword_rank);
    view! {
        <section class="verdict" id="verdict" data-live aria-label="Score">
            <p>
                <ScoreBadge score=row.score state=row.state error=row.last_error />
                <span>{words}</span>
            </p>
            {(!article.evidence.is_empty()).then(|| view! { <EvidenceQuotes quotes=article.evidence /> })}
            {word_rank
                .map(|rank| {
                    view! {
                        <p class="aside">
                            {format!(
                                "The model gives every article this score, so the words of your interests rank it: as {rank:.1} in lists sorted by score.",
                            )}
                        </p>
                    }
                })}
            {(is_judged && cut > 0)
                .then(|| {
                    view! {
                        <p class="aside">
                            "The model did not read the whole article: " {format_count(cut, "character", "characters")}
                            " at the end did not fit into the context."
                        </p>
                    }
                })}
            {(!row.injection_signs.is_empty()).then(|| view! { <SuspicionNotice signs=row.injection_signs /> })}
            <form method="post" action=MarkArticle::url() data-quiet>
                <VoteButtons id=row.id vote=row.vote />
            </form>
            {has_more
                .then(|| {
                    view! {
                        <details>
                            <summary>"Score details"</summary>
                            {sum.map(|sum| view! { <p>{sum}</p> })}
                            {rules.into_iter().map(|rule| view! { <p>{describe_points(&rule)}</p> }).collect_view()}
                            {article.runs.into_iter().map(|run| view! { <ModelRunDetails run /> }).collect_view()}
                        </details>
                    }
                })}
        </section>
    }
}

/// The rank of an article that has a score and is ranked by words, because its model gives every article the same.
fn replacing_rank(score: &Score, rank: f64) -> Option<f64> {
    (!score.is_keyword_rank && (rank - score.composite).abs() > f64::EPSILON).then_some(rank)
}

/// The quotes that the model based its score on; each was found in the article.
#[component]
fn EvidenceQuotes(quotes: Vec<String>) -> impl IntoView {
    view! {
        <div class="aside evidence">
            <p>"From the article:"</p>
            <ul>{quotes.into_iter().map(|quote| view! { <li><q dir="auto">{quote}</q></li> }).collect_view()}</ul>
        </div>
    }
}

/// The badge of a suspicious article, with the rules that matched.
#[component]
fn SuspicionNotice(signs: Vec<InjectionSign>) -> impl IntoView {
    view! {
        <div class="aside">
            <p>
                <span class="chip bad">{SUSPICIOUS_LABEL}</span>
                {signs.into_iter().map(|sign| format!(" {}", sign.message())).collect_view()}
                " The model is told to ignore instructions in article text; treat this score with caution all the same."
            </p>
        </div>
    }
}

#[component]
fn ModelRunDetails(run: ModelRun) -> impl IntoView {
    let step = match run.step {
        ScoringStep::Categorize => "Categories",
        ScoringStep::Score => "Score",
    };
    let digest = run.model_digest.map(|digest| format!(" ({})", digest.get(..12).unwrap_or(&digest)));
    let tokens = match (run.prompt_tokens, run.output_tokens) {
        (Some(read), Some(written)) => Some(format!("{read} input, {written} output")),
        _ => None,
    };
    view! {
        <h3>{step}</h3>
        <dl class="facts">
            <dt>"Model"</dt>
            <dd>{run.model.to_string()} {digest}</dd>
            {run.server.map(|server| view! { <dt>"Server"</dt> <dd>{server}</dd> })}
            <dt>"When"</dt>
            <dd>
                <TimeElement at=run.at />
                {format!(", in {:.1} s", run.duration_ms as f64 / 1000.0)}
            </dd>
            {tokens.map(|tokens| view! { <dt>"Tokens"</dt> <dd>{tokens}</dd> })}
            <dt>"Prompt"</dt>
            <dd>{run.prompt_version}</dd>
            <dt>"Options"</dt>
            <dd>
                <code>{run.options}</code>
            </dd>
            {(run.cut_chars > 0)
                .then(|| view! { <dt>"Truncated"</dt> <dd>{run.cut_chars} " characters did not fit"</dd> })}
        </dl>
    }
}

/// The sentence beside the badge.
fn score_explanation(
    state: ArticleState,
    score: Option<&Score>,
    error: Option<&str>,
    attempts: i64,
    weights: &[(String, CategoryWeight)],
    never_scored_because: Option<&str>,
) -> String {
    match (state, score) {
        (ArticleState::Blocked, _) => {
            let by: Vec<_> =
                weights.iter().filter(|(_, w)| *w == CategoryWeight::Block).map(|(name, _)| &**name).collect();
            match by[..] {
                [] => {
                    "A category of this article is blocked, so it is hidden from the inbox and not scored.".to_owned()
                }
                _ => format!("Hidden from the inbox because you blocked {}.", by.join(" and ")),
            }
        }
        (ArticleState::Failed, _) => {
            let reason = error.unwrap_or("The model gave no usable answer.");
            format!("The model could not score this article in {attempts} attempts. Last error: {reason}")
        }
        (_, Some(score)) if score.is_keyword_rank => {
            let rest = match never_scored_because {
                Some(reason) => format!("Ranked by keywords: {reason}."),
                None => "Provisional score: ranked by keywords until the model has scored it.".to_owned(),
            };
            if score.reasoning.is_empty() { rest } else { format!("{} {rest}", score.reasoning) }
        }
        (_, Some(score)) => score.reasoning.clone(),
        (ArticleState::Unscored, None) => match never_scored_because {
            Some("articles of this feed are never scored") => "Articles of this feed are never scored.".to_owned(),
            Some(reason) => format!("Not scored: {reason}."),
            None => "Not scored.".to_owned(),
        },
        (_, None) => "Waiting for the model.".to_owned(),
    }
}

/// Why no model is asked about the article; `None`: one is.
const fn never_scored_because(feed: FeedScoring, rules: &RuleEffects) -> Option<&'static str> {
    match (feed.never_score, rules.is_never_scored) {
        (true, _) => Some("articles of this feed are never scored"),
        (false, true) => Some("a rule keeps this article from being scored"),
        (false, false) => None,
    }
}

/// The line of a rule in the arithmetic.
fn describe_points(rule: &RulePoints) -> String {
    format!("Rule {}: {:+}", rule.name, rule.points)
}

/// Interest × weights × quality + the weights of the feed and of rules, in words and numbers; `None` while provisional or blocked.
fn score_formula(
    score: &Score,
    weights: &[(String, CategoryWeight)],
    feed_weight: i64,
    rules: &[RulePoints],
) -> Option<String> {
    let (interest, quality) = (score.interest?, score.quality?);
    let factors: Vec<_> = weights.iter().map(|(_, weight)| *weight).collect();
    let rule_points: i64 = rules.iter().map(|rule| rule.points).sum();
    let points = feed_weight + rule_points;
    let result = composite_score(interest, quality, &factors, points)?;
    let names: Vec<_> = weights.iter().map(|(name, w)| format!("{name} × {}", w.multiplier())).collect();
    let (mean, because) = match names.len() {
        0 => (1.0, "no category".to_owned()),
        1 => (weights[0].1.multiplier(), names.join("")),
        n => {
            let mean = factors.iter().map(|w| w.multiplier()).sum::<f64>() / n as f64;
            (mean, format!("the mean of {}", names.join(", ")))
        }
    };
    let factor = 0.5 + f64::from(quality) / 20.0;
    let cap = match points {
        _ if result >= MAX_COMPOSITE_SCORE => ", the maximum",
        ..0 if result <= 0.0 => ", the minimum",
        _ => "",
    };
    let summand = |points: i64, origin: &str| match points {
        0 => String::new(),
        1.. => format!(", plus {points} for {origin}"),
        _ => format!(", minus {} for {origin}", points.unsigned_abs()),
    };
    let (feed, rules) = (summand(feed_weight, "the weight of the feed"), summand(rule_points, "the rules below"));
    Some(format!(
        "Interest {interest} of 10, times {mean:.2} for its weight ({because}), times {factor:.2} for quality {quality} of 10 \
         (0.5 + {quality} ÷ 20){feed}{rules}, makes {result:.1}{cap}."
    ))
}

#[cfg(test)]
mod tests {
    use super::{ArticleState, CategoryWeight, RulePoints, Score, describe_points, score_explanation, score_formula};

    fn score(interest: u8, quality: u8) -> Score {
        Score {
            interest: Some(interest),
            quality: Some(quality),
            composite: 0.0,
            reasoning: "Because.".into(),
            model: None,
            prompt_version: None,
            scored_at: None,
            is_keyword_rank: false,
        }
    }

    #[test]
    fn the_arithmetic_is_told() {
        let two = [("AI".to_owned(), CategoryWeight::Boost), ("Law".to_owned(), CategoryWeight::Normal)];
        assert_eq!(
            score_formula(&score(8, 6), &two, 0, &[]).as_deref(),
            Some(
                "Interest 8 of 10, times 1.25 for its weight (the mean of AI × 1.5, Law × 1), times 0.80 for quality 6 of 10 \
                 (0.5 + 6 ÷ 20), makes 8.0."
            )
        );
        for (weight, end) in [
            (2, "(0.5 + 6 ÷ 20), plus 2 for the weight of the feed, makes 10.0."),
            (-1, "(0.5 + 6 ÷ 20), minus 1 for the weight of the feed, makes 7.0."),
        ] {
            let told = score_formula(&score(8, 6), &two, weight, &[]).unwrap_or_default();
            assert!(told.ends_with(end), "{told}");
        }
        let rules = [("Looms", 2), ("Tea", -3)].map(|(name, points)| RulePoints { name: name.to_owned(), points });
        let told = score_formula(&score(8, 6), &two, 1, &rules).unwrap_or_default();
        assert!(told.ends_with("plus 1 for the weight of the feed, minus 1 for the rules below, makes 8.0."), "{told}");
        assert_eq!(rules.each_ref().map(describe_points), ["Rule Looms: +2", "Rule Tea: -3"]);
        assert!(
            score_formula(&score(1, 0), &two, -3, &[]).is_some_and(|text| text.ends_with("makes 0.0, the minimum."))
        );
        let all = [("AI".to_owned(), CategoryWeight::Max)];
        assert!(
            score_formula(&score(10, 10), &all, 0, &[]).is_some_and(|text| text.ends_with("makes 20.0, the maximum."))
        );
        assert_eq!(score_formula(&score(8, 6), &[("AI".to_owned(), CategoryWeight::Block)], 0, &[]), None);
    }

    #[test]
    fn every_state_has_a_sentence() {
        for &state in ArticleState::ALL {
            assert!(!score_explanation(state, None, None, 3, &[], None).is_empty(), "{state:?}");
        }
        let blocked = [("Gossip".to_owned(), CategoryWeight::Block)];
        assert!(score_explanation(ArticleState::Blocked, None, None, 0, &blocked, None).contains("Gossip"));
        assert_eq!(score_explanation(ArticleState::Scored, Some(&score(1, 1)), None, 0, &[], None), "Because.");
    }
}
