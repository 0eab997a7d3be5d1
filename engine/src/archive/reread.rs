//! Reading anew: what better readers find replaces what older ones did. The original never changes, and no component
//! changes its number.

use super::{
    Archive,
    describe::Sealed,
    draft::{Draft, act_id},
};
use crate::{
    Result, error,
    policy::{Act, Session},
    seal,
};
use chartrier_schemas::{
    Extraction, LabelId, RecordId, SubjectId, UnitId,
    persisted::v1::{Bytes, Deed, Notice, Record},
};
use std::collections::BTreeMap;

/// A record whose original is to be read anew.
#[derive(Clone, Debug)]
pub struct Unread {
    /// Its id.
    pub id: RecordId,
    /// Its newest description.
    pub record: Record,
}

impl Archive {
    /// A record that the session may have read anew. Nobody is given its bytes: they go to a worker, and what that reads
    /// comes back into the archive. Therefore it is no disclosure.
    pub fn unread(&self, session: &Session, id: RecordId) -> Result<Unread> {
        let row = self.permitted(session, Act::Capture, UnitId::Record(id))?;
        Ok(Unread { id, record: self.record(&row)? })
    }

    /// The bytes of its original, for a worker.
    pub fn open_unread(&self, unread: &Unread) -> Result<seal::Opened<'_>> {
        match unread.record.components.first().map(|original| &original.bytes) {
            Some(Bytes::Stored(blob)) => self.open_blob(blob),
            _ => Err(error::corrupt(unread.id, "its original is not in a blob")),
        }
    }

    /// Puts what was read anew in the place of what was read before, in one commit. Answers which records say something
    /// else than before.
    pub fn reread(&self, session: &Session, readings: Vec<(RecordId, Extraction)>) -> Result<Vec<RecordId>> {
        let chain = self.lock_current()?;
        let mut draft = Draft::default();
        let mut changed: BTreeMap<LabelId, Vec<SubjectId>> = BTreeMap::new();
        let mut records = Vec::new();
        for (id, extraction) in readings {
            let row = self.permitted(session, Act::Capture, UnitId::Record(id))?;
            let before = self.record(&row)?;
            let (mut sealed, mut record) = (Sealed::default(), before.clone());
            self.take_reading(&mut sealed, &mut record, extraction)?;
            if record == before {
                continue;
            }
            let label = self.label_num(row.label)?.id;
            let entries = draft.label(label);
            entries.describe(id.into(), Notice::Record(Box::new(record)), row.keys.last())?;
            sealed.blobs.into_iter().for_each(|(shelf, blob)| entries.shelve(shelf, blob));
            changed.entry(label).or_default().push(id.into());
            records.push(id);
        }
        if records.is_empty() {
            return Ok(records);
        }
        let (act, at) = (act_id()?, self.now());
        for (label, subjects) in changed {
            draft.label(label).act(act, session.person, at.clone(), Deed::Describe { subjects }, None)?;
        }
        self.commit_locked(chain, draft)?;
        Ok(records)
    }
}

impl Unread {
    /// Its original's file name.
    pub fn name(&self) -> &str {
        &self.record.name
    }

    /// Its original's length, in bytes.
    pub fn size(&self) -> u64 {
        self.record.components.first().map_or(0, |original| original.size)
    }
}
