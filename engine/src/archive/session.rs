//! Sessions: who is at work, and the one question asked of the catalog on their behalf. Every verb that
//! names a unit comes through here.

use super::{Archive, people::in_force};
use crate::{
    Result,
    cache::Cache,
    catalog::{Bits, Catalog, Facts, LabelRow, MandateRow, Permission, PersonRow, SubjectRow, UnitFact, UnitRow},
    error,
    policy::{self, Act, Reason, Session, Unit, Verdict},
};
use chartrier_schemas::{LabelId, Level, Marking, PersonId, SubjectId, UnitId, persisted::v1::Whom, text};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// Sessions whose permissions are kept.
const KEPT: usize = 256;

/// Memory for rows of units, in bytes.
const ROWS: usize = 8 << 20;

/// Number of the next compilation.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// The arrays of the catalog in memory, what else was asked of it since, and when they were read. When anybody writes, another
/// one stands in its place, which takes over the facts that have not changed.
#[derive(Default)]
pub(super) struct FactCache {
    /// The catalog's data version and number of commits when they were read.
    pub(super) version: (i64, u64),
    /// Tells these from all others in this process.
    pub(super) number: u64,
    pub(super) facts: Facts,
    /// Labels that this node reads, by number.
    pub(super) labels: Vec<(u16, LabelId)>,
    /// Markings by label number; the audit has none.
    pub(super) markings: HashMap<u16, Marking>,
    /// What sessions may know, as of these arrays.
    compiled: Mutex<Vec<(Session, Arc<Permission>)>>,
    /// Who is at work: each with the mandates that may be in force.
    people: Mutex<HashMap<PersonId, AtWork>>,
    rows: Rows,
}

/// A person, and the mandates that may be in force.
type AtWork = Arc<(PersonRow, Vec<MandateRow>)>;

/// Rows of units by number.
struct Rows(Cache<u32, Arc<UnitRow>>);

impl Default for Rows {
    fn default() -> Self {
        Self(Cache::new(ROWS))
    }
}

/// A session with what it may know, compiled: what a search asks of every match.
#[derive(Clone)]
pub struct Knowledge {
    /// Who is at work.
    pub session: Session,
    pub(super) permission: Arc<Permission>,
    pub(super) cache: Arc<FactCache>,
}

impl Knowledge {
    /// Whether a unit may be known.
    pub fn covers(&self, unit: u32) -> bool {
        self.permission.covers(unit, self.fact(unit))
    }

    /// The fact of a unit.
    pub fn fact(&self, unit: u32) -> UnitFact {
        self.cache.facts.of(unit.into())
    }

    /// The labels that the session may read, with their numbers.
    pub(super) fn labels(&self) -> impl Iterator<Item = (u16, LabelId)> {
        self.cache.labels.iter().copied().filter(|(num, _)| self.permission.labels.contains((*num).into()))
    }

    /// The code of a place, if it may be known.
    pub(super) fn code(&self, place: u32) -> Option<String> {
        (place != 0 && self.covers(place)).then(|| self.cache.facts.code(place).map(str::to_owned)).flatten()
    }

    /// The marking of a label, where it stands for one.
    pub fn marking(&self, label: u16) -> Option<&Marking> {
        self.cache.markings.get(&label)
    }
}

impl Archive {
    /// The session of a person, as of now.
    pub fn session(&self, person: PersonId) -> Result<Session> {
        Ok(self.at_work(person)?.0)
    }

    /// The session of a person as of now, and who that is.
    pub fn at_work(&self, person: PersonId) -> Result<(Session, PersonRow)> {
        let (cache, now) = (self.facts()?, self.clock.now());
        let known = self.who(&cache, person)?;
        let (row, mandates) = &*known;
        let mandates = mandates.iter().filter(|mandate| in_force(mandate, now)).map(|mandate| mandate.unit).collect();
        let session = Session { person, roles: row.roles.clone(), clearance: row.clearance.clone(), mandates, also: None };
        Ok((session, row.clone()))
    }

    /// A person with the mandates that may be in force; kept until anybody writes.
    fn who(&self, cache: &FactCache, person: PersonId) -> Result<AtWork> {
        let known = cache.people.lock().unwrap_or_else(PoisonError::into_inner).get(&person).cloned();
        match known {
            Some(known) => Ok(known),
            None => {
                let catalog = self.catalog();
                let row = catalog.person(person)?.ok_or_else(|| error::not_found(person))?;
                let known = Arc::new((row, catalog.mandates_of(person)?));
                cache.people.lock().unwrap_or_else(PoisonError::into_inner).insert(person, known.clone());
                Ok(known)
            }
        }
    }

