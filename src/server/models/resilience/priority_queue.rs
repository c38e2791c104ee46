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
    free: usize,
    chats: VecDeque<oneshot::Sender<Permit>>,
    articles: VecDeque<oneshot::Sender<Permit>>,
    /// Chats that went before articles that waited.
    in_a_row: usize,
}

/// A place; whoever comes next has it when this is dropped.
#[derive(Debug)]
pub struct Permit {
    turns: Option<PriorityQueue>,
}

impl PriorityQueue {
    /// With so many places: requests that may be out at once. At least one.
    pub fn new(places: usize) -> Self {
        let line =
            PriorityQueueState { free: places.max(1), chats: VecDeque::new(), articles: VecDeque::new(), in_a_row: 0 };
        Self(Arc::new(Mutex::new(line)))
    }

    /// Waits for a place. Leaving before it is given loses nothing for the others.
    pub async fn take(&self, caller: Priority) -> Permit {
        let waits = {
            let mut line = self.line();
            if line.free > 0 {
                line.free -= 1;
                return self.turn();
            }
            let (gives, waits) = oneshot::channel();
            line.of(caller).push_back(gives);
            waits
        };
        // The other end is kept in the line until a place is sent, so the error of a closed channel cannot come.
        waits.await.unwrap_or(Permit { turns: None })
    }

    /// How many of this kind wait.
    pub fn waiting(&self, caller: Priority) -> usize {
        self.line().of(caller).iter().filter(|gives| !gives.is_closed()).count()
    }

    fn turn(&self) -> Permit {
        Permit { turns: Some(self.clone()) }
    }

    fn line(&self) -> MutexGuard<'_, PriorityQueueState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pass_on(&self) {
        loop {
            let Some(next) = self.line().next() else { return };
            match next.send(self.turn()) {
                Ok(()) => return,
                // Left meanwhile: the place is still to be given, and must not be given twice.
                Err(mut unwanted) => unwanted.turns = None,
            }
        }
    }
}

impl PriorityQueueState {
    fn of(&mut self, caller: Priority) -> &mut VecDeque<oneshot::Sender<Permit>> {
        match caller {
            Priority::Chat => &mut self.chats,
            Priority::Scoring => &mut self.articles,
        }
    }

    /// Who comes next; frees a place when nobody does.
    fn next(&mut self) -> Option<oneshot::Sender<Permit>> {
        let articles_wait = !self.articles.is_empty();
        let next = match self.chats.pop_front() {
            Some(chat) if !articles_wait || self.in_a_row < MAX_CHATS_IN_A_ROW => {
                self.in_a_row = if articles_wait { self.in_a_row + 1 } else { 0 };
                return Some(chat);
            }
            Some(chat) => {
                self.chats.push_front(chat);
                self.articles.pop_front()
            }
            None => self.articles.pop_front(),
        };
        self.in_a_row = 0;
        if next.is_none() {
            self.free += 1;
        }
        next
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(turns) = self.turns.take() {
            turns.pass_on();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_CHATS_IN_A_ROW, Permit, Priority, PriorityQueue};
    use futures::{FutureExt as _, future::BoxFuture};

    type PendingPermit = BoxFuture<'static, Permit>;

    /// Stands in the line from now on.
    fn queue(turns: &PriorityQueue, caller: Priority) -> PendingPermit {
        let turns = turns.clone();
        let mut waits = async move { turns.take(caller).await }.boxed();
        assert!((&mut waits).now_or_never().is_none(), "no place is free");
        waits
    }

    fn has_turn(waits: &mut PendingPermit) -> Option<Permit> {
        waits.now_or_never()
    }

    fn take(turns: &PriorityQueue, caller: Priority) -> Permit {
        turns.take(caller).now_or_never().expect("a place is free")
    }

    #[test]
    fn a_question_goes_before_articles_that_came_first() {
        let turns = PriorityQueue::new(1);
        let out = take(&turns, Priority::Scoring);
        let mut article = queue(&turns, Priority::Scoring);
        let (mut first, mut second) = (queue(&turns, Priority::Chat), queue(&turns, Priority::Chat));
        assert_eq!((turns.waiting(Priority::Chat), turns.waiting(Priority::Scoring)), (2, 1));
        drop(out);
        assert!(has_turn(&mut article).is_none() && has_turn(&mut second).is_none());
        drop(has_turn(&mut first).expect("its turn"));
        drop(has_turn(&mut second).expect("its turn"));
        drop(has_turn(&mut article).expect("its turn"));
        drop(take(&turns, Priority::Scoring));
    }

    #[test]
    fn articles_are_not_starved() {
        let turns = PriorityQueue::new(1);
        let mut out = take(&turns, Priority::Chat);
        let mut article = queue(&turns, Priority::Scoring);
        for _ in 0..MAX_CHATS_IN_A_ROW {
            let mut chat = queue(&turns, Priority::Chat);
            drop(out);
            out = has_turn(&mut chat).expect("its turn");
        }
        let mut chat = queue(&turns, Priority::Chat);
        drop(out);
        let article = has_turn(&mut article).expect("at last");
        assert!(has_turn(&mut chat).is_none());
        drop(article);
        assert!(has_turn(&mut chat).is_some());
    }

    #[test]
    fn whoever_leaves_takes_no_place_along() {
        let turns = PriorityQueue::new(2);
        let (one, two) = (take(&turns, Priority::Scoring), take(&turns, Priority::Chat));
        let (left, served_and_left) = (queue(&turns, Priority::Chat), queue(&turns, Priority::Chat));
        let mut stays = queue(&turns, Priority::Scoring);
        drop(left);
        assert_eq!(turns.waiting(Priority::Chat), 1);
        drop(one);
        // Has been given a place and never looked.
        drop(served_and_left);
        drop((has_turn(&mut stays).expect("its turn"), two));
        drop((take(&turns, Priority::Chat), take(&turns, Priority::Chat)));
    }

    #[test]
    fn there_is_always_a_place() {
        drop(take(&PriorityQueue::new(0), Priority::Chat));
    }
}
