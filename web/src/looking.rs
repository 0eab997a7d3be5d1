//! Looks at pages: a page of a record and its picture come by two requests and are one look; and what two people look at at the
//! same time is drawn once. Kept in memory alone: what is forgotten is recorded again, or drawn again.

use crate::limits::{DRAWING_TIME, LOOK_TIME, LOOKS};
use chartrier_engine::{Result, archive::Look, error};
use chartrier_schemas::RecordId;
use std::{
    collections::{HashSet, VecDeque},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// Looks whose pictures are still to come.
#[derive(Default)]
pub(crate) struct Looks(Mutex<VecDeque<Noted>>);

struct Noted {
    browser: u64,
    record: RecordId,
    page: u32,
    look: Look,
    at: Instant,
}

impl Looks {
    /// Notes that a browser was shown a page, and will ask for its picture.
    pub(crate) fn note(&self, browser: u64, record: RecordId, page: u32, look: Look) {
        let mut all = self.all();
        if all.len() == LOOKS {
            all.pop_front();
        }
        all.push_back(Noted { browser, record, page, look, at: Instant::now() });
    }

    /// The look that a picture belongs to, once.
    pub(crate) fn take(&self, browser: u64, record: RecordId, page: u32) -> Option<Look> {
        let mut all = self.all();
        all.retain(|noted| noted.at.elapsed() < LOOK_TIME);
        let at = all.iter().position(|noted| (noted.browser, noted.record, noted.page) == (browser, record, page))?;
        all.remove(at).map(|noted| noted.look)
    }

    fn all(&self) -> MutexGuard<'_, VecDeque<Noted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Pages that are being drawn: a record, and the first of the pages that are drawn together.
#[derive(Default)]
pub(crate) struct Drawing {
    now: Mutex<HashSet<(RecordId, u32)>>,
    done: Condvar,
}

struct Turn<'a>(&'a Drawing, (RecordId, u32));

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.now.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
        self.0.done.notify_all();
    }
}

impl Drawing {
    /// Does some work on pages that nobody else works on meanwhile; waits for that, and not for ever.
    pub(crate) fn alone<T>(&self, pages: (RecordId, u32), work: impl FnOnce() -> Result<T>) -> Result<T> {
        let now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.done.wait_timeout_while(now, DRAWING_TIME, |now| now.contains(&pages));
        let (mut now, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if !now.insert(pages) {
            return Err(error::unavailable("give more at once", 1));
        }
        drop(now);
        let _turn = Turn(self, pages);
        work()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        thread,
        time::Duration,
    };

    #[test]
    fn what_several_look_at_is_worked_on_by_one_at_a_time() {
        let (drawing, at_once, most) = (Drawing::default(), AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let work = || {
                        most.fetch_max(at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        thread::sleep(Duration::from_millis(10));
                        at_once.fetch_sub(1, Ordering::SeqCst);
                        Ok(())
                    };
                    drawing.alone((RecordId::from_bits(1), 1), work).unwrap();
                });
            }
        });
        assert_eq!(most.load(Ordering::SeqCst), 1);
        assert!(drawing.now.lock().unwrap().is_empty());
    }
}
