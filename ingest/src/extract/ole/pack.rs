//! Writes OLE 2 containers ([MS-CFB]): what lies as a storage within another document becomes a file of its own. Its bytes
//! are known by their hash for ever: the same content must always be laid out in the same way.

use std::cmp::Ordering;

/// What is packed under a name.
pub(super) enum Packed {
    Stream(Vec<u8>),
    Storage(Vec<(String, Packed)>),
}

const SECTOR: usize = 512;
const MINI_SECTOR: usize = 64;
const MINI_CUTOFF: usize = 4_096;

/// Places in one sector of a table.
const PER_SECTOR: usize = SECTOR / 4;

/// Places for tables in the head.
const IN_HEAD: usize = 109;

const END: u32 = 0xffff_fffe;
const FREE: u32 = 0xffff_ffff;
const OF_TABLE: u32 = 0xffff_fffd;
const OF_LIST: u32 = 0xffff_fffc;

/// A container with these entries.
pub(super) fn pack(root: Vec<(String, Packed)>) -> Vec<u8> {
    let mut packer = Packer::default();
    packer.entries.push(Entry { name: "Root Entry".to_owned(), kind: 5, ..Entry::default() });
    let child = packer.storage(root);
    let mini = std::mem::take(&mut packer.mini);
    let size = mini.len();
    let start = packer.chain(&mini);
    packer.entries[0] = Entry { child, start, size, ..std::mem::take(&mut packer.entries[0]) };
    let mini_next: Vec<u8> = packer.mini_next.iter().flat_map(|next| next.to_le_bytes()).collect();
    let mini_sectors = mini_next.len().div_ceil(SECTOR);
    let mini_table = packer.chain_filled(mini_next, 0xff);
    let mut directory: Vec<u8> = packer.entries.iter().flat_map(Entry::bytes).collect();
    while !directory.len().is_multiple_of(SECTOR) {
        directory.extend(Entry::default().bytes());
    }
    let directory = packer.chain(&directory);
    packer.finish(directory, mini_table, mini_sectors)
}

struct Entry {
    name: String,
    kind: u8,
    siblings: [u32; 2],
    child: u32,
    start: u32,
    size: usize,
}

impl Default for Entry {
    fn default() -> Self {
        Self { name: String::new(), kind: 0, siblings: [FREE; 2], child: FREE, start: 0, size: 0 }
    }
}

impl Entry {
    /// 128 bytes; every entry of the tree is black, without a date.
    fn bytes(&self) -> Vec<u8> {
        let mut out: Vec<u8> = self.name.encode_utf16().take(31).flat_map(u16::to_le_bytes).collect();
        let length = if out.is_empty() { 0 } else { out.len() + 2 };
        out.resize(64, 0);
        out.extend(narrow(length).to_le_bytes().iter().take(2));
        out.extend([self.kind, 1]);
        out.extend([self.siblings[0], self.siblings[1], self.child].iter().flat_map(|number| number.to_le_bytes()));
        out.resize(116, 0);
        out.extend(self.start.to_le_bytes());
        out.extend((self.size as u64).to_le_bytes());
        out
    }
}

