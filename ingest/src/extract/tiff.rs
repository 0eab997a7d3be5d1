//! The directories of a TIFF file, and of what is built like one: pages, tags, previews of raw photographs.
//! TIFF 6.0, section 2; BigTIFF as libtiff describes it.

use crate::limits::{MAX_PAGES, MAX_TIFF_TAGS};
use std::borrow::Cow;

/// `NewSubfileType`: 1 is a smaller copy of another image, 4 is a mask.
const SUBFILE_TYPE: u16 = 254;
const SMALLER: u64 = 1;
const MASK: u64 = 4;

/// A file whose directories can be walked.
pub(super) struct Tiff<'a> {
    bytes: &'a [u8],
    is_little: bool,
    is_big: bool,
}

/// One value of a directory, as it lies in the file.
pub(super) struct Entry<'a> {
    pub(super) tag: u16,
    kind: u16,
    pub(super) bytes: &'a [u8],
}

impl<'a> Tiff<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        let is_little = match bytes.get(..2)? {
            b"II" => true,
            b"MM" => false,
            _ => return None,
        };
        let mut tiff = Self { bytes, is_little, is_big: false };
        tiff.is_big = match tiff.number(2, 2)? {
            42 => false,
            43 => true,
            _ => return None,
        };
        Some(tiff)
    }

    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Where its pages are described, in order: smaller copies and masks are none.
    pub(super) fn pages(&self) -> Vec<usize> {
        let all = self.chain();
        let pages: Vec<usize> = all.iter().copied().filter(|at| self.is_page(*at)).collect();
        if pages.is_empty() { all } else { pages }
    }

    fn is_page(&self, at: usize) -> bool {
        let kind = self.entries(at).into_iter().find(|entry| entry.tag == SUBFILE_TYPE);
        kind.and_then(|entry| self.first(&entry)).is_none_or(|kind| kind & (SMALLER | MASK) == 0)
    }

    /// Every directory of the chain; one that leads back ends it.
    pub(super) fn chain(&self) -> Vec<usize> {
        let mut chain = Vec::new();
        let mut next = if self.is_big { self.number(8, 8) } else { self.number(4, 4) };
        while let Some(at) = next.and_then(|at| usize::try_from(at).ok())
            && at != 0
            && chain.len() < MAX_PAGES
            && !chain.contains(&at)
            && let Some((start, count)) = self.table(at)
        {
            chain.push(at);
            next = self.number(start + count * self.entry_size(), if self.is_big { 8 } else { 4 });
        }
        chain
    }

    /// What a directory says.
    pub(super) fn entries(&self, at: usize) -> Vec<Entry<'a>> {
        let Some((start, count)) = self.table(at) else { return Vec::new() };
        (0..count.min(MAX_TIFF_TAGS)).filter_map(|number| self.entry(start + number * self.entry_size())).collect()
    }

    /// The numbers of a value, whatever their width.
    pub(super) fn numbers(&self, entry: &Entry<'_>) -> Vec<u64> {
        let width = width(entry.kind).clamp(1, 8);
        entry.bytes.chunks_exact(width).map(|bytes| self.value(bytes)).collect()
    }

    /// The first number of a value.
    pub(super) fn first(&self, entry: &Entry<'_>) -> Option<u64> {
        Some(self.value(entry.bytes.get(..width(entry.kind).clamp(1, 8))?))
    }

    /// The file with another directory first, for readers that read one page only.
    pub(super) fn beginning_at(&self, directory: usize) -> Cow<'a, [u8]> {
        let (at, width) = if self.is_big { (8, 8) } else { (4, 4) };
        if self.number(at, width) == Some(directory as u64) {
            return Cow::Borrowed(self.bytes);
        }
        let mut bytes = self.bytes.to_vec();
        let place = if self.is_little { (directory as u64).to_le_bytes() } else { (directory as u64).to_be_bytes() };
        let place = if self.is_little { &place[..width] } else { &place[8 - width..] };
        bytes[at..at + width].copy_from_slice(place);
        Cow::Owned(bytes)
    }

    /// Where the entries of a directory begin, and how many there are.
    fn table(&self, at: usize) -> Option<(usize, usize)> {
        let width = if self.is_big { 8 } else { 2 };
        let count = usize::try_from(self.number(at, width)?).ok()?;
        let start = at + width;
        (count > 0 && count.checked_mul(self.entry_size())? <= self.bytes.len().checked_sub(start)?).then_some((start, count))
    }

    fn entry_size(&self) -> usize {
        if self.is_big { 20 } else { 12 }
    }

    fn entry(&self, at: usize) -> Option<Entry<'a>> {
        let (tag, kind) = (self.number(at, 2)? as u16, self.number(at + 2, 2)? as u16);
        let room = if self.is_big { 8 } else { 4 };
        let size = usize::try_from(self.number(at + 4, room)?).ok()?.checked_mul(width(kind))?;
        let place = at + 4 + room;
        let start = if size <= room { place } else { usize::try_from(self.number(place, room)?).ok()? };
        Some(Entry { tag, kind, bytes: self.bytes.get(start..start.checked_add(size)?)? })
    }

    fn number(&self, at: usize, width: usize) -> Option<u64> {
        Some(self.value(self.bytes.get(at..at.checked_add(width)?)?))
    }

    fn value(&self, bytes: &[u8]) -> u64 {
        let join = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        if self.is_little { bytes.iter().rev().fold(0, join) } else { bytes.iter().fold(0, join) }
    }
}

