//! Adjusted requests after an unusable answer, before it counts as an attempt of the article: each adjustment once
//! (ollama-api.md §4.4 and §8).

use crate::server::scoring::answer::AnswerError;

/// How the next call for the same article is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestPlan {
    /// As sent; `None` leaves the field out.
    pub think: Option<bool>,
    /// The longest answer, in tokens.
    pub num_predict: i64,
    /// How many times the room for the article is halved.
    pub halvings: u32,
    applied: AppliedAdjustments,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct AppliedAdjustments {
    doubled_output: bool,
    toggled_think: bool,
    halved_article: bool,
    omitted_think: bool,
}

/// Why an answer is unusable, when the cause is neither Ollama nor the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestFailure {
    /// Stopped by `num_predict` before the JSON was whole.
    OutputTruncated,
    /// All of it was thinking.
    ThinkingOnly,
    /// It is empty: some models answer nothing when thinking is disabled, or enabled.
    EmptyAnswer,
    /// The prompt did not fit, or fitted only because its beginning was dropped.
    ContextOverflow,
    /// The server answered that the model does not support thinking.
    ThinkUnsupported,
    /// A whole answer that is invalid; the same request would get the same answer.
    InvalidAnswer(AnswerError),
}

impl RequestPlan {
    /// The first call.
    pub fn initial(think: Option<bool>, num_predict: i64) -> Self {
        Self { think, num_predict, halvings: 0, applied: AppliedAdjustments::default() }
    }

    /// The next call after a failure, or the error that counts as an attempt of the article.
    pub fn adjusted_for(mut self, trouble: RequestFailure) -> Result<Self, AnswerError> {
        let (tried, bad) = match trouble {
            RequestFailure::OutputTruncated => (&mut self.applied.doubled_output, AnswerError::TooLong),
            RequestFailure::ThinkingOnly => (&mut self.applied.toggled_think, AnswerError::ThinkingOnly),
            // A model that does not support `think` has no other setting.
            RequestFailure::EmptyAnswer if self.applied.omitted_think => return Err(AnswerError::Empty),
            RequestFailure::EmptyAnswer => (&mut self.applied.toggled_think, AnswerError::Empty),
            RequestFailure::ContextOverflow => (&mut self.applied.halved_article, AnswerError::ContextOverflow),
            RequestFailure::ThinkUnsupported => (&mut self.applied.omitted_think, AnswerError::ThinkingOnly),
            RequestFailure::InvalidAnswer(bad) => return Err(bad),
        };
        if std::mem::replace(tried, true) {
            return Err(bad);
        }
        match bad {
            AnswerError::TooLong => self.num_predict = self.num_predict.saturating_mul(2),
            AnswerError::ContextOverflow => self.halvings += 1,
            AnswerError::ThinkingOnly if self.applied.omitted_think => self.think = None,
            // Disabled, the model thought nevertheless; enabled, it only thought. A model without support decides itself.
            AnswerError::ThinkingOnly | AnswerError::Empty => self.think = Some(!self.think.unwrap_or(true)),
            _ => {}
        }
        Ok(self)
    }

    /// Whether `think` differs from the first request; the value is remembered when it brings an answer.
    pub const fn has_changed_think(&self) -> bool {
        self.applied.toggled_think || self.applied.omitted_think
    }
}

#[cfg(test)]
mod tests {
    use super::{RequestFailure, RequestPlan};
    use crate::server::scoring::answer::AnswerError;

    #[test]
    fn each_adjustment_is_made_once() {
        for (trouble, bad) in [
            (RequestFailure::OutputTruncated, AnswerError::TooLong),
            (RequestFailure::ThinkingOnly, AnswerError::ThinkingOnly),
            (RequestFailure::EmptyAnswer, AnswerError::Empty),
            (RequestFailure::ContextOverflow, AnswerError::ContextOverflow),
        ] {
            let again = RequestPlan::initial(Some(false), 400).adjusted_for(trouble.clone()).expect("once");
            assert_eq!(again.adjusted_for(trouble), Err(bad));
        }
        let unsupported = RequestPlan::initial(None, 400).adjusted_for(RequestFailure::ThinkUnsupported).expect("once");
        assert_eq!(unsupported.adjusted_for(RequestFailure::EmptyAnswer), Err(AnswerError::Empty), "no other setting");
        let wrong = RequestFailure::InvalidAnswer(AnswerError::NotJson);
        assert_eq!(RequestPlan::initial(None, 400).adjusted_for(wrong), Err(AnswerError::NotJson), "not repeated");
    }

    #[test]
    fn adjustments_change_the_request() {
        let first = RequestPlan::initial(Some(false), 400);
        assert_eq!(first.adjusted_for(RequestFailure::OutputTruncated).map(|a| a.num_predict), Ok(800));
        assert_eq!(first.adjusted_for(RequestFailure::ContextOverflow).map(|a| a.halvings), Ok(1));
        assert_eq!(
            first.adjusted_for(RequestFailure::ThinkingOnly).map(|a| (a.think, a.has_changed_think())),
            Ok((Some(true), true))
        );
        assert_eq!(
            first.adjusted_for(RequestFailure::EmptyAnswer).map(|a| (a.think, a.has_changed_think())),
            Ok((Some(true), true))
        );
        assert_eq!(
            first.adjusted_for(RequestFailure::ThinkUnsupported).map(|a| (a.think, a.has_changed_think())),
            Ok((None, true))
        );
        assert_eq!(
            RequestPlan::initial(Some(true), 1).adjusted_for(RequestFailure::ThinkingOnly).map(|a| a.think),
            Ok(Some(false))
        );
    }

    #[test]
    fn every_sequence_of_failures_ends() {
        let mut attempt = RequestPlan::initial(Some(false), 400);
        let mut calls = 1;
        let troubles = [
            RequestFailure::OutputTruncated,
            RequestFailure::ThinkingOnly,
            RequestFailure::ContextOverflow,
            RequestFailure::ThinkUnsupported,
        ];
        for trouble in troubles.iter().cycle() {
            match attempt.adjusted_for(trouble.clone()) {
                Ok(next) => (attempt, calls) = (next, calls + 1),
                Err(_) => break,
            }
        }
        assert_eq!(calls, 5);
    }
}
