//! The one way to open an encrypted SQLite file: the key first, nothing temporary on disk, what is deleted overwritten.

use rusqlite::{Connection, Result};
use std::{
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use zeroize::Zeroizing;

/// Opens a file, or makes it. A wrong key shows by the first question that is asked, not here.
pub(crate) fn open(path: &Path, key: &Zeroizing<[u8; 32]>, patience: Duration) -> Result<Connection> {
    prepare()?;
    let db = Connection::open(path)?;
    let literal = Zeroizing::new(format!("x'{}'", chartrier_schemas::write_hex(key.as_ref())));
    db.pragma_update(None, "key", literal.as_str())?;
    db.busy_timeout(patience)?;
    db.pragma_update(None, "temp_store", "MEMORY")?;
    db.pragma_update(None, "secure_delete", "ON")?;
    Ok(db)
}

/// Lets SQLCipher begin before any file is opened. SQLite calls itself ready before its extensions have begun: of two
/// threads that open the first two files of a process at once, one would be told that its key is none.
fn prepare() -> Result<()> {
    static READY: Mutex<bool> = Mutex::new(false);
    let mut ready = READY.lock().unwrap_or_else(PoisonError::into_inner);
    if !*ready {
        Connection::open_in_memory()?;
        *ready = true;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{process::Command, sync::Barrier};

    /// Only a new process has a first file: this test runs itself in many.
    #[test]
    fn many_threads_may_open_the_first_files_of_a_process() {
        const INNER: &str = "CHARTRIER_TEST_FIRST_FILES";
        if std::env::var_os(INNER).is_some() {
            let folder = tempfile::tempdir().unwrap();
            let together = Barrier::new(8);
            std::thread::scope(|scope| {
                for number in 0..8 {
                    let (together, path) = (&together, folder.path().join(number.to_string()));
                    scope.spawn(move || {
                        together.wait();
                        open(&path, &Zeroizing::new([7; 32]), Duration::ZERO).unwrap();
                    });
                }
            });
            return;
        }
        let own = std::env::current_exe().unwrap();
        for _ in 0..40 {
            let run = Command::new(&own)
                .args(["--exact", "database::tests::many_threads_may_open_the_first_files_of_a_process"])
                .env(INNER, "1")
                .output()
                .unwrap();
            assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
        }
    }
}
