//! A document of which a worker has the two ends and asks its parent for the rest, as far as it is needed.

use super::protocol::{Word, read_frame};
use crate::limits::MAX_ASKED;
use std::{
    collections::BTreeMap,
    io::{self, Read, Seek, SeekFrom, Write},
};

/// What is asked for at once, in bytes.
pub(super) const BLOCK: u64 = 64 << 10;

/// The document, to be read from any place.
pub(super) struct Asked<'a> {
    head: &'a [u8],
    tail: &'a [u8],
    size: u64,
    at: u64,
    /// What was asked for already.
    blocks: BTreeMap<u64, Vec<u8>>,
    input: &'a mut dyn Read,
    output: &'a mut dyn Write,
}

impl<'a> Asked<'a> {
    pub(super) fn new(head: &'a [u8], tail: &'a [u8], size: u64, input: &'a mut dyn Read, output: &'a mut dyn Write) -> Self {
        Self { head, tail, size, at: 0, blocks: BTreeMap::new(), input, output }
    }

    /// What is there from an offset on: up to the end of a block at least.
    fn from(&mut self, offset: u64) -> io::Result<&[u8]> {
        let within = |start: u64, bytes: &'a [u8]| {
            let at = usize::try_from(offset.checked_sub(start)?).ok()?;
            bytes.get(at..).filter(|rest| !rest.is_empty())
        };
        if let Some(known) = within(0, self.head).or_else(|| within(self.size - self.tail.len() as u64, self.tail)) {
            return Ok(known);
        }
        let start = offset / BLOCK * BLOCK;
        if !self.blocks.contains_key(&start) {
            if (self.blocks.len() as u64 + 1) * BLOCK > MAX_ASKED {
                return Err(io::Error::other("more of the document than is read to identify it"));
            }
            let block = self.ask(start)?;
            self.blocks.insert(start, block);
        }
        let at = usize::try_from(offset - start).map_err(io::Error::other)?;
        Ok(self.blocks.get(&start).and_then(|block| block.get(at..)).unwrap_or_default())
    }

    fn ask(&mut self, start: u64) -> io::Result<Vec<u8>> {
        let length = u32::try_from(BLOCK.min(self.size - start)).map_err(io::Error::other)?;
        self.output.write_all(&[Word::More as u8])?;
        self.output.write_all(&start.to_be_bytes())?;
        self.output.write_all(&length.to_be_bytes())?;
        self.output.flush()?;
        let block = read_frame(self.input, length as usize)?;
        if block.len() == length as usize { Ok(block) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

impl Read for Asked<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.size {
            return Ok(0);
        }
        let there = self.from(self.at)?;
        let taken = there.len().min(out.len());
        out[..taken].copy_from_slice(&there[..taken]);
        self.at += taken as u64;
        Ok(taken)
    }
}

impl Seek for Asked<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn the_middle_is_asked_for_once() {
        let document: Vec<u8> = (0..400_000u32).map(|at| (at % 251) as u8).collect();
        let (head, tail) = (&document[..1_000], &document[399_000..]);
        let block = |at: usize| [&65_536u32.to_be_bytes()[..], &document[at..at + 65_536]].concat();
        let (mut said, mut asked) = (Cursor::new([block(0), block(131_072)].concat()), Vec::new());
        let mut whole = Asked::new(head, tail, 400_000, &mut said, &mut asked);
        for at in [10, 1_500, 999, 131_200, 399_500, 140_000] {
            whole.seek(SeekFrom::Start(at)).unwrap();
            let mut bytes = [0; 100];
            whole.read_exact(&mut bytes).unwrap();
            let at = usize::try_from(at).unwrap();
            assert_eq!(bytes, document[at..at + 100], "{at}");
        }
        assert_eq!(asked.len(), 2 * 13);
    }
}
