//! Small archives for tests: a home in a temporary folder, a store that the test holds in its hand.

use chartrier_engine::{
    Result,
    archive::{self, Archive, InitOptions, Known, OpenOptions, Original, Submission},
    clock::SystemClock,
    keys::{RecoverySheet, Unlock},
    policy::Session,
    seal::content_of,
    store::{self, Store},
};
use chartrier_ingest::worker::Pool;
use chartrier_schemas::{Extraction, Format, Level, Marking, RecordId, persisted::v1::Occurrence};
use std::sync::Arc;
use tempfile::TempDir;

/// An archive with its home and its sheet.
pub struct World {
    /// The folder of the home; removed with the world.
    pub home: TempDir,
    /// How the home is opened.
    pub options: OpenOptions,
    /// The open home.
    pub archive: Archive,
    /// What lies in the safe.
    pub sheet: RecoverySheet,
}

/// How tests open a home: without a passphrase, over a store at hand.
pub fn options(store: Arc<dyn Store>) -> OpenOptions {
    OpenOptions { unlock: Unlock::Unprotected, clock: Arc::new(SystemClock), store: Some(store) }
}

/// A store in memory.
pub fn memory() -> Arc<dyn Store> {
    Arc::new(store::open("memory:", true).expect("a store in memory"))
}

impl World {
    /// A new archive over a store.
    pub fn over(store: Arc<dyn Store>) -> Result<Self> {
        let home = tempfile::tempdir().expect("a temporary folder");
        let options = options(store);
        let init = InitOptions { store: "memory:".to_owned(), person: "Ada".to_owned(), ceiling: Level::Ts };
        let made = archive::initialise(home.path(), &init, &options, &mut |_| Ok(()))?;
        Ok(Self { home, options, archive: made.archive, sheet: made.sheet })
    }

    /// A new archive in memory.
    pub fn new() -> Self {
        Self::over(memory()).expect("an archive")
    }

    /// The session of the person of this home.
    pub fn session(&self) -> Session {
        self.archive.session(self.archive.owner()).expect("a session")
    }

    /// Opens the home again, as another process would.
    pub fn reopen(&mut self) -> Result<()> {
        self.archive = Archive::open(self.home.path(), &self.options)?;
        Ok(())
    }

    /// The file names of all that a query finds, in their order.
    pub fn names(&self, query: &str) -> Vec<String> {
        let mut names = Vec::new();
        self.archive.index().expect("an index");
        self.archive.list(&self.session(), query, &mut |line| names.push(line.name)).expect("a list");
        names.sort();
        names
    }

    /// Captures a text; answers its record, or what was known of it.
    pub fn capture(&self, path: &str, text: &str) -> Result<std::result::Result<RecordId, Known>> {
        self.capture_into(path, text, None, &Marking::np())
    }

    /// Captures a text into a place under a marking.
    pub fn capture_into(
        &self,
        path: &str,
        text: &str,
        into: Option<&str>,
        marking: &Marking,
    ) -> Result<std::result::Result<RecordId, Known>> {
        let capturer = self.archive.capturer(self.session(), into, marking)?;
        let content = content_of(text.as_bytes());
        let seen = occurrence(path);
        let outcome = match capturer.known(&content, &seen)? {
            Known::New => Ok(capturer.capture(submission(seen, path, text, content))?.expect("a new record")),
            known => Err(known),
        };
        capturer.finish()?;
        Ok(outcome)
    }
}

impl World {
    /// Captures a file as a worker reads it, into a place under a marking.
    pub fn capture_file(&self, pool: &Pool, path: &str, bytes: &[u8], into: Option<&str>, marking: &Marking) -> RecordId {
        let name = path.rsplit('/').next().unwrap_or(path).to_owned();
        let extraction = pool.extract(&mut &bytes[..], bytes.len() as u64, &name);
        let capturer = self.archive.capturer(self.session(), into, marking).expect("a capturer");
        let original = Original::Bytes(bytes, content_of(bytes));
        let id = capturer.capture(Submission { occurrence: occurrence(path), name, extraction, original }).expect("a capture");
        capturer.finish().expect("a commit");
        id.expect("a new record")
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

/// Where a test saw a file.
pub fn occurrence(path: &str) -> Occurrence {
    Occurrence {
        source: "test".to_owned(),
        path: path.to_owned(),
        path_base64: None,
        modified: Some("2026-07-14T10:00:00Z".to_owned()),
        seen: "2026-11-24T09:00:00Z".to_owned(),
        others: serde_json::Map::new(),
    }
}

/// A plain text, as a worker would have read it.
pub fn submission<'a>(seen: Occurrence, path: &str, text: &'a str, content: chartrier_schemas::ContentId) -> Submission<'a> {
    let format = Format {
        puid: Some("x-fmt/111".to_owned()),
        media: "text/plain".to_owned(),
        tags: vec!["txt".to_owned(), "text".to_owned()],
    };
    Submission {
        occurrence: seen,
        name: path.rsplit('/').next().unwrap_or(path).to_owned(),
        extraction: Extraction { format, text: text.to_owned(), ..Extraction::default() },
        original: Original::Bytes(text.as_bytes(), content),
    }
}

/// What an archive says of its records, without ids, so that two archives can be compared: name, content, place,
/// marking and number of occurrences of each record that the owner may know; classes and labels beside.
pub fn account(archive: &Archive) -> Result<Vec<String>> {
    let session = archive.session(archive.owner())?;
    archive.index()?;
    let mut ids = Vec::new();
    archive.list(&session, "", &mut |line| ids.push(line))?;
    let mut lines = Vec::new();
    for line in ids {
        let shown = archive.show(&session, line.id)?;
        let component = archive.component(&session, line.id, 1)?;
        archive.copy_original(&component, &mut std::io::sink())?;
        let class = line.class.as_deref().unwrap_or("-");
        lines.push(format!("{} {} {class} {} {}", line.name, line.content, line.marking, shown.record.occurrences.len()));
    }
    for row in archive.classes(&session)?.into_iter().chain(archive.dossiers(&session)?) {
        lines.push(format!("{} {} {:?} {}", row.code, row.title, row.under, row.closed));
    }
    for person in archive.persons(&session)? {
        lines.push(format!("{} {} {:?}", person.name, person.clearance, person.roles));
    }
    for mandate in archive.mandates(&session)? {
        lines.push(format!("{} {} {}", mandate.reason, mandate.unit.is_some(), mandate.ended));
    }
    for group in archive.groups(&session)? {
        let members = archive.group_members(&session, group.id)?;
        let members: Vec<_> = members.iter().map(|one| (&one.name, one.until.is_some())).collect();
        lines.push(format!("{} {} {} {members:?}", group.name, group.reason, group.dissolved.is_some()));
    }
    lines.sort();
    Ok(lines)
}

/// Copies a home, as if the machine had stopped at this moment.
pub fn copy_home(from: &std::path::Path) -> TempDir {
    fn copy(from: &std::path::Path, to: &std::path::Path) {
        std::fs::create_dir_all(to).expect("a folder");
        for entry in std::fs::read_dir(from).expect("a folder").flatten() {
            let target = to.join(entry.file_name());
            match entry.file_type().expect("a type").is_dir() {
                true => copy(&entry.path(), &target),
                false => drop(std::fs::copy(entry.path(), target).expect("a copy")),
            }
        }
    }
    let to = tempfile::tempdir().expect("a temporary folder");
    copy(from, to.path());
    to
}
