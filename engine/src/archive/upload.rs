//! Files that arrive piece by piece: declared with their hash, taken up where they stopped, captured once they are whole.
//! Their rows lie in `local.db`, their bytes sealed in the spool; both may be lost, and are asked for again.
//!
//! Nothing here says more of a record than its person may know: what may not be known is wanted like what is absent, and
//! another person's upload is not there.

use super::{Archive, Serving};
use crate::{
    Error, Kind, Result, clock, error,
    local::{Stage, Upload},
    policy::{Act, Session},
    seal::{Digest, random_bits},
    spool::{PIECE, Spooled},
};
use chartrier_schemas::{ContentId, Marking, PersonId, RecordId, UploadId, persisted::v1::Occurrence, text};
use jiff::{SignedDuration, Timestamp};

/// What occurrences call files that were added by a browser.
pub const SOURCE: &str = "web";

/// The largest file that is taken so: a long film. Larger ones are ingested where they lie.
pub const LARGEST: u64 = 8 << 30;

/// Files that one person may have under way: more wait in the browser.
pub const WAITING: u64 = 1_000;

/// Bytes that one person may have under way.
const BYTES_OF_ONE: u64 = 2 * LARGEST;

/// Bytes that all may have under way.
const BYTES_OF_ALL: u64 = 8 * LARGEST;

/// How long a file is kept that nothing more came of, and how long it is told what became of one.
pub const EXPIRY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Bytes of the longest path.
const PATH: usize = 1_000;

/// A file that somebody wants to add.
#[derive(Clone, Debug)]
pub struct Declared {
    /// Its path where it comes from, or its name alone.
    pub path: String,
    /// How many bytes it has.
    pub size: u64,
    /// When it was last changed.
    pub modified: Option<Timestamp>,
    /// What its bytes are.
    pub content: ContentId,
    /// Whether it is to be tried again if it could not be taken in before.
    pub again: bool,
}

/// How it stands with a file.
#[derive(Clone, Debug)]
pub enum Standing {
    /// A record that the person may know holds it: no byte is wanted.
    Held(RecordId),
    /// Bytes are wanted from a place on.
    Wanted(UploadId, u64),
    /// All bytes are here, and not yet in the archive.
    Whole(UploadId),
    /// It is in the archive, durable, its hash compared; with its record, if the person may know it.
    Kept(Option<RecordId>),
    /// It cannot be taken now: later, perhaps.
    Later(Error),
    /// It is not taken.
    Refused(Error),
}

/// What became of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// How many bytes are here.
    pub at: u64,
    /// Whether that is all of them.
    pub whole: bool,
    /// Whether the piece was of use: else it came before, or too early.
    pub taken: bool,
}

/// What became of a whole file.
#[derive(Clone, Debug)]
pub enum Settled {
    /// It is in the archive, durable.
    Kept(Option<RecordId>),
    /// It is not taken.
    Failed(Error),
    /// Its bytes cannot be read from a place on: they are wanted again.
    Broken(u64),
}

/// The occurrence of a file.
fn seen(path: &str, modified: Option<Timestamp>, now: Timestamp) -> Occurrence {
    Occurrence {
        source: SOURCE.to_owned(),
        path: path.to_owned(),
        path_base64: None,
        modified: modified.map(clock::written),
        seen: clock::written(now),
        others: serde_json::Map::new(),
    }
}

/// Why a file is not taken at all; nothing where it may be.
fn refusal(path: &str, size: u64) -> Option<Error> {
    let says_nothing = path.trim().is_empty() || path.ends_with('/') || path.chars().any(char::is_control);
    if says_nothing || path.len() > PATH {
        return Some(error::invalid(
            text!("Its name cannot be kept.", "Son nom ne peut pas être gardé."),
            text!(
                "Give it a short, visible name and add it again.",
                "Donnez-lui un nom court et visible, puis ajoutez-le de nouveau."
            ),
        ));
    }
    (size > LARGEST).then(|| {
        error::invalid(
            text!("It is larger than 8 GiB.", "Il dépasse 8 Gio."),
            text!(
                "Have it brought in where it lies, with `chartrier ingest`.",
                "Faites-le verser là où il se trouve, avec `chartrier ingest`."
            ),
        )
    })
}

/// Whether one more file of some size may be under way, beside those of the person and those of all: their number and bytes.
fn may_wait(size: u64, (own, own_bytes): (u64, u64), all_bytes: u64) -> bool {
    own < WAITING && own_bytes.saturating_add(size) <= BYTES_OF_ONE && all_bytes.saturating_add(size) <= BYTES_OF_ALL
}

