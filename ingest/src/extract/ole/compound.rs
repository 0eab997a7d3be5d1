//! OLE 2 containers ([MS-CFB]): storages and streams within one file. What is torn is read as far as it hangs together:
//! a table that leads astray ends a stream and never the reading.

use crate::extract::little::{size_at, u16_at, u32_at, u64_at, up_to, wide};

/// Entries of a directory that are looked at.
const MAX_ENTRIES: usize = 1 << 20;

/// Streams shorter than this lie in the mini stream, in bytes ([MS-CFB], 2.2).
const MINI_CUTOFF: usize = 4_096;

/// A sector of the mini stream, in bytes.
const MINI_SECTOR: usize = 64;

/// No entry of the directory.
const NOBODY: u32 = u32::MAX;

/// A container.
pub(crate) struct Compound<'a> {
    bytes: &'a [u8],
    /// A sector, in bytes.
    sector: usize,
    /// For each sector the one that follows it.
    next: Vec<u32>,
    /// For each sector of the mini stream the one that follows it.
    mini_next: Vec<u32>,
    mini: Vec<u8>,
    entries: Vec<Entry>,
    /// Whether a stream was shorter than it says.
    pub(crate) is_torn: bool,
}

struct Entry {
    name: String,
    is_stream: bool,
    siblings: [u32; 2],
    child: u32,
    start: u32,
    size: usize,
    /// The entries within a storage, in the order of its tree.
    within: Vec<usize>,
}

/// The storage that holds all others.
pub(crate) const ROOT: usize = 0;

impl<'a> Compound<'a> {
    /// Opens a container; nothing where not even its directory can be found.
    pub(crate) fn open(bytes: &'a [u8]) -> Option<Self> {
        let sector = match u16_at(bytes, 30)? {
            9 => 512,
            12 => 4_096,
            _ => return None,
        };
        let mut compound = Self {
            bytes,
            sector,
            next: Vec::new(),
            mini_next: Vec::new(),
            mini: Vec::new(),
            entries: Vec::new(),
            is_torn: false,
        };
        compound.next = compound.table();
        let most = compound.next.len() * sector;
        let directory = compound.chain(u32_at(bytes, 48)?, most);
        compound.entries = directory.chunks_exact(128).take(MAX_ENTRIES).filter_map(|raw| entry(raw, sector)).collect();
        let root = compound.entries.first().filter(|root| !root.is_stream && !root.name.is_empty())?;
        compound.mini = compound.chain(root.start, root.size);
        let mini_table = compound.chain(u32_at(bytes, 60)?, most);
        compound.mini_next = numbers(&mini_table).collect();
        compound.grow();
        Some(compound)
    }

    /// The table that says of each sector which one follows it.
    fn table(&self) -> Vec<u32> {
        let sectors = self.bytes.len().div_ceil(self.sector);
        let mut parts: Vec<u32> = numbers(up_to(self.bytes, 76, 109 * 4)).collect();
        let mut more = u32_at(self.bytes, 68).unwrap_or(NOBODY);
        // Each sector of the list of tables names as many tables as it has room for, and where the list goes on.
        for _ in 0..sectors {
            let list: Vec<u32> = numbers(self.at(more)).collect();
            let Some((last, named)) = list.split_last().filter(|(_, named)| !named.is_empty()) else { break };
            parts.extend(named);
            more = *last;
        }
        let per_sector = self.sector / 4;
        let mut table = Vec::new();
        for part in parts.into_iter().take(sectors.div_ceil(per_sector)) {
            table.extend(numbers(self.at(part)));
            table.resize(table.len().next_multiple_of(per_sector), NOBODY);
        }
        table.truncate(sectors);
        table
    }

