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

/// The beginning of a document, up to `most` bytes.
pub(super) fn beginning(document: &mut dyn Document, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(most).unwrap_or(0)];
    let mut taken = 0;
    while taken < bytes.len() {
        match document.read_at(taken as u64, &mut bytes[taken..])? {
            0 => break,
            more => taken += more,
        }
    }
    bytes.truncate(taken);
    Ok(bytes)
}
