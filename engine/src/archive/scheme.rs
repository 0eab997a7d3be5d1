//! The classification scheme, dossiers, filing and marking: where units lie and how they are protected.

use super::{
    Archive,
    draft::{Draft, LabelDraft, act_id},
    people::needs_reason,
};
use crate::{
    Result,
    catalog::{SubjectRow, UnitRow},
    error,
    keys::Label,
    policy::{Act, Session},
    seal::{SecretKey, random_bits},
};
use chartrier_schemas::{
    ClassId, DossierId, Marking, RecordId, SubjectId, Text, UnitId,
    persisted::v1::{self, Arrival, Deed, Notice},
    text,
};
use serde_json::Map;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A class or dossier as it is listed.
#[derive(Clone, Debug)]
pub struct ClassRow {
    /// Its id.
    pub id: SubjectId,
    /// Reference code.
    pub code: String,
    /// Title.
    pub title: String,
    /// Code of what it lies under.
    pub under: Option<String>,
    /// Its marking.
    pub marking: Marking,
    /// Whether the dossier is closed.
    pub closed: bool,
}

/// What an import of classes did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportedClasses {
    /// Classes made.
    pub added: u64,
    /// Classes that were there already, with the same title and place.
    pub already: u64,
}

/// A code is short, visible and has no space: it is typed after `--into`.
fn check_code(code: &str) -> Result<()> {
    let fits = (1..=64).contains(&code.chars().count())
        && code.chars().all(|c| !c.is_whitespace() && !c.is_control())
        && !code.eq_ignore_ascii_case("none")
        && !code.starts_with('-');
    fits.then_some(()).ok_or_else(|| {
        error::invalid(
            text!("`{code}` cannot be a code.", "`{code}` ne peut pas être une cote.", code = code.escape_debug()),
            text!("Use 1 to 64 visible characters without a space.", "Utilisez de 1 à 64 caractères visibles, sans espace."),
        )
    })
}

/// A line of a table that cannot be imported, and why.
fn wrong_line(line: usize, why: &Text) -> crate::Error {
    let why = Text { en: why.en.trim_end_matches('.').to_owned(), fr: why.fr.trim_end_matches('.').to_owned() };
    error::invalid(
        Text { en: format!("Line {line}: {}.", why.en), fr: format!("Ligne {line} : {}.", why.fr) },
        text!(
            "Nothing was imported. Correct the line and run the same command again.",
            "Rien n’a été importé. Corrigez la ligne et relancez la même commande."
        ),
    )
}

impl Archive {
    /// Adds a class.
    pub fn add_class(&self, session: &Session, code: &str, title: &str, under: Option<&str>) -> Result<ClassId> {
        let id = ClassId::from_bits(random_bits()?);
        let notice = Notice::Class(v1::Class { code: code.to_owned(), title: title.to_owned(), others: Map::new() });
        self.add_container(session, id.into(), notice, (code, title), under)?;
        Ok(id)
    }

    /// Opens a dossier.
    pub fn add_dossier(&self, session: &Session, code: &str, title: &str, under: Option<&str>) -> Result<DossierId> {
        let id = DossierId::from_bits(random_bits()?);
        let notice = Notice::Dossier(v1::Dossier { code: code.to_owned(), title: title.to_owned(), others: Map::new() });
        self.add_container(session, id.into(), notice, (code, title), under)?;
        Ok(id)
    }

    fn add_container(
        &self,
        session: &Session,
        id: SubjectId,
        notice: Notice,
        (code, title): (&str, &str),
        under: Option<&str>,
    ) -> Result<()> {
        self.allowed(session, Act::Arrange)?;
        check_code(code)?;
        if title.trim().is_empty() {
            return Err(error::empty(&text!("title", "l’intitulé")));
        }
        let under = self.parent(session, id, under)?;
        let label = self.label_made(session, &Marking::np())?;
        let chain = self.lock_current()?;
        if self.catalog().container(code)?.is_some() {
            return Err(error::invalid(
                text!("The code {code} is taken.", "La cote {code} est déjà prise.", code = code),
                text!(
                    "Codes are unique and never used again: choose another.",
                    "Une cote est unique et ne sert qu’une fois : choisissez-en une autre."
                ),
            ));
        }
        let mut draft = Draft::default();
        let entries = draft.label(label.id);
        entries.describe(id, notice, None)?;
        entries.act(act_id()?, session.person, self.now(), Deed::Create { subject: id, under }, None)?;
        self.commit_locked(chain, draft).map(drop)
    }

