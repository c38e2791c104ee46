//! Who may ask next. Ollama answers in the order of arrival, so that a reader's question would wait behind a whole batch of
//! articles; here it waits at most for the requests that are out already.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::oneshot;

/// So many questions in a row go before articles that wait; then one article has its turn, whoever keeps asking.
const MAX_CHATS_IN_A_ROW: usize = 16;

/// On whose behalf Ollama is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// Somebody waits for the answer.
    Chat,
    /// The queue, which has time.
    Scoring,
}

/// A line with two ends before a fixed number of places. Cheap to clone.
#[derive(Clone, Debug)]
pub struct PriorityQueue(Arc<Mutex<PriorityQueueState>>);

#[derive(Debug)]
struct PriorityQueueState {
    free_permits: usize,
    chat_waiters: VecDeque<oneshot::Sender<Permit>>,
    article_waiters: VecDeque<oneshot::Sender<Permit>>,
    /// Chats that went before articles that waited.
    chats_in_a_row: usize,
}

/// A place; whoever comes next has it when this is dropped.
#[derive(Debug)]
pub struct Permit {
    queue: Option<PriorityQueue>,
}

impl PriorityQueue {
    /// With so many places: requests that may be out at once. At least one.
    pub fn new(places: usize) -> Self {
        let line =
            PriorityQueueState { free_permits: places.max(1), chat_waiters: VecDeque::new(), article_waiters: VecDeque::new(), chats_in_a_row: 0 };
        Self(Arc::new(Mutex::new(line)))
    }

    /// Waits for a place. Leaving before it is given loses nothing for the others.
    pub async fn acquire(&self, caller: Priority) -> Permit {
        let waits = {
            let mut line = self.lock();
            if line.free_permits > 0 {
                line.free_permits -= 1;
                return self.permit();
            }
            let (gives, waits) = oneshot::channel();
            line.waiters(caller).push_back(gives);
            waits
        };
        // The other end is kept in the line until a place is sent, so the error of a closed channel cannot come.
        waits.await.unwrap_or(Permit { queue: None })
    }

    /// How many of this kind wait.
    pub fn waiting_count(&self, caller: Priority) -> usize {
        self.lock().waiters(caller).iter().filter(|gives| !gives.is_closed()).count()
    }

    fn permit(&self) -> Permit {
        Permit { queue: Some(self.clone()) }
    }

    fn lock(&self) -> MutexGuard<'_, PriorityQueueState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn release(&self) {
        loop {
            let Some(next) = self.lock().pop_next() else { return };
            match next.send(self.permit()) {
                Ok(()) => return,
                // Left meanwhile: the place is still to be given, and must not be given twice.
                Err(mut unwanted) => unwanted.queue = None,
            }
        }
    }
}

impl PriorityQueueState {
    fn waiters(&mut self, caller: Priority) -> &mut VecDeque<oneshot::Sender<Permit>> {
        match caller {
            Priority::Chat => &mut self.chat_waiters,
            Priority::Scoring => &mut self.article_waiters,
        }
    }

    /// Who comes next; frees a place when nobody does.
    fn pop_next(&mut self) -> Option<oneshot::Sender<Permit>> {
        let articles_wait = !self.article_waiters.is_empty();
        let next = match self.chat_waiters.pop_front() {
            Some(chat) if !articles_wait || self.chats_in_a_row < MAX_CHATS_IN_A_ROW => {
                self.chats_in_a_row = if articles_wait { self.chats_in_a_row + 1 } else { 0 };
                return Some(chat);
            }
            Some(chat) => {
                self.chat_waiters.push_front(chat);
                self.article_waiters.pop_front()
            }
            None => self.article_waiters.pop_front(),
        };
        self.chats_in_a_row = 0;
        if next.is_none() {
            self.free_permits += 1;
        }
        next
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(turns) = self.queue.take() {
            turns.release();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_CHATS_IN_A_ROW, Permit, Priority, PriorityQueue};
    use futures::{FutureExt as _, future::BoxFuture};

    type PendingPermit = BoxFuture<'static, Permit>;

    /// Stands in the line from now on.
    fn enqueue(turns: &PriorityQueue, caller: Priority) -> PendingPermit {
        let turns = turns.clone();
        let mut waits = async move { turns.acquire(caller).await }.boxed();
        assert!((&mut waits).now_or_never().is_none(), "no place is free");
        waits
    }

    fn try_get_permit(waits: &mut PendingPermit) -> Option<Permit> {
        waits.now_or_never()
    }

    fn acquire_now(turns: &PriorityQueue, caller: Priority) -> Permit {
        turns.acquire(caller).now_or_never().expect("a place is free")
    }

    #[test]
    fn a_question_goes_before_articles_that_came_first() {
        let turns = PriorityQueue::new(1);
        let out = acquire_now(&turns, Priority::Scoring);
        let mut article = enqueue(&turns, Priority::Scoring);
        let (mut first, mut second) = (enqueue(&turns, Priority::Chat), enqueue(&turns, Priority::Chat));
        assert_eq!((turns.waiting_count(Priority::Chat), turns.waiting_count(Priority::Scoring)), (2, 1));
        drop(out);
        assert!(try_get_permit(&mut article).is_none() && try_get_permit(&mut second).is_none());
        drop(try_get_permit(&mut first).expect("its turn"));
        drop(try_get_permit(&mut second).expect("its turn"));
        drop(try_get_permit(&mut article).expect("its turn"));
        drop(acquire_now(&turns, Priority::Scoring));
    }

    #[test]
    fn articles_are_not_starved() {
        let turns = PriorityQueue::new(1);
        let mut out = acquire_now(&turns, Priority::Chat);
        let mut article = enqueue(&turns, Priority::Scoring);
        for _ in 0..MAX_CHATS_IN_A_ROW {
            let mut chat = enqueue(&turns, Priority::Chat);
            drop(out);
            out = try_get_permit(&mut chat).expect("its turn");
        }
        let mut chat = enqueue(&turns, Priority::Chat);
        drop(out);
        let article = try_get_permit(&mut article).expect("at last");
        assert!(try_get_permit(&mut chat).is_none());
        drop(article);
        assert!(try_get_permit(&mut chat).is_some());
    }

    #[test]
    fn whoever_leaves_takes_no_place_along() {
        let turns = PriorityQueue::new(2);
        let (one, two) = (acquire_now(&turns, Priority::Scoring), acquire_now(&turns, Priority::Chat));
        let (left, served_and_left) = (enqueue(&turns, Priority::Chat), enqueue(&turns, Priority::Chat));
        let mut stays = enqueue(&turns, Priority::Scoring);
        drop(left);
        assert_eq!(turns.waiting_count(Priority::Chat), 1);
        drop(one);
        // Has been given a place and never looked.
        drop(served_and_left);
        drop((try_get_permit(&mut stays).expect("its turn"), two));
        drop((acquire_now(&turns, Priority::Chat), acquire_now(&turns, Priority::Chat)));
    }

    #[test]
    fn there_is_always_a_place() {
        drop(acquire_now(&PriorityQueue::new(0), Priority::Chat));
    }
}
