//! A cache of the HTML of answers, so that viewing a page does not render them again.

use crate::domain::{ids::MessageId, safe_html::SafeHtml};
use std::{
    collections::{HashMap, VecDeque},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{Arc, Mutex, PoisonError},
};

/// Maximum bytes of HTML in the cache; the oldest are dropped first.
const MAX_BYTES: usize = 4 << 20;

/// A message, and the hash of its text: an id may come again after its message was deleted.
type AnswerKey = (MessageId, u64);

/// The rendered answers. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct RenderedAnswers(Arc<Mutex<AnswerCache>>);

#[derive(Debug, Default)]
struct AnswerCache {
    html: HashMap<AnswerKey, SafeHtml>,
    oldest_first: VecDeque<AnswerKey>,
    bytes: usize,
}

impl RenderedAnswers {
    /// The HTML of a message that no longer changes; rendered when it is not in the cache.
    pub fn get_or_render(&self, id: MessageId, text: &str, render: impl FnOnce(&str) -> SafeHtml) -> SafeHtml {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let key = (id, hasher.finish());
        if let Some(html) = self.lock().html.get(&key) {
            return html.clone();
        }
        // Not under the lock: rendering may take long.
        let html = render(text);
        self.lock().insert(key, html.clone());
        html
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, AnswerCache> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AnswerCache {
    fn insert(&mut self, key: AnswerKey, html: SafeHtml) {
        if html.len() > MAX_BYTES || self.html.contains_key(&key) {
            return;
        }
        self.bytes += html.len();
        self.html.insert(key, html);
        self.oldest_first.push_back(key);
        while self.bytes > MAX_BYTES {
            let Some(oldest) = self.oldest_first.pop_front() else { return };
            self.bytes -= self.html.remove(&oldest).map_or(0, |html| html.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_BYTES, RenderedAnswers};
    use crate::{domain::ids::MessageId, server::html::sanitize::sanitize_to_text};
    use std::cell::Cell;

    #[test]
    fn an_answer_is_rendered_once_and_memory_is_bounded() {
        let answers = RenderedAnswers::default();
        let rendered = Cell::new(0);
        let show = |id: i64, text: &str| {
            answers.get_or_render(MessageId(id), text, |text| {
                rendered.set(rendered.get() + 1);
                sanitize_to_text(text)
            })
        };
        let first = show(1, "a");
        assert_eq!((show(1, "a"), rendered.get()), (first, 1));
        assert!(show(1, "b").contains('b') && rendered.get() == 2, "another text under the same id");
        for id in 2..8 {
            show(id, &"x".repeat(MAX_BYTES / 4));
        }
        assert!(answers.lock().bytes <= MAX_BYTES, "{}", answers.lock().bytes);
        assert!(show(1, "a").contains('a') && rendered.get() == 9, "the oldest went");
    }
}