    /// What a class or dossier is to lie under. A dossier holds records: nothing else lies in it.
    fn parent(&self, session: &Session, child: SubjectId, under: Option<&str>) -> Result<Option<UnitId>> {
        let Some(code) = under else {
            return match session.mandates.contains(&None) {
                true => Ok(None),
                false => Err(top_of_the_scheme()),
            };
        };
        let (parent, _) = self.place_of_code(session, Act::Arrange, code)?;
        match (child, parent) {
            (_, SubjectId::Class(_)) => Ok(parent.unit()),
            _ => Err(error::invalid(
                text!(
                    "{code} is a dossier: only records lie in a dossier.",
                    "{code} est un dossier : un dossier ne contient que des pièces.",
                    code = code
                ),
                text!("Name a class.", "Indiquez une classe."),
            )),
        }
    }

    /// Adds the classes of a table, parents before children; those that are there already stay. All of them or none.
    pub fn import_classes(&self, session: &Session, rows: &[(String, String, Option<String>)]) -> Result<ImportedClasses> {
        self.allowed(session, Act::Arrange)?;
        if rows.iter().any(|(.., under)| under.is_none()) && !session.mandates.contains(&None) {
            return Err(top_of_the_scheme());
        }
        let label = self.label_made(session, &Marking::np())?;
        let chain = self.lock_current()?;
        let known: BTreeMap<String, ClassRow> = self.classes(session)?.into_iter().map(|row| (row.code.clone(), row)).collect();
        let mut made: BTreeMap<&str, SubjectId> = BTreeMap::new();
        let mut draft = Draft::default();
        let mut imported = ImportedClasses::default();
        for (line, (code, title, under)) in (2..).zip(rows) {
            self.check_row(code, title, &known, &made).map_err(|why| wrong_line(line, &why))?;
            let above = |code: &str| known.get(code).map(|row| row.id).or_else(|| made.get(code).copied());
            let parent = match under {
                None => None,
                Some(code) => above(code).map(Some).ok_or_else(|| {
                    let why =
                        text!("its parent {code} is not above it", "sa classe mère {code} n’est pas au-dessus", code = code);
                    wrong_line(line, &why)
                })?,
            };
            if let Some(row) = known.get(code) {
                if row.title != *title || row.under != *under {
                    let why = text!(
                        "{code} is there with another title or place ({title})",
                        "{code} existe avec un autre intitulé ou une autre place ({title})",
                        code = code,
                        title = row.title
                    );
                    return Err(wrong_line(line, &why));
                }
                imported.already += 1;
                made.insert(code, row.id);
                continue;
            }
            let id = SubjectId::from(ClassId::from_bits(random_bits()?));
            let entries = draft.label(label.id);
            entries.describe(
                id,
                Notice::Class(v1::Class { code: code.clone(), title: title.clone(), others: Map::new() }),
                None,
            )?;
            let deed = Deed::Create { subject: id, under: parent.and_then(SubjectId::unit) };
            entries.act(act_id()?, session.person, self.now(), deed, None)?;
            made.insert(code, id);
            imported.added += 1;
        }
        if imported.added > 0 {
            self.commit_locked(chain, draft)?;
        }
        Ok(imported)
    }

    /// What is wrong with one line of a table of classes, whatever lies around it.
    fn check_row(
        &self,
        code: &str,
        title: &str,
        known: &BTreeMap<String, ClassRow>,
        made: &BTreeMap<&str, SubjectId>,
    ) -> std::result::Result<(), Text> {
        check_code(code).map_err(|why| why.problem)?;
        if title.trim().is_empty() {
            return Err(text!("the title is empty", "l’intitulé est vide"));
        }
        if made.contains_key(code) {
            return Err(text!("the code stands twice", "la cote figure deux fois"));
        }
        let taken = !known.contains_key(code) && self.catalog().container(code).is_ok_and(|found| found.is_some());
        if taken {
            return Err(text!("the code {code} is taken", "la cote {code} est déjà prise", code = code));
        }
        Ok(())
    }

    /// Classes that the session may know, by code.
    pub fn classes(&self, session: &Session) -> Result<Vec<ClassRow>> {
        self.containers(session, 1)
    }

    /// Dossiers that the session may know, by code.
    pub fn dossiers(&self, session: &Session) -> Result<Vec<ClassRow>> {
        self.containers(session, 2)
    }

