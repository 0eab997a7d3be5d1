//! What a search asks of every match, as arrays by unit number: place, label, life. Kept as pages of
//! bytes in the catalog and as one array in memory, so that filing 100,000 records anew re-indexes
//! nothing and takes effect at once.

use super::Catalog;
use crate::Result;
use rusqlite::{OptionalExtension as _, params};
use std::collections::{BTreeMap, HashMap};

/// Units a page.
const PAGE: u32 = 4096;

/// Bytes a unit.
const WIDTH: usize = 8;

/// The place of what is filed somewhere that this node cannot read.
pub const HIDDEN: u32 = u32::MAX;

/// What may change of a unit, in 8 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct UnitFact {
    /// Number of the class or dossier; 0 is the inbox or the root.
    pub place: u32,
    /// Number of its label.
    pub label: u16,
    /// 1 class, 2 dossier, 3 record; 0 no unit.
    pub kind: u8,
    /// Whether it lives.
    pub alive: bool,
}

impl UnitFact {
    fn to_bytes(self) -> [u8; WIDTH] {
        let mut bytes = [0; WIDTH];
        bytes[..4].copy_from_slice(&self.place.to_le_bytes());
        bytes[4..6].copy_from_slice(&self.label.to_le_bytes());
        bytes[6] = self.kind;
        bytes[7] = u8::from(self.alive);
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        let (place, rest) = bytes.split_at(4);
        Self {
            place: u32::from_le_bytes(place.try_into().unwrap_or_default()),
            label: u16::from_le_bytes([rest[0], rest[1]]),
            kind: rest[2],
            alive: rest[3] != 0,
        }
    }
}

/// The array in memory, with the filing tree above it.
#[derive(Default)]
pub struct Facts {
    /// The number of the last commit that it contains.
    change: u64,
    /// The fact of each unit as a small number: what is asked of a fact is asked once, not of each unit.
    numbers: Vec<u32>,
    /// The different facts by that number; the first is that of no unit.
    different: Vec<UnitFact>,
    known: HashMap<UnitFact, u32>,
    /// Each class and dossier.
    tree: HashMap<u32, Container>,
    /// The same by code.
    codes: BTreeMap<String, u32>,
}

/// A class or dossier in the filing tree.
struct Container {
    above: u32,
    code: Option<String>,
}

impl Facts {
    /// The fact of a unit; that of nothing where there is none.
    pub fn of(&self, unit: u64) -> UnitFact {
        u32::try_from(unit).ok().and_then(|unit| self.different.get(self.number(unit) as usize)).copied().unwrap_or_default()
    }

    /// The number of a unit's fact among [`Facts::different`].
    pub fn number(&self, unit: u32) -> u32 {
        self.numbers.get(unit as usize).copied().unwrap_or_default()
    }

    /// The different facts that there are, or were: first that of no unit.
    pub fn different(&self) -> &[UnitFact] {
        &self.different
    }

    /// Takes in the facts of units in a row.
    fn take(&mut self, first: usize, facts: impl Iterator<Item = UnitFact>) {
        for (at, fact) in (first..).zip(facts) {
            if self.numbers.len() <= at {
                self.numbers.resize(at + 1, 0);
            }
            if self.of(at as u64) != fact {
                let Self { known, different, .. } = self;
                self.numbers[at] = *known.entry(fact).or_insert_with(|| {
                    different.push(fact);
                    different.len() as u32 - 1
                });
            }
        }
    }

    /// How many units there are room for.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The class or dossier of a code.
    pub fn place_of_code(&self, code: &str) -> Option<u32> {
        self.codes.get(code).copied()
    }

    /// The code of a class or dossier.
    pub fn code(&self, place: u32) -> Option<&str> {
        self.tree.get(&place)?.code.as_deref()
    }

    /// The places from `place` up to the root, itself first.
    pub fn path(&self, place: u32) -> Vec<u32> {
        let mut path = Vec::new();
        let mut next = place;
        while next != 0 && path.len() < 1000 {
            path.push(next);
            next = self.tree.get(&next).map_or(0, |container| container.above);
        }
        path
    }

    /// Every place at or below one of these.
    pub fn below(&self, places: &Bits) -> Bits {
        let mut found = places.clone();
        let within = |one: &u32| self.path(*one).iter().any(|above| places.contains(*above));
        self.tree.keys().copied().filter(within).for_each(|one| found.insert(one));
        found
    }
}

/// A set of small numbers, asked a million times a second.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits(Vec<u64>);

