//! Rebuilding: catalog and index made anew from the store alone. Also how the entries of any segment are
//! read, which a start uses for what it finds beyond its catalog.

use super::{
    Archive,
    open::{self, OpenOptions, Parts, catalog_key},
};
use crate::{
    Kind, Result,
    catalog::{BlobPlace, Catalog, KnownKeys, Opened, Projection},
    error,
    journal::{self, Fault, FaultKind, Ledger, Link},
    keys::{self, Home, Label},
    seal::{SecretKey, open as unseal},
    store::{Store, StoredName},
};
use chartrier_schemas::{
    BlobName, HolderId, LabelId, ObjectName, SubjectId, Text,
    persisted::v1::{self, Description, Guide},
    text,
};
use rayon::prelude::*;
use std::{collections::HashMap, path::Path};

/// What a rebuild made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// Segments read.
    pub segments: u64,
    /// Records in the catalog.
    pub records: u64,
}

/// Keys that open the entries of a segment.
#[derive(Default)]
pub(super) struct HeldKeys {
    subjects: KnownKeys,
    segments: HashMap<(LabelId, String), SecretKey>,
}

impl HeldKeys {
    /// Takes the keys of a page in.
    pub(super) fn add(&mut self, label: LabelId, name: &ObjectName, body: &v1::PageBody) -> Result<()> {
        self.subjects.add(name, body)?;
        for (segment, key) in &body.segments {
            self.segments.insert((label, segment.clone()), SecretKey::from_text(key)?);
        }
        Ok(())
    }

    /// The keys of subjects.
    pub(super) fn subjects(&self) -> &KnownKeys {
        &self.subjects
    }

    fn segment(&self, catalog: &Catalog, label: LabelId, segment: &str) -> Result<Option<SecretKey>> {
        let key = self.segments.get(&(label, segment.to_owned()));
        key.map_or_else(|| catalog.segment_key(label, segment), |key| Ok(Some(key.clone())))
    }

    fn subject(&self, catalog: &Catalog, subject: SubjectId) -> Result<Vec<SecretKey>> {
        let keys = self.subjects.of(subject);
        match keys.is_empty() {
            true => Ok(catalog.subject(subject)?.map(|row| row.keys).unwrap_or_default()),
            false => Ok(keys),
        }
    }
}

/// The guides of a segment and the descriptions that they name, as far as these keys open them. The catalog knows already
/// which files lie where.
#[allow(clippy::type_complexity, reason = "two lists of pairs, named at once by every caller")]
pub(super) fn read_entries(
    store: &dyn Store,
    segment: &v1::Segment,
    link: Link,
    held: &HeldKeys,
    catalog: &Catalog,
) -> Result<(Vec<(LabelId, Guide)>, HashMap<BlobName, Description>)> {
    let places = Places::of(segment, catalog)?;
    let guides = read_guides(store, segment, link, held, catalog)?;
    let mut wanted = Vec::new();
    for (_, guide) in &guides {
        let described = guide.descriptions.iter().copied();
        for (subject, blob) in described.chain(guide.arrives.iter().map(|arrival| (arrival.subject, arrival.description))) {
            let keys = held.subject(catalog, subject)?;
            if keys.is_empty() {
                continue; // It has left this label since, or was destroyed: its keys are gone.
            }
            if let Some(place) = places.find(catalog, &blob)? {
                wanted.push((subject, blob, keys, place));
            }
        }
    }
    let descriptions = wanted.par_chunks(256).map(|chunk| read_descriptions(store, chunk)).collect::<Result<Vec<_>>>()?;
    Ok((guides, descriptions.into_iter().flatten().collect()))
}

/// The guides of a segment, as far as these keys open them.
pub(super) fn read_guides(
    store: &dyn Store,
    segment: &v1::Segment,
    link: Link,
    held: &HeldKeys,
    catalog: &Catalog,
) -> Result<Vec<(LabelId, Guide)>> {
    let places = Places::of(segment, catalog)?;
    let name = format!("{}/{}", link.node, link.seq);
    let mut guides = Vec::new();
    for (label, blob) in &segment.guides {
        let Some(key) = held.segment(catalog, *label, &name)? else { continue };
        let place = places.find(catalog, blob)?.ok_or_else(|| missing(blob))?;
        let plain = unseal(&read_place(store, &place, blob)?, &key)?;
        let guide: Guide = serde_json::from_slice(&plain).map_err(|why| unknown_entry(&why))?;
        if guide.format > v1::FORMAT {
            return Err(error::too_new(format_args!("format {}", guide.format)));
        }
        guides.push((*label, guide));
    }
    Ok(guides)
}