    /// The code of the place that somebody means: by its code, by code and title as lists show them, or by its whole title where
    /// that is one place's alone. Nothing where nothing is said.
    pub fn meant_place(&self, session: &Session, given: &str) -> Result<Option<String>> {
        let given = given.trim();
        if given.is_empty() {
            return Ok(None);
        }
        let knowledge = self.knowledge(session.clone())?;
        let known = |code: &str| -> Result<Option<UnitRow>> {
            let Some(num) = self.catalog().container(code)?.filter(|num| knowledge.covers(*num)) else { return Ok(None) };
            self.catalog().unit(num)
        };
        let first = given.split_whitespace().next().unwrap_or_default();
        if let Some(place) = known(first)?
            && (given == first || given[first.len()..].trim() == place.title.trim())
        {
            return Ok(place.code);
        }
        let title = given.to_lowercase();
        let mut titled =
            self.classes(session)?.into_iter().chain(self.dossiers(session)?).filter(|place| place.title.to_lowercase() == title);
        match (titled.next(), titled.next()) {
            (Some(place), None) => Ok(Some(place.code)),
            (Some(_), Some(_)) => Err(error::invalid(
                text!("Several places are called {given}.", "Plusieurs places s’appellent {given}.", given = given),
                text!("Write the code of the one that is meant.", "Écrivez la cote de celle dont il s’agit."),
            )),
            (None, _) => Err(error::no_place(given)),
        }
    }

    fn containers(&self, session: &Session, kind: u8) -> Result<Vec<ClassRow>> {
        let knowledge = self.knowledge(session.clone())?;
        let mut rows = Vec::new();
        let units = self.catalog().containers()?;
        for unit in units.into_iter().filter(|unit| unit.kind == kind && knowledge.covers(unit.num)) {
            rows.push(self.class_row(&knowledge, &unit)?);
        }
        rows.sort_by_cached_key(|row: &ClassRow| counted(&row.code));
        Ok(rows)
    }

    pub(super) fn class_row(&self, knowledge: &super::Knowledge, unit: &UnitRow) -> Result<ClassRow> {
        Ok(ClassRow {
            id: unit.id,
            code: unit.code.clone().unwrap_or_default(),
            title: unit.title.clone(),
            under: knowledge.code(unit.place),
            marking: knowledge.marking(unit.label).cloned().unwrap_or_else(Marking::np),
            closed: unit.closed,
        })
    }

    /// The class or dossier of a code with what it lies under, from the top, as far as that may be known.
    pub fn path_of_code(&self, session: &Session, code: &str) -> Result<Vec<ClassRow>> {
        Ok(self.paths_of_codes(session, std::iter::once(code))?.remove(code).unwrap_or_default())
    }

