//! Work on many things at once: by all cores for whoever is alone, by one for each of many who ask at the same time.

use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many spread work at this moment.
static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);

/// One who does, until it is dropped.
struct UnderWay;

impl Drop for UnderWay {
    fn drop(&mut self) {
        UNDER_WAY.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Does some work on each, and answers in their order. Threads that wait for each other answer nobody sooner: where there are
/// enough others to keep the cores busy, each does its own work.
pub(crate) fn map<'t, T: Sync, R: Send>(all: &'t [T], one: impl Fn(&'t T) -> R + Sync + Send) -> Vec<R> {
    let others = UNDER_WAY.fetch_add(1, Ordering::Relaxed);
    let _under_way = UnderWay;
    match (others + 1) * 2 <= rayon::current_num_threads() {
        true => all.par_iter().map(one).collect(),
        false => all.iter().map(one).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_in_order_alone_and_among_others() {
        let numbers: Vec<u32> = (0..100).collect();
        let doubled: Vec<u32> = (0..200).step_by(2).collect();
        assert_eq!(map(&numbers, |number| number * 2), doubled);
        assert_eq!(map(&[1, 2], |_| map(&numbers, |number| number * 2)), [doubled.clone(), doubled]);
    }
}