type Wanted = (SubjectId, BlobName, Vec<SecretKey>, BlobPlace);

/// Reads descriptions that lie near each other with one read.
fn read_descriptions(store: &dyn Store, wanted: &[Wanted]) -> Result<Vec<(BlobName, Description)>> {
    let mut runs: Vec<(ObjectName, u64, u64, Vec<&Wanted>)> = Vec::new();
    let mut read = Vec::new();
    for one in wanted {
        let place = &one.3;
        match (&place.objects[..], runs.last_mut()) {
            ([(object, _)], Some((same, _, end, run))) if *object == *same && *end == place.start => {
                *end += place.size;
                run.push(one);
            }
            ([(object, _)], _) => runs.push((*object, place.start, place.start + place.size, vec![one])),
            _ => read.push((one.1, open_description(&read_place(store, place, &one.1)?, one)?)),
        }
    }
    for (object, start, end, run) in runs {
        let name = StoredName::Object(object);
        let bytes = store.range(&name, start..end)?.ok_or_else(|| missing(name))?;
        for one in run {
            let from = (one.3.start - start) as usize;
            let sealed = bytes.get(from..from + one.3.size as usize).ok_or_else(|| error::corrupt(name, "it is too short"))?;
            read.push((one.1, open_description(sealed, one)?));
        }
    }
    Ok(read)
}

fn open_description(sealed: &[u8], (subject, blob, keys, _): &Wanted) -> Result<Description> {
    // The newest key is the likeliest: an older one seals what was written before a marking was raised.
    let plain = keys.iter().rev().find_map(|key| unseal(sealed, key).ok());
    let plain = plain.ok_or_else(|| error::corrupt(blob, "no key of its subject opens it"))?;
    let description = parse_description(&plain)?;
    if description.subject != *subject {
        return Err(error::corrupt(blob, "it describes another subject than its guide says"));
    }
    Ok(description)
}

/// Reads the plain form of a description.
pub(super) fn parse_description(plain: &[u8]) -> Result<Description> {
    let description: Description = serde_json::from_slice(plain).map_err(|why| unknown_entry(&why))?;
    let reserved = match &description.notice {
        v1::Notice::Record(record) => record.components.iter().any(|component| match &component.bytes {
            v1::Bytes::Recipe(_) => true,
            v1::Bytes::Stored(blob) => blob.padding != 0,
            v1::Bytes::Part { .. } => false,
        }),
        _ => false,
    };
    match description.format {
        v1::FORMAT if reserved => Err(error::too_new("a component put together from several blobs, or padded")),
        v1::FORMAT => Ok(description),
        other => Err(error::too_new(format_args!("format {other}"))),
    }
}

fn unknown_entry(why: &serde_json::Error) -> crate::Error {
    match why.classify() {
        serde_json::error::Category::Data => error::too_new(format_args!("an entry of an unknown kind ({why})")),
        _ => error::corrupt("an entry", why),
    }
}

fn missing(name: impl std::fmt::Display) -> crate::Error {
    error::corrupt(name, "it is not in the store")
}

/// Where the blobs of a segment lie: where it says, unless compaction has moved them since.
struct Places(HashMap<BlobName, BlobPlace>);

impl Places {
    fn of(segment: &v1::Segment, catalog: &Catalog) -> Result<Self> {
        let mut places = HashMap::new();
        for pack in &segment.packs {
            let there = pack.objects.first().map_or(Ok(false), |(object, _)| catalog.has_object(object))?;
            if !there {
                continue;
            }
            let mut start = 0;
            for (blob, size) in &pack.blobs {
                places.insert(*blob, BlobPlace { objects: pack.objects.clone(), start, size: *size });
                start += size;
            }
        }
        Ok(Self(places))
    }

    fn find(&self, catalog: &Catalog, blob: &BlobName) -> Result<Option<BlobPlace>> {
        self.0.get(blob).map_or_else(|| catalog.blob(blob), |place| Ok(Some(place.clone())))
    }
}

