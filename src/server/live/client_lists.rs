//! Lists that other readers page through by offset, as they were at the first page: an offset counts from the start of a list, which
//! shifts while its articles are marked read.

use crate::domain::{
    ids::{ArticleId, DeviceId},
    time::Timestamp,
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How long a list is kept after its last page was requested, in seconds.
const LIST_LIFETIME_SECONDS: i64 = 600;
/// Maximum lists; the least recently requested is dropped first.
const MAX_LISTS: usize = 16;

#[derive(Debug)]
struct ClientList {
    device: DeviceId,
    query: String,
    ids: Arc<[ArticleId]>,
    requested_at: Timestamp,
}

/// The lists, the last requested at the end.
#[derive(Debug, Default)]
pub struct ClientLists(Mutex<VecDeque<ClientList>>);

impl ClientLists {
    /// Stores the list of a device for a query (without limit and offset), in place of an older one.
    pub fn insert(&self, device: DeviceId, query: String, ids: Arc<[ArticleId]>, now: Timestamp) {
        let mut lists = self.lock(now);
        lists.retain(|list| list.device != device || list.query != query);
        if lists.len() == MAX_LISTS {
            lists.pop_front();
        }
        lists.push_back(ClientList { device, query, ids, requested_at: now });
    }

    /// The stored list of a device for a query.
    pub fn find(&self, device: DeviceId, query: &str, now: Timestamp) -> Option<Arc<[ArticleId]>> {
        let mut lists = self.lock(now);
        let at = lists.iter().position(|list| list.device == device && list.query == query)?;
        let mut list = lists.remove(at)?;
        list.requested_at = now;
        let ids = list.ids.clone();
        lists.push_back(list);
        Some(ids)
    }

    fn lock(&self, now: Timestamp) -> MutexGuard<'_, VecDeque<ClientList>> {
        let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lists.retain(|list| now.since(list.requested_at) < LIST_LIFETIME_SECONDS);
        lists
    }
}

#[cfg(test)]
mod tests {
    use super::{ClientLists, LIST_LIFETIME_SECONDS, MAX_LISTS};
    use crate::domain::{
        ids::{ArticleId, DeviceId},
        time::Timestamp,
    };

    #[test]
    fn a_list_is_kept_for_its_device_and_a_while() {
        let lists = ClientLists::default();
        let (phone, tablet) = (DeviceId(1), DeviceId(2));
        let now = Timestamp(1_000);
        lists.insert(phone, "q".into(), vec![ArticleId(7)].into(), now);
        assert_eq!(lists.find(phone, "q", now).as_deref(), Some(&[ArticleId(7)][..]));
        assert_eq!(lists.find(tablet, "q", now), None);
        assert_eq!(lists.find(phone, "p", now), None);
        let later = now.plus(LIST_LIFETIME_SECONDS - 1);
        assert!(lists.find(phone, "q", later).is_some());
        assert!(lists.find(phone, "q", later.plus(LIST_LIFETIME_SECONDS - 1)).is_some(), "asking keeps it");
        assert!(lists.find(phone, "q", later.plus(3 * LIST_LIFETIME_SECONDS)).is_none());
        for n in 0..=MAX_LISTS {
            lists.insert(phone, n.to_string(), vec![].into(), now);
        }
        assert!(lists.find(phone, "0", now).is_none() && lists.find(phone, "1", now).is_some());
    }
}
