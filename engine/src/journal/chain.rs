//! Reading the chains of a store in their order: each registrar's, from the one that the root key named
//! first to the one that writes now.

use super::{Fault, FaultKind, Ledger, Live, ledger::read_appointment};
use crate::{
    Result, error,
    seal::{Digest, PublicKey, envelope_body, verify_envelope},
    store::{Store, StoredName},
};
use bytes::Bytes;
use chartrier_schemas::{NodeId, SegmentHash, persisted::v1, text};
use std::collections::BTreeMap;

/// One stored segment, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// Its chain.
    pub node: NodeId,
    /// Its number.
    pub seq: u64,
    /// The hash that its name promises.
    pub hash: SegmentHash,
}

impl Link {
    /// Its stored name.
    pub fn name(self) -> StoredName {
        StoredName::Segment(self.node, self.seq, self.hash)
    }
}

/// Reads `archive.json`, and checks it against the root key that it states.
pub fn read_deed(store: &dyn Store) -> Result<(v1::ArchiveDeed, PublicKey)> {
    let name = StoredName::Archive;
    let bytes = store.get(&name)?.ok_or_else(|| error::corrupt(name, "it is not there: this is no store of an archive"))?;
    let damaged = || error::corrupt(name, "its signature does not match");
    let claimed: v1::ArchiveDeed =
        envelope_body(&bytes).and_then(|body| serde_json::from_slice(body).ok()).ok_or_else(damaged)?;
    if claimed.format > v1::FORMAT {
        return Err(error::too_new(format_args!("format {}", claimed.format)));
    }
    let root = PublicKey::from_text(&claimed.root_key)?;
    verify_envelope(&bytes, &root).ok_or_else(damaged)?;
    Ok((claimed, root))
}

/// Every segment that the store has from `after` on, by chain, in order; the head itself included.
fn links(store: &dyn Store, after: Option<v1::Head>) -> Result<BTreeMap<NodeId, Vec<Link>>> {
    let mut chains: BTreeMap<NodeId, Vec<Link>> = BTreeMap::new();
    store.list("journal", &mut |path, _| {
        if let Some(StoredName::Segment(node, seq, hash)) = StoredName::parse(path)
            && after.is_none_or(|head| head.node != node || seq >= head.seq)
        {
            chains.entry(node).or_default().push(Link { node, seq, hash });
        }
    })?;
    chains.values_mut().for_each(|chain| chain.sort_unstable());
    Ok(chains)
}

/// Follows the chains from the ledger's head to the end of what the store has: `each` gets every
/// segment that is accepted, `fault` everything that is not as it must be. Stops where a fault leaves
/// no way on.
pub fn follow(
    store: &dyn Store,
    ledger: &mut Ledger,
    each: &mut dyn FnMut(&Ledger, Link, v1::Segment) -> Result<()>,
    fault: &mut dyn FnMut(Fault),
) -> Result<()> {
    let mut chains = links(store, ledger.head)?;
    // Chains that were followed before, to the point where another registrar took over.
    let writing = ledger.head.map(|head| head.node);
    chains.retain(|node, _| Some(*node) == writing || !ledger.nodes.contains_key(node));
    let successions = successions(store, &chains, ledger)?;
    if let Some(head) = ledger.head {
        let known = Link { node: head.node, seq: head.seq, hash: head.hash };
        let mut chain = chains.remove(&head.node).unwrap_or_default();
        let Some(at) = chain.iter().position(|link| *link == known) else {
            fault(Fault::new(
                FaultKind::RolledBack,
                known.name(),
                text!(
                    "the store no longer holds the last segment that this home knows",
                    "le dépôt ne contient plus le dernier segment que ce poste connaît"
                ),
            ));
            return Ok(());
        };
        chain.remove(at);
        let (within, beyond) = end_at(chain, &successions);
        follow_chain(store, ledger, within, each, fault)?;
        beyond.into_iter().try_for_each(|link| late(store, ledger, link, fault))?;
    }
    while let Some(next) = next_chain(&chains, &successions, ledger) {
        let chain = chains.remove(&next).unwrap_or_default();
        let before = ledger.head;
        let (within, beyond) = end_at(chain, &successions);
        follow_chain(store, ledger, within, each, fault)?;
        beyond.into_iter().try_for_each(|link| late(store, ledger, link, fault))?;
        if ledger.head == before {
            break;
        }
    }
    for link in chains.into_values().flatten() {
        fault(Fault::new(
            FaultKind::Unlawful,
            link.name(),
            text!(
                "its chain continues nothing that the root key vouches for",
                "sa chaîne ne continue rien dont la clé racine réponde"
            ),
        ));
    }
    if ledger.head.is_none() {
        fault(Fault::new(FaultKind::Missing, "journal", text!("no chain begins here", "aucune chaîne ne commence ici")));
    }
    Ok(())
}

