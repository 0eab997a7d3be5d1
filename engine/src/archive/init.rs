//! Making an archive: keys, store, recovery sheet, the first segment, and a home.

use super::{
    Archive, OpenOptions,
    draft::{Draft, act_id},
    open::{self, Parts, catalog_key},
    people::ALL_ROLES,
};
use crate::{
    Result,
    catalog::Catalog,
    error, journal,
    keys::{Home, Label, NodeSecrets, RecoverySheet},
    seal::{SecretKey, SigningKey, random_bits, sign_envelope},
    store::{self, Store, StoredName},
};
use chartrier_schemas::{
    ArchiveId, HolderId, Level, MandateId, Marking, NodeId, PersonId, RecoveryId,
    persisted::v1::{self, Deed, FORMAT, Notice, Purpose, SUITE},
    text,
};
use serde_json::Map;
use std::{path::Path, sync::Arc};

/// What a new archive is to be.
pub struct InitOptions {
    /// URL of the store.
    pub store: String,
    /// Name of the first person.
    pub person: String,
    /// Highest level that the archive may hold.
    pub ceiling: Level,
}

/// A new archive, and the sheet to print.
pub struct Initialised {
    /// The open home.
    pub archive: Archive,
    /// What lies in the safe from now on, and nowhere else.
    pub sheet: RecoverySheet,
}

/// Makes an archive. A home that is there already is left as it is. `keep` is given the sheet before anything is written:
/// an archive whose sheet nobody has kept must not come to be.
pub fn initialise(
    folder: &Path,
    init: &InitOptions,
    options: &OpenOptions,
    keep: &mut dyn FnMut(&RecoverySheet) -> Result<()>,
) -> Result<Initialised> {
    if Home::exists(folder) {
        return Err(error::home_taken(folder));
    }
    if init.person.trim().is_empty() {
        return Err(error::empty(&text!("name of the first person", "le nom de la première personne")));
    }
    crate::keys::make_home(folder)?;
    let store: Arc<dyn Store> = match &options.store {
        Some(store) => store.clone(),
        None => Arc::new(store::open(&init.store, true)?),
    };
    if store.get(&StoredName::Archive)?.is_some() {
        return Err(error::invalid(
            text!(
                "The store {store} holds an archive already.",
                "Le dépôt {store} contient déjà des archives.",
                store = init.store
            ),
            text!(
                "Nothing was changed. Name an empty store, or make a home for that archive with `chartrier key restore`.",
                "Rien n’a été modifié. Indiquez un dépôt vide, ou faites un poste pour ces archives avec `chartrier key restore`."
            ),
        ));
    }
    let mut files = 0;
    store.list("", &mut |_, _| files += 1)?;
    if files > 0 {
        return Err(error::invalid(
            text!("The store {store} is not empty.", "Le dépôt {store} n’est pas vide.", store = init.store),
            text!(
                "Nothing was changed. If an earlier `init` was interrupted, empty that folder; else name another.",
                "Rien n’a été modifié. Si un `init` antérieur a été interrompu, videz ce dossier ; sinon indiquez-en un autre."
            ),
        ));
    }
    let sheet = RecoverySheet {
        archive: ArchiveId::from_bits(random_bits()?),
        recovery: RecoveryId::from_bits(random_bits()?),
        identity: SecretKey::generate()?,
        root: SigningKey::generate()?,
    };
    let person = PersonId::from_bits(random_bits()?);
    let home =
        Home::new(folder, sheet.archive, init.store.clone(), NodeId::from_bits(random_bits()?), person, &sheet.root.public());
    let deed = v1::ArchiveDeed {
        format: FORMAT,
        archive: sheet.archive,
        created: crate::clock::written(options.clock.now()),
        root_key: sheet.root.public().to_text(),
        ceiling: init.ceiling,
    };
    let secrets = NodeSecrets { identity: SecretKey::generate()?, signing: SigningKey::generate()? };
    keep(&sheet)?;
    let archive = first_segment(Parts { root: sheet.root.public(), home, store, secrets, deed }, &sheet, init, options)?;
    // The last steps: without them there is neither an archive nor a home.
    archive.store.put(&StoredName::Archive, &sign_envelope(&archive.deed, &sheet.root)?)?;
    archive.home.write_identity(&archive.secrets, &options.unlock)?;
    archive.home.write()?;
    Ok(Initialised { archive, sheet })
}

/// The root key appoints this node; it declares itself, the first labels and the recovery recipient, and
/// captures the first person, who may do and know everything that is not protected.
fn first_segment(parts: Parts, sheet: &RecoverySheet, init: &InitOptions, options: &OpenOptions) -> Result<Archive> {
    let lock = open::lock_file(&parts.home, "home")?;
    lock.lock_shared().map_err(|why| error::io("lock the home", &why))?;
    let catalog = Catalog::create(&parts.home.path("catalog.db"), &catalog_key(&parts.secrets), parts.deed.archive)?;
    let now = parts.deed.created.clone();
    let (node, person) = (parts.home.node, parts.home.person);
    let mut draft = Draft::default();
    let signing = parts.secrets.signing.public();
    draft.appointment = Some(journal::appoint(&sheet.root, parts.deed.archive, node, &signing, None, now.clone())?);
    draft.declares.nodes.push(node_declaration(&parts)?);
    draft.declares.recoveries.push(v1::RecoveryDeclaration {
        id: sheet.recovery,
        suite: SUITE.to_owned(),
        recipient: sheet.identity.recipient()?.to_string(),
    });
    let lowest = Label::new(Purpose::Marking(Marking::np()))?;
    for label in [lowest.clone(), Label::new(Purpose::Audit)?] {
        draft.declares.labels.push(label.declaration()?);
        draft.grants.push((label.clone(), HolderId::Node(node), parts.secrets.identity.recipient()?));
        draft.grants.push((label.clone(), HolderId::Recovery(sheet.recovery), sheet.identity.recipient()?));
        draft.new_labels.push(label);
    }
    let mandate = MandateId::from_bits(random_bits()?);
    let entries = draft.label(lowest.id);
    entries.describe(person.into(), Notice::Person(first_person(&init.person)), None)?;
    entries.describe(mandate.into(), Notice::Mandate(first_mandate(person, &now)), None)?;
    for subject in [person.into(), mandate.into()] {
        entries.act(act_id()?, person, now.clone(), Deed::Create { subject, under: None }, None)?;
    }
    let archive = Archive::assemble_new(parts, catalog, options, lock);
    archive.commit(draft)?;
    archive.catalog().set_complete()?;
    Ok(archive)
}

fn first_person(name: &str) -> v1::Person {
    v1::Person {
        name: name.to_owned(),
        roles: ALL_ROLES.to_vec(),
        clearance: Marking::np(),
        searches: Vec::new(),
        others: Map::new(),
    }
}

fn first_mandate(person: PersonId, now: &str) -> v1::Mandate {
    v1::Mandate {
        whom: person.into(),
        unit: None,
        from: now.to_owned(),
        until: None,
        reason: "Made the archive / A créé les archives".to_owned(),
        others: Map::new(),
    }
}

/// What the registrar declares of this node.
pub(super) fn node_declaration(parts: &Parts) -> Result<v1::NodeDeclaration> {
    Ok(v1::NodeDeclaration {
        id: parts.home.node,
        role: v1::NodeRole::Registrar,
        signing_key: parts.secrets.signing.public().to_text(),
        suite: SUITE.to_owned(),
        recipient: parts.secrets.identity.recipient()?.to_string(),
    })
}
