//! What the models of a choice need of the memory, in numbers, while it is being made.

use super::browser::{on, within};
use crate::domain::{
    memory::{Footprints, MemoryOutlook, Need},
    phrase::size,
};
use leptos::{html::Div, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement, HtmlSelectElement};

/// Needs of the models chosen in the form around it: each one's weights and context cache, the sum, and what the machine has.
/// Follows the form; without JavaScript it tells of the saved choice.
#[island]
pub fn MemoryWarning(
    footprints: Footprints,
    /// Tokens of context that each is loaded with.
    num_ctx: i64,
    /// The saved choice: one name, or two when tasks have their own.
    chosen: Vec<String>,
) -> impl IntoView {
    let chosen = RwSignal::new(chosen);
    let place = NodeRef::<Div>::new();
    Effect::new(move |_| {
        let Some(form) = place.get().and_then(|place| place.closest("form").ok()?) else { return };
        let changed = form.clone();
        chosen.set(choice(&form));
        on(&form, "change", move || chosen.set(choice(&changed)));
    });
    let outlook = Memo::new(move |_| {
        let chosen = chosen.read();
        let names: Vec<&str> = chosen.iter().map(String::as_str).collect();
        footprints.outlook(&names, num_ctx)
    });
    let class = move || if is_warning(&outlook.read()) { "memory notice warn" } else { "memory help" };
    view! {
        <div id="memory" class=class role="status" node_ref=place>
            {move || {
                let outlook = outlook.read();
                let needs: Vec<_> = outlook.needs.iter().map(|need| view! { <li>{each(need)}</li> }).collect();
                view! {
                    <ul>{needs}</ul>
                    <p>{together(&outlook)}</p>
                }
            }}
        </div>
    }
}

/// The names that the form stands at.
fn choice(form: &Element) -> Vec<String> {
    let value = |selector| within(form, selector)?.dyn_into::<HtmlSelectElement>().ok().map(|select| select.value());
    let apart = within(form, "[name=use_separate_models]").and_then(|box_| box_.dyn_into::<HtmlInputElement>().ok());
    let first = value("[name=categorization_model]");
    let second = value("[name=scoring_model]").filter(|_| apart.is_some_and(|apart| apart.checked()));
    first.into_iter().chain(second).collect()
}

/// Whether the numbers deserve attention: two models, or one that does not fit.
fn is_warning(outlook: &MemoryOutlook) -> bool {
    outlook.needs.len() > 1 || outlook.fits() == Some(false)
}

fn each(need: &Need) -> String {
    let Need { model, weights, cache, total } = need;
    let cache = match cache {
        Some(cache) => format!("{} for its context", size(*cache)),
        None => "an unknown amount for its context".to_owned(),
    };
    format!("{model}: {} of weights and {cache}, about {} of memory.", size(*weights), size(*total))
}

fn together(outlook: &MemoryOutlook) -> String {
    let sum = match outlook.needs.len() {
        0 => return String::new(),
        1 => String::new(),
        _ => format!("Together about {}. ", size(outlook.sum)),
    };
    let machine = match (outlook.machine, outlook.fits()) {
        (Some(machine), Some(true)) => format!("This machine has {}.", size(machine)),
        (Some(machine), _) if outlook.needs.len() > 1 => format!(
            "This machine has {}: they do not fit together, and Ollama loads them in turn, which takes time for every batch.",
            size(machine)
        ),
        (Some(machine), _) => {
            format!("This machine has {}: it does not fit, and Ollama may refuse to load it.", size(machine))
        }
        (None, _) => "Ollama runs on another machine, so how much memory it has cannot be known here.".to_owned(),
    };
    format!("{sum}{machine}")
}

#[cfg(test)]
mod tests {
    use super::{MemoryOutlook, Need, each, is_warning, together};

    fn need(model: &str, weights: i64, cache: Option<i64>) -> Need {
        Need { model: model.into(), weights, cache, total: weights + cache.unwrap_or(0) }
    }

    #[test]
    fn numbers_are_told() {
        let one = need("qwen3:8b", 5_200_000_000, Some(1_200_000_000));
        assert_eq!(each(&one), "qwen3:8b: 5.2 GB of weights and 1.2 GB for its context, about 6.4 GB of memory.");
        assert!(each(&need("x", 1_000, None)).contains("an unknown amount"));
        let two = vec![one.clone(), need("llama3.2:3b", 2_000_000_000, Some(900_000_000))];
        for (needs, machine, warns, words) in [
            (vec![], None, false, ""),
            (vec![one.clone()], Some(16_000_000_000), false, "This machine has 16.0 GB."),
            (vec![one.clone()], Some(4_000_000_000), true, "does not fit"),
            (two.clone(), Some(16_000_000_000), true, "Together about 9.3 GB. This machine has 16.0 GB."),
            (two.clone(), Some(8_000_000_000), true, "do not fit together"),
            (two, None, true, "cannot be known"),
        ] {
            let outlook = MemoryOutlook::new(needs, machine);
            assert_eq!(is_warning(&outlook), warns, "{outlook:?}");
            assert!(together(&outlook).contains(words), "{}", together(&outlook));
        }
    }
}
