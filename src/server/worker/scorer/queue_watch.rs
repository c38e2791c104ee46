//! Whether anything can be claimed, as far as the scorer knows without reading the queue.

/// What is known of the queue. Generations count what may have put articles into it: wakeup signals, and results that were stored.
#[derive(Default)]
pub struct QueueWatch {
    generation: u64,
    /// The generation at which the last claim began.
    claimed_at: u64,
    /// The generation at which nothing could be claimed; outdated as soon as there is a newer one.
    empty_at: Option<u64>,
}

impl QueueWatch {
    /// Records that there may be something new to claim.
    pub const fn mark_changed(&mut self) {
        self.generation += 1;
    }

    /// Records that a claim begins.
    pub const fn begin_claim(&mut self) {
        self.claimed_at = self.generation;
    }

    /// Records that the last claim found nothing. A change since it began outweighs that.
    pub const fn mark_empty(&mut self) {
        self.empty_at = Some(self.claimed_at);
    }

    /// Forgets that nothing could be claimed, so that the queue is read again.
    pub const fn poll_again(&mut self) {
        self.empty_at = None;
    }

    /// Nothing can be claimed until the queue changes.
    pub fn is_empty(&self) -> bool {
        self.empty_at == Some(self.generation)
    }
}

#[cfg(test)]
mod tests {
    use super::QueueWatch;

    #[test]
    fn a_change_during_a_claim_outweighs_its_empty_result() {
        let mut queue = QueueWatch::default();
        assert!(!queue.is_empty());
        queue.begin_claim();
        queue.mark_empty();
        assert!(queue.is_empty());
        queue.mark_changed();
        assert!(!queue.is_empty());
        queue.begin_claim();
        queue.mark_changed();
        queue.mark_empty();
        assert!(!queue.is_empty(), "changed while the claim was under way");
        queue.begin_claim();
        queue.mark_empty();
        assert!(queue.is_empty());
        queue.poll_again();
        assert!(!queue.is_empty());
    }
}
