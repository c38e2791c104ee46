//! Who may ask next. Ollama answers in the order of arrival, so that a reader's question would wait behind a whole batch of
//! articles; here it waits at most for the requests that are out already.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::oneshot;

/// So many questions in a row go before articles that wait; then one article has its turn, whoever keeps asking.
const MOST_IN_A_ROW: usize = 16;

/// On whose behalf Ollama is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Somebody waits for the answer.
    Chat,
    /// The queue, which has time.
    Scoring,
}

/// A line with two ends before a fixed number of places. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Turns(Arc<Mutex<Line>>);

#[derive(Debug)]
struct Line {
    free: usize,
    chats: VecDeque<oneshot::Sender<Turn>>,
    articles: VecDeque<oneshot::Sender<Turn>>,
    /// Chats that went before articles that waited.
    in_a_row: usize,
}

/// A place; whoever comes next has it when this is dropped.
#[derive(Debug)]
pub struct Turn {
    turns: Option<Turns>,
}

impl Turns {
    /// With so many places: requests that may be out at once. At least one.
    pub fn new(places: usize) -> Self {
        let line = Line { free: places.max(1), chats: VecDeque::new(), articles: VecDeque::new(), in_a_row: 0 };
        Self(Arc::new(Mutex::new(line)))
    }

    /// Waits for a place. Leaving before it is given loses nothing for the others.
    pub async fn take(&self, caller: Caller) -> Turn {
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
        waits.await.unwrap_or(Turn { turns: None })
    }

    /// How many of this kind wait.
    pub fn waiting(&self, caller: Caller) -> usize {
        self.line().of(caller).iter().filter(|gives| !gives.is_closed()).count()
    }

    fn turn(&self) -> Turn {
        Turn { turns: Some(self.clone()) }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
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

impl Line {
    fn of(&mut self, caller: Caller) -> &mut VecDeque<oneshot::Sender<Turn>> {
        match caller {
            Caller::Chat => &mut self.chats,
            Caller::Scoring => &mut self.articles,
        }
    }

    /// Who comes next; frees a place when nobody does.
    fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
        let articles_wait = !self.articles.is_empty();
        let next = match self.chats.pop_front() {
            Some(chat) if !articles_wait || self.in_a_row < MOST_IN_A_ROW => {
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

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(turns) = self.turns.take() {
            turns.pass_on();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Caller, MOST_IN_A_ROW, Turn, Turns};
    use futures::{FutureExt as _, future::BoxFuture};

    type Waits = BoxFuture<'static, Turn>;

    /// Stands in the line from now on.
    fn queue(turns: &Turns, caller: Caller) -> Waits {
        let turns = turns.clone();
        let mut waits = async move { turns.take(caller).await }.boxed();
        assert!((&mut waits).now_or_never().is_none(), "no place is free");
        waits
    }

    fn has_turn(waits: &mut Waits) -> Option<Turn> {
        waits.now_or_never()
    }

    fn take(turns: &Turns, caller: Caller) -> Turn {
        turns.take(caller).now_or_never().expect("a place is free")
    }

    #[test]
    fn a_question_goes_before_articles_that_came_first() {
        let turns = Turns::new(1);
        let out = take(&turns, Caller::Scoring);
        let mut article = queue(&turns, Caller::Scoring);
        let (mut first, mut second) = (queue(&turns, Caller::Chat), queue(&turns, Caller::Chat));
        assert_eq!((turns.waiting(Caller::Chat), turns.waiting(Caller::Scoring)), (2, 1));
        drop(out);
        assert!(has_turn(&mut article).is_none() && has_turn(&mut second).is_none());
        drop(has_turn(&mut first).expect("its turn"));
        drop(has_turn(&mut second).expect("its turn"));
        drop(has_turn(&mut article).expect("its turn"));
        drop(take(&turns, Caller::Scoring));
    }

    #[test]
    fn articles_are_not_starved() {
        let turns = Turns::new(1);
        let mut out = take(&turns, Caller::Chat);
        let mut article = queue(&turns, Caller::Scoring);
        for _ in 0..MOST_IN_A_ROW {
            let mut chat = queue(&turns, Caller::Chat);
            drop(out);
            out = has_turn(&mut chat).expect("its turn");
        }
        let mut chat = queue(&turns, Caller::Chat);
        drop(out);
        let article = has_turn(&mut article).expect("at last");
        assert!(has_turn(&mut chat).is_none());
        drop(article);
        assert!(has_turn(&mut chat).is_some());
    }

    #[test]
    fn whoever_leaves_takes_no_place_along() {
        let turns = Turns::new(2);
        let (one, two) = (take(&turns, Caller::Scoring), take(&turns, Caller::Chat));
        let (left, served_and_left) = (queue(&turns, Caller::Chat), queue(&turns, Caller::Chat));
        let mut stays = queue(&turns, Caller::Scoring);
        drop(left);
        assert_eq!(turns.waiting(Caller::Chat), 1);
        drop(one);
        // Has been given a place and never looked.
        drop(served_and_left);
        drop((has_turn(&mut stays).expect("its turn"), two));
        drop((take(&turns, Caller::Chat), take(&turns, Caller::Chat)));
    }

    #[test]
    fn there_is_always_a_place() {
        drop(take(&Turns::new(0), Caller::Chat));
    }
}