    /// The row of a unit; kept until anybody writes.
    pub(super) fn unit_row(&self, knowledge: &Knowledge, unit: u32) -> Result<Option<Arc<UnitRow>>> {
        let rows = &knowledge.cache.rows.0;
        if let Some(row) = rows.get(&unit) {
            return Ok(Some(row));
        }
        let Some(row) = self.catalog().unit(unit)?.map(Arc::new) else { return Ok(None) };
        rows.put(unit, row.clone(), row.size_in_memory());
        Ok(Some(row))
    }

    /// What the person of a session is called.
    pub fn own_name(&self, session: &Session) -> Result<String> {
        let row = self.catalog().person(session.person)?;
        row.map(|row| row.name).ok_or_else(|| error::not_found(session.person))
    }

    /// A person by id or by name, among those that the session may see.
    pub fn person_named(&self, session: &Session, name: &str) -> Result<PersonId> {
        named(&self.persons(session)?, name)
    }

    /// The arrays of the catalog, read anew if anyone has written since.
    pub(super) fn facts(&self) -> Result<Arc<FactCache>> {
        let catalog = self.catalog();
        let version = (catalog.data_version()?, catalog.commits()?);
        let cached = self.cache.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        if cached.version == version {
            return Ok(cached);
        }
        let rows = catalog.labels()?;
        let labels = rows.iter().map(|row| (row.num, row.label.id)).collect();
        let markings = rows.into_iter().filter_map(|row| Some((row.num, row.label.marking()?.clone()))).collect();
        let fresh = Arc::new(FactCache {
            version,
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            facts: catalog.facts(&cached.facts)?,
            labels,
            markings,
            ..FactCache::default()
        });
        *self.cache.write().unwrap_or_else(std::sync::PoisonError::into_inner) = fresh.clone();
        Ok(fresh)
    }

    /// What a session may know, compiled from its clearance and mandates.
    pub fn knowledge(&self, session: Session) -> Result<Knowledge> {
        let cache = self.facts()?;
        let kept = |compiled: &Vec<(Session, Arc<Permission>)>| {
            compiled.iter().find(|(one, _)| *one == session).map(|(_, permission)| permission.clone())
        };
        let found = kept(&cache.compiled.lock().unwrap_or_else(PoisonError::into_inner));
        let permission = match found {
            Some(permission) => permission,
            None => {
                let permission = Permission { identity: NEXT.fetch_add(1, Ordering::Relaxed), ..self.compile(&cache, &session)? };
                let permission = Arc::new(permission);
                let mut compiled = cache.compiled.lock().unwrap_or_else(PoisonError::into_inner);
                if compiled.len() == KEPT {
                    compiled.remove(0);
                }
                compiled.push((session.clone(), permission.clone()));
                permission
            }
        };
        Ok(Knowledge { session, permission, cache })
    }

    fn compile(&self, cache: &FactCache, session: &Session) -> Result<Permission> {
        let mut permission = Permission::default();
        let reads = policy::may(session, Act::Know, None) == Verdict::Granted;
        let dominated = cache.markings.iter().filter(|(_, marking)| reads && session.clearance.dominates(marking));
        permission.labels = dominated.map(|(label, _)| u32::from(*label)).collect();
        let mut roots = Bits::default();
        for mandate in &session.mandates {
            match mandate {
                None => permission.everything = true,
                Some(unit) => {
                    let Some(row) = self.catalog().subject(*unit)? else { continue };
                    match unit {
                        SubjectId::Record(_) => permission.units.insert(row.num),
                        _ => roots.insert(row.num),
                    }
                }
            }
        }
        permission.places = cache.facts.below(&roots);
        if let Some(also) = &session.also {
            permission.also = Some(Box::new(self.compile(cache, also)?));
        }
        Ok(permission)
    }

    /// A unit that the session may do this to; else the answer for what is not there.
    pub(super) fn permitted(&self, session: &Session, act: Act, unit: UnitId) -> Result<SubjectRow> {
        let cache = self.facts()?;
        let catalog = self.catalog();
        let absent = || error::not_found(unit);
        let row = catalog.subject(unit.into())?.ok_or_else(absent)?;
        let may = |act| ask(&catalog, &cache, session, act, &row, unit.into());
        match may(act)? {
            Verdict::Granted => Ok(row),
            // The unit may be known: then the missing role is no secret. Whoever has no role at all knows nothing.
            Verdict::Refused(Reason::Role) if may(Act::Know)? == Verdict::Granted => Err(missing_role(act)),
            Verdict::Refused(_) => Err(absent()),
        }
    }

