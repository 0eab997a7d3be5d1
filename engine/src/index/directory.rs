//! The index's files, encrypted: tantivy's `Directory` over files of sealed pages. Nothing of the index ever
//! lies on the disk in clear, and no page can be moved, exchanged, cut off or altered without an error.
//!
//! A file is 16 random bytes, then pages of 16 KiB, each sealed with ChaCha20-Poly1305 under a key made of
//! the index's key and those bytes. The nonce is the page's number and whether it is the last.

use crate::cache::Cache;
use chacha20poly1305::{AeadInPlace as _, ChaCha20Poly1305, KeyInit as _, Nonce, Tag};
use std::{
    collections::HashMap,
    fmt, fs,
    io::{self, Write},
    ops::Range,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc, LazyLock, OnceLock, PoisonError, RwLock,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};
use tantivy::{
    Directory, HasLen,
    directory::{
        AntiCallToken, DirectoryLock, FileHandle, Lock, OwnedBytes, TerminatingWrite, WatchCallback, WatchHandle, WritePtr,
        error::{DeleteError, LockError, OpenReadError, OpenWriteError},
    },
};
use zeroize::Zeroizing;

/// Plain bytes a page.
const PAGE: usize = 16 << 10;

/// Bytes that sealing adds to a page.
const TAG: usize = 16;

/// Random bytes at the head of each file.
const SALT: usize = 16;

/// Memory for decrypted pages, in bytes, for all indexes of the process.
const CACHE: usize = 56 << 20;

/// A file of at most this many bytes is kept whole, decrypted, once more than its length was read from it, or most of it is
/// read at once …
const WHOLE: usize = 16 << 20;

/// … as long as all such files together have at most this many.
const WHOLES: usize = 80 << 20;

/// An index's folder.
#[derive(Clone)]
pub(super) struct SealedDirectory {
    folder: PathBuf,
    key: Arc<Zeroizing<[u8; 32]>>,
    open: Arc<RwLock<HashMap<PathBuf, Arc<SealedFile>>>>,
}

impl fmt::Debug for SealedDirectory {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SealedDirectory({})", self.folder.display())
    }
}

/// The cipher of one file.
fn cipher(key: &[u8; 32], salt: &[u8]) -> ChaCha20Poly1305 {
    let derived = hkdf::Hkdf::<sha2::Sha256>::new(Some(salt), key);
    let mut own = Zeroizing::new([0u8; 32]);
    // 32 bytes are always within what HKDF-SHA-256 can give.
    let _ = derived.expand(b"chartrier index file v1", own.as_mut());
    ChaCha20Poly1305::new(chacha20poly1305::Key::from_slice(own.as_ref()))
}

fn nonce(page: u64, last: bool) -> Nonce {
    let mut nonce = [0; 12];
    nonce[..8].copy_from_slice(&page.to_be_bytes());
    nonce[8] = u8::from(last);
    nonce.into()
}

fn damaged(path: &Path) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the index file {} is damaged", path.display()))
}

/// Decrypted pages of all files, by file and number.
type Pages = Cache<(u64, u64), Arc<[u8]>>;

static PAGES: LazyLock<Pages> = LazyLock::new(|| Cache::new(CACHE));

static NEXT_FILE: AtomicU64 = AtomicU64::new(0);
static WHOLE_BYTES: AtomicUsize = AtomicUsize::new(0);

/// One open file.
struct SealedFile {
    path: PathBuf,
    file: fs::File,
    cipher: ChaCha20Poly1305,
    id: u64,
    length: usize,
    stored: u64,
    served: AtomicU64,
    whole: OnceLock<OwnedBytes>,
}

impl fmt::Debug for SealedFile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SealedFile({})", self.path.display())
    }
}

impl SealedFile {
    fn open(path: PathBuf, key: &[u8; 32]) -> io::Result<Self> {
        let file = fs::File::open(&path)?;
        let stored = file.metadata()?.len();
        let mut salt = [0; SALT];
        file.read_exact_at(&mut salt, 0).map_err(|_| damaged(&path))?;
        let body = usize::try_from(stored).map_err(io::Error::other)? - SALT;
        let (full, rest) = (body / (PAGE + TAG), body % (PAGE + TAG));
        // Every file ends with a last page, which may be empty but never lacks its tag.
        let last = match rest {
            0 if full == 0 => return Err(damaged(&path)),
            0 => 0,
            rest => rest.checked_sub(TAG).ok_or_else(|| damaged(&path))?,
        };
        Ok(Self {
            cipher: cipher(key, &salt),
            id: NEXT_FILE.fetch_add(1, Ordering::Relaxed),
            length: full * PAGE + last,
            path,
            file,
            stored,
            served: AtomicU64::new(0),
            whole: OnceLock::new(),
        })
    }

    fn pages(&self) -> u64 {
        (self.stored - SALT as u64).div_ceil((PAGE + TAG) as u64)
    }