/// The stored bytes of a blob.
pub(super) fn read_place(store: &dyn Store, place: &BlobPlace, blob: &BlobName) -> Result<bytes::Bytes> {
    let mut pieces = place.pieces().into_iter();
    let read = |(object, range): (ObjectName, std::ops::Range<u64>)| {
        let name = StoredName::Object(object);
        let bytes = store.range(&name, range.clone())?.ok_or_else(|| missing(name))?;
        if bytes.len() as u64 != range.end - range.start {
            return Err(error::corrupt(name, "it is too short"));
        }
        Ok(bytes)
    };
    let first = read(pieces.next().ok_or_else(|| missing(blob))?)?;
    if pieces.len() == 0 {
        return Ok(first);
    }
    let mut all = first.to_vec();
    for piece in pieces {
        all.extend_from_slice(&read(piece)?);
    }
    Ok(all.into())
}

/// Makes catalog and index anew, alone on the home. `progress` hears the number of segments done, and of all.
pub fn rebuild(folder: &Path, options: &OpenOptions, progress: &mut dyn FnMut(u64, u64)) -> Result<Rebuilt> {
    let home = match Home::read(folder) {
        Err(why) if why.kind == Kind::Unavailable => Home::recover(folder, &options.unlock)?,
        read => read?,
    };
    let parts = open::parts_of(home, options)?;
    std::fs::create_dir_all(parts.home.path("locks")).map_err(|why| error::io("make the folder of locks", &why))?;
    let lock = open::lock_alone(&parts.home)?;
    let rebuilt = rebuild_alone(&parts, progress)?;
    lock.unlock().map_err(|why| error::io("unlock the home", &why))?;
    drop(lock);
    Archive::open(folder, options)?.index()?;
    Ok(rebuilt)
}

/// Makes the catalog anew, beside the one that is there: that one is replaced only by one that is whole, and that contains
/// what it contained.
pub(super) fn rebuild_alone(parts: &Parts, progress: &mut dyn FnMut(u64, u64)) -> Result<Rebuilt> {
    let (path, key) = (parts.home.path("catalog.db"), catalog_key(&parts.secrets));
    let remembered = match Catalog::open(&path, &key, parts.deed.archive)? {
        Opened::Ready(catalog) => catalog.head()?,
        Opened::Anew => None,
    };
    let aside = parts.home.path("catalog.new");
    let mut catalog = Catalog::create(&aside, &key, parts.deed.archive)?;
    catalog.hurry(true)?;
    let holder = HolderId::Node(parts.home.node);
    let (_, segments) = read_files(&*parts.store, &mut catalog, holder, &parts.secrets.identity, remembered)?;
    read_all_entries(&*parts.store, &mut catalog, segments, progress)?;
    let records = catalog.records()?;
    catalog.hurry(false)?;
    // The file is whole on the disk before it says so.
    catalog.checkpoint()?;
    catalog.set_complete()?;
    catalog.checkpoint()?;
    catalog.replace(&aside, &path)?;
    Ok(Rebuilt { segments, records })
}

/// First pass: which files lie where, what is declared, which labels this holder can open.
pub(super) fn read_files(
    store: &dyn Store,
    catalog: &mut Catalog,
    holder: HolderId,
    identity: &SecretKey,
    remembered: Option<v1::Head>,
) -> Result<(Ledger, u64)> {
    let mut segments = 0;
    let mut held = Vec::new();
    let mut missed = remembered;
    let ledger = catalog.atomically(|catalog| {
        let ledger = follow_all(store, &mut |link, segment| {
            segments += 1;
            missed = missed.filter(|head| head.hash != link.hash);
            held.extend(segment.grants.iter().filter(|grant| grant.to == holder).map(|grant| grant.name));
            catalog.project_files(&segment)
        })?;
        if let Some(head) = missed {
            let name = StoredName::Segment(head.node, head.seq, head.hash);
            return Err(Fault::new(FaultKind::RolledBack, name, rolled_back()).into_error());
        }
        for name in held {
            if let Some(bytes) = store.get(&StoredName::Grant(name))? {
                catalog.hold(&Label::from_grant(&bytes, identity)?)?;
            }
        }
        Ok(ledger)
    })?;
    let mut present = Vec::new();
    for room in ["objects", "keys", "grants"] {
        store.list(room, &mut |path, _| present.push(path.to_owned()))?;
    }
    catalog.keep_pending(&present)?;
    Ok((ledger, segments))
}

fn rolled_back() -> Text {
    text!(
        "this home has seen this segment, and the store no longer holds it",
        "ce poste a vu ce segment, et le dépôt ne le contient plus"
    )
}

