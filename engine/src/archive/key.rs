//! Keys: who holds the labels, rotation, servers and recovery recipients, and a lost home made anew. A reason that is given stays
//! with the act; none is asked for where the command line is.

use super::{
    Archive, OpenOptions,
    commit::{others_write, still_written},
    draft::Draft,
    init::node_declaration,
    open::{self, Parts, catalog_key},
    people::needs_reason,
    rebuild::{read_all_entries, read_files, rebuild_alone},
    session::named,
};
use crate::{
    Error, Kind, Result,
    catalog::{Catalog, MandateRow, Opened, PersonRow},
    error,
    journal::{self, Ledger},
    keys::{Home, Label, NodeSecrets, RecoverySheet},
    policy::{self, Act, Session},
    seal::{Recipient, SecretKey, SigningKey, random_bits},
    store::{self, Store, StoredName},
};
use chartrier_schemas::{
    HolderId, LabelId, NodeId, PersonId, RecoveryId,
    persisted::v1::{self, Deed, NodeRole, SUITE, Whom},
    text,
};
use std::{collections::BTreeMap, path::Path, sync::Arc};

/// Somebody or something that can open labels.
#[derive(Clone, Debug)]
pub struct Holder {
    /// Who.
    pub id: HolderId,
    /// `registrar`, `reader` or `recovery`.
    pub role: &'static str,
    /// Its age recipient.
    pub recipient: String,
    /// Labels that it can open, with the number of their key pair.
    pub labels: Vec<(LabelId, u32)>,
    /// Whether it is this very home.
    pub here: bool,
}

/// Everyone who gets a grant of every label: servers and recovery recipients that were not withdrawn.
pub(super) fn holders(ledger: &Ledger) -> Result<Vec<(HolderId, Recipient)>> {
    let nodes = ledger.nodes.values().map(|node| (HolderId::Node(node.id), &node.recipient));
    let recoveries = ledger.recoveries.values().map(|one| (HolderId::Recovery(one.id), &one.recipient));
    nodes
        .chain(recoveries)
        .filter(|(id, _)| !ledger.withdrawn.contains(id))
        .map(|(id, recipient)| Ok((id, recipient.parse()?)))
        .collect()
}

/// A reason that says something, where one is given.
fn said(reason: Option<&str>) -> Result<Option<&str>> {
    match reason {
        Some(_) => needs_reason(reason).map(|()| reason),
        None => Ok(None),
    }
}

impl Archive {
    /// Who can open what.
    pub fn holders(&self, session: &Session) -> Result<Vec<Holder>> {
        self.allowed(session, Act::Administer)?;
        let catalog = self.catalog();
        let ledger = catalog.ledger(self.deed.archive, self.root.clone())?;
        let generations: BTreeMap<LabelId, u32> = ledger.labels.values().map(|label| (label.id, label.generation)).collect();
        let grants = catalog.grants()?;
        let held = |id: HolderId| {
            let mut labels: Vec<_> = grants
                .iter()
                .filter(|(_, _, holder)| *holder == id)
                .map(|(_, label, _)| (*label, generations.get(label).copied().unwrap_or(1)))
                .collect();
            labels.sort_unstable();
            labels
        };
        let nodes = ledger.nodes.values().map(|node| Holder {
            id: HolderId::Node(node.id),
            role: if node.role == NodeRole::Registrar { "registrar" } else { "reader" },
            recipient: node.recipient.clone(),
            labels: held(HolderId::Node(node.id)),
            here: node.id == self.home.node,
        });
        let recoveries = ledger.recoveries.values().map(|one| Holder {
            id: HolderId::Recovery(one.id),
            role: "recovery",
            recipient: one.recipient.clone(),
            labels: held(HolderId::Recovery(one.id)),
            here: false,
        });
        let standing = |holder: &Holder| !ledger.withdrawn.contains(&holder.id);
        Ok(nodes.chain(recoveries).filter(standing).collect())
    }

    /// Gives labels a new key pair: all of them, or one. Pages and grants are written anew, objects stay.
    pub fn rotate(&self, session: &Session, only: Option<LabelId>, reason: Option<&str>) -> Result<u64> {
        self.allowed(session, Act::Administer)?;
        self.rotate_labels(session, only, said(reason)?)
    }

    fn rotate_labels(&self, session: &Session, only: Option<LabelId>, reason: Option<&str>) -> Result<u64> {
        let chain = self.lock_current()?;
        let labels = self.labels_of(only)?;
        let mut draft = Draft::default();
        self.rotate_into(&mut draft, session, &chain.ledger, &labels, reason)?;
        let count = labels.len() as u64;
        self.commit_locked(chain, draft)?;
        Ok(count)
    }

