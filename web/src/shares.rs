//! How much one may have at once of what is there for all, by whoever it is.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What each has now.
type Counts<K> = Arc<Mutex<HashMap<K, usize>>>;

/// So many for each; nothing is kept of who has none.
pub(crate) struct Shares<K> {
    most: usize,
    counts: Counts<K>,
}

/// One of somebody's share, given back when it is dropped.
pub(crate) struct Share<K: Hash + Eq> {
    whose: K,
    counts: Counts<K>,
}

impl<K: Hash + Eq + Clone> Shares<K> {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, counts: Counts::default() }
    }

    /// One more for somebody; nothing where they have as many as one may.
    pub(crate) fn take(&self, whose: K) -> Option<Share<K>> {
        let mut counts = lock(&self.counts);
        let count = counts.entry(whose.clone()).or_default();
        (*count < self.most).then(|| {
            *count += 1;
            Share { whose, counts: self.counts.clone() }
        })
    }
}

impl<K: Hash + Eq> Drop for Share<K> {
    fn drop(&mut self) {
        let mut counts = lock(&self.counts);
        match counts.get_mut(&self.whose) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(counts.remove(&self.whose)),
        }
    }
}

fn lock<K>(counts: &Counts<K>) -> MutexGuard<'_, HashMap<K, usize>> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_share_and_gives_it_back() {
        let shares = Shares::new(2);
        let held: Vec<_> = (0..3).map(|_| shares.take("one")).collect();
        assert_eq!(held.iter().flatten().count(), 2);
        assert!(shares.take("other").is_some(), "somebody else's is their own");
        drop(held);
        assert!(shares.take("one").is_some());
        assert!(lock(&shares.counts).is_empty(), "nothing is kept of who has none");
    }
}