/// Which node continues which head, as the root key says in the first segment of each chain.
fn successions(
    store: &dyn Store,
    chains: &BTreeMap<NodeId, Vec<Link>>,
    ledger: &Ledger,
) -> Result<BTreeMap<NodeId, Option<v1::Head>>> {
    let mut found = BTreeMap::new();
    for (node, chain) in chains {
        let Some(first) = chain.iter().find(|link| link.seq == 1) else { continue };
        let Some(bytes) = store.get(&first.name())? else { continue };
        let appointment = envelope_body(&bytes)
            .and_then(|body| serde_json::from_slice::<v1::Segment>(body).ok())
            .and_then(|segment| read_appointment(&segment.appointment?, &ledger.root));
        if let Some(appointment) = appointment.filter(|appointment| appointment.registrar == *node) {
            found.insert(*node, appointment.succeeds);
        }
    }
    Ok(found)
}

/// The chain that continues the ledger's head.
fn next_chain(
    chains: &BTreeMap<NodeId, Vec<Link>>,
    successions: &BTreeMap<NodeId, Option<v1::Head>>,
    ledger: &Ledger,
) -> Option<NodeId> {
    let continues = |node: &&NodeId| successions.get(node).is_some_and(|succeeds| *succeeds == ledger.head);
    // A damaged first segment still has to be named: follow the only chain there is.
    let only = || (ledger.head.is_none() && chains.len() == 1).then(|| chains.keys().next()).flatten();
    chains.keys().find(continues).or_else(only).copied()
}

/// A chain up to the head at which another registrar took over, and what lies beyond.
fn end_at(chain: Vec<Link>, successions: &BTreeMap<NodeId, Option<v1::Head>>) -> (Vec<Link>, Vec<Link>) {
    let node = chain.first().map(|link| link.node);
    let end = successions.values().flatten().find(|head| Some(head.node) == node).map_or(u64::MAX, |head| head.seq);
    chain.into_iter().partition(|link| link.seq <= end)
}

/// What was written after another registrar had taken over: by the one that was before, or by somebody else in its name.
fn late(store: &dyn Store, ledger: &Ledger, link: Link, fault: &mut dyn FnMut(Fault)) -> Result<()> {
    let key = ledger.nodes.get(&link.node).and_then(|node| PublicKey::from_text(&node.signing_key).ok());
    let Some(bytes) = read_segment(store, link, fault)? else { return Ok(()) };
    let own = key.is_some_and(|key| verify_envelope(&bytes, &key).is_some());
    fault(match own {
        true => Fault::new(
            FaultKind::Late,
            link.name(),
            text!("it was written after another registrar had taken over", "il a été écrit après la reprise par un autre greffe"),
        ),
        false => Fault::new(
            FaultKind::Forged,
            link.name(),
            text!("its signature is not its node’s", "sa signature n’est pas celle de son nœud"),
        ),
    });
    Ok(())
}