    /// All labels, or one.
    pub(super) fn labels_of(&self, only: Option<LabelId>) -> Result<Vec<Label>> {
        let labels = self.catalog().labels()?.into_iter().map(|row| row.label);
        let labels: Vec<Label> = labels.filter(|label| only.is_none_or(|only| only == label.id)).collect();
        match only {
            Some(only) if labels.is_empty() => Err(error::not_found(only)),
            _ => Ok(labels),
        }
    }

    fn rotate_into(
        &self,
        draft: &mut Draft,
        session: &Session,
        ledger: &Ledger,
        labels: &[Label],
        reason: Option<&str>,
    ) -> Result<()> {
        let withdrawn = &draft.declares.withdraws.clone();
        let lowest = self.lowest()?;
        for label in labels {
            let rotated = label.rotated()?;
            draft.declares.labels.push(rotated.declaration()?);
            for (holder, recipient) in holders(ledger)?.into_iter().filter(|(id, _)| !withdrawn.contains(id)) {
                draft.grants.push((rotated.clone(), holder, recipient));
            }
            draft.reseal.push(label.id);
            draft.new_labels.push(rotated.clone());
            let deed = Deed::Rotate { label: label.id, generation: rotated.generation };
            draft.label(lowest.id).act_on(session, self.now(), deed, reason)?;
        }
        for (name, label, _) in self.catalog().grants()? {
            let gone = StoredName::Grant(name);
            if labels.iter().any(|one| one.id == label) && !draft.retires.contains(&gone) {
                draft.retires.push(gone);
            }
        }
        Ok(())
    }

    /// Adds a recovery recipient: another sheet in another safe.
    pub fn add_recovery(&self, session: &Session, recipient: &Recipient, reason: Option<&str>) -> Result<RecoveryId> {
        let id = RecoveryId::from_bits(random_bits()?);
        let mut draft = Draft::default();
        draft.declares.recoveries.push(v1::RecoveryDeclaration { id, suite: SUITE.to_owned(), recipient: recipient.to_string() });
        self.admit(session, draft, HolderId::Recovery(id), recipient, reason)?;
        Ok(id)
    }

    /// Adds a server that may read: its age recipient and its signing key.
    pub fn add_server(
        &self,
        session: &Session,
        recipient: &Recipient,
        signing_key: &str,
        reason: Option<&str>,
    ) -> Result<NodeId> {
        crate::seal::PublicKey::from_text(signing_key)?;
        let id = NodeId::from_bits(random_bits()?);
        let mut draft = Draft::default();
        draft.declares.nodes.push(v1::NodeDeclaration {
            id,
            role: NodeRole::Reader,
            signing_key: signing_key.to_owned(),
            suite: SUITE.to_owned(),
            recipient: recipient.to_string(),
        });
        self.admit(session, draft, HolderId::Node(id), recipient, reason)?;
        Ok(id)
    }

    fn admit(
        &self,
        session: &Session,
        mut draft: Draft,
        holder: HolderId,
        recipient: &Recipient,
        reason: Option<&str>,
    ) -> Result<()> {
        self.allowed(session, Act::Administer)?;
        let reason = said(reason)?;
        let chain = self.lock_current()?;
        for row in self.catalog().labels()? {
            draft.grants.push((row.label, holder, recipient.clone()));
        }
        draft.label(self.lowest()?.id).act_on(session, self.now(), Deed::Admit { holder }, reason)?;
        self.commit_locked(chain, draft).map(drop)
    }

    /// Removes a server or a recovery recipient. Its grants go, and every label gets a new key pair: what
    /// it could open before, it may have kept; what comes after, it cannot open.
    pub fn remove_holder(&self, session: &Session, holder: HolderId, reason: Option<&str>) -> Result<()> {
        self.allowed(session, Act::Administer)?;
        let reason = said(reason)?;
        let chain = self.lock_current()?;
        self.check_removal(&chain.ledger, holder)?;
        let mut draft = Draft::default();
        draft.declares.withdraws.push(holder);
        for (name, _, to) in self.catalog().grants()? {
            if to == holder {
                draft.retires.push(StoredName::Grant(name));
            }
        }
        let labels: Vec<Label> = self.catalog().labels()?.into_iter().map(|row| row.label).collect();
        self.rotate_into(&mut draft, session, &chain.ledger, &labels, reason)?;
        draft.label(self.lowest()?.id).act_on(session, self.now(), Deed::Withdraw { holder }, reason)?;
        self.commit_locked(chain, draft).map(drop)
    }