fn too_much() -> Error {
    Error {
        kind: Kind::Unavailable,
        problem: text!("Too much is under way.", "Trop de fichiers sont en cours d’envoi."),
        remedy: text!(
            "It is taken when what came before is in the archive. What you no longer want to send, give up.",
            "Il sera pris quand ce qui précède sera dans les archives. Abandonnez ce que vous ne voulez plus envoyer."
        ),
    }
}

impl Archive {
    /// Says which files somebody wants to add to a place (a code; nothing is the inbox) under a marking, and how it stands
    /// with each. Asked again, it is answered anew: nothing is doubled.
    pub fn declare(&self, session: &Session, into: Option<&str>, marking: &Marking, files: &[Declared]) -> Result<Vec<Standing>> {
        let capturer = self.capturer(session.clone(), into, marking)?;
        let now = self.clock.now();
        let mut held = Vec::with_capacity(files.len());
        for file in files {
            let seen = seen(&file.path, file.modified, now);
            let record = match refusal(&file.path, file.size) {
                None => capturer.held_by(&file.content, &seen)?,
                Some(_) => None,
            };
            if record.is_some() {
                // Another place where it was seen is one more place of its record.
                capturer.known(&file.content, &seen)?;
            }
            held.push(record);
        }
        capturer.finish()?;
        self.local(|local| {
            local.together(|| {
                let declare = |(file, held): (&Declared, &Option<RecordId>)| match (held, refusal(&file.path, file.size)) {
                    (Some(record), _) => Ok(Standing::Held(*record)),
                    (None, Some(why)) => Ok(Standing::Refused(why)),
                    (None, None) => self.want(local, session, (into, marking), file, now),
                };
                files.iter().zip(&held).map(declare).collect()
            })
        })
    }

    /// How it stands with a file of which nothing may be known.
    fn want(
        &self,
        local: &crate::local::Local,
        session: &Session,
        (into, marking): (Option<&str>, &Marking),
        file: &Declared,
        now: Timestamp,
    ) -> Result<Standing> {
        // What was kept, or failed, on its way to another place is another matter.
        let known = local.upload_of(session.person, &file.content, file.size, &file.path)?;
        let id = match known {
            Some(upload) if upload.stage == Stage::Whole => return Ok(Standing::Whole(upload.id)),
            Some(Upload { stage: Stage::Kept, into: place, marking: mark, .. })
                if place.as_deref() == into && mark == *marking =>
            {
                return Ok(Standing::Kept(None));
            }
            Some(Upload { stage: Stage::Failed, into: place, marking: mark, trouble: Some(why), .. })
                if !file.again && place.as_deref() == into && mark == *marking =>
            {
                return Ok(Standing::Refused(why));
            }
            Some(upload) => upload.id,
            None => UploadId::from_bits(random_bits()?),
        };
        let upload = Upload {
            id,
            person: session.person,
            content: file.content,
            size: file.size,
            path: file.path.clone(),
            modified: file.modified,
            into: into.map(str::to_owned),
            marking: marking.clone(),
            touched: now,
            stage: Stage::Arriving,
            record: None,
            trouble: None,
        };
        let at = self.spool.open(upload.id, upload.size)?.arrived()?;
        if at == 0 && upload.size > 0 {
            let (own, all) = (local.uploads_under_way(Some(session.person))?, local.uploads_under_way(None)?.1);
            let room = self.spool.room_for(upload.size);
            let known = local.upload(upload.id)?.is_some_and(|upload| upload.stage == Stage::Arriving);
            let late = if known || may_wait(upload.size, own, all) { room.err() } else { Some(too_much()) };
            if let Some(why) = late {
                self.spool.remove(upload.id)?;
                return Ok(Standing::Later(why));
            }
        }
        let stage = if at == upload.size { Stage::Whole } else { Stage::Arriving };
        let upload = Upload { stage, ..upload };
        local.put_upload(&upload)?;
        Ok(if stage == Stage::Whole { Standing::Whole(upload.id) } else { Standing::Wanted(upload.id, at) })
    }

    /// An upload of one's own; another person's is not there.
    fn own_upload(&self, session: &Session, id: UploadId) -> Result<Upload> {
        self.allowed(session, Act::Capture)?;
        let found = self.local(|local| local.upload(id))?;
        found.filter(|upload| upload.person == session.person && session.also.is_none()).ok_or_else(|| error::not_found(id))
    }

    /// A file of one's own; of its record, if one may still know it.
    pub fn upload(&self, session: &Session, id: UploadId) -> Result<Upload> {
        let upload = self.own_upload(session, id)?;
        let record = upload.record.filter(|record| self.may_know(session, *record));
        Ok(Upload { record, ..upload })
    }

