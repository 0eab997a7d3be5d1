//! A cache in memory under a budget of bytes: what is asked for again stays, what was asked for once makes room. What it holds
//! is plain and never leaves memory.

use quick_cache::{OptionsBuilder, Weighter, sync};
use std::hash::Hash;

/// Bytes that a value is expected to take: room is made for as many keys as fit.
const EXPECTED: usize = 1 << 10;

/// Bytes of the budget under one lock: nothing larger is kept.
const SHARE: usize = 4 << 20;

/// Values by key, each with its size. Threads share it.
pub(crate) struct Cache<K, V>(sync::Cache<K, (V, u64), Sizes>);

#[derive(Clone)]
struct Sizes;

impl<K, V> Weighter<K, (V, u64)> for Sizes {
    fn weight(&self, _: &K, (_, size): &(V, u64)) -> u64 {
        (*size).max(1)
    }
}

impl<K: Hash + Eq + Clone, V: Clone> Cache<K, V> {
    /// An empty cache for so many bytes.
    pub(crate) fn new(budget: usize) -> Self {
        let mut options = OptionsBuilder::new();
        options.estimated_items_capacity(budget / EXPECTED).weight_capacity(budget as u64).shards((budget / SHARE).max(1));
        // Options lack nothing here; if they did, the cache would only be divided in another way.
        Self(match options.build() {
            Ok(options) => sync::Cache::with_options(options, Sizes, Default::default(), Default::default()),
            Err(_) => sync::Cache::with_weighter(budget / EXPECTED, budget as u64, Sizes),
        })
    }

    /// A value, if it is still here.
    pub(crate) fn get(&self, key: &K) -> Option<V> {
        self.0.get(key).map(|(value, _)| value)
    }

    /// Keeps a value of so many bytes. One that is larger than what lies under one lock is not kept.
    pub(crate) fn put(&self, key: K, value: V, size: usize) {
        self.0.insert(key, (value, size as u64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_to_its_budget_and_to_what_is_asked_for_again() {
        let cache = Cache::new(1 << 20);
        cache.put(0, 0, 1 << 10);
        for key in 1..10_000 {
            assert_eq!(cache.get(&0), Some(0), "asked for again and again, after {key} others");
            cache.put(key, key, 1 << 10);
        }
        let kept = (0..10_000).filter(|key| cache.get(key).is_some()).count();
        assert!((512..=1_024).contains(&kept), "{kept} of 1 KiB each in 1 MiB");
        cache.put(0, 1, 2 << 10);
        assert_eq!(cache.get(&0), Some(1));
        cache.put(1, 1, 2 << 20);
        assert_eq!(cache.get(&1), None);
    }
}