    /// Whether a holder is there and may be removed from here.
    pub(super) fn check_removal(&self, ledger: &Ledger, holder: HolderId) -> Result<()> {
        let standing = holders(ledger)?;
        if !standing.iter().any(|(id, _)| *id == holder) {
            return Err(error::not_found(holder));
        }
        if holder == HolderId::Node(self.home.node) {
            return Err(error::invalid(
                text!("This is the home that you are working from.", "C’est le poste depuis lequel vous travaillez."),
                text!("Remove it from another one.", "Retirez-le depuis un autre."),
            ));
        }
        let recoveries = standing.iter().filter(|(id, _)| matches!(id, HolderId::Recovery(_))).count();
        if matches!(holder, HolderId::Recovery(_)) && recoveries == 1 {
            return Err(error::refused(
                text!(
                    "This is the only recovery recipient: without one, a lost home is a lost archive.",
                    "C’est le seul destinataire de secours : sans lui, un poste perdu, ce sont des archives perdues."
                ),
                text!(
                    "Add another one first: chartrier key add-recovery AGE1…",
                    "Ajoutez-en d’abord un autre : chartrier key add-recovery AGE1…"
                ),
            ));
        }
        Ok(())
    }
}

/// Makes a home from the recovery sheet and the store alone: the root key appoints a new node, which
/// continues the journal; the homes that were before are withdrawn. Who acts from here may be named.
pub fn restore(
    folder: &Path,
    store_url: &str,
    sheet: &RecoverySheet,
    person: Option<&str>,
    options: &OpenOptions,
) -> Result<Archive> {
    if Home::exists(folder) {
        return Err(error::home_taken(folder));
    }
    let store: Arc<dyn Store> = match &options.store {
        Some(store) => store.clone(),
        // It was named a moment ago: what is wrong with it is wrong with its name.
        None => Arc::new(store::open(store_url, false).map_err(|why| Error { kind: Kind::Invalid, ..why })?),
    };
    if store.get(&StoredName::Archive)?.is_none() {
        return Err(error::invalid(
            text!("The store {store} holds no archive.", "Le dépôt {store} ne contient pas d’archives.", store = store_url),
            text!(
                "Name the folder that holds archive.json, journal, keys, grants and objects.",
                "Indiquez le dossier qui contient archive.json, journal, keys, grants et objects."
            ),
        ));
    }
    let (deed, root) = journal::read_deed(&*store)?;
    if deed.archive != sheet.archive || root != sheet.root.public() {
        return Err(error::invalid(
            text!("This sheet is for another archive.", "Cette fiche est celle d’autres archives."),
            text!(
                "This store holds {archive}: find its sheet.",
                "Ce dépôt contient {archive} : trouvez sa fiche.",
                archive = deed.archive
            ),
        ));
    }
    crate::keys::make_home(folder)?;
    let nobody = PersonId::from_bits(0);
    let home = Home::new(folder, deed.archive, store_url.to_owned(), NodeId::from_bits(random_bits()?), nobody, &root);
    let secrets = NodeSecrets { identity: SecretKey::generate()?, signing: SigningKey::generate()? };
    let mut parts = Parts { home, store, secrets, deed, root };
    let (store, node) = (parts.store.clone(), parts.home.node);
    let written = others_write(&*store, node)?;
    let chosen = take_over(parts.clone(), sheet, person, options).map_err(|why| match others_write(&*store, node) {
        // What was read has been moved away meanwhile: that is no damage.
        Ok(now) if now != written => still_written(),
        _ => why,
    })?;
    parts.home.person = rotate_all(parts.clone(), chosen, options)?;
    // The last steps: until now there is no home, and the same command begins anew.
    parts.home.write_identity(&parts.secrets, &options.unlock)?;
    parts.home.write()?;
    Archive::open(folder, options)
}

/// Makes the catalog, and gives every label a new key pair: what the homes that were before hold opens nothing that is
/// written from now on. Answers who acts from here.
fn rotate_all(parts: Parts, chosen: Option<PersonId>, options: &OpenOptions) -> Result<PersonId> {
    let lock = open::lock_alone(&parts.home)?;
    rebuild_alone(&parts, &mut |_, _| {})?;
    let path = parts.home.path("catalog.db");
    let Opened::Ready(catalog) = Catalog::open(&path, &catalog_key(&parts.secrets), parts.deed.archive)? else {
        return Err(error::bug("a catalog that was just made does not open"));
    };
    let archive = Archive::assemble_new(parts, catalog, options, lock);
    let person = chosen.map_or_else(|| who_acts(&archive), Ok)?;
    archive.rotate_labels(&archive.session(person)?, None, None)?;
    archive.empower_if_orphaned(person)?;
    Ok(person)
}

