//! Pictures of pages: made by a worker when somebody looks at a page, and kept.

use super::{
    Archive,
    describe::Sealed,
    draft::{Draft, Shelf},
};
use crate::{
    Result, error,
    policy::{self, Act, Session},
};
use chartrier_schemas::{
    RecordId, UnitId,
    persisted::v1::{Notice, PageImages, Record},
};

impl Archive {
    /// The thumbnail of a record as JPEG, if it has one. Nothing of a classified record: as with a passage of its text, that
    /// would be a disclosure.
    pub fn thumbnail(&self, session: &Session, id: RecordId) -> Result<Option<Vec<u8>>> {
        let row = self.permitted(session, Act::Read, UnitId::Record(id))?;
        if !self.label_num(row.label)?.marking().is_some_and(policy::is_shown_in_passing) {
            return Ok(None);
        }
        self.record(&row)?.thumbnail.map(|blob| self.small_blob(&blob)).transpose()
    }

    /// The picture of a page as JPEG, if it was made. A disclosure, like the bytes that it shows.
    pub fn page_image(&self, session: &Session, id: RecordId, page: u32) -> Result<Option<Vec<u8>>> {
        self.component(session, id, 1)?;
        let row = self.permitted(session, Act::Read, UnitId::Record(id))?;
        let record = self.record(&row)?;
        let Some((images, at)) = holder_of(&record, page) else { return Ok(None) };
        let start = images.lengths[..at].iter().sum::<u64>();
        let span = usize::try_from(start).ok().zip(usize::try_from(start + images.lengths[at]).ok());
        let bytes = self.small_blob(&images.blob)?;
        let picture = span.and_then(|(start, end)| bytes.get(start..end)).map(<[u8]>::to_vec);
        picture.ok_or_else(|| error::corrupt(images.blob.blob, "it is not as long as its description says")).map(Some)
    }

    /// Keeps pictures of pages in a row, from page `first` on. Whoever may look at the record may have them kept: they say
    /// nothing that it does not. Nothing is written where the first of them is held.
    pub fn keep_page_images(&self, session: &Session, id: RecordId, first: u32, pictures: &[Vec<u8>]) -> Result<()> {
        let chain = self.lock_current()?;
        let row = self.permitted(session, Act::Read, UnitId::Record(id))?;
        let mut record = self.record(&row)?;
        if pictures.is_empty() || holder_of(&record, first).is_some() {
            return Ok(());
        }
        let mut sealed = Sealed::default();
        let blob = sealed.bytes(&pictures.concat(), Shelf::Image)?;
        let lengths = pictures.iter().map(|picture| picture.len() as u64).collect();
        record.images.push(PageImages { first, blob, lengths });
        let mut draft = Draft::default();
        let entries = draft.label(self.label_num(row.label)?.id);
        entries.describe(id.into(), Notice::Record(Box::new(record)), row.keys.last())?;
        sealed.blobs.into_iter().for_each(|(shelf, blob)| entries.shelve(shelf, blob));
        self.commit_locked(chain, draft).map(drop)
    }
}

/// Which blob holds the picture of a page, and as which of its pictures.
fn holder_of(record: &Record, page: u32) -> Option<(&PageImages, usize)> {
    record.images.iter().find_map(|images| {
        let at = usize::try_from(page.checked_sub(images.first)?).ok()?;
        (at < images.lengths.len()).then_some((images, at))
    })
}