    /// A sector, or what there is of it.
    fn at(&self, number: u32) -> &'a [u8] {
        let at = usize::try_from(number).ok().and_then(|number| number.checked_add(1)?.checked_mul(self.sector));
        at.map_or(&[], |at| up_to(self.bytes, at, self.sector))
    }

    /// What lies in a chain of sectors, up to `most` bytes.
    fn chain(&self, start: u32, most: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let mut at = start;
        while out.len() < most {
            let sector = self.at(at);
            // A chain that goes round ends with the length that is stated, which is not more than the file.
            if sector.is_empty() || out.len() > self.bytes.len() {
                break;
            }
            out.extend_from_slice(&sector[..sector.len().min(most - out.len())]);
            at = self.next.get(at as usize).copied().unwrap_or(NOBODY);
        }
        out
    }

    fn mini_chain(&self, start: u32, most: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let mut at = start;
        while out.len() < most {
            let place = (at as usize).checked_mul(MINI_SECTOR);
            let sector = place.map_or(&[][..], |place| up_to(&self.mini, place, MINI_SECTOR));
            if sector.is_empty() {
                break;
            }
            out.extend_from_slice(&sector[..sector.len().min(most - out.len())]);
            at = self.mini_next.get(at as usize).copied().unwrap_or(NOBODY);
        }
        out
    }

    /// Finds out what lies in which storage. Each entry has one place, however many trees lead to it.
    fn grow(&mut self) {
        let mut seen = vec![false; self.entries.len()];
        seen[ROOT] = true;
        let mut storages = vec![ROOT];
        while let Some(storage) = storages.pop() {
            let mut open = vec![(self.entries[storage].child, false)];
            while let Some((number, left_done)) = open.pop() {
                let at = number as usize;
                if left_done {
                    self.entries[storage].within.push(at);
                    open.push((self.entries[at].siblings[1], false));
                } else if self.entries.get(at).is_some_and(|entry| !entry.name.is_empty()) && !seen[at] {
                    seen[at] = true;
                    if !self.entries[at].is_stream {
                        storages.push(at);
                    }
                    open.extend([(number, true), (self.entries[at].siblings[0], false)]);
                }
            }
        }
    }

    /// What lies in a storage: each entry's number and name, and whether it is a stream.
    pub(crate) fn list(&self, storage: usize) -> impl Iterator<Item = (usize, &str, bool)> {
        let within = self.entries.get(storage).map_or(&[][..], |entry| &entry.within);
        within.iter().map(|at| (*at, self.entries[*at].name.as_str(), self.entries[*at].is_stream))
    }

    /// The stream of a name; small and capital letters are the same.
    pub(crate) fn find(&self, storage: usize, name: &str) -> Option<usize> {
        let is_it = |(_, known, is_stream): &(usize, &str, bool)| *is_stream && known.eq_ignore_ascii_case(name);
        self.list(storage).find(is_it).map(|(at, ..)| at)
    }

    /// The storage of a name.
    pub(crate) fn storage(&self, storage: usize, name: &str) -> Option<usize> {
        self.list(storage).find(|(_, known, is_stream)| !is_stream && known.eq_ignore_ascii_case(name)).map(|(at, ..)| at)
    }

    /// How long a stream says it is.
    pub(crate) fn size(&self, stream: usize) -> usize {
        self.entries.get(stream).map_or(0, |entry| entry.size)
    }

    /// The bytes of a stream, as far as they are there.
    pub(crate) fn read(&mut self, stream: usize) -> Vec<u8> {
        let Some(entry) = self.entries.get(stream) else { return Vec::new() };
        let is_mini = entry.size < MINI_CUTOFF;
        let bytes = if is_mini { self.mini_chain(entry.start, entry.size) } else { self.chain(entry.start, entry.size) };
        self.is_torn |= bytes.len() < entry.size;
        bytes
    }

    /// The bytes of a stream by its name.
    pub(crate) fn stream(&mut self, storage: usize, name: &str) -> Option<Vec<u8>> {
        self.find(storage, name).map(|stream| self.read(stream))
    }
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.chunks_exact(4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}

