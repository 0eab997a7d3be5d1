//! The one implementation of [`Store`]: over `object_store`, a local directory or memory. It keeps the
//! promises that `object_store` leaves to its user: durable writes and deletes, and no overwriting.

use super::{Store, StoredName};
use crate::{Result, error, seal::Storable};
use bytes::Bytes;
use chartrier_schemas::text;
use futures::TryStreamExt as _;
use object_store::{
    GetOptions, GetRange, ObjectStore as _, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, local::LocalFileSystem,
    memory::InMemory, path::Path,
};
use std::{
    collections::BTreeSet,
    fs, io,
    ops::Range,
    path::{Path as FilePath, PathBuf},
    sync::Arc,
};
use tokio::runtime::Runtime;

/// Files in an `object_store`.
pub struct ObjectStore {
    files: Arc<dyn object_store::ObjectStore>,
    /// Of a local directory: what the interface of `object_store` does not reach is done there.
    folder: Option<PathBuf>,
    runtime: Runtime,
}

/// Opens a store by its URL: `file:///srv/archive`, or `memory:` for tests.
///
/// With `create`, a local directory and its fan-out are made and synced.
pub fn open(url: &str, create: bool) -> Result<ObjectStore> {
    if url == "memory:" {
        return ObjectStore::new(Arc::new(InMemory::new()), None);
    }
    let Some(path) = url.strip_prefix("file://").filter(|path| path.starts_with('/')) else {
        return Err(error::invalid(
            text!(
                "`{url}` is not a store that this version opens.",
                "`{url}` n’est pas un dépôt que cette version ouvre.",
                url = url
            ),
            text!(
                "Name a folder: /srv/archive, or file:///srv/archive.",
                "Indiquez un dossier : /srv/archives, ou file:///srv/archives."
            ),
        ));
    };
    let folder = PathBuf::from(path);
    if create {
        make_folders(&folder).map_err(|why| error::io("make the store's folders", &why))?;
    } else if !folder.is_dir() {
        return Err(error::no_store(&folder));
    }
    let files =
        LocalFileSystem::new_with_prefix(&folder).map_err(|why| error::unavailable("open the store", why))?.with_fsync(true);
    ObjectStore::new(Arc::new(files), Some(folder))
}

/// Makes the directories that files will lie in, and syncs them, so that a file's own sync is enough.
fn make_folders(folder: &FilePath) -> io::Result<()> {
    for fan in 0..=255u8 {
        fs::create_dir_all(folder.join(format!("objects/{fan:02x}")))?;
    }
    for room in ["journal", "keys", "grants"] {
        fs::create_dir_all(folder.join(room))?;
    }
    for room in ["objects", "journal", "keys", "grants", ""] {
        fs::File::open(folder.join(room))?.sync_all()?;
    }
    folder.parent().map_or(Ok(()), |parent| fs::File::open(parent)?.sync_all())
}

impl ObjectStore {
    /// Wraps an `object_store`.
    pub fn new(files: Arc<dyn object_store::ObjectStore>, folder: Option<PathBuf>) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("store")
            .build()
            .map_err(|why| error::io("start the store's threads", &why))?;
        Ok(Self { files, folder, runtime })
    }

    /// After an answer that proves nothing: is the file there, with these very bytes? A local file that could not be synced
    /// once is not asked again: the kernel would answer that all is well.
    fn settle(&self, name: &StoredName, bytes: &Storable, why: object_store::Error) -> Result<()> {
        let there_before = matches!(why, object_store::Error::AlreadyExists { .. });
        match (self.get(name)?, &self.folder) {
            (Some(there), _) if there != bytes.bytes() => Err(error::corrupt(name, "other bytes already have this name")),
            (Some(_), Some(folder)) if there_before => {
                sync(&folder.join(name.to_string())).map_err(|why| error::io("make a stored file durable", &why))
            }
            (Some(_), None) => Ok(()),
            _ => Err(unavailable("write to the store", why)),
        }
    }
}

/// Syncs a file, and the folder that names it.
fn sync(file: &FilePath) -> io::Result<()> {
    fs::File::open(file)?.sync_all()?;
    file.parent().map_or(Ok(()), |parent| fs::File::open(parent)?.sync_all())
}

fn path(name: &StoredName) -> Path {
    Path::from(name.to_string())
}

fn unavailable(what: &str, why: object_store::Error) -> crate::Error {
    let mut deepest: &dyn std::error::Error = &why;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    match deepest.downcast_ref::<io::Error>() {
        Some(why) => error::io(what, why),
        None => error::unavailable(what, deepest),
    }
}

impl Store for ObjectStore {
    fn put(&self, name: &StoredName, bytes: &Storable) -> Result<()> {
        let payload = PutPayload::from_iter(bytes.parts().iter().cloned());
        let options = PutOptions::from(PutMode::Create);
        match self.runtime.block_on(self.files.put_opts(&path(name), payload, options)) {
            Ok(_) => Ok(()),
            Err(why) => self.settle(name, bytes, why),
        }
    }

    fn get(&self, name: &StoredName) -> Result<Option<Bytes>> {
        let read = async { self.files.get(&path(name)).await?.bytes().await };
        present(self.runtime.block_on(read))
    }

    fn range(&self, name: &StoredName, range: Range<u64>) -> Result<Option<Bytes>> {
        if let Some(folder) = &self.folder {
            return read_range(&folder.join(name.to_string()), range).map_err(|why| error::io("read from the store", &why));
        }
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
        let read = async { self.files.get_opts(&path(name), options).await?.bytes().await };
        present(self.runtime.block_on(read))
    }