    /// Whether the session may do this at all.
    pub fn allowed(&self, session: &Session, act: Act) -> Result<()> {
        match policy::may(session, act, None) {
            Verdict::Granted => Ok(()),
            Verdict::Refused(_) => Err(missing_role(act)),
        }
    }

    /// A class or dossier of this code that the session may know.
    pub(super) fn place_of_code(&self, session: &Session, act: Act, code: &str) -> Result<(SubjectId, SubjectRow)> {
        if code.trim().is_empty() {
            return Err(error::empty(&text!("code", "la cote")));
        }
        let subject = {
            let catalog = self.catalog();
            match catalog.container(code)? {
                Some(num) => catalog.subject_of_num(num)?,
                None => None,
            }
        };
        let unit = subject.and_then(SubjectId::unit).ok_or_else(|| error::no_place(code))?;
        let row = self.permitted(session, act, unit).map_err(|why| match why.kind {
            crate::Kind::NotFound => error::no_place(code),
            _ => why,
        })?;
        Ok((unit.into(), row))
    }

    /// The markings that one may choose from, lowest first: the levels up to one's clearance and the ceiling, and the clearance
    /// itself. That others are in use is not told.
    pub fn own_markings(&self, session: &Session) -> Vec<Marking> {
        let own = &session.clearance;
        let levels = [Level::Np, Level::Dr, Level::S, Level::Ts].map(|level| Marking { level, ..Marking::np() });
        let mut all: Vec<Marking> = levels.into_iter().filter(|marking| own.dominates(marking)).collect();
        if !all.contains(own) {
            all.push(own.clone());
        }
        all.retain(|marking| marking.level <= self.deed.ceiling);
        all
    }

    /// The code of the one place that somebody has a mandate on, where it is the only one: where what they add belongs, unless
    /// they say otherwise.
    pub fn own_place(&self, session: &Session) -> Result<Option<String>> {
        let (facts, now) = (self.facts()?, self.clock.now());
        let who = self.who(&facts, session.person)?;
        // What the whole house may know is nobody's own.
        let mut own =
            who.1.iter().filter(|mandate| in_force(mandate, now) && mandate.whom != Whom::Everyone).map(|mandate| mandate.unit);
        let Some(Some(on)) = own.next() else { return Ok(None) };
        if own.any(|other| other != Some(on)) {
            return Ok(None);
        }
        let Some(unit) = self.catalog().subject(on)? else { return Ok(None) };
        let knowledge = self.knowledge(session.clone())?;
        let open = self.unit_row(&knowledge, unit.num)?.filter(|row| !row.closed);
        Ok(open.and_then(|row| knowledge.code(row.num)))
    }

    /// The label of a marking that this session may give, if it was used before.
    pub(super) fn label_for(&self, session: &Session, marking: &Marking) -> Result<Option<LabelRow>> {
        if marking.level > self.deed.ceiling {
            return Err(error::refused(
                text!(
                    "{marking} is above what this archive may hold ({ceiling}).",
                    "{marking} dépasse ce que ces archives peuvent contenir ({ceiling}).",
                    marking = marking,
                    ceiling = self.deed.ceiling.code()
                ),
                text!("Keep it in an archive with a higher ceiling.", "Gardez-le dans des archives au plafond plus élevé."),
            ));
        }
        if !session.clearance.dominates(marking) {
            return Err(error::refused(
                text!(
                    "{marking} is above your clearance ({clearance}).",
                    "{marking} dépasse votre habilitation ({clearance}).",
                    marking = marking,
                    clearance = session.clearance
                ),
                text!(
                    "Ask a security officer to raise it: chartrier person clear NAME {marking} --reason …",
                    "Demandez à un officier de sécurité de la relever : chartrier person clear NOM {marking} --reason …",
                    marking = marking
                ),
            ));
        }
        Self::label_of(&self.catalog(), marking)
    }
}

/// The one person of this name or id.
pub(super) fn named(persons: &[PersonRow], name: &str) -> Result<PersonId> {
    if name.trim().is_empty() {
        return Err(error::empty(&text!("name of the person", "le nom de la personne")));
    }
    let mut found = persons.iter().filter(|row| row.name == name || row.id.to_string() == name);
    match (found.next(), found.next()) {
        (Some(row), None) => Ok(row.id),
        (None, _) => Err(error::no_person(name)),
        _ => Err(error::invalid(
            text!("Several persons are called `{name}`.", "Plusieurs personnes s’appellent `{name}`.", name = name),
            text!("Give the id (per-…).", "Donnez l’identifiant (per-…)."),
        )),
    }
}