/// How wide one value of a type is, in bytes.
fn width(kind: u16) -> usize {
    match kind {
        1 | 2 | 6 | 7 => 1,
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16..=18 => 8,
        _ => 0,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A file of several grey pages, each of one shade, uncompressed.
    pub(crate) fn document(pages: &[(u32, u32, u8)]) -> Vec<u8> {
        let mut bytes = b"II*\0".to_vec();
        let mut link = 4;
        bytes.extend([0; 4]);
        for (width, height, shade) in pages {
            let strip = bytes.len() as u32;
            bytes.extend(std::iter::repeat_n(*shade, (width * height) as usize));
            let at = bytes.len() as u32;
            bytes[link..link + 4].copy_from_slice(&at.to_le_bytes());
            let tags = [
                (256, *width),
                (257, *height),
                (258, 8),
                (259, 1),
                (262, 1),
                (273, strip),
                (278, *height),
                (279, width * height),
            ];
            bytes.extend((tags.len() as u16).to_le_bytes());
            for (tag, value) in tags {
                bytes.extend([&u16::to_le_bytes(tag)[..], &[4, 0, 1, 0, 0, 0], &value.to_le_bytes()].concat());
            }
            link = bytes.len();
            bytes.extend([0; 4]);
        }
        bytes
    }

    #[test]
    fn pages_are_found_and_put_first() {
        let bytes = document(&[(8, 8, 10), (16, 8, 200)]);
        let tiff = Tiff::new(&bytes).unwrap();
        let pages = tiff.pages();
        assert_eq!(pages.len(), 2);
        let second = image::load_from_memory(&tiff.beginning_at(pages[1])).unwrap().to_luma8();
        assert_eq!((second.width(), second.get_pixel(3, 3).0), (16, [200]));
    }

    #[test]
    fn a_chain_that_leads_back_ends() {
        let mut bytes = document(&[(8, 8, 10), (16, 8, 200)]);
        let (end, first) = (bytes.len() - 4, bytes[4..8].to_vec());
        bytes[end..].copy_from_slice(&first);
        assert_eq!(Tiff::new(&bytes).unwrap().pages().len(), 2);
        for cut in 0..bytes.len() {
            if let Some(tiff) = Tiff::new(&bytes[..cut]) {
                tiff.pages();
            }
        }
    }
}