/// Whether another registrar has taken over from the one whose chain a ledger follows, as the root key says.
pub fn is_succeeded(store: &dyn Store, ledger: &Ledger) -> Result<bool> {
    let Some(own) = ledger.head else { return Ok(false) };
    let mut chains = links(store, None)?;
    chains.retain(|node, _| !ledger.nodes.contains_key(node));
    let successions = successions(store, &chains, ledger)?;
    Ok(successions.into_values().flatten().any(|head| head.node == own.node && head.seq <= own.seq))
}

fn follow_chain(
    store: &dyn Store,
    ledger: &mut Ledger,
    chain: Vec<Link>,
    each: &mut dyn FnMut(&Ledger, Link, v1::Segment) -> Result<()>,
    fault: &mut dyn FnMut(Fault),
) -> Result<()> {
    let mut expected = match (chain.first(), ledger.head) {
        (Some(link), Some(head)) if head.node == link.node => head.seq + 1,
        _ => 1,
    };
    for (at, link) in chain.iter().enumerate() {
        if link.seq < expected {
            fault(Fault::new(
                FaultKind::Forked,
                link.name(),
                text!("another segment has this number in this chain", "un autre segment porte ce numéro dans cette chaîne"),
            ));
            continue;
        }
        if link.seq > expected {
            let name = format!("journal/{}/{expected:010}-…", link.node);
            fault(Fault::new(
                FaultKind::Missing,
                name,
                text!("the segment is not in the store", "le segment n’est pas dans le dépôt"),
            ));
            ledger.skip_to(link.node, link.seq - 1);
        }
        if let Some(segment) = admit(store, ledger, *link, fault)? {
            each(ledger, *link, segment)?;
        } else if chain.get(at + 1).is_some_and(|next| next.seq == link.seq) {
            // The other claimant of this number may be the true one.
            expected = link.seq;
            continue;
        } else {
            ledger.skip_to(link.node, link.seq);
        }
        expected = link.seq + 1;
    }
    Ok(())
}

fn admit(store: &dyn Store, ledger: &mut Ledger, link: Link, fault: &mut dyn FnMut(Fault)) -> Result<Option<v1::Segment>> {
    let Some(bytes) = read_segment(store, link, fault)? else {
        return Ok(None);
    };
    match ledger.admit(&bytes, link.seq, link.hash) {
        Ok(segment) => Ok(Some(segment)),
        Err(objection) => {
            fault(Fault::of_segment(&link.name(), objection));
            Ok(None)
        }
    }
}

/// The bytes of a segment, if they are those that its name promises.
fn read_segment(store: &dyn Store, link: Link, fault: &mut dyn FnMut(Fault)) -> Result<Option<Bytes>> {
    let Some(bytes) = store.get(&link.name())? else {
        fault(Fault::new(
            FaultKind::Missing,
            link.name(),
            text!("the segment is not in the store", "le segment n’est pas dans le dépôt"),
        ));
        return Ok(None);
    };
    if Digest::of(&bytes) == *link.hash.digest() {
        return Ok(Some(bytes));
    }
    fault(Fault::new(
        FaultKind::Damaged,
        link.name(),
        text!("its bytes are not those that its name promises", "son contenu n’est pas celui que son nom promet"),
    ));
    Ok(None)
}

impl Ledger {
    /// After a segment that could not be read: what follows is still signed by its node, though nothing
    /// joins it to what came before.
    fn skip_to(&mut self, node: NodeId, seq: u64) {
        self.gap = true;
        if let Some(head) = self.head.as_mut().filter(|head| head.node == node) {
            head.seq = seq;
            self.skipped = true;
        }
    }
}

/// The ledger of a store read from its beginning, and every fault of its chains.
pub fn read_all(
    store: &dyn Store,
    each: &mut dyn FnMut(&Ledger, Link, v1::Segment) -> Result<()>,
    fault: &mut dyn FnMut(Fault),
) -> Result<Ledger> {
    let (deed, root) = read_deed(store)?;
    let mut ledger = Ledger::new(deed.archive, root, Some(Live::default()));
    follow(store, &mut ledger, each, fault)?;
    Ok(ledger)
}
