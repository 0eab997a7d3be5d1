//! The ledger: who may write, what must be in the store and what must not, as the segments read so far
//! say. Pure: segments go in, faults come out.

use super::{Fault, FaultKind};
use crate::{
    seal::{PublicKey, envelope_body, verify_envelope},
    store::StoredName,
};
use chartrier_schemas::{ArchiveId, HolderId, LabelId, NodeId, ObjectName, RecoveryId, SegmentHash, Text, persisted::v1, text};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What the segments read so far establish.
#[derive(Clone)]
pub struct Ledger {
    /// The archive.
    pub archive: ArchiveId,
    /// The key that names registrars.
    pub root: PublicKey,
    /// Whose chain is being followed, and its key.
    pub registrar: Option<(NodeId, PublicKey)>,
    /// The last segment read.
    pub head: Option<v1::Head>,
    /// Nodes as last declared.
    pub nodes: BTreeMap<NodeId, v1::NodeDeclaration>,
    /// Labels as last declared.
    pub labels: BTreeMap<LabelId, v1::LabelDeclaration>,
    /// Recovery recipients as last declared.
    pub recoveries: BTreeMap<RecoveryId, v1::RecoveryDeclaration>,
    /// Holders that were withdrawn.
    pub withdrawn: BTreeSet<HolderId>,
    /// What must and must not be in the store; not kept where the catalog keeps it.
    pub live: Option<Live>,
    /// Whether a segment could not be read: from then on nobody can say what else is in the archive.
    pub gap: bool,
    /// Whether the segment right before the next one could not be read.
    pub(super) skipped: bool,
}

/// What must and what must not be in the store.
#[derive(Clone, Default)]
pub struct Live {
    /// Files that must be there, and their sizes.
    pub files: HashMap<StoredName, u64>,
    /// Files that must not be there any more.
    pub retired: HashSet<StoredName>,
}

/// Why a segment is not accepted.
pub(super) type Objection = (FaultKind, Text);

impl Ledger {
    /// The ledger of an archive of which no segment has been read.
    pub fn new(archive: ArchiveId, root: PublicKey, live: Option<Live>) -> Self {
        Self {
            archive,
            root,
            registrar: None,
            head: None,
            nodes: BTreeMap::new(),
            labels: BTreeMap::new(),
            recoveries: BTreeMap::new(),
            withdrawn: BTreeSet::new(),
            live,
            gap: false,
            skipped: false,
        }
    }

    /// Reads one segment, and takes it in if nothing speaks against it.
    pub(super) fn admit(&mut self, bytes: &[u8], seq: u64, hash: SegmentHash) -> Result<v1::Segment, Objection> {
        let body = envelope_body(bytes).ok_or_else(|| damaged("it is not a signed segment", "ce n’est pas un segment signé"))?;
        if version_of(body).is_none_or(|format| format > v1::FORMAT) {
            return Err((FaultKind::Unlawful, too_new()));
        }
        let segment: v1::Segment = serde_json::from_slice(body)
            .map_err(|why| (FaultKind::Damaged, text!("it cannot be read: {why}", "illisible : {why}", why = why)))?;
        let registrar = self.registrar_for(&segment)?;
        if verify_envelope(bytes, &registrar).is_none() {
            return Err((
                FaultKind::Forged,
                text!("its signature is not its node’s", "sa signature n’est pas celle de son nœud"),
            ));
        }
        self.check_place(&segment, seq)?;
        check_contents(&segment)?;
        self.check_names(&segment)?;
        self.registrar = Some((segment.node, registrar));
        self.take_in(&segment);
        self.head = Some(v1::Head { node: segment.node, seq, hash });
        self.skipped = false;
        Ok(segment)
    }

    /// The key that must have signed a segment: the registrar's, or the one that the root key appoints.
    fn registrar_for(&self, segment: &v1::Segment) -> Result<PublicKey, Objection> {
        if let (Some((node, key)), None) = (&self.registrar, &segment.appointment)
            && *node == segment.node
        {
            return Ok(key.clone());
        }
        let unlawful = |why: &str, fr: &str| (FaultKind::Unlawful, plain(why, fr));
        let appointment =
            segment.appointment.as_ref().and_then(|envelope| read_appointment(envelope, &self.root)).ok_or_else(|| {
                unlawful(
                    "no word of the root key names its node as registrar",
                    "aucune parole de la clé racine ne nomme son nœud comme greffe",
                )
            })?;
        let fits = appointment.archive == self.archive
            && appointment.registrar == segment.node
            && segment.seq == 1
            && appointment.succeeds == self.head;
        if !fits {
            return Err(unlawful(
                "the appointment of its node is for another place",
                "la nomination de son nœud vaut pour un autre endroit",
            ));
        }
        PublicKey::from_text(&appointment.signing_key)
            .map_err(|_| unlawful("the appointment names no key", "la nomination ne nomme aucune clé"))
    }