/// An entry of 128 bytes ([MS-CFB], 2.6.1).
fn entry(raw: &[u8], sector: usize) -> Option<Entry> {
    let length = usize::from(u16_at(raw, 64)?).clamp(2, 64) - 2;
    let kind = raw[66];
    // In small sectors the upper half of the size is not written by everyone.
    let size = if sector == 512 { size_at(raw, 120)? } else { usize::try_from(u64_at(raw, 120)?).ok()? };
    Some(Entry {
        // What is free has no name.
        name: if kind == 0 { String::new() } else { wide(&raw[..length]) },
        is_stream: kind == 2,
        siblings: [u32_at(raw, 68)?, u32_at(raw, 72)?],
        child: u32_at(raw, 76)?,
        start: u32_at(raw, 116)?,
        size,
        within: Vec::new(),
    })
}

#[cfg(test)]
pub(in crate::extract) mod tests {
    use super::*;
    use std::io::{Cursor, Write as _};

    /// A container with these streams; a name with a slash lies in a storage.
    pub(in crate::extract) fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
        let mut file = cfb::CompoundFile::create_with_version(cfb::Version::V3, Cursor::new(Vec::new())).unwrap();
        for (name, bytes) in streams {
            if let Some((storage, _)) = name.rsplit_once('/') {
                file.create_storage_all(storage).unwrap();
            }
            file.create_stream(name).unwrap().write_all(bytes).unwrap();
        }
        file.into_inner().into_inner()
    }

    /// Reads many damaged copies of a document: bytes changed, the end cut off. Nothing may panic or run on for ever.
    pub(in crate::extract) fn damage(whole: &[u8], read: impl Fn(&[u8])) {
        let mut seed = 0x2545_f491_4f6c_dd1d_u64;
        let mut chance = |most: usize| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            usize::try_from(seed % most as u64).unwrap()
        };
        for round in 0..400 {
            let mut bytes = whole.to_vec();
            for _ in 0..=round % 12 {
                let at = chance(bytes.len());
                bytes[at] = [0, 0xff, 0x7f, 1, bytes[at] ^ 1 << chance(8)][chance(5)];
            }
            if round % 3 == 0 {
                bytes.truncate(chance(bytes.len()).max(1));
            }
            read(&bytes);
        }
    }

    #[test]
    fn streams_come_out_as_they_went_in() {
        let long: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
        let bytes = compound(&[("Long", &long), ("Court", b"mot"), ("Dans/Long", &long[..5_000]), ("Dans/Court", b"deux")]);
        let mut file = Compound::open(&bytes).unwrap();
        assert_eq!(file.stream(ROOT, "LONG").unwrap(), long);
        assert_eq!(file.stream(ROOT, "Court").unwrap(), b"mot");
        let inner = file.storage(ROOT, "dans").unwrap();
        assert_eq!(file.stream(inner, "Long").unwrap(), &long[..5_000]);
        assert_eq!(file.stream(inner, "Court").unwrap(), b"deux");
        assert_eq!((file.stream(ROOT, "Rien"), file.is_torn), (None, false));
        let mut names: Vec<_> = file.list(ROOT).map(|(_, name, is_stream)| (name, is_stream)).collect();
        names.sort_unstable();
        assert_eq!(names, [("Court", true), ("Dans", false), ("Long", true)]);
    }

    #[test]
    fn a_torn_container_gives_what_is_left() {
        let long = vec![7; 100_000];
        let bytes = compound(&[("Court", b"mot"), ("Long", &long)]);
        let mut file = Compound::open(&bytes[..60_000]).unwrap();
        assert_eq!(file.stream(ROOT, "Court").unwrap(), b"mot");
        let left = file.stream(ROOT, "Long").unwrap();
        assert!(file.is_torn && left.len() > 50_000 && left.iter().all(|byte| *byte == 7));
        assert!(Compound::open(&bytes[..600]).is_none() && Compound::open(&[]).is_none());
    }

    #[test]
    fn damage_never_stops_the_reading() {
        let bytes = compound(&[("Court", b"mot"), ("Long", &[7; 9_000]), ("Dans/Court", b"deux")]);
        damage(&bytes, |bytes| {
            let Some(mut file) = Compound::open(bytes) else { return };
            for at in 0..20 {
                assert!(file.read(at).len() <= bytes.len() + 4_096);
            }
        });
    }
}
