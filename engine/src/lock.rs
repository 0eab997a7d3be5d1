//! Locks of the kernel, tried. Every process that this one starts holds copies of its open files until it runs its own
//! program: a lock that was given back a moment ago may still seem taken, so it is asked for once more before that is told.

use std::{
    fs::{File, TryLockError},
    thread::sleep,
    time::Duration,
};

/// How often, and how long apart: longer than a process takes to begin.
const TRIES: u32 = 10;
const APART: Duration = Duration::from_millis(5);

/// Takes a lock that only one may hold, unless another has it.
pub(crate) fn try_alone(file: &File) -> Result<(), TryLockError> {
    tried(|| file.try_lock())
}

/// Takes a lock that many may hold, unless one has it alone.
pub(crate) fn try_shared(file: &File) -> Result<(), TryLockError> {
    tried(|| file.try_lock_shared())
}

fn tried(take: impl Fn() -> Result<(), TryLockError>) -> Result<(), TryLockError> {
    for _ in 1..TRIES {
        match take() {
            Err(TryLockError::WouldBlock) => sleep(APART),
            taken => return taken,
        }
    }
    take()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_given_back_within_a_moment_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let open = || File::options().create(true).truncate(false).write(true).open(folder.path().join("lock")).unwrap();
        let (held, asked) = (open(), open());
        held.lock().unwrap();
        assert!(
            matches!(try_alone(&asked), Err(TryLockError::WouldBlock))
                && matches!(try_shared(&asked), Err(TryLockError::WouldBlock))
        );
        std::thread::scope(|scope| {
            scope.spawn(|| {
                sleep(APART);
                held.unlock().unwrap();
            });
            try_alone(&asked).unwrap();
        });
    }
}