/// Asks the question of one subject.
pub(super) fn ask(
    catalog: &Catalog,
    cache: &FactCache,
    session: &Session,
    act: Act,
    row: &SubjectRow,
    subject: SubjectId,
) -> Result<Verdict> {
    let fact = cache.facts.of(row.num.into());
    let Some(marking) = cache.markings.get(&row.label) else {
        return Ok(Verdict::Refused(Reason::Clearance));
    };
    let path = path_of(catalog, cache, subject, fact.place)?;
    Ok(policy::may(session, act, Some(&Unit { marking, path: &path, alive: fact.alive })))
}

/// A unit, and what it lies under at a place, up to the root.
pub(super) fn path_of(catalog: &Catalog, cache: &FactCache, subject: SubjectId, place: u32) -> Result<Vec<SubjectId>> {
    let mut path = vec![subject];
    for place in cache.facts.path(place) {
        path.extend(catalog.subject_of_num(place)?);
    }
    Ok(path)
}

fn missing_role(act: Act) -> crate::Error {
    let (role, role_fr) = match act {
        Act::File | Act::Arrange | Act::Describe => ("an archivist", "un archiviste"),
        Act::Mark => ("an archivist or a security officer", "un archiviste ou un officier de sécurité"),
        Act::Empower | Act::Audit => ("a security officer", "un officier de sécurité"),
        Act::Administer => ("an administrator", "un administrateur"),
        Act::Know | Act::Read | Act::Capture => {
            ("somebody with a role in this archive", "quelqu’un qui a un rôle dans ces archives")
        }
    };
    error::refused(
        chartrier_schemas::Text { en: format!("This is for {role} to do."), fr: format!("C’est à {role_fr} de le faire.") },
        text!(
            "Ask one, or ask a security officer for the role.",
            "Adressez-vous à lui, ou demandez ce rôle à un officier de sécurité."
        ),
    )
}

#[cfg(test)]
mod tests {
    use crate::{
        archive::{Archive, InitOptions, OpenOptions, Original, Submission, initialise},
        catalog::Facts,
        clock::SystemClock,
        keys::Unlock,
        seal::content_of,
        store,
    };
    use chartrier_schemas::{Extraction, Level, Marking, persisted::v1::Occurrence};
    use std::sync::Arc;

    /// Two at one home, each of which reads what the other has changed.
    #[test]
    fn facts_that_are_read_as_far_as_they_changed_are_those_that_are_read_anew() {
        let store = Some(Arc::new(store::open("memory:", true).unwrap()) as Arc<dyn store::Store>);
        let options = OpenOptions { unlock: Unlock::Unprotected, clock: Arc::new(SystemClock), store };
        let init = InitOptions { store: "memory:".to_owned(), person: "Ada".to_owned(), ceiling: Level::Ts };
        let home = tempfile::tempdir().unwrap();
        let one = initialise(home.path(), &init, &options, &mut |_| Ok(())).unwrap().archive;
        let other = Archive::open(home.path(), &options).unwrap();
        let session = one.session(one.owner()).unwrap();
        let mut records = Vec::new();
        for number in 0..24_usize {
            let archive = if number % 3 == 0 { &one } else { &other };
            let (code, text) = (number.to_string(), format!("texte {number}"));
            archive.add_class(&session, &code, "Classe", None).unwrap();
            let capturer = archive.capturer(session.clone(), (number % 2 == 0).then_some(&code), &Marking::np()).unwrap();
            let seen = serde_json::json!({ "source": "ici", "path": code, "seen": "2026-11-26T12:00:00Z" });
            let occurrence: Occurrence = serde_json::from_value(seen).unwrap();
            let original = Original::Bytes(text.as_bytes(), content_of(text.as_bytes()));
            let extraction = Extraction { text: text.clone(), ..Extraction::default() };
            capturer.capture(Submission { occurrence, name: code.clone(), extraction, original }).unwrap();
            capturer.finish().unwrap();
            archive.list(&session, "", &mut |line| records.extend((!records.contains(&line.id)).then_some(line.id))).unwrap();
            archive.file(&session, &[records[number / 2]], Some(&code)).unwrap();
            for archive in [&one, &other] {
                let (kept, anew) = (archive.facts().unwrap(), archive.catalog().facts(&Facts::default()).unwrap());
                assert_eq!(kept.facts.len(), anew.len());
                for unit in 0..anew.len() as u64 {
                    let fact = anew.of(unit);
                    assert_eq!(kept.facts.of(unit), fact, "unit {unit} after {number}");
                    assert_eq!(kept.facts.different()[kept.facts.number(unit as u32) as usize], fact);
                    assert_eq!(kept.facts.path(fact.place), anew.path(fact.place));
                }
            }
        }
        assert_eq!(records.len(), 24);
    }
}
