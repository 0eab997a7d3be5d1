//! A cache in memory under a budget of bytes: oldest out first. What it holds is plain and never leaves memory.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

/// Values by key, each with its size.
pub(crate) struct Fifo<K, V> {
    values: HashMap<K, (V, usize)>,
    order: VecDeque<K>,
    bytes: usize,
    budget: usize,
}

impl<K: Hash + Eq + Clone, V: Clone> Fifo<K, V> {
    /// An empty cache for so many bytes.
    pub(crate) fn new(budget: usize) -> Self {
        Self { values: HashMap::new(), order: VecDeque::new(), bytes: 0, budget }
    }

    /// A value, if it is still here.
    pub(crate) fn get(&self, key: &K) -> Option<V> {
        self.values.get(key).map(|(value, _)| value.clone())
    }

    /// Keeps a value; those that came first make room. One larger than the budget is not kept.
    pub(crate) fn put(&mut self, key: K, value: V, size: usize) {
        if size > self.budget {
            return;
        }
        match self.values.insert(key.clone(), (value, size)) {
            Some((_, before)) => self.bytes -= before,
            None => self.order.push_back(key),
        }
        self.bytes += size;
        while self.bytes > self.budget {
            let Some(oldest) = self.order.pop_front() else { break };
            self.bytes -= self.values.remove(&oldest).map_or(0, |(_, size)| size);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_make_room() {
        let mut cache = Fifo::new(100);
        (0..10).for_each(|key| cache.put(key, key, 30));
        assert_eq!((0..10).filter_map(|key| cache.get(&key)).collect::<Vec<_>>(), [7, 8, 9]);
        cache.put(9, 90, 80);
        assert_eq!((cache.get(&7), cache.get(&8), cache.get(&9)), (None, None, Some(90)));
        cache.put(1, 1, 101);
        assert_eq!(cache.get(&1), None);
        assert_eq!(cache.bytes, 80);
    }
}
