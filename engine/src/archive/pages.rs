//! Pages: looked at one by one. A worker makes their pictures and tells where their words stand the first time somebody looks,
//! and both are kept; recognition tells its words when it reads them. A look is one disclosure, whatever of the page is shown
//! together.

use super::{
    Archive, Component,
    describe::Sealed,
    draft::{Draft, Shelf},
};
use crate::{
    Result,
    catalog::SubjectRow,
    error,
    policy::{self, Act, Session},
};
use chartrier_schemas::{
    PageRow, PersonId, RecordId, UnitId,
    persisted::v1::{Notice, OfPages, Record, WordsOfPage},
};

/// Pages whose pictures or words lie in one blob, at most.
const TOGETHER: usize = 16;

/// Somebody's look at a record. Of a marked one it was recorded before anything was shown; what is seen with it is recorded no
/// second time. Only the archive makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    person: PersonId,
    record: RecordId,
    recorded: bool,
}

/// A page as a worker drew it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawnPage {
    /// Its picture as JPEG.
    pub jpeg: Vec<u8>,
    /// Its words, row by row, with their places.
    pub rows: Vec<PageRow>,
}

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

    /// A look at a record: its text, its pages, or both. A disclosure, like its bytes.
    pub fn look(&self, session: &Session, id: RecordId) -> Result<Look> {
        let row = self.permitted(session, Act::Read, UnitId::Record(id))?;
        let recorded = self.disclose_where_due(session, &row, id, 1)?;
        Ok(Look { person: session.person, record: id, recorded })
    }

    /// What a look is at. It is asked anew whether the person may: that may have ended. If the record was marked since, this is
    /// another look.
    fn seen(&self, session: &Session, look: &Look) -> Result<(SubjectRow, Record)> {
        if look.person != session.person {
            return Err(error::not_found(look.record));
        }
        let row = self.permitted(session, Act::Read, UnitId::Record(look.record))?;
        if !look.recorded {
            self.disclose_where_due(session, &row, look.record, 1)?;
        }
        let record = self.record(&row)?;
        Ok((row, record))
    }

    /// The texts of a record by component, as they were read out of it.
    pub fn text_seen(&self, session: &Session, look: &Look) -> Result<Vec<(u32, String)>> {
        self.seen(session, look)?.1.text.map_or(Ok(Vec::new()), |text| self.texts(&text))
    }

    /// The picture of a page as JPEG, if it was made.
    pub fn page_image(&self, session: &Session, look: &Look, page: u32) -> Result<Option<Vec<u8>>> {
        self.of_page(&self.seen(session, look)?.1.images, page)
    }

    /// The words of a page and where they stand, if they were told.
    pub fn page_words(&self, session: &Session, look: &Look, page: u32) -> Result<Option<Vec<PageRow>>> {
        let (_, record) = self.seen(session, look)?;
        let Some(plain) = self.of_page(&record.words, page)? else { return Ok(None) };
        let words: WordsOfPage = serde_json::from_slice(&plain).map_err(|why| error::corrupt(look.record, why))?;
        Ok(Some(words.into()))
    }

    /// The original, for the worker that draws what somebody looks at.
    pub fn original_seen(&self, session: &Session, look: &Look) -> Result<Component> {
        let (_, record) = self.seen(session, look)?;
        let original = record.components.into_iter().next().ok_or_else(|| error::not_found(look.record))?;
        Ok(Component { described: original.clone(), carrier: original, path: None, carrier_number: 1 })
    }

    /// What is kept of a page.
    fn of_page(&self, kept: &[OfPages], page: u32) -> Result<Option<Vec<u8>>> {
        let Some((pages, at)) = holder_of(kept, page) else { return Ok(None) };
        let start = pages.lengths[..at].iter().sum::<u64>();
        let span = usize::try_from(start).ok().zip(usize::try_from(start + pages.lengths[at]).ok());
        let bytes = self.small_blob(&pages.blob)?;
        let one = span.and_then(|(start, end)| bytes.get(start..end)).map(<[u8]>::to_vec);
        one.ok_or_else(|| error::corrupt(pages.blob.blob, "it is not as long as its description says")).map(Some)
    }

    /// Keeps pages in a row, from page `first` on. Whoever may look at the record may have them kept: they say nothing that it
    /// does not. Nothing is written of a page that is held; of one that was drawn before its words were told, the words.
    pub fn keep_pages(&self, session: &Session, id: RecordId, first: u32, drawn: &[DrawnPage]) -> Result<()> {
        let chain = self.lock_current()?;
        let row = self.permitted(session, Act::Read, UnitId::Record(id))?;
        let mut record = self.record(&row)?;
        let mut sealed = Sealed::default();
        let pages = || (first..).zip(drawn);
        let pictures = pages().filter(|(page, _)| holder_of(&record.images, *page).is_none());
        let pictures: Vec<_> = pictures.map(|(page, drawn)| (page, drawn.jpeg.clone())).collect();
        let words = pages().filter(|(page, _)| holder_of(&record.words, *page).is_none());
        let words = words.map(|(page, drawn)| Ok((page, written(&drawn.rows)?))).collect::<Result<Vec<_>>>()?;
        for pages in in_rows(&pictures) {
            record.images.push(of_pages(&mut sealed, pages, Shelf::Image)?);
        }
        for pages in in_rows(&words) {
            record.words.push(of_pages(&mut sealed, pages, Shelf::Text)?);
        }
        // In one order, however they came: the same said again is no change.
        record.words.sort_by_key(|pages| pages.first);
        if sealed.blobs.is_empty() {
            return Ok(());
        }
        let mut draft = Draft::default();
        let entries = draft.label(self.label_num(row.label)?.id);
        entries.describe(id.into(), Notice::Record(Box::new(record)), row.keys.last())?;
        sealed.blobs.into_iter().for_each(|(shelf, blob)| entries.shelve(shelf, blob));
        self.commit_locked(chain, draft).map(drop)
    }

    /// Takes where words stand that were recognised, by page, in the place of what was told of these pages before. What was
    /// told of others in the same blob is told anew when somebody looks.
    pub(super) fn take_words(&self, sealed: &mut Sealed, record: &mut Record, recognised: &[(u32, Vec<PageRow>)]) -> Result<()> {
        let words = recognised.iter().map(|(page, rows)| Ok((*page, written(rows)?))).collect::<Result<Vec<_>>>()?;
        let mut before = std::mem::take(&mut record.words);
        for pages in in_rows(&words) {
            let held = before.iter().position(|held| self.holds(held, pages));
            match held {
                Some(held) => record.words.push(before.swap_remove(held)),
                None => record.words.push(of_pages(sealed, pages, Shelf::Text)?),
            }
        }
        before.retain(|pages| words.iter().all(|(page, _)| holder_of(std::slice::from_ref(pages), *page).is_none()));
        record.words.append(&mut before);
        record.words.sort_by_key(|pages| pages.first);
        Ok(())
    }

    /// Whether a blob holds just what was made of some pages.
    fn holds(&self, held: &OfPages, made: &[(u32, Vec<u8>)]) -> bool {
        let lengths = made.iter().map(|(_, bytes)| bytes.len() as u64);
        made.first().is_some_and(|(first, _)| *first == held.first)
            && lengths.eq(held.lengths.iter().copied())
            && self.small_blob(&held.blob).is_ok_and(|held| held == together(made))
    }
}

