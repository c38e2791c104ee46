//! Saving options of requests at a level: reading what was typed, its bounds, and what follows from a change.

use super::{model_config::load_config, warm_up::WarmUpTarget};
use crate::{
    domain::{
        model::ModelConfig,
        model_name::ModelName,
        model_options::{ModelTask, OptionKey, OptionLevel, OptionSet},
    },
    error::AppError,
    server::{
        models::{ollama::wire::KeepAlive, status::event::StatusEvent},
        state::App,
        storage::model_options,
    },
};
use std::ops::RangeInclusive;

/// Bounds of the context, in tokens.
pub const NUM_CTX_RANGE: RangeInclusive<i64> = 512..=1_048_576;
/// Bounds of the length of answers, in tokens.
pub const NUM_PREDICT_RANGE: RangeInclusive<i64> = 16..=8192;
/// Bounds of the seed; with -1 Ollama chooses another one for each answer.
pub const SEED_RANGE: RangeInclusive<i64> = -1..=2_147_483_647;

/// Options as typed; an empty text ends what was saved, so that the option is inherited again.
pub type OptionChanges = Vec<(OptionKey, String)>;

/// The level that a name and a word mean; an empty text means every model or every task.
///
/// # Errors
/// 422 beside `model` or `task`.
pub fn parse_level(model: &str, task: &str) -> Result<OptionLevel, AppError> {
    let model = match model.trim() {
        "" => None,
        typed => Some(ModelName::parse(typed).map_err(|reason| AppError::invalid(reason.to_string()).field("model"))?),
    };
    let task = match task.trim() {
        "" => None,
        word => Some(ModelTask::parse(word).ok_or_else(|| {
            AppError::invalid(format!("“{word}” is no task.")).hint("categorization, scoring or chat.").field("task")
        })?),
    };
    Ok(OptionLevel { model, task })
}

/// Changes the options of a level; they apply from the next batch.
///
/// # Errors
/// 422 beside the option that is wrong; nothing is saved then.
#[tracing::instrument(name = "models.option_changes.save_options", level = "debug", skip_all)]
pub async fn save_options(app: &App, level: &OptionLevel, changes: &OptionChanges) -> Result<ModelConfig, AppError> {
    let before = load_config(app).await?;
    let options = apply_changes(&before, level, changes)?;
    let mut tx = app.db.write().await?;
    model_options::save(&mut tx, level, &options).await?;
    tx.commit().await?;
    let after = load_config(app).await?;
    announce(app, &before, &after);
    Ok(after)
}

/// The options of a level after `changes`, checked.
pub(super) fn apply_changes(
    before: &ModelConfig,
    level: &OptionLevel,
    changes: &OptionChanges,
) -> Result<OptionSet, AppError> {
    let mut options = before.saved_options(level);
    for (key, typed) in changes {
        set_option(&mut options, *key, typed.trim())?;
    }
    let mut after = before.clone();
    after.replace_saved(level, options.clone());
    let is_changed = |key| changes.iter().any(|(changed, _)| *changed == key);
    let models = before.models_in_use().into_iter().filter(|_| level.model.is_none()).chain(&level.model);
    for model in models {
        for task in ModelTask::ALL.iter().filter(|task| level.task.is_none_or(|wanted| wanted == **task)) {
            let sent = after.options_for(model, *task);
            if sent.num_predict >= sent.num_ctx && (is_changed(OptionKey::NumCtx) || is_changed(OptionKey::NumPredict))
            {
                let key = if is_changed(OptionKey::NumPredict) { OptionKey::NumPredict } else { OptionKey::NumCtx };
                return Err(refuse(
                    key,
                    &format!(
                        "an answer of {} tokens does not fit into a context of {} tokens ({} with {model})",
                        sent.num_predict,
                        sent.num_ctx,
                        task.as_str()
                    ),
                ));
            }
        }
    }
    Ok(options)
}

/// Tells the loops and the snapshot what another configuration changes.
pub(super) fn announce(app: &App, before: &ModelConfig, after: &ModelConfig) {
    for model in before.models_in_use() {
        let differs = |task: &ModelTask| before.options_for(model, *task) != after.options_for(model, *task);
        if before.tasks_of(model).iter().any(differs) {
            app.models.apply(StatusEvent::OptionsChanged(model));
        }
    }
    app.scoring_wakeup.notify_one();
    // The signal ends a load that is under way, so it is sent only when that load is wanted no more.
    if WarmUpTarget::of(before) != WarmUpTarget::of(after) {
        app.choice_wakeup.notify_one();
    }
}