fn follow_all(store: &dyn Store, each: &mut dyn FnMut(Link, v1::Segment) -> Result<()>) -> Result<Ledger> {
    let mut fault = None;
    let ledger = journal::read_all(store, &mut |_, link, segment| each(link, segment), &mut |one| {
        // What comes late is not read, and changes nothing; a verification names it.
        if one.kind != FaultKind::Late {
            fault.get_or_insert(one);
        }
    })?;
    fault.map_or(Ok(ledger), |fault| Err(fault.into_error()))
}

/// Second pass: what the segments say, in their order.
pub(super) fn read_all_entries(
    store: &dyn Store,
    catalog: &mut Catalog,
    all: u64,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<()> {
    let mut held = HeldKeys::default();
    let identities: HashMap<LabelId, SecretKey> =
        catalog.labels()?.into_iter().map(|row| (row.label.id, row.label.identity)).collect();
    let pages = catalog.all_pages()?;
    for chunk in pages.chunks(16) {
        let bodies: Vec<_> = chunk
            .par_iter()
            .map(|(label, name)| {
                let stored = StoredName::Page(*label, *name);
                let bytes = store.get(&stored)?.ok_or_else(|| missing(stored))?;
                let identity = identities.get(label).ok_or_else(|| error::bug("a page of an unknown label"))?;
                Ok((*label, *name, keys::open_page(&bytes, *label, identity)?))
            })
            .collect::<Result<_>>()?;
        catalog.atomically(|catalog| bodies.iter().try_for_each(|(_, name, body)| catalog.project_page(name, body)))?;
        for (label, name, body) in &bodies {
            held.add(*label, name, body)?;
        }
    }
    let mut done = 0;
    follow_all(store, &mut |link, segment| {
        let (guides, descriptions) = read_entries(store, &segment, link, &held, catalog)?;
        let head = v1::Head { node: link.node, seq: link.seq, hash: link.hash };
        let projection =
            Projection { head, segment: &segment, guides: &guides, descriptions: &descriptions, pages: &[], grants: &[] };
        catalog.atomically(|catalog| catalog.project_entries(&projection, &held.subjects).map(drop))?;
        done += 1;
        progress(done, all);
        Ok(())
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_entry_of_another_kind_stops_the_reader() {
        let stored = |padding: u64| json!({ "stored": { "blob": "00".repeat(32), "key": "k", "length": 1, "padding": padding } });
        let record = |bytes: serde_json::Value| {
            let component =
                json!({ "role": "original", "name": "a", "content": "00".repeat(32), "size": 1, "media": "a/b", "bytes": bytes });
            json!({ "record": { "title": "a", "name": "a", "captured": "2026-11-24T09:00:00Z", "components": [component] } })
        };
        let read = |format: u32, notice: serde_json::Value| {
            let subject = chartrier_schemas::RecordId::from_bits(1);
            parse_description(json!({ "format": format, "subject": subject, "notice": notice }).to_string().as_bytes())
        };
        read(1, record(stored(0))).unwrap();
        for (format, notice) in [
            (2, record(stored(0))),
            (1, record(stored(4096))),
            (1, record(json!({ "recipe": ["a", "b"] }))),
            (1, record(json!({ "dreamt": {} }))),
            (1, json!({ "oracle": {} })),
        ] {
            let told = read(format, notice.clone()).unwrap_err();
            assert_eq!(told.kind, Kind::Invalid, "{notice}");
            assert!(told.problem.en.contains("does not read"), "{told}");
        }
        assert_eq!(parse_description(b"{").unwrap_err().kind, Kind::Corrupt);
    }

    #[test]
    fn fields_of_tomorrow_are_written_again() {
        let component = json!({
            "role": "original", "name": "a", "content": "00".repeat(32), "size": 1, "media": "a/b", "bytes": { "part": { "of": 1, "path": "1" } },
            "colour": "red",
        });
        let seen = json!({ "source": "s", "path": "p", "seen": "2026-11-24T09:00:00Z", "weather": "rain" });
        let record = json!({ "title": "a", "name": "a", "captured": "t", "components": [component], "occurrences": [seen], "scent": "rose" });
        let subject = chartrier_schemas::RecordId::from_bits(1);
        let plain = json!({ "format": 1, "subject": subject, "notice": { "record": record } });
        let read = parse_description(plain.to_string().as_bytes()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), plain);
    }
}