impl Bits {
    /// Whether a number is in it.
    pub fn contains(&self, number: u32) -> bool {
        self.0.get(number as usize / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Adds a number.
    pub fn insert(&mut self, number: u32) {
        let at = number as usize / 64;
        if self.0.len() <= at {
            self.0.resize(at + 1, 0);
        }
        self.0[at] |= 1 << (number % 64);
    }
}

impl FromIterator<u32> for Bits {
    fn from_iter<I: IntoIterator<Item = u32>>(numbers: I) -> Self {
        let mut bits = Self::default();
        numbers.into_iter().for_each(|number| bits.insert(number));
        bits
    }
}

/// What one session may know, compiled from its clearance and mandates. The same answer as
/// [`crate::policy::may`] gives unit by unit; a test compares the two.
#[derive(Clone, Debug, Default)]
pub struct Permission {
    /// Tells one compilation from every other in this process.
    pub identity: u64,
    /// Labels that the clearance dominates.
    pub labels: Bits,
    /// A mandate on the root.
    pub everything: bool,
    /// Places under mandate, and all below them.
    pub places: Bits,
    /// Units under a mandate of their own.
    pub units: Bits,
    /// What somebody else may know, where the session is narrowed to both.
    pub also: Option<Box<Permission>>,
}

impl Permission {
    /// Whether it depends on single units, not on their facts alone.
    pub fn names_units(&self) -> bool {
        !self.units.is_empty() || self.also.as_ref().is_some_and(|also| also.names_units())
    }

    /// Whether a unit may be known.
    pub fn covers(&self, unit: u32, fact: UnitFact) -> bool {
        self.also.as_ref().is_none_or(|also| also.covers(unit, fact))
            && fact.alive
            && self.labels.contains(fact.label.into())
            && (self.everything
                || self.places.contains(fact.place)
                || self.units.contains(unit)
                || (fact.kind < 3 && self.places.contains(unit)))
    }
}

impl Catalog {
    /// The arrays, and the filing tree: as they were read before, with what was written since.
    pub fn facts(&self, before: &Facts) -> Result<Facts> {
        // Read first: whatever is written from now on is read once more.
        let change = self.commits()?;
        let (numbers, different, known) = (before.numbers.clone(), before.different.clone(), before.known.clone());
        let mut facts = Facts { numbers, different, known, ..Facts::default() };
        if facts.different.is_empty() {
            facts.different.push(UnitFact::default());
            facts.known.insert(UnitFact::default(), 0);
        }
        let mut pages = self.db.prepare_cached("SELECT page, data FROM facts WHERE change > ?1 ORDER BY page")?;
        let mut rows = pages.query([before.change])?;
        while let Some(row) = rows.next()? {
            let page: u32 = row.get(0)?;
            let data = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            facts.take((page * PAGE) as usize, data.chunks_exact(WIDTH).map(UnitFact::from_bytes));
        }
        facts.change = change;
        let mut tree = self.db.prepare_cached("SELECT num, place, code FROM units WHERE kind < 3")?;
        let mut rows = tree.query([])?;
        while let Some(row) = rows.next()? {
            let unit: u32 = row.get(0)?;
            let container = Container { above: row.get(1)?, code: row.get(2)? };
            facts.codes.extend(container.code.clone().map(|code| (code, unit)));
            facts.tree.insert(unit, container);
        }
        Ok(facts)
    }

    /// The fact of one unit, without the array.
    pub fn fact(&self, unit: u32) -> Result<UnitFact> {
        let mut query = self.db.prepare_cached("SELECT data FROM facts WHERE page = ?1")?;
        let data: Option<Vec<u8>> = query.query_row([unit / PAGE], |row| row.get(0)).optional()?;
        let at = (unit % PAGE) as usize * WIDTH;
        Ok(data.and_then(|data| data.get(at..at + WIDTH).map(UnitFact::from_bytes)).unwrap_or_default())
    }
}

/// Facts being changed in one transaction: each page is read and written once.
#[derive(Default)]
pub(super) struct FactPages(BTreeMap<u32, Vec<u8>>);

impl FactPages {
    pub(super) fn change(&mut self, catalog: &Catalog, unit: u32, change: impl FnOnce(&mut UnitFact)) -> Result<()> {
        let page = unit / PAGE;
        if let std::collections::btree_map::Entry::Vacant(slot) = self.0.entry(page) {
            let mut query = catalog.db.prepare_cached("SELECT data FROM facts WHERE page = ?1")?;
            let data: Option<Vec<u8>> = query.query_row([page], |row| row.get(0)).optional()?;
            slot.insert(data.unwrap_or_else(|| vec![0; PAGE as usize * WIDTH]));
        }
        if let Some(data) = self.0.get_mut(&page) {
            let slot = &mut data[(unit % PAGE) as usize * WIDTH..][..WIDTH];
            let mut fact = UnitFact::from_bytes(slot);
            change(&mut fact);
            slot.copy_from_slice(&fact.to_bytes());
        }
        Ok(())
    }

    /// Writes them, as of a commit.
    pub(super) fn write(self, catalog: &Catalog, change: u64) -> Result<()> {
        for (page, data) in self.0 {
            catalog
                .db
                .prepare_cached("INSERT OR REPLACE INTO facts (page, change, data) VALUES (?1, ?2, ?3)")?
                .execute(params![page, change, data])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_a_set() {
        let bits: Bits = [0, 63, 64, 1000].into_iter().collect();
        assert_eq!((0..2000).filter(|number| bits.contains(*number)).collect::<Vec<_>>(), [0, 63, 64, 1000]);
        assert!(!Bits::default().contains(u32::MAX));
    }
}