fn refuse(key: OptionKey, reason: &str) -> AppError {
    AppError::invalid(format!("{}: {reason}.", key.label())).field(key.as_str())
}

fn set_option(options: &mut OptionSet, key: OptionKey, typed: &str) -> Result<(), AppError> {
    let given = Some(typed).filter(|typed| !typed.is_empty());
    match key {
        OptionKey::NumCtx => options.num_ctx = given.map(|text| parse_whole(key, text, &NUM_CTX_RANGE)).transpose()?,
        OptionKey::NumPredict => {
            options.num_predict = given.map(|text| parse_whole(key, text, &NUM_PREDICT_RANGE)).transpose()?;
        }
        OptionKey::Temperature => options.temperature = given.map(|text| parse_decimal(key, text, 2.0)).transpose()?,
        OptionKey::TopP => options.top_p = given.map(|text| parse_decimal(key, text, 1.0)).transpose()?,
        OptionKey::Seed => options.seed = given.map(|text| parse_whole(key, text, &SEED_RANGE)).transpose()?,
        OptionKey::KeepAlive => {
            if given.is_some_and(|text| KeepAlive::parse(text).is_none()) {
                return Err(refuse(key, "must be a time such as 15m or 1h30m, a number of seconds, or -1 for forever"));
            }
            options.keep_alive = given.map(str::to_owned);
        }
        OptionKey::Think => {
            options.think = match given {
                None => None,
                Some("on" | "true") => Some(true),
                Some("off" | "false") => Some(false),
                Some(_) => return Err(refuse(key, "must be on or off")),
            }
        }
    }
    Ok(())
}

fn parse_whole(key: OptionKey, text: &str, range: &RangeInclusive<i64>) -> Result<i64, AppError> {
    let number = text.parse().map_err(|_| refuse(key, &format!("“{text}” is not a whole number")))?;
    if range.contains(&number) {
        return Ok(number);
    }
    Err(refuse(key, &format!("must be a number from {} to {}", range.start(), range.end())))
}

/// A number from 0 to `most`, with a point or a comma.
fn parse_decimal(key: OptionKey, text: &str, most: f64) -> Result<f64, AppError> {
    let number = text.replace(',', ".").parse::<f64>().ok().filter(|number| number.is_finite());
    let number = number.ok_or_else(|| refuse(key, &format!("“{text}” is not a number")))?;
    if (0.0..=most).contains(&number) {
        return Ok(number);
    }
    Err(refuse(key, &format!("must be a number from 0 to {most}")))
}

#[cfg(test)]
mod tests {
    use super::{OptionKey, OptionSet, set_option};

    #[test]
    fn options_are_read_as_typed_and_have_bounds() {
        for (key, good, bad) in [
            (OptionKey::NumCtx, vec!["512", "8192", "1048576"], vec!["511", "1048577", "much", "4.5"]),
            (OptionKey::NumPredict, vec!["16", "8192"], vec!["0", "-1", "8193"]),
            (OptionKey::Temperature, vec!["0", "2", "0.5"], vec!["-0.1", "2.1", "NaN", "inf", "warm"]),
            (OptionKey::TopP, vec!["0", "1", "0.9"], vec!["1.5", "-1", "x"]),
            (OptionKey::Seed, vec!["-1", "0", "2147483647"], vec!["-2", "2147483648", "1.5"]),
            (OptionKey::KeepAlive, vec!["15m", "1h30m", "300", "-1"], vec!["5x", "forever"]),
            (OptionKey::Think, vec!["on", "off"], vec!["maybe", "1"]),
        ] {
            for typed in good {
                let mut options = OptionSet::default();
                set_option(&mut options, key, typed).expect(typed);
                assert_eq!(options.text(key).as_deref(), Some(typed), "{key:?}");
                set_option(&mut options, key, "").expect("inherited again");
                assert!(options.is_empty(), "{key:?}");
            }
            for typed in bad {
                let error = set_option(&mut OptionSet::default(), key, typed).expect_err(typed);
                assert_eq!(error.field.as_deref(), Some(key.as_str()), "{typed}");
                assert!(error.message.starts_with(key.label()) && !error.message.contains('_'), "{}", error.message);
            }
        }
        let mut comma = OptionSet::default();
        set_option(&mut comma, OptionKey::Temperature, "0,5").expect("a comma");
        assert_eq!(comma.temperature, Some(0.5));
    }
}