    fn page(&self, page: u64) -> io::Result<Arc<[u8]>> {
        if let Some(bytes) = PAGES.get(&(self.id, page)) {
            return Ok(bytes);
        }
        let bytes: Arc<[u8]> = self.read_page(page)?.into();
        PAGES.put((self.id, page), bytes.clone(), bytes.len());
        Ok(bytes)
    }

    fn read_page(&self, page: u64) -> io::Result<Vec<u8>> {
        let start = SALT as u64 + page * (PAGE + TAG) as u64;
        let length = (self.stored - start).min((PAGE + TAG) as u64) as usize;
        let mut sealed = vec![0; length];
        self.file.read_exact_at(&mut sealed, start)?;
        let plain = length.checked_sub(TAG).ok_or_else(|| damaged(&self.path))?;
        let tag = Tag::clone_from_slice(&sealed[plain..]);
        sealed.truncate(plain);
        let last = page + 1 == self.pages();
        self.cipher.decrypt_in_place_detached(&nonce(page, last), b"", &mut sealed, &tag).map_err(|_| damaged(&self.path))?;
        Ok(sealed)
    }

    /// The whole file, decrypted, once it has been asked for often enough.
    fn warm(&self, asked: usize) -> io::Result<Option<&OwnedBytes>> {
        if let Some(whole) = self.whole.get() {
            return Ok(Some(whole));
        }
        let served = self.served.fetch_add(asked as u64, Ordering::Relaxed) as usize + asked;
        let often = served > self.length || asked > self.length / 2;
        if self.length > WHOLE || !often || WHOLE_BYTES.load(Ordering::Relaxed) + self.length > WHOLES {
            return Ok(None);
        }
        let mut all = Vec::with_capacity(self.length);
        for page in 0..self.pages() {
            all.extend_from_slice(&self.read_page(page)?);
        }
        Ok(Some(self.whole.get_or_init(|| {
            WHOLE_BYTES.fetch_add(self.length, Ordering::Relaxed);
            OwnedBytes::new(all)
        })))
    }
}

impl Drop for SealedFile {
    fn drop(&mut self) {
        if self.whole.get().is_some() {
            WHOLE_BYTES.fetch_sub(self.length, Ordering::Relaxed);
        }
    }
}

impl HasLen for SealedFile {
    fn len(&self) -> usize {
        self.length
    }
}

impl FileHandle for SealedFile {
    fn read_bytes(&self, range: Range<usize>) -> io::Result<OwnedBytes> {
        if range.is_empty() {
            return Ok(OwnedBytes::empty());
        }
        if range.end > self.length {
            return Err(damaged(&self.path));
        }
        if let Some(whole) = self.warm(range.len())? {
            return Ok(whole.slice(range));
        }
        let mut bytes = Vec::with_capacity(range.len());
        for page in range.start / PAGE..=(range.end - 1) / PAGE {
            let plain = self.page(page as u64)?;
            let from = range.start.saturating_sub(page * PAGE);
            let until = plain.len().min(range.end - page * PAGE);
            bytes.extend_from_slice(plain.get(from..until).ok_or_else(|| damaged(&self.path))?);
        }
        Ok(OwnedBytes::new(bytes))
    }
}

/// Seals a file page by page.
struct PageWriter {
    file: fs::File,
    cipher: ChaCha20Poly1305,
    buffer: Vec<u8>,
    page: u64,
}

impl PageWriter {
    fn create(path: &Path, key: &[u8; 32], anew: bool) -> io::Result<Self> {
        let mut salt = [0; SALT];
        getrandom::fill(&mut salt).map_err(io::Error::other)?;
        let mut file = fs::OpenOptions::new().write(true).create_new(anew).create(true).truncate(!anew).open(path)?;
        file.write_all(&salt)?;
        Ok(Self { file, cipher: cipher(key, &salt), buffer: Vec::with_capacity(PAGE), page: 0 })
    }

    fn seal(&mut self, last: bool) -> io::Result<()> {
        let tag = self
            .cipher
            .encrypt_in_place_detached(&nonce(self.page, last), b"", &mut self.buffer)
            .map_err(|_| io::Error::other("a page could not be sealed"))?;
        self.file.write_all(&self.buffer)?;
        self.file.write_all(&tag)?;
        self.buffer.clear();
        self.page += 1;
        Ok(())
    }

    fn finish(mut self) -> io::Result<()> {
        self.seal(true)?;
        self.file.sync_data()
    }
}

impl Write for PageWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full page is sealed only when more follows: the last one must know that it is.
        if self.buffer.len() == PAGE {
            self.seal(false)?;
        }
        let taken = bytes.len().min(PAGE - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Terminating(Option<PageWriter>);

impl Write for Terminating {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.as_mut().map_or_else(|| Err(io::Error::other("written after its end")), |writer| writer.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TerminatingWrite for Terminating {
    fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
        self.0.take().map_or(Ok(()), PageWriter::finish)
    }
}

impl SealedDirectory {
    /// The index in a folder, which is made if it is not there.
    pub(super) fn open(folder: &Path, key: Zeroizing<[u8; 32]>) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned(), key: Arc::new(key), open: Arc::default() })
    }

    fn handle(&self, path: &Path) -> io::Result<Arc<SealedFile>> {
        if let Some(file) = self.open.read().unwrap_or_else(PoisonError::into_inner).get(path) {
            return Ok(file.clone());
        }
        let file = Arc::new(SealedFile::open(self.folder.join(path), &self.key)?);
        self.open.write().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), file.clone());
        Ok(file)
    }
}

