//! What can be done about a call that brought nothing usable, before it counts against the article: each remedy once
//! (ollama-api.md §4.4 and §8).

use super::reply::BadAnswer;

/// How the next call for the same article is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// As sent; `None` leaves the field out.
    pub think: Option<bool>,
    pub num_predict: i64,
    /// How many times the room for the article is halved.
    pub shrink: u32,
    tried: Tried,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tried {
    longer: bool,
    other_think: bool,
    shorter: bool,
    without_think: bool,
}

/// What went wrong with one call, when neither Ollama nor the network is to blame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Stopped by `num_predict` before the JSON was whole.
    Length,
    /// All of it was thinking.
    ThinkingOnly,
    /// The prompt did not fit, or fitted only because its beginning was dropped.
    Overflow,
    /// This model cannot think, and says so instead of answering.
    ThinkUnsupported,
    /// An answer that says the wrong thing. Asking the same again brings the same.
    Bad(BadAnswer),
}

impl Attempt {
    /// The first call.
    pub fn first(think: Option<bool>, num_predict: i64) -> Self {
        Self { think, num_predict, shrink: 0, tried: Tried::default() }
    }

    /// The next call after `trouble`, or what the article is charged with.
    pub fn after(mut self, trouble: Trouble) -> Result<Self, BadAnswer> {
        let (tried, bad) = match trouble {
            Trouble::Length => (&mut self.tried.longer, BadAnswer::TooLong),
            Trouble::ThinkingOnly => (&mut self.tried.other_think, BadAnswer::ThinkingOnly),
            Trouble::Overflow => (&mut self.tried.shorter, BadAnswer::Overflow),
            Trouble::ThinkUnsupported => (&mut self.tried.without_think, BadAnswer::ThinkingOnly),
            Trouble::Bad(bad) => return Err(bad),
        };
        if std::mem::replace(tried, true) {
            return Err(bad);
        }
        match bad {
            BadAnswer::TooLong => self.num_predict = self.num_predict.saturating_mul(2),
            BadAnswer::Overflow => self.shrink += 1,
            BadAnswer::ThinkingOnly if self.tried.without_think => self.think = None,
            // Off made it think all the same, on made it only think; a model that takes no such field decides itself.
            BadAnswer::ThinkingOnly => self.think = Some(!self.think.unwrap_or(true)),
            _ => {}
        }
        Ok(self)
    }

    /// Whether this call differs from the first in how the model is told to think; worth remembering when it brings an answer.
    pub const fn changed_think(&self) -> bool {
        self.tried.other_think || self.tried.without_think
    }
}

#[cfg(test)]
mod tests {
    use super::{Attempt, Trouble};
    use crate::server::scoring::reply::BadAnswer;

    #[test]
    fn each_remedy_is_tried_once() {
        for (trouble, bad) in [
            (Trouble::Length, BadAnswer::TooLong),
            (Trouble::ThinkingOnly, BadAnswer::ThinkingOnly),
            (Trouble::Overflow, BadAnswer::Overflow),
        ] {
            let again = Attempt::first(Some(false), 400).after(trouble.clone()).expect("once");
            assert_eq!(again.after(trouble), Err(bad));
        }
        let empty = Trouble::Bad(BadAnswer::Empty);
        assert_eq!(Attempt::first(None, 400).after(empty), Err(BadAnswer::Empty), "not asked twice in vain");
    }

    #[test]
    fn remedies_change_what_is_asked() {
        let first = Attempt::first(Some(false), 400);
        assert_eq!(first.after(Trouble::Length).map(|a| a.num_predict), Ok(800));
        assert_eq!(first.after(Trouble::Overflow).map(|a| a.shrink), Ok(1));
        assert_eq!(first.after(Trouble::ThinkingOnly).map(|a| (a.think, a.changed_think())), Ok((Some(true), true)));
        assert_eq!(first.after(Trouble::ThinkUnsupported).map(|a| (a.think, a.changed_think())), Ok((None, true)));
        assert_eq!(Attempt::first(Some(true), 1).after(Trouble::ThinkingOnly).map(|a| a.think), Ok(Some(false)));
    }

    #[test]
    fn however_it_goes_wrong_it_ends() {
        let mut attempt = Attempt::first(Some(false), 400);
        let mut calls = 1;
        let troubles = [Trouble::Length, Trouble::ThinkingOnly, Trouble::Overflow, Trouble::ThinkUnsupported];
        for trouble in troubles.iter().cycle() {
            match attempt.after(trouble.clone()) {
                Ok(next) => (attempt, calls) = (next, calls + 1),
                Err(_) => break,
            }
        }
        assert_eq!(calls, 5);
    }
}