    /// How it stands with a file that one was told of.
    pub fn upload_standing(&self, upload: &Upload) -> Result<Standing> {
        Ok(match (upload.stage, &upload.trouble) {
            (Stage::Arriving, _) => Standing::Wanted(upload.id, self.spool.open(upload.id, upload.size)?.arrived()?),
            (Stage::Whole, _) => Standing::Whole(upload.id),
            (Stage::Kept, _) => Standing::Kept(upload.record),
            (Stage::Failed, Some(why)) => Standing::Refused(why.clone()),
            (Stage::Failed, None) => return Err(error::bug("a failure without a reason")),
        })
    }

    fn may_know(&self, session: &Session, record: RecordId) -> bool {
        self.permitted(session, Act::Know, record.into()).is_ok()
    }

    /// Takes a piece of a file: the next [`PIECE`] bytes of it, or what is left. One that came before changes nothing, and one
    /// that comes too early is answered with the place that is wanted.
    pub fn receive(&self, session: &Session, id: UploadId, at: u64, piece: &[u8]) -> Result<Received> {
        let upload = self.own_upload(session, id)?;
        if upload.stage != Stage::Arriving {
            return Ok(Received { at: upload.size, whole: true, taken: false });
        }
        let file = self.spool.open(id, upload.size)?;
        let held = file.arrived()?;
        if at != held {
            return Ok(Received { at: held, whole: held == upload.size, taken: false });
        }
        if piece.len() as u64 != (upload.size - held).min(PIECE as u64) {
            return Err(error::invalid(
                text!("This piece has not the size of a piece.", "Ce morceau n’a pas la taille d’un morceau."),
                text!(
                    "Load the page again; sending goes on where it was.",
                    "Rechargez la page ; l’envoi reprendra où il en était."
                ),
            ));
        }
        let now_held = self.spool.append(&file, at, piece)?;
        let whole = now_held == upload.size;
        if whole {
            let touched = self.clock.now();
            self.local(|local| local.put_upload(&Upload { stage: Stage::Whole, touched, ..upload }))?;
        }
        Ok(Received { at: now_held, whole, taken: now_held > at })
    }

    /// Forgets a file of one's own that is not in the archive yet.
    pub fn give_up(&self, session: &Session, id: UploadId) -> Result<()> {
        let upload = self.own_upload(session, id)?;
        self.local(|local| local.remove_upload(upload.id))?;
        self.spool.remove(upload.id)
    }

    /// What one has brought since a moment, the latest first; of records, those that one may still know.
    pub fn uploads(&self, session: &Session, since: Timestamp, most: usize) -> Result<Vec<Upload>> {
        let mut uploads = self.local(|local| local.uploads_by(session.person, since, most))?;
        for upload in &mut uploads {
            upload.record = upload.record.filter(|record| self.may_know(session, *record));
        }
        Ok(uploads)
    }

    /// Files that are whole and wait to be captured. For the server of the home alone.
    pub fn whole_uploads(&self, _: &Serving, most: usize) -> Result<Vec<Upload>> {
        self.local(|local| local.uploads_at(Stage::Whole, most))
    }

    /// The bytes of a file that is whole.
    pub fn spooled(&self, _: &Serving, upload: &Upload) -> Result<Spooled> {
        self.spool.open(upload.id, upload.size)
    }

    /// Where a file was seen, for its capture.
    pub fn uploaded(&self, upload: &Upload) -> Occurrence {
        seen(&upload.path, upload.modified, self.clock.now())
    }

    /// Says what became of files. Their bytes go, unless they are wanted again.
    pub fn settle(&self, _: &Serving, settled: Vec<(Upload, Settled)>) -> Result<()> {
        let touched = self.clock.now();
        let mut gone = Vec::new();
        self.local(|local| {
            local.together(|| {
                for (upload, settled) in settled {
                    // Who gave it up meanwhile wants to hear no more of it; what was kept stays kept.
                    let there = local.upload(upload.id)?.is_some();
                    let upload = match settled {
                        Settled::Kept(record) => Upload { stage: Stage::Kept, record, touched, ..upload },
                        Settled::Failed(why) => Upload { stage: Stage::Failed, trouble: Some(why), touched, ..upload },
                        Settled::Broken(at) => {
                            self.spool.open(upload.id, upload.size)?.cut(at)?;
                            Upload { stage: Stage::Arriving, touched, ..upload }
                        }
                    };
                    if upload.stage != Stage::Arriving || !there {
                        gone.push(upload.id);
                    }
                    if there {
                        local.put_upload(&upload)?;
                    }
                }
                Ok(())
            })
        })?;
        gone.into_iter().try_for_each(|id| self.spool.remove(id))
    }

