//! Taking an item into the archive. The join of the two rooms for every face: `ingest` reads, `engine` decides, seals and
//! keeps. Must never hold more of an item in memory than what counts as small.

use chartrier_engine::{
    Error,
    archive::{Capturer, Known, LARGE, Original, Submission},
    seal::{Digest, content_of},
};
use chartrier_ingest::{
    source::{Failure, OpenItem},
    worker::Document,
};
use chartrier_schemas::{ContentId, Extraction, persisted::v1::Occurrence};
use std::io::{self, Read};

/// An item that can be read from the front, again from the front, and from any place.
pub trait Item: Read + Document {
    /// What can be wrong with this item alone.
    type Failure;

    /// Begins again.
    fn rewind(&mut self) -> Result<(), Self::Failure>;

    /// Whether what was read to its end is the item as it was when it was opened.
    fn unchanged(&self) -> Result<(), Self::Failure>;

    /// What an error of reading it means.
    fn failed(&self, why: &io::Error) -> Self::Failure;
}

/// What is known of an item before it is read.
pub struct About {
    /// Its file name.
    pub name: String,
    /// How many bytes it has.
    pub size: u64,
    /// Where it was seen.
    pub seen: Occurrence,
    /// What its bytes are, where they were compared with it already.
    pub content: Option<ContentId>,
}

/// What went wrong with one item, or with everything.
#[derive(Debug)]
pub enum Trouble<F> {
    /// With this item.
    Item(F),
    /// With the archive.
    Run(Error),
}

impl<F> From<Error> for Trouble<F> {
    fn from(why: Error) -> Self {
        Self::Run(why)
    }
}

/// Captures an item, unless it is held already. `read` has its words read by a worker.
pub fn take<I: Item>(
    capturer: &Capturer<'_>,
    item: &mut I,
    about: About,
    read: &mut dyn FnMut(&mut dyn Document) -> Extraction,
) -> Result<(), Trouble<I::Failure>> {
    if about.size <= LARGE { small(capturer, item, about, read) } else { large(capturer, item, about, read) }
}

fn small<I: Item>(
    capturer: &Capturer<'_>,
    item: &mut I,
    about: About,
    read: &mut dyn FnMut(&mut dyn Document) -> Extraction,
) -> Result<(), Trouble<I::Failure>> {
    let mut bytes = Vec::with_capacity(usize::try_from(about.size).unwrap_or(0) + 1);
    item.read_to_end(&mut bytes).map_err(|why| Trouble::Item(item.failed(&why)))?;
    item.unchanged().map_err(Trouble::Item)?;
    let content = content_of(&bytes);
    if capturer.known(&content, &about.seen)? == Known::New {
        let extraction = read(&mut &bytes[..]);
        let original = Original::Bytes(&bytes, content);
        capturer.capture(Submission { occurrence: about.seen, name: about.name, extraction, original })?;
    }
    Ok(())
}

/// A large item streams. It is hashed first only where a record of its very size is held: the others are read once for
/// their text, and once to be sealed.
fn large<I: Item>(
    capturer: &Capturer<'_>,
    item: &mut I,
    about: About,
    read: &mut dyn FnMut(&mut dyn Document) -> Extraction,
) -> Result<(), Trouble<I::Failure>> {
    let mut shared = None;
    if capturer.size_is_known(about.size)? {
        let content = match about.content {
            Some(content) => content,
            None => {
                let mut digest = Digest::default();
                io::copy(item, &mut digest).map_err(|why| Trouble::Item(item.failed(&why)))?;
                item.unchanged().map_err(Trouble::Item)?;
                ContentId::from_digest(digest.finish())
            }
        };
        if capturer.held(&content, &about.seen)? != Known::New {
            return Ok(());
        }
        shared = capturer.shares(&content)?.map(|blob| (content, blob));
        item.rewind().map_err(Trouble::Item)?;
    }
    let extraction = read(item);
    item.rewind().map_err(Trouble::Item)?;
    let mut whole = Whole { item, failure: None };
    let original = match shared {
        Some((content, blob)) => Original::Shared(content, blob),
        None => Original::Stream(&mut whole),
    };
    let captured = capturer.capture(Submission { occurrence: about.seen, name: about.name, extraction, original });
    match (captured, whole.failure) {
        (_, Some(failure)) => Err(Trouble::Item(failure)),
        (captured, None) => captured.map(drop).map_err(Trouble::Run),
    }
}

/// An item that is captured only if it did not change while it was read: the end of the stream says so.
struct Whole<'a, I: Item> {
    item: &'a mut I,
    failure: Option<I::Failure>,
}

impl<I: Item> Read for Whole<'_, I> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let taken = self.item.read(out).inspect_err(|why| self.failure = Some(self.item.failed(why)))?;
        if taken == 0
            && let Err(failure) = self.item.unchanged()
        {
            self.failure = Some(failure);
            return Err(io::Error::other("the item changed"));
        }
        Ok(taken)
    }
}

impl Item for OpenItem {
    type Failure = Failure;

    fn rewind(&mut self) -> Result<(), Failure> {
        OpenItem::rewind(self).map_err(|why| Failure::of(self.path(), &why))
    }

    fn unchanged(&self) -> Result<(), Failure> {
        OpenItem::unchanged(self)
    }

    fn failed(&self, why: &io::Error) -> Failure {
        Failure::of(self.path(), why)
    }
}