fn open_error(why: io::Error, path: &Path) -> OpenReadError {
    match why.kind() {
        io::ErrorKind::NotFound => OpenReadError::FileDoesNotExist(path.to_owned()),
        _ => OpenReadError::wrap_io_error(why, path.to_owned()),
    }
}

impl Directory for SealedDirectory {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.handle(path).map(|file| file as Arc<dyn FileHandle>).map_err(|why| open_error(why, path))
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.open.write().unwrap_or_else(PoisonError::into_inner).remove(path);
        fs::remove_file(self.folder.join(path)).map_err(|why| match why.kind() {
            io::ErrorKind::NotFound => DeleteError::FileDoesNotExist(path.to_owned()),
            _ => DeleteError::IoError { io_error: Arc::new(why), filepath: path.to_owned() },
        })
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        Ok(self.folder.join(path).exists())
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        let writer = PageWriter::create(&self.folder.join(path), &self.key, true).map_err(|why| match why.kind() {
            io::ErrorKind::AlreadyExists => OpenWriteError::FileAlreadyExists(path.to_owned()),
            _ => OpenWriteError::wrap_io_error(why, path.to_owned()),
        })?;
        Ok(io::BufWriter::new(Box::new(Terminating(Some(writer)))))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        // Replaced by every commit: never from a handle that is kept.
        SealedFile::open(self.folder.join(path), &self.key)
            .and_then(|file| file.read_bytes(0..file.length))
            .map(|bytes| bytes.to_vec())
            .map_err(|why| open_error(why, path))
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        let (aside, target) = (self.folder.join(path).with_extension("new"), self.folder.join(path));
        let mut writer = PageWriter::create(&aside, &self.key, false)?;
        writer.write_all(data)?;
        writer.finish()?;
        fs::rename(aside, target)
    }

    fn sync_directory(&self) -> io::Result<()> {
        fs::File::open(&self.folder)?.sync_all()
    }

    /// The kernel's lock: unlike a file that must not be there, it does not outlive a crash.
    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        let failed = |why| LockError::IoError(Arc::new(why));
        let file = fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.folder.join(&lock.filepath))
            .map_err(failed)?;
        if lock.is_blocking {
            file.lock().map_err(failed)?;
        } else {
            crate::lock::try_alone(&file).map_err(|_| LockError::LockBusy)?;
        }
        Ok(DirectoryLock::from(Box::new(file)))
    }

    fn watch(&self, _: WatchCallback) -> tantivy::Result<WatchHandle> {
        Ok(WatchHandle::empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Zeroizing<[u8; 32]> {
        Zeroizing::new([7; 32])
    }

    fn write(folder: &SealedDirectory, name: &str, bytes: &[u8]) {
        let mut writer = folder.open_write(Path::new(name)).unwrap();
        writer.write_all(bytes).unwrap();
        writer.terminate().unwrap();
    }

    #[test]
    fn what_is_written_is_read_at_every_size_and_range() {
        let folder = tempfile::tempdir().unwrap();
        let directory = SealedDirectory::open(folder.path(), key()).unwrap();
        for size in [0, 1, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE, 3 * PAGE + 5] {
            let bytes: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
            let name = format!("file{size}");
            write(&directory, &name, &bytes);
            let file = directory.handle(Path::new(&name)).unwrap();
            assert_eq!(file.len(), size);
            for _ in 0..3 {
                for range in [0..size, size / 2..size, 0..size / 3, size.saturating_sub(1)..size] {
                    assert_eq!(file.read_bytes(range.clone()).unwrap().as_slice(), &bytes[range]);
                }
            }
        }
    }

    #[test]
    fn every_altered_page_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let directory = SealedDirectory::open(folder.path(), key()).unwrap();
        write(&directory, "whole", &vec![1; 2 * PAGE + 100]);
        let path = folder.path().join("whole");
        let sealed = fs::read(&path).unwrap();
        let reads = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            SealedFile::open(path.clone(), &key()).and_then(|file| file.read_bytes(0..file.length)).is_ok()
        };
        assert!(reads(&sealed));
        for at in [0, SALT, SALT + PAGE, sealed.len() - 1] {
            let mut other = sealed.clone();
            other[at] ^= 1;
            assert!(!reads(&other), "byte {at}");
        }
        assert!(!reads(&sealed[..SALT + PAGE + TAG]), "cut at a page");
        assert!(!reads(&sealed[..10]), "cut in the salt");
        let mut swapped = sealed.clone();
        swapped[SALT..SALT + 2 * (PAGE + TAG)].rotate_left(PAGE + TAG);
        assert!(!reads(&swapped), "pages exchanged");
    }
}
