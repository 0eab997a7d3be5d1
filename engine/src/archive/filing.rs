//! Filing: where records lie. Putting them somewhere is one act for all of them, and can be undone.

use super::{
    Archive,
    draft::{Draft, act_id},
    open::Chain,
};
use crate::{
    Kind, Result, error,
    policy::{Act, Session},
};
use chartrier_schemas::{ActId, RecordId, SubjectId, UnitId, persisted::v1::Deed, text};
use std::collections::{BTreeMap, BTreeSet};

/// What a filing did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filed {
    /// Records that moved.
    pub moved: u64,
    /// The act that says so, if any moved: by it the filing can be undone.
    pub act: Option<ActId>,
}

/// What undoing a filing did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Undone {
    /// Records that went back.
    pub moved: u64,
    /// Records that stayed: filed again since, or taken out of what is closed now.
    pub stayed: u64,
}

impl Archive {
    /// Files records under a class or dossier; nothing is the inbox. All of them or none.
    pub fn file(&self, session: &Session, records: &[RecordId], into: Option<&str>) -> Result<Filed> {
        let act = act_id()?;
        let moved = self.file_as(session, act, records, into)?;
        Ok(Filed { moved, act: (moved > 0).then_some(act) })
    }

    /// The same for what waits in the inbox: what somebody else has filed meanwhile stays where they put it, and what may not be
    /// known any more is none of it. Answers nothing where none of them waits.
    pub fn file_waiting(&self, session: &Session, records: &[RecordId], into: &str) -> Result<Option<Filed>> {
        let chain = self.lock_current()?;
        let (mut waiting, mut known) = (Vec::new(), 0);
        for record in records {
            let row = match self.permitted(session, Act::File, UnitId::Record(*record)) {
                Err(why) if why.kind == Kind::NotFound => continue,
                row => row?,
            };
            if self.catalog().fact(row.num)?.place == 0 {
                waiting.push(*record);
            }
            known += 1;
        }
        if known == 0 {
            return Err(error::not_found("record"));
        }
        if waiting.is_empty() {
            return Ok(None);
        }
        let act = act_id()?;
        let moved = self.file_on(chain, session, act, &waiting, Some(into))?;
        Ok(Some(Filed { moved, act: (moved > 0).then_some(act) }))
    }

    /// The same, under an act whose id is known before. Answers how many moved.
    pub(super) fn file_as(&self, session: &Session, act: ActId, records: &[RecordId], into: Option<&str>) -> Result<u64> {
        self.file_on(self.lock_current()?, session, act, records, into)
    }

    fn file_on(&self, chain: Chain, session: &Session, act: ActId, records: &[RecordId], into: Option<&str>) -> Result<u64> {
        let (target, place) = self.open_place(session, Act::File, into)?;
        let mut by_label: BTreeMap<u16, Vec<SubjectId>> = BTreeMap::new();
        for record in records.iter().collect::<BTreeSet<_>>() {
            let row = self.permitted(session, Act::File, UnitId::Record(*record))?;
            if self.catalog().fact(row.num)?.place != place {
                by_label.entry(row.label).or_default().push((*record).into());
            }
        }
        let moved = by_label.values().map(Vec::len).sum::<usize>() as u64;
        if moved == 0 {
            return Ok(0);
        }
        let now = self.now();
        let mut draft = Draft::default();
        for (label, units) in by_label {
            let entries = draft.label(self.label_num(label)?.id);
            entries.act(act, session.person, now.clone(), Deed::File { units, into: target }, None)?;
        }
        self.commit_locked(chain, draft)?;
        Ok(moved)
    }

    /// Puts what an act filed back to where it was before. What was filed again since stays, and so does what came out of a
    /// place that takes nothing any more. An act of which nothing may be known is none.
    pub fn undo_filing(&self, session: &Session, act: ActId) -> Result<Undone> {
        let chain = self.lock_current()?;
        let filed = self.catalog().act(act)?;
        let units = filed.into_iter().filter_map(|row| match row.act.deed {
            Deed::File { units, .. } => Some(units),
            _ => None,
        });
        let mut undone = Undone::default();
        let mut back: BTreeMap<(u16, Option<UnitId>), Vec<SubjectId>> = BTreeMap::new();
        for unit in units.flatten().collect::<BTreeSet<_>>() {
            let Some(id) = unit.unit() else { continue };
            let row = match self.permitted(session, Act::File, id) {
                Err(why) if why.kind == Kind::NotFound => continue,
                row => row?,
            };
            match self.place_before(session, act, unit)? {
                Some(place) => back.entry((row.label, place)).or_default().push(unit),
                None => undone.stayed += 1,
            }
        }
        undone.moved = back.values().map(Vec::len).sum::<usize>() as u64;
        if undone == Undone::default() {
            return Err(error::not_found(act));
        }
        if undone.moved == 0 {
            return Ok(undone);
        }
        let (now, mut acts) = (self.now(), BTreeMap::new());
        let mut draft = Draft::default();
        for ((label, into), units) in back {
            let act = match acts.get(&into) {
                Some(act) => *act,
                None => *acts.entry(into).or_insert(act_id()?),
            };
            let entries = draft.label(self.label_num(label)?.id);
            entries.act(act, session.person, now.clone(), Deed::File { units, into }, None)?;
        }
        self.commit_locked(chain, draft)?;
        Ok(undone)
    }

    /// Where a record lay before an act, if that act is the last that placed it and it may go back there.
    fn place_before(&self, session: &Session, act: ActId, unit: SubjectId) -> Result<Option<Option<UnitId>>> {
        let history = self.catalog().history(unit)?;
        let mut placed = history.into_iter().rev().filter_map(|row| match row.act.deed {
            Deed::Capture { into, .. } | Deed::File { into, .. } => Some((row.act.id, into)),
            _ => None,
        });
        let (Some((last, _)), Some((_, before))) = (placed.next(), placed.next()) else { return Ok(None) };
        if last != act {
            return Ok(None);
        }
        let Some(place) = before else { return Ok(Some(None)) };
        let row = match self.permitted(session, Act::File, place) {
            Err(why) if why.kind == Kind::NotFound => return Ok(None),
            row => row?,
        };
        let closed = self.catalog().unit(row.num)?.is_none_or(|unit| unit.closed);
        Ok((!closed).then_some(before))
    }

    /// A class, an open dossier, or the inbox: where records may be put.
    pub(super) fn open_place(&self, session: &Session, act: Act, into: Option<&str>) -> Result<(Option<UnitId>, u32)> {
        let Some(code) = into else { return Ok((None, 0)) };
        let (subject, row) = self.place_of_code(session, act, code)?;
        if self.catalog().unit(row.num)?.is_some_and(|unit| unit.closed) {
            return Err(error::refused(
                text!("The dossier {code} is closed.", "Le dossier {code} est clos.", code = code),
                text!(
                    "Reopen it first: chartrier dossier reopen {code}",
                    "Rouvrez-le d’abord : chartrier dossier reopen {code}",
                    code = code
                ),
            ));
        }
        Ok((subject.unit(), row.num))
    }
}