    /// The same of several codes; what lies above many of them is read once.
    pub fn paths_of_codes<'a>(
        &self,
        session: &Session,
        codes: impl IntoIterator<Item = &'a str>,
    ) -> Result<HashMap<&'a str, Vec<ClassRow>>> {
        let knowledge = self.knowledge(session.clone())?;
        let facts = &knowledge.cache.facts;
        let mut rows: HashMap<u32, Option<ClassRow>> = HashMap::new();
        let mut paths = HashMap::new();
        for code in codes {
            let places = facts.place_of_code(code).map(|place| facts.path(place)).unwrap_or_default();
            for place in &places {
                if !rows.contains_key(place) {
                    let unit = if knowledge.covers(*place) { self.unit_row(&knowledge, *place)? } else { None };
                    rows.insert(*place, unit.map(|unit| self.class_row(&knowledge, &unit)).transpose()?);
                }
            }
            let path = places.iter().rev().filter_map(|place| rows.get(place)?.clone());
            paths.insert(code, path.collect());
        }
        Ok(paths)
    }

    /// Closes a dossier, or opens it again. Answers whether that changed anything.
    pub fn close_dossier(&self, session: &Session, code: &str, close: bool) -> Result<bool> {
        let chain = self.lock_current()?;
        let (dossier, row) = self.place_of_code(session, Act::File, code)?;
        if !matches!(dossier, SubjectId::Dossier(_)) {
            return Err(error::invalid(
                text!(
                    "{code} is a class: only dossiers are closed.",
                    "{code} est une classe : seul un dossier se clôt.",
                    code = code
                ),
                text!("List dossiers with `chartrier dossier list`.", "Listez les dossiers avec `chartrier dossier list`."),
            ));
        }
        let unit = self.catalog().unit(row.num)?.ok_or_else(|| error::no_place(code))?;
        if unit.closed == close {
            return Ok(false);
        }
        let deed = if close { Deed::Close { dossier } } else { Deed::Reopen { dossier } };
        let mut draft = Draft::default();
        draft.label(self.label_num(row.label)?.id).act(act_id()?, session.person, self.now(), deed, None)?;
        self.commit_locked(chain, draft)?;
        Ok(true)
    }

    /// Changes the marking of records, with a reason. Answers how many changed.
    pub fn mark(&self, session: &Session, records: &[RecordId], marking: &Marking, reason: &str) -> Result<u64> {
        needs_reason(Some(reason))?;
        for record in records {
            self.permitted(session, Act::Mark, UnitId::Record(*record))?;
        }
        let target = self.label_made(session, marking)?;
        let chain = self.lock_current()?;
        let mut moving = Vec::new();
        for record in records.iter().collect::<BTreeSet<_>>() {
            let row = self.permitted(session, Act::Mark, UnitId::Record(*record))?;
            let from = self.label_num(row.label)?;
            if from.id != target.id {
                moving.push((SubjectId::from(*record), row, from));
            }
        }
        if moving.is_empty() {
            return Ok(0);
        }
        let count = moving.len() as u64;
        let (act, now) = (act_id()?, self.now());
        let mut draft = Draft::default();
        let mut left: BTreeMap<_, Vec<SubjectId>> = BTreeMap::new();
        let mut arrived = Vec::new();
        for (subject, row, from) in moving {
            let arrival = self.arrival(subject, &row, &from, marking)?;
            draft.label(target.id).arrives.push(arrival);
            draft.label(from.id).leaves.push(subject);
            left.entry(from.id).or_default().push(subject);
            arrived.push(subject);
        }
        for (label, units) in left {
            let deed = Deed::Mark { units, marking: marking.clone() };
            draft.label(label).act(act, session.person, now.clone(), deed, None)?;
        }
        let deed = Deed::Mark { units: arrived, marking: marking.clone() };
        draft.label(target.id).act(act, session.person, now, deed, Some(reason))?;
        self.commit_locked(chain, draft)?;
        Ok(count)
    }

    /// A record on its way to another label: its keys, and what a reader there must know. What was done under a marking that
    /// the new one does not dominate stays there, and so does who read it. A marking that is raised also gives it a new key
    /// for what is written from now on.
    fn arrival(&self, subject: SubjectId, row: &SubjectRow, from: &Label, to: &Marking) -> Result<(Arrival, Vec<SecretKey>)> {
        let place = self.catalog().fact(row.num)?.place;
        let place = match place {
            0 => None,
            place => self.catalog().subject_of_num(place)?.and_then(SubjectId::unit),
        };
        let labels = self.catalog().labels()?;
        let told = |label: u16| {
            labels.iter().any(|row| row.num == label && row.label.marking().is_some_and(|marking| to.dominates(marking)))
        };
        let acts = self.catalog().history(subject)?.into_iter().filter(|row| told(row.label));
        let acts = acts.map(|row| v1::Act { deed: row.act.deed.narrowed(subject), ..row.act }).collect();
        let mut keys = row.keys.clone();
        if from.marking().is_none_or(|from| !from.dominates(to)) {
            keys.push(SecretKey::generate()?);
        }
        Ok((Arrival { subject, description: row.description, place, acts }, keys))
    }

    /// A label by its number.
    pub(super) fn label_num(&self, num: u16) -> Result<Label> {
        let labels = self.catalog().labels()?;
        labels
            .into_iter()
            .find(|row| row.num == num)
            .map(|row| row.label)
            .ok_or_else(|| error::bug("a unit under a label that cannot be opened"))
    }

    /// What is written under the lowest label: persons, mandates, keys.
    pub(super) fn lowest(&self) -> Result<Label> {
        Self::label_of(&self.catalog(), &Marking::np())?
            .map(|row| row.label)
            .ok_or_else(|| error::bug("an archive without its lowest label"))
    }
}

impl LabelDraft {
    /// An act on one subject.
    pub(super) fn act_on(&mut self, session: &Session, at: String, deed: Deed, reason: Option<&str>) -> Result<()> {
        self.act(act_id()?, session.person, at, deed, reason)
    }
}

fn top_of_the_scheme() -> crate::Error {
    error::refused(
        text!(
            "The top of the scheme is arranged by those who have a mandate on the whole archive.",
            "Le sommet du plan revient à qui a un mandat sur l’ensemble des archives."
        ),
        text!("Name the class that it comes under.", "Indiquez la classe dont il relève."),
    )
}

/// A code in the order in which people count: 2 before 10, 4.2 before 4.10, letters after digits.
fn counted(code: &str) -> Vec<(u64, String)> {
    let runs = code.as_bytes().chunk_by(|one, other| one.is_ascii_digit() == other.is_ascii_digit());
    let runs = runs.map(|run| String::from_utf8_lossy(run).into_owned());
    runs.map(|run| (run.parse().unwrap_or(u64::MAX), run)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_the_order_in_which_people_count() {
        let mut codes = ["10", "2", "4.10", "4.2", "4", "A.1", "1.1.12", "1.1.2", "4.2-b"];
        codes.sort_by_cached_key(|code| counted(code));
        assert_eq!(codes, ["1.1.2", "1.1.12", "2", "4", "4.2", "4.2-b", "4.10", "10", "A.1"]);
    }
}