    fn check_place(&self, segment: &v1::Segment, seq: u64) -> Result<(), Objection> {
        let before = self.head.filter(|head| head.node == segment.node);
        let joined = self.skipped || segment.previous == before.map(|head| head.hash);
        let fits = segment.archive == self.archive
            && segment.seq == seq
            && joined
            && segment.seq == before.map_or(1, |head| head.seq + 1);
        if fits {
            return Ok(());
        }
        Err((FaultKind::Broken, text!("it does not continue the segment before it", "il ne continue pas le segment précédent")))
    }

    /// What it adds must be new, what it retires must be there.
    fn check_names(&self, segment: &v1::Segment) -> Result<(), Objection> {
        let unlawful = |name: &dyn std::fmt::Display| {
            (
                FaultKind::Unlawful,
                text!(
                    "it adds or retires {name} against what stands before",
                    "il ajoute ou retire {name} contre ce qui précède",
                    name = name
                ),
            )
        };
        let retires = retired_names(segment).ok_or_else(|| unlawful(&"a file of no kind"))?;
        let added = added_files(segment);
        if let Some(live) = self.live.as_ref().filter(|_| !self.gap) {
            if let Some((name, _)) = added.iter().find(|(name, _)| live.files.contains_key(name)) {
                return Err(unlawful(name));
            }
            if let Some(name) = retires.iter().find(|name| !live.files.contains_key(name)) {
                return Err(unlawful(name));
            }
        }
        let labels: BTreeSet<LabelId> = segment.declares.labels.iter().map(|label| label.id).collect();
        let used = segment.pages.iter().map(|page| page.label).chain(segment.guides.iter().map(|(label, _)| *label));
        for label in used {
            if !labels.contains(&label) && !self.labels.contains_key(&label) {
                return Err(unlawful(&label));
            }
        }
        for grant in &segment.grants {
            if self.withdrawn.contains(&grant.to) || segment.declares.withdraws.contains(&grant.to) {
                return Err(unlawful(&grant.to));
            }
        }
        Ok(())
    }

    fn take_in(&mut self, segment: &v1::Segment) {
        let declares = &segment.declares;
        self.nodes.extend(declares.nodes.iter().map(|node| (node.id, node.clone())));
        self.labels.extend(declares.labels.iter().map(|label| (label.id, label.clone())));
        self.recoveries.extend(declares.recoveries.iter().map(|one| (one.id, one.clone())));
        self.withdrawn.extend(&declares.withdraws);
        if let Some(live) = &mut self.live {
            for (name, size) in added_files(segment) {
                live.retired.remove(&name);
                live.files.insert(name, size);
            }
            for name in retired_names(segment).unwrap_or_default() {
                live.files.remove(&name);
                live.retired.insert(name);
            }
        }
    }
}

/// The stored files that a segment adds, and their sizes.
pub fn added_files(segment: &v1::Segment) -> Vec<(StoredName, u64)> {
    let objects = segment.packs.iter().flat_map(|pack| &pack.objects);
    let objects = objects.map(|(name, size)| (StoredName::Object(*name), *size));
    let pages = segment.pages.iter().map(|page| (StoredName::Page(page.label, page.name), page.size));
    let grants = segment.grants.iter().map(|grant| (StoredName::Grant(grant.name), grant.size));
    objects.chain(pages).chain(grants).collect()
}

/// The stored files that a segment retires; nothing where one is of no kind that can be retired.
pub fn retired_names(segment: &v1::Segment) -> Option<Vec<StoredName>> {
    segment.retires.iter().map(|path| StoredName::parse(path).filter(StoredName::is_retirable)).collect()
}

fn plain(en: &str, fr: &str) -> Text {
    Text { en: en.to_owned(), fr: fr.to_owned() }
}

fn damaged(en: &str, fr: &str) -> Objection {
    (FaultKind::Damaged, plain(en, fr))
}

fn too_new() -> Text {
    text!(
        "it was written by a later version of chartrier: use that one",
        "il a été écrit par une version plus récente de chartrier : utilisez-la"
    )
}

fn version_of(body: &[u8]) -> Option<u32> {
    #[derive(serde::Deserialize)]
    struct Versioned {
        format: u32,
    }
    serde_json::from_slice(body).ok().map(|versioned: Versioned| versioned.format)
}

/// The appointment in an envelope, if the root key signed it.
pub(super) fn read_appointment(envelope: &serde_json::Value, root: &PublicKey) -> Option<v1::Appointment> {
    let body = verify_envelope(envelope.as_str()?.as_bytes(), root)?;
    serde_json::from_slice(body).ok()
}