fn narrow(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

#[derive(Default)]
struct Packer {
    entries: Vec<Entry>,
    body: Vec<u8>,
    next: Vec<u32>,
    mini: Vec<u8>,
    mini_next: Vec<u32>,
}

impl Packer {
    /// Packs what is within a storage; answers the root of its tree.
    fn storage(&mut self, mut within: Vec<(String, Packed)>) -> u32 {
        within.sort_by(|(one, _), (other, _)| by_name(one, other));
        within.dedup_by(|(one, _), (other, _)| by_name(one, other) == Ordering::Equal);
        let numbers: Vec<usize> = within.into_iter().map(|(name, packed)| self.entry(name, packed)).collect();
        self.tree(&numbers)
    }

    fn entry(&mut self, name: String, packed: Packed) -> usize {
        let number = self.entries.len();
        self.entries.push(Entry { name, ..Entry::default() });
        match packed {
            Packed::Stream(bytes) => {
                let start = match bytes.len() {
                    0 => END,
                    size if size < MINI_CUTOFF => self.mini_chain(&bytes),
                    _ => self.chain(&bytes),
                };
                self.entries[number] = Entry { kind: 2, start, size: bytes.len(), ..std::mem::take(&mut self.entries[number]) };
            }
            Packed::Storage(within) => {
                let child = self.storage(within);
                self.entries[number] = Entry { kind: 1, child, ..std::mem::take(&mut self.entries[number]) };
            }
        }
        number
    }

    /// Makes a tree of entries that stand in order; answers its root.
    fn tree(&mut self, numbers: &[usize]) -> u32 {
        let Some(root) = numbers.get(numbers.len() / 2) else { return FREE };
        let (left, right) = (&numbers[..numbers.len() / 2], &numbers[numbers.len() / 2 + 1..]);
        self.entries[*root].siblings = [self.tree(left), self.tree(right)];
        narrow(*root)
    }

    fn mini_chain(&mut self, bytes: &[u8]) -> u32 {
        let start = narrow(self.mini_next.len());
        self.mini.extend_from_slice(bytes);
        self.mini.resize(self.mini.len().next_multiple_of(MINI_SECTOR), 0);
        link(&mut self.mini_next, bytes.len().div_ceil(MINI_SECTOR));
        start
    }

    fn chain(&mut self, bytes: &[u8]) -> u32 {
        let start = if bytes.is_empty() { END } else { narrow(self.next.len()) };
        self.body.extend_from_slice(bytes);
        self.body.resize(self.body.len().next_multiple_of(SECTOR), 0);
        link(&mut self.next, bytes.len().div_ceil(SECTOR));
        start
    }

    fn chain_filled(&mut self, mut bytes: Vec<u8>, filling: u8) -> u32 {
        bytes.resize(bytes.len().next_multiple_of(SECTOR), filling);
        self.chain(&bytes)
    }

    /// Head, body, tables, and the list of those tables for which the head has no room.
    fn finish(mut self, directory: u32, mini_table: u32, mini_sectors: usize) -> Vec<u8> {
        let body = self.next.len();
        let (mut tables, mut lists) = (0, 0);
        // Tables also say what they themselves are.
        while (tables, lists) != needed(body + tables + lists) {
            (tables, lists) = needed(body + tables + lists);
        }
        self.next.extend(std::iter::repeat_n(OF_TABLE, tables));
        self.next.extend(std::iter::repeat_n(OF_LIST, lists));
        self.next.resize(tables * PER_SECTOR, FREE);
        let mut places: Vec<u32> = (body..body + tables).map(narrow).collect();
        places.resize(places.len().max(IN_HEAD), FREE);
        let first_list = if lists > 0 { narrow(body + tables) } else { END };
        let mut out = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
        out.resize(24, 0);
        out.extend([0x3e, 0, 3, 0, 0xfe, 0xff, 9, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        let numbers =
            [narrow(tables), directory, 0, narrow(MINI_CUTOFF), mini_table, narrow(mini_sectors), first_list, narrow(lists)];
        out.extend(numbers.iter().chain(&places[..IN_HEAD]).flat_map(|number| number.to_le_bytes()));
        out.append(&mut self.body);
        out.extend(self.next.iter().flat_map(|next| next.to_le_bytes()));
        for (number, list) in (1..).zip(places[IN_HEAD..].chunks(PER_SECTOR - 1)) {
            let mut list = list.to_vec();
            list.resize(PER_SECTOR - 1, FREE);
            list.push(if number < lists { narrow(body + tables + number) } else { END });
            out.extend(list.iter().flat_map(|place| place.to_le_bytes()));
        }
        out
    }
}

/// How many tables, and lists of tables, so many sectors need.
fn needed(sectors: usize) -> (usize, usize) {
    let tables = sectors.div_ceil(PER_SECTOR);
    (tables, tables.saturating_sub(IN_HEAD).div_ceil(PER_SECTOR - 1))
}

/// Chains so many sectors, one after another.
fn link(next: &mut Vec<u32>, count: usize) {
    for number in 1..=count {
        next.push(if number < count { narrow(next.len() + 1) } else { END });
    }
}

/// Shorter names come first; small and capital letters are the same ([MS-CFB], 2.6.4).
fn by_name(one: &str, other: &str) -> Ordering {
    let key = |name: &str| {
        let units: Vec<u16> = name.to_uppercase().encode_utf16().take(31).collect();
        (units.len(), units)
    };
    key(one).cmp(&key(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::ole::compound::{Compound, ROOT};
    use std::io::{Cursor, Read as _};

    #[test]
    fn what_is_packed_is_what_others_read() {
        let long: Vec<u8> = (0..9_000_000_u32).map(|n| (n % 253) as u8).collect();
        let mut root = vec![
            ("Long".to_owned(), Packed::Stream(long.clone())),
            ("vide".to_owned(), Packed::Stream(Vec::new())),
            ("LONG".to_owned(), Packed::Stream(vec![1])),
            ("dans".to_owned(), Packed::Storage(vec![("Court".to_owned(), Packed::Stream(b"mot".to_vec()))])),
        ];
        root.extend((0..50).map(|number| (format!("n{number}"), Packed::Stream(vec![number; usize::from(number) * 100]))));
        let bytes = pack(root);
        // Enough for tables that the head has no room for.
        assert!(bytes.len() > SECTOR * PER_SECTOR * IN_HEAD);
        let mut theirs = cfb::CompoundFile::open_strict(Cursor::new(&bytes)).unwrap();
        let mut ours = Compound::open(&bytes).unwrap();
        for (path, expected) in [("Long", &long[..]), ("vide", b""), ("n49", &[49; 4_900]), ("n3", &[3; 300])] {
            let mut read = Vec::new();
            theirs.open_stream(path).unwrap().read_to_end(&mut read).unwrap();
            assert!(read == expected, "{path}");
            assert!(ours.stream(ROOT, path).unwrap() == expected, "{path}");
        }
        let mut read = String::new();
        theirs.open_stream("dans/Court").unwrap().read_to_string(&mut read).unwrap();
        assert_eq!((read.as_str(), theirs.read_root_storage().count()), ("mot", 53));
        assert!(cfb::CompoundFile::open_strict(Cursor::new(pack(Vec::new()))).is_ok());
    }
}
