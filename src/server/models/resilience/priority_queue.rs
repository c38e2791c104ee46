//! The order of requests to models. Ollama answers in the order of arrival, so a reader's question would wait behind a whole batch
//! of articles; here it waits at most for the requests that are in flight.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::oneshot;

/// After this many questions in a row one waiting article is next, so that articles are never blocked for ever.
const MAX_CHATS_IN_A_ROW: usize = 16;

/// The two levels of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// A reader waits for the answer.
    Chat,
    /// Scoring of articles.
    Scoring,
}

/// A semaphore with two levels of priority. Cheap to clone.
#[derive(Clone, Debug)]
pub struct PriorityQueue(Arc<Mutex<PriorityQueueState>>);

#[derive(Debug)]
struct PriorityQueueState {
    free_permits: usize,
    chat_waiters: VecDeque<oneshot::Sender<Permit>>,
    article_waiters: VecDeque<oneshot::Sender<Permit>>,
    /// Chats that were served in a row while articles waited.
    chats_in_a_row: usize,
}

/// The right to one request; dropping it serves the next waiter.
#[derive(Debug)]
pub struct Permit {
    queue: Option<PriorityQueue>,
}

impl PriorityQueue {
    /// With this many permits (requests in flight); at least one.
    pub fn new(permits: usize) -> Self {
        let state = PriorityQueueState {
            free_permits: permits.max(1),
            chat_waiters: VecDeque::new(),
            article_waiters: VecDeque::new(),
            chats_in_a_row: 0,
        };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Waits for a permit. Dropping the future loses no permit.
    pub async fn acquire(&self, priority: Priority) -> Permit {
        let receiver = {
            let mut state = self.lock();
            if state.free_permits > 0 {
                state.free_permits -= 1;
                return self.permit();
            }
            let (sender, receiver) = oneshot::channel();
            state.waiters(priority).push_back(sender);
            receiver
        };
        // The sender stays in the queue until a permit is sent, so the channel is never closed before.
        receiver.await.unwrap_or(Permit { queue: None })
    }

    /// How many of this level wait.
    pub fn waiting_count(&self, priority: Priority) -> usize {
        self.lock().waiters(priority).iter().filter(|sender| !sender.is_closed()).count()
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
                // The waiter has left: the permit goes to the next one, and must not be released twice.
                Err(mut unwanted) => unwanted.queue = None,
            }
        }
    }
}

impl PriorityQueueState {
    fn waiters(&mut self, priority: Priority) -> &mut VecDeque<oneshot::Sender<Permit>> {
        match priority {
            Priority::Chat => &mut self.chat_waiters,
            Priority::Scoring => &mut self.article_waiters,
        }
    }

    /// Removes the next waiter; frees the permit when there is none.
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
        if let Some(queue) = self.queue.take() {
            queue.release();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_CHATS_IN_A_ROW, Permit, Priority, PriorityQueue};
    use futures::{FutureExt as _, future::BoxFuture};

    type PendingPermit = BoxFuture<'static, Permit>;

    /// Queues a request; its permit is awaited by the returned future.
    fn enqueue(queue: &PriorityQueue, priority: Priority) -> PendingPermit {
        let queue = queue.clone();
        let mut pending = async move { queue.acquire(priority).await }.boxed();
        assert!((&mut pending).now_or_never().is_none(), "no permit is free");
        pending
    }

    fn try_get_permit(pending: &mut PendingPermit) -> Option<Permit> {
        pending.now_or_never()
    }

    fn acquire_now(queue: &PriorityQueue, priority: Priority) -> Permit {
        queue.acquire(priority).now_or_never().expect("a permit is free")
    }

    #[test]
    fn a_question_goes_before_articles_that_came_first() {
        let queue = PriorityQueue::new(1);
        let out = acquire_now(&queue, Priority::Scoring);
        let mut article = enqueue(&queue, Priority::Scoring);
        let (mut first, mut second) = (enqueue(&queue, Priority::Chat), enqueue(&queue, Priority::Chat));
        assert_eq!((queue.waiting_count(Priority::Chat), queue.waiting_count(Priority::Scoring)), (2, 1));
        drop(out);
        assert!(try_get_permit(&mut article).is_none() && try_get_permit(&mut second).is_none());
        drop(try_get_permit(&mut first).expect("its turn"));
        drop(try_get_permit(&mut second).expect("its turn"));
        drop(try_get_permit(&mut article).expect("its turn"));
        drop(acquire_now(&queue, Priority::Scoring));
    }

    #[test]
    fn articles_are_not_starved() {
        let queue = PriorityQueue::new(1);
        let mut out = acquire_now(&queue, Priority::Chat);
        let mut article = enqueue(&queue, Priority::Scoring);
        for _ in 0..MAX_CHATS_IN_A_ROW {
            let mut chat = enqueue(&queue, Priority::Chat);
            drop(out);
            out = try_get_permit(&mut chat).expect("its turn");
        }
        let mut chat = enqueue(&queue, Priority::Chat);
        drop(out);
        let article = try_get_permit(&mut article).expect("at last");
        assert!(try_get_permit(&mut chat).is_none());
        drop(article);
        assert!(try_get_permit(&mut chat).is_some());
    }

    #[test]
    fn a_cancelled_waiter_loses_no_permit() {
        let queue = PriorityQueue::new(2);
        let (one, two) = (acquire_now(&queue, Priority::Scoring), acquire_now(&queue, Priority::Chat));
        let (left, served_and_left) = (enqueue(&queue, Priority::Chat), enqueue(&queue, Priority::Chat));
        let mut stays = enqueue(&queue, Priority::Scoring);
        drop(left);
        assert_eq!(queue.waiting_count(Priority::Chat), 1);
        drop(one);
        // It was granted a permit and dropped without being polled.
        drop(served_and_left);
        drop((try_get_permit(&mut stays).expect("its turn"), two));
        drop((acquire_now(&queue, Priority::Chat), acquire_now(&queue, Priority::Chat)));
    }

    #[test]
    fn there_is_at_least_one_permit() {
        drop(acquire_now(&PriorityQueue::new(0), Priority::Chat));
    }
}
