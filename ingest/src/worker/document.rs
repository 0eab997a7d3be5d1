//! What is handed to a worker.

use crate::source::OpenItem;
use std::io;

/// A document that can be read from any place, and more than once: where a worker fails, another one is asked.
pub trait Document {
    /// Reads what stands at an offset; nothing at its end.
    fn read_at(&mut self, offset: u64, out: &mut [u8]) -> io::Result<usize>;
}

impl Document for &[u8] {
    fn read_at(&mut self, offset: u64, out: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.get(offset..)).unwrap_or_default();
        let taken = rest.len().min(out.len());
        out[..taken].copy_from_slice(&rest[..taken]);
        Ok(taken)
    }
}

impl Document for OpenItem {
    fn read_at(&mut self, offset: u64, out: &mut [u8]) -> io::Result<usize> {
        OpenItem::read_at(self, offset, out)
    }
}

/// Some bytes of a document, all of them.
pub(super) fn part_of(document: &mut dyn Document, offset: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    let mut taken = 0;
    while taken < bytes.len() {
        match document.read_at(offset + taken as u64, &mut bytes[taken..])? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            more => taken += more,
        }
    }
    Ok(bytes)
}
