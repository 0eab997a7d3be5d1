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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    units: Vec<UnitFact>,
    /// The place of each unit as a small number: what counts by place needs no more room than there are places.
    ranks: Vec<u32>,
    /// The places by that number.
    places: Vec<u32>,
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
        usize::try_from(unit).ok().and_then(|at| self.units.get(at)).copied().unwrap_or_default()
    }

    /// The number of a unit's place among [`Facts::places`]; that of the inbox where there is no such unit.
    pub fn rank(&self, unit: u32) -> u32 {
        self.ranks.get(unit as usize).copied().unwrap_or_default()
    }

    /// The places where something is filed, the inbox first.
    pub fn places(&self) -> &[u32] {
        &self.places
    }

    /// How many units there are room for.
    pub fn len(&self) -> usize {
        self.units.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
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
    /// Reads the arrays, and the filing tree.
    pub fn facts(&self) -> Result<Facts> {
        let mut facts = Facts::default();
        let mut pages = self.db.prepare_cached("SELECT page, data FROM facts ORDER BY page")?;
        let mut rows = pages.query([])?;
        while let Some(row) = rows.next()? {
            let page: u32 = row.get(0)?;
            let data = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            facts.units.resize((page * PAGE) as usize, UnitFact::default());
            facts.units.extend(data.chunks_exact(WIDTH).map(UnitFact::from_bytes));
        }
        let mut numbers = HashMap::from([(0, 0)]);
        facts.places.push(0);
        for fact in &facts.units {
            let rank = *numbers.entry(fact.place).or_insert_with(|| {
                facts.places.push(fact.place);
                facts.places.len() as u32 - 1
            });
            facts.ranks.push(rank);
        }
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

    pub(super) fn write(self, catalog: &Catalog) -> Result<()> {
        for (page, data) in self.0 {
            catalog
                .db
                .prepare_cached("INSERT INTO facts (page, data) VALUES (?1, ?2) ON CONFLICT (page) DO UPDATE SET data = ?2")?
                .execute(params![page, data])?;
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