/// The first segment of the new chain. Answers who is to act, if somebody was named: a name that nobody bears must stop us
/// before the homes that were before are withdrawn.
fn take_over(parts: Parts, sheet: &RecoverySheet, person: Option<&str>, options: &OpenOptions) -> Result<Option<PersonId>> {
    let lock = open::lock_alone(&parts.home)?;
    let path = parts.home.path("catalog.db");
    let mut catalog = Catalog::create(&path, &catalog_key(&parts.secrets), parts.deed.archive)?;
    let holder = HolderId::Recovery(sheet.recovery);
    let (ledger, segments) = read_files(&*parts.store, &mut catalog, holder, &sheet.identity, None)?;
    let labels: Vec<Label> = catalog.labels()?.into_iter().map(|row| row.label).collect();
    if labels.is_empty() {
        return Err(error::invalid(
            text!("This sheet opens nothing in this archive any more.", "Cette fiche n’ouvre plus rien dans ces archives."),
            text!(
                "It was replaced: find the sheet that is in force.",
                "Elle a été remplacée : trouvez celle qui est en vigueur."
            ),
        ));
    }
    let chosen = match person {
        None => None,
        Some(name) => {
            read_all_entries(&*parts.store, &mut catalog, segments, &mut |_, _| {})?;
            Some(chosen_among(&catalog.persons()?, name)?)
        }
    };
    catalog.set_head(ledger.head)?;
    let mut draft = Draft::default();
    let signing = parts.secrets.signing.public();
    let now = crate::clock::written(options.clock.now());
    draft.appointment = Some(journal::appoint(&sheet.root, parts.deed.archive, parts.home.node, &signing, ledger.head, now)?);
    draft.declares.nodes.push(node_declaration(&parts)?);
    let before: Vec<HolderId> =
        ledger.nodes.keys().map(|id| HolderId::Node(*id)).filter(|id| !ledger.withdrawn.contains(id)).collect();
    for label in &labels {
        draft.grants.push((label.clone(), HolderId::Node(parts.home.node), parts.secrets.identity.recipient()?));
    }
    draft.retires = catalog
        .grants()?
        .into_iter()
        .filter(|(_, _, holder)| before.contains(holder))
        .map(|(name, _, _)| StoredName::Grant(name))
        .collect();
    draft.declares.withdraws = before;
    let archive = Archive::assemble_new(parts, catalog, options, lock);
    let chain = archive.lock_as_read(ledger)?;
    archive.commit_locked(chain, draft)?;
    Ok(chosen)
}

/// The person of this name; who holds the sheet may learn who there is.
fn chosen_among(persons: &[PersonRow], name: &str) -> Result<PersonId> {
    named(persons, name).map_err(|why| match why.kind {
        Kind::NotFound => {
            let names: Vec<&str> = persons.iter().map(|row| row.name.as_str()).collect();
            let names = names.join(", ");
            Error { remedy: text!("Persons are: {names}.", "Les personnes sont : {names}.", names = names), ..why }
        }
        _ => why,
    })
}

/// Who acts from a restored home when nobody is named: the first person of the archive as long as a mandate covers all of
/// it for them, else whoever has had such a mandate the longest, else the first person whatever became of them.
fn who_acts(archive: &Archive) -> Result<PersonId> {
    let catalog = archive.catalog();
    let now = archive.clock.now();
    let mut mandates = catalog.mandates()?;
    mandates.retain(|mandate| mandate.unit.is_none() && matches!(mandate.whom, Whom::Person(_)));
    let holds = |mandate: &&MandateRow| policy::in_force(&mandate.from, mandate.until.as_deref(), mandate.ended, now);
    // Mandates come in the order they were given: `init` gave the first.
    let one = mandates.iter().find(holds).or(mandates.first()).and_then(|mandate| match mandate.whom {
        Whom::Person(person) => Some(person),
        Whom::Group(_) | Whom::Everyone => None,
    });
    let one = one.or(catalog.persons()?.first().map(|row| row.id));
    one.ok_or_else(|| error::corrupt("the archive", "it has no person"))
}