/// What a segment must be in itself.
fn check_contents(segment: &v1::Segment) -> Result<(), Objection> {
    let depositors = segment.declares.nodes.iter().any(|node| node.role == v1::NodeRole::Depositor);
    if depositors || !segment.accepts.is_empty() || !segment.refuses.is_empty() {
        return Err((FaultKind::Unlawful, too_new()));
    }
    if segment.format != v1::FORMAT {
        return Err((FaultKind::Unlawful, too_new()));
    }
    let adds_up = segment.packs.iter().all(|pack| {
        let objects = pack.objects.iter().try_fold(0u64, |sum, (_, size)| sum.checked_add(*size));
        let blobs = pack.blobs.iter().try_fold(0u64, |sum, (_, size)| sum.checked_add(*size));
        let full = pack.objects.iter().all(|(_, size)| (1..=v1::OBJECT_BYTES).contains(size));
        let shape = pack.objects.len() == 1 || pack.blobs.len() == 1;
        objects.is_some() && objects == blobs && full && shape && !pack.blobs.is_empty()
    });
    let known: HashSet<_> = segment.packs.iter().flat_map(|pack| &pack.blobs).map(|(name, _)| *name).collect();
    let guided = segment.guides.iter().all(|(_, blob)| known.contains(blob));
    let suites = segment
        .declares
        .labels
        .iter()
        .map(|label| &label.suite)
        .chain(segment.declares.nodes.iter().map(|node| &node.suite))
        .chain(segment.declares.recoveries.iter().map(|one| &one.suite));
    if suites.into_iter().any(|suite| suite != v1::SUITE) {
        return Err((FaultKind::Unlawful, too_new()));
    }
    if adds_up && guided {
        return Ok(());
    }
    Err((FaultKind::Unlawful, text!("its lists do not add up", "ses listes ne concordent pas")))
}

/// The objects of a pack as ranges of its bytes: which object holds which bytes of a blob.
pub fn pieces(objects: &[(ObjectName, u64)], range: std::ops::Range<u64>) -> Vec<(ObjectName, std::ops::Range<u64>)> {
    let mut start = 0;
    let mut found = Vec::new();
    for (name, size) in objects {
        let end = start + size;
        if start < range.end && range.start < end {
            found.push((*name, range.start.max(start) - start..range.end.min(end) - start));
        }
        start = end;
    }
    found
}

impl Fault {
    /// The fault of a segment that the ledger objects to.
    pub(super) fn of_segment(name: &StoredName, (kind, why): Objection) -> Self {
        Self::new(kind, name, why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        journal::appoint,
        seal::{SigningKey, sign_envelope},
    };
    use serde_json::{Value, json};

    /// The first segment of an archive, changed as a test wants; whether the ledger takes it.
    fn admitted(change: impl FnOnce(&mut Value)) -> Result<(), Objection> {
        let (root, own) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
        let (archive, node) = (ArchiveId::from_bits(1), NodeId::from_bits(2));
        let now = "2026-11-24T09:00:00Z".to_owned();
        let appointment = appoint(&root, archive, node, &own.public(), None, now.clone()).unwrap();
        let mut segment = json!({
            "format": 1, "archive": archive, "node": node, "seq": 1, "previous": null, "time": now, "appointment": appointment,
        });
        change(&mut segment);
        let bytes = sign_envelope(&segment, &own).unwrap();
        let hash = SegmentHash::from_digest(bytes.digest());
        Ledger::new(archive, root.public(), Some(Live::default())).admit(&bytes.bytes(), 1, hash).map(drop)
    }

    #[test]
    fn what_is_not_of_this_format_stops_the_reader() {
        admitted(|_| {}).unwrap();
        admitted(|segment| segment["a field of tomorrow"] = json!([1])).unwrap();
        let node = |role: &str, suite: &str| json!({ "nodes": [{ "id": NodeId::from_bits(3), "role": role, "signing_key": "00", "suite": suite, "recipient": "age1" }] });
        admitted(|segment| segment["declares"] = node("reader", v1::SUITE)).unwrap();
        let changes: [(&str, Value); 7] = [
            ("format", json!(2)),
            ("format", json!("one")),
            ("accepts", json!([{ "node": NodeId::from_bits(3), "seq": 1, "hash": "00".repeat(32) }])),
            ("declares", node("depositor", v1::SUITE)),
            ("declares", node("oracle", v1::SUITE)),
            ("declares", node("reader", "rot13")),
            ("retires", json!(["archive.json"])),
        ];
        for (field, value) in changes {
            let objection = admitted(|segment| segment[field] = value.clone());
            assert!(objection.is_err(), "{field}: {value}");
        }
    }
}