    /// Forgets what nothing more came of, and bytes that no row speaks of.
    pub fn tidy_uploads(&self, _: &Serving, orphans: bool) -> Result<()> {
        let now = self.clock.now();
        let over = now.checked_sub(EXPIRY).unwrap_or(Timestamp::MIN);
        self.local(|local| {
            let expired = local.uploads_before(over)?;
            local.together(|| expired.iter().try_for_each(|upload| local.remove_upload(upload.id)))?;
            for id in expired.iter().map(|upload| upload.id) {
                self.spool.remove(id)?;
            }
            for id in self.spool.all().into_iter().filter(|_| orphans) {
                if local.upload(id)?.is_none() {
                    self.spool.remove(id)?;
                }
            }
            Ok(())
        })
    }

    /// Begins to take a file whose size and hash are known at its end: one that comes by a form.
    pub fn arriving(&self, session: &Session) -> Result<Arriving<'_>> {
        self.allowed(session, Act::Capture)?;
        let id = UploadId::from_bits(random_bits()?);
        let file = self.spool.open(id, u64::MAX)?;
        Ok(Arriving {
            archive: self,
            person: session.person,
            id,
            file,
            piece: Vec::new(),
            size: 0,
            digest: Digest::default(),
            done: false,
        })
    }
}

/// A file that comes by a form. One that does not come to its end leaves nothing.
pub struct Arriving<'a> {
    archive: &'a Archive,
    person: PersonId,
    id: UploadId,
    file: Spooled,
    piece: Vec<u8>,
    /// Bytes in whole pieces so far.
    size: u64,
    digest: Digest,
    done: bool,
}

impl Arriving<'_> {
    /// Takes what comes next.
    pub fn write(&mut self, mut bytes: &[u8]) -> Result<()> {
        self.digest.update(bytes);
        while !bytes.is_empty() {
            let taken = bytes.len().min(PIECE - self.piece.len());
            self.piece.extend_from_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
            if self.piece.len() == PIECE {
                self.seal()?;
            }
        }
        Ok(())
    }

    fn seal(&mut self) -> Result<()> {
        let size = self.size + self.piece.len() as u64;
        if self.archive.spool.append(&self.file, self.size, &self.piece)? != size {
            return Err(error::bug("a file that somebody else writes"));
        }
        self.size = size;
        self.piece.clear();
        Ok(())
    }

    /// All has come: it is whole, or held already.
    pub fn finish(mut self, session: &Session, into: Option<&str>, marking: &Marking, path: &str) -> Result<Standing> {
        if !self.piece.is_empty() {
            self.seal()?;
        }
        self.file.is_of(self.size);
        let content = ContentId::from_digest(std::mem::take(&mut self.digest).finish());
        let file = Declared { path: path.to_owned(), size: self.size, modified: None, content, again: true };
        let standing = self.archive.declare(session, into, marking, &[file])?.pop();
        let Some(Standing::Wanted(other, _)) = standing else {
            return standing.ok_or_else(|| error::bug("no answer for a file"));
        };
        let touched = self.archive.clock.now();
        self.archive.local(|local| {
            let found = local.upload(other)?.filter(|upload| upload.person == self.person);
            let upload = found.ok_or_else(|| error::not_found(other))?;
            local.put_upload(&Upload { id: self.id, stage: Stage::Whole, touched, ..upload })
        })?;
        self.done = true;
        self.archive.spool.remove(other)?;
        Ok(Standing::Whole(self.id))
    }
}

impl Drop for Arriving<'_> {
    fn drop(&mut self) {
        if !self.done {
            // What stays behind is taken away at the next start.
            let _ = self.archive.spool.remove(self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_has_too_much_under_way() {
        for (size, own, all, expected) in [
            (0, (0, 0), 0, true),
            (LARGEST, (1, LARGEST), LARGEST, true),
            (LARGEST + 1, (1, LARGEST), LARGEST, false),
            (1, (WAITING, 0), 0, false),
            (1, (WAITING - 1, 0), 0, true),
            (LARGEST, (0, 0), BYTES_OF_ALL - LARGEST, true),
            (LARGEST, (0, 0), BYTES_OF_ALL - LARGEST + 1, false),
            (u64::MAX, (0, 1), 1, false),
        ] {
            assert_eq!(may_wait(size, own, all), expected, "{size} {own:?} {all}");
        }
    }

    #[test]
    fn what_cannot_be_kept_is_refused() {
        let long = "x".repeat(PATH + 1);
        for (path, size, refused) in [
            ("IMG_1.jpg", 0, false),
            ("a/b é.jpg", LARGEST, false),
            ("film.mp4", LARGEST + 1, true),
            ("", 1, true),
            (" ", 1, true),
            ("a/", 1, true),
            ("a\nb", 1, true),
            (long.as_str(), 1, true),
        ] {
            assert_eq!(refusal(path, size).is_some(), refused, "{path}");
        }
    }
}