    fn delete(&self, names: &[StoredName]) -> Result<()> {
        let delete = async {
            for name in names {
                match self.files.delete(&path(name)).await {
                    Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                    Err(why) => return Err(why),
                }
            }
            Ok(())
        };
        self.runtime.block_on(delete).map_err(|why| unavailable("delete from the store", why))?;
        let Some(folder) = &self.folder else { return Ok(()) };
        // `object_store` does not sync deletions.
        let parents: BTreeSet<PathBuf> =
            names.iter().filter_map(|name| folder.join(name.to_string()).parent().map(FilePath::to_owned)).collect();
        for parent in parents.iter().filter(|parent| parent.exists()) {
            fs::File::open(parent)
                .and_then(|parent| parent.sync_all())
                .map_err(|why| error::io("make a deletion durable", &why))?;
        }
        Ok(())
    }

    fn list(&self, prefix: &str, each: &mut dyn FnMut(&str, u64)) -> Result<()> {
        if let Some(folder) = &self.folder {
            return list_folder(folder, prefix, each).map_err(|why| error::io("list the store", &why));
        }
        let path = Path::from(prefix);
        let mut files = self.files.list((!prefix.is_empty()).then_some(&path));
        let listing = async {
            while let Some(file) = files.try_next().await? {
                each(file.location.as_ref(), file.size);
            }
            Ok(())
        };
        self.runtime.block_on(listing).map_err(|why| unavailable("list the store", why))
    }

    fn sweep(&self) -> Result<u64> {
        let Some(folder) = &self.folder else { return Ok(0) };
        let mut left = Vec::new();
        self.list("", &mut |path, _| {
            // `object_store` writes `name#1` and then renames it.
            let staged = path.rsplit_once('#').filter(|(_, number)| number.bytes().all(|digit| digit.is_ascii_digit()));
            if staged.is_some_and(|(name, _)| StoredName::parse(name).is_some()) {
                left.push(folder.join(path));
            }
        })?;
        left.iter().try_for_each(fs::remove_file).map_err(|why| error::io("remove what was half written", &why))?;
        Ok(left.len() as u64)
    }
}

fn present(read: object_store::Result<Bytes>) -> Result<Option<Bytes>> {
    match read {
        Ok(bytes) => Ok(Some(bytes)),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(why) => Err(unavailable("read from the store", why)),
    }
}

/// Small reads of local files, without a trip through the runtime's threads: half of a search's time.
fn read_range(file: &FilePath, range: Range<u64>) -> io::Result<Option<Bytes>> {
    use std::os::unix::fs::FileExt as _;
    let file = match fs::File::open(file) {
        Ok(file) => file,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(why),
    };
    let length = range.end.min(file.metadata()?.len()).saturating_sub(range.start);
    let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    file.read_exact_at(&mut bytes, range.start)?;
    Ok(Some(bytes.into()))
}

/// Lists local files ourselves: `object_store` hides the staging files (`name#1`) that a crash leaves,
/// and they must be seen to be named.
fn list_folder(folder: &FilePath, prefix: &str, each: &mut dyn FnMut(&str, u64)) -> io::Result<()> {
    let mut pending = vec![folder.join(prefix)];
    while let Some(place) = pending.pop() {
        let entries = match fs::read_dir(&place) {
            Ok(entries) => entries,
            Err(why) if why.kind() == io::ErrorKind::NotFound => continue,
            Err(why) => return Err(why),
        };
        for entry in entries {
            let entry = entry?;
            let metadata = match entry.metadata() {
                Ok(metadata) => metadata,
                Err(why) if why.kind() == io::ErrorKind::NotFound => continue,
                Err(why) => return Err(why),
            };
            if metadata.is_dir() {
                pending.push(entry.path());
            } else {
                let path = entry.path();
                let relative = path.strip_prefix(folder).unwrap_or(&path);
                each(&relative.to_string_lossy(), metadata.len());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::{SecretKey, SigningKey, seal, sign_envelope};
    use chartrier_schemas::ObjectName;

    /// The contract of [`Store`], run against every implementation.
    fn keeps_the_contract(store: &dyn Store) {
        let blob = seal(b"bonjour", &SecretKey::generate().unwrap()).unwrap().into_storable();
        let name = StoredName::Object(ObjectName::from_digest(blob.digest()));
        assert_eq!(store.get(&name).unwrap(), None);
        assert_eq!(store.range(&name, 0..4).unwrap(), None);
        store.delete(&[name]).unwrap();

        store.put(&name, &blob).unwrap();
        store.put(&name, &blob).unwrap();
        let other = sign_envelope(&"other", &SigningKey::generate().unwrap()).unwrap();
        assert_eq!(store.put(&name, &other).unwrap_err().kind, crate::Kind::Corrupt);
        assert_eq!(store.get(&name).unwrap(), Some(blob.bytes()));
        assert_eq!(store.range(&name, 3..9).unwrap().unwrap(), blob.bytes()[3..9]);
        let length = blob.size();
        assert_eq!(store.range(&name, length - 2..length + 50).unwrap().unwrap().len(), 2);

        let mut listed = Vec::new();
        store.list("objects", &mut |path, size| listed.push((path.to_owned(), size))).unwrap();
        assert_eq!(listed, [(name.to_string(), length)]);
        store.list("grants", &mut |path, _| panic!("{path}")).unwrap();
        store.delete(&[name]).unwrap();
        assert_eq!(store.get(&name).unwrap(), None);
    }

    #[test]
    fn memory_keeps_the_contract() {
        keeps_the_contract(&open("memory:", true).unwrap());
    }

    #[test]
    fn a_folder_keeps_the_contract() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("file://{}/store", folder.path().display());
        keeps_the_contract(&open(&url, true).unwrap());
        assert_eq!(open("s4://nowhere", true).err().unwrap().kind, crate::Kind::Invalid);
    }
}