/// The words of a page as they are kept.
fn written(rows: &[PageRow]) -> Result<Vec<u8>> {
    serde_json::to_vec(&WordsOfPage::from(rows)).map_err(error::bug)
}

/// What was made of pages, cut into pages in a row: few enough to be opened for any one of them.
fn in_rows(made: &[(u32, Vec<u8>)]) -> impl Iterator<Item = &[(u32, Vec<u8>)]> {
    made.chunk_by(|(page, _), (next, _)| page + 1 == *next).flat_map(|pages| pages.chunks(TOGETHER))
}

fn together(made: &[(u32, Vec<u8>)]) -> Vec<u8> {
    made.iter().flat_map(|(_, bytes)| bytes).copied().collect()
}

/// Seals what was made of pages in a row as one blob.
fn of_pages(sealed: &mut Sealed, made: &[(u32, Vec<u8>)], shelf: Shelf) -> Result<OfPages> {
    let first = made.first().map_or(0, |(page, _)| *page);
    let lengths = made.iter().map(|(_, bytes)| bytes.len() as u64).collect();
    Ok(OfPages { first, blob: sealed.bytes(&together(made), shelf)?, lengths })
}

/// Which blob holds what was made of a page, and as which of its pages.
fn holder_of(kept: &[OfPages], page: u32) -> Option<(&OfPages, usize)> {
    kept.iter().find_map(|pages| {
        let at = usize::try_from(page.checked_sub(pages.first)?).ok()?;
        (at < pages.lengths.len()).then_some((pages, at))
    })
}
