//! Secrets as files: the home's identity, its clear `home.json`, and the recovery sheet. All secrets are
//! age identity files with further lines after `#`, readable by eye and by `age -i`.

use crate::{
    Result, error,
    seal::{self, PublicKey, SecretKey, SigningKey},
};
use chartrier_schemas::{ArchiveId, NodeId, PersonId, RecoveryId, Text, text};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// How a home is unlocked.
#[derive(Clone)]
pub enum Unlock {
    /// With a passphrase.
    Passphrase(Zeroizing<String>),
    /// Without: the identity file is readable only by its owner.
    Unprotected,
}

/// `home.json`: what must be known before the home is unlocked. No secret, no name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// Version of this file.
    pub version: u32,
    /// The archive.
    pub archive: ArchiveId,
    /// URL of the store.
    pub store: String,
    /// This node.
    pub node: NodeId,
    /// Who acts when this home is unlocked.
    pub person: PersonId,
    /// Public half of the root key, remembered so that a store cannot pass for another.
    pub root_key: String,
    #[serde(skip)]
    folder: PathBuf,
}

/// A node's secrets.
#[derive(Clone)]
pub struct NodeSecrets {
    /// Opens this node's grants.
    pub identity: SecretKey,
    /// Signs its segments.
    pub signing: SigningKey,
}

/// What lies in the safe.
pub struct RecoverySheet {
    /// The archive.
    pub archive: ArchiveId,
    /// The recovery recipient.
    pub recovery: RecoveryId,
    /// Opens every label.
    pub identity: SecretKey,
    /// Names registrars.
    pub root: SigningKey,
}

/// Makes the folder of a home, for its owner alone: what lies in it is encrypted, and how much of it there is is nobody's business.
/// A folder that is there already stays as its owner has it.
pub fn make_home(folder: &Path) -> Result<()> {
    let parents = folder.parent().map_or(Ok(()), fs::create_dir_all);
    let made = parents.and_then(|()| fs::DirBuilder::new().recursive(true).mode(0o700).create(folder.join("locks")));
    made.map_err(|why| error::io("make the home", &why))
}

impl Home {
    /// Describes a home that is about to be made in `folder`.
    pub fn new(folder: &Path, archive: ArchiveId, store: String, node: NodeId, person: PersonId, root: &PublicKey) -> Self {
        Self { version: 1, archive, store, node, person, root_key: root.to_text(), folder: folder.to_owned() }
    }

    /// Whether there is a home in a folder, or what is left of one.
    pub fn exists(folder: &Path) -> bool {
        ["home.json", "identity"].iter().any(|name| folder.join(name).exists())
    }

    /// A home that has lost its `home.json`, as its identity remembers it.
    pub fn recover(folder: &Path, unlock: &Unlock) -> Result<Self> {
        if !folder.join("identity").exists() {
            return Err(error::no_home(folder));
        }
        let plain = read_identity(folder, unlock)?;
        let lines = Lines::of_home(&plain)?;
        let home = Self {
            version: 1,
            archive: lines.needed("archive")?.parse().map_err(spoilt)?,
            store: lines.needed("store")?.to_owned(),
            node: lines.needed("node")?.parse().map_err(spoilt)?,
            person: lines.needed("person")?.parse().map_err(spoilt)?,
            root_key: lines.needed("root-key")?.to_owned(),
            folder: folder.to_owned(),
        };
        home.write()?;
        Ok(home)
    }

    /// Reads `home.json`.
    pub fn read(folder: &Path) -> Result<Self> {
        let bytes = match fs::read(folder.join("home.json")) {
            Err(why) if why.kind() == std::io::ErrorKind::NotFound && folder.join("identity").exists() => {
                return Err(error::unavailable_home(folder));
            }
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Err(error::no_home(folder)),
            read => read.map_err(|why| error::io("read home.json", &why))?,
        };
        let mut home: Self = serde_json::from_slice(&bytes).map_err(|why| error::corrupt("home.json", why))?;
        if home.version != 1 {
            return Err(error::too_new(format_args!("home version {}", home.version)));
        }
        home.folder = folder.to_owned();
        Ok(home)
    }

    /// Writes `home.json`: the last step of making a home.
    pub fn write(&self) -> Result<()> {
        let bytes = serde_json::to_vec_pretty(self).map_err(error::bug)?;
        write_durably(&self.folder.join("home.json"), &bytes).map_err(|why| error::io("write home.json", &why))
    }

    /// A path in the home.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Whether the identity of a home is protected by a passphrase.
    pub fn is_protected(folder: &Path) -> Result<bool> {
        Ok(identity_file(folder)?.starts_with(PROTECTED))
    }

    /// Reads this node's secrets.
    pub fn unlock(&self, unlock: &Unlock) -> Result<NodeSecrets> {
        let plain = read_identity(&self.folder, unlock)?;
        let lines = Lines::of_home(&plain)?;
        let identity = lines.identity().ok_or_else(|| spoilt("it has no AGE-SECRET-KEY line"))?;
        Ok(NodeSecrets {
            identity: SecretKey::from_text(identity)?,
            signing: SigningKey::from_text(lines.needed("signing-key")?)?,
        })
    }

    /// Writes this node's secrets, once.
    pub fn write_identity(&self, secrets: &NodeSecrets, unlock: &Unlock) -> Result<()> {
        let text = Zeroizing::new(format!(
            "# Identity of a chartrier node. Secret.\n# archive: {}\n# store: {}\n# node: {}\n# person: {}\n# root-key: {}\n\
             # signing-key: {}\n{}\n",
            self.archive,
            self.store,
            self.node,
            self.person,
            self.root_key,
            *secrets.signing.to_text(),
            *secrets.identity.to_text()
        ));
        let bytes = match unlock {
            Unlock::Passphrase(passphrase) => Zeroizing::new(seal::seal_passphrase(text.as_bytes(), passphrase)?),
            Unlock::Unprotected => Zeroizing::new(text.as_bytes().to_vec()),
        };
        write_durably(&self.path("identity"), &bytes).map_err(|why| error::io("write the identity file", &why))
    }
}

impl RecoverySheet {
    /// The sheet as it is printed: an age identity file.
    pub fn to_text(&self) -> Result<Zeroizing<String>> {
        Ok(Zeroizing::new(format!(
            "# Chartrier recovery sheet / fiche de secours. SECRET: whoever holds it reads everything.\n\
             # Print it, keep it in a safe, keep no copy on any machine.\n\
             # Imprimez-la, gardez-la dans un coffre, n’en gardez aucune copie sur une machine.\n\
             # archive: {}\n# recovery: {}\n# root-signing-key: {}\n# public key: {}\n{}\n",
            self.archive,
            self.recovery,
            *self.root.to_text(),
            self.identity.recipient()?,
            *self.identity.to_text()
        )))
    }

    /// Reads a sheet. What is not one is no damage of the store: somebody named another file.
    pub fn read(text: &[u8]) -> Result<Self> {
        let lines = Lines::read(text).ok_or_else(|| bad_sheet(&text!("it is not text", "ce n’est pas du texte")))?;
        let line = |name: &str| {
            let absent = || bad_sheet(&text!("it has no line `# {name}: …`", "il y manque la ligne `# {name}: …`", name = name));
            lines.field(name).ok_or_else(absent)
        };
        let cut =
            |name: &str| bad_sheet(&text!("its line `{name}` is not whole", "sa ligne `{name}` n’est pas entière", name = name));
        let identity = "AGE-SECRET-KEY-1…";
        let absent = || bad_sheet(&text!("it has no line `{name}`", "il y manque la ligne `{name}`", name = identity));
        Ok(Self {
            archive: line("archive")?.parse().map_err(|_| cut("# archive: …"))?,
            recovery: line("recovery")?.parse().map_err(|_| cut("# recovery: …"))?,
            identity: SecretKey::from_text(lines.identity().ok_or_else(absent)?).map_err(|_| cut(identity))?,
            root: SigningKey::from_text(line("root-signing-key")?).map_err(|_| cut("# root-signing-key: …"))?,
        })
    }
}

fn bad_sheet(why: &Text) -> crate::Error {
    error::invalid(
        Text {
            en: format!("This is not a whole recovery sheet: {}.", why.en),
            fr: format!("Ce n’est pas une fiche de secours entière : {}.", why.fr),
        },
        text!(
            "Name the file that `chartrier init` wrote, or type what it printed into a new file.",
            "Indiquez le fichier que `chartrier init` a écrit, ou saisissez dans un nouveau fichier ce qu’il a imprimé."
        ),
    )
}

/// How an age file begins.
const PROTECTED: &[u8] = b"age-encryption.org/";

fn identity_file(folder: &Path) -> Result<Zeroizing<Vec<u8>>> {
    fs::read(folder.join("identity")).map(Zeroizing::new).map_err(|why| error::io("read the identity file", &why))
}

/// The plain text of an identity file.
fn read_identity(folder: &Path, unlock: &Unlock) -> Result<Zeroizing<Vec<u8>>> {
    let file = identity_file(folder)?;
    match unlock {
        _ if !file.starts_with(PROTECTED) => Ok(file),
        Unlock::Passphrase(passphrase) => seal::open_passphrase(&file, passphrase),
        Unlock::Unprotected => Err(error::locked(
            text!("This home is locked.", "Ce poste est verrouillé."),
            text!(
                "Give its passphrase: at the prompt, with --passphrase-file, or through CHARTRIER_PASSPHRASE_FILE.",
                "Donnez sa phrase secrète : à l’invite, avec --passphrase-file, ou par CHARTRIER_PASSPHRASE_FILE."
            ),
        )),
    }
}

/// An age identity file with `# name: value` lines.
struct Lines<'a>(&'a str);

impl<'a> Lines<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        std::str::from_utf8(bytes).ok().map(Self)
    }

    /// Those of the home's identity file, which this program wrote itself.
    fn of_home(bytes: &'a [u8]) -> Result<Self> {
        Self::read(bytes).ok_or_else(|| spoilt("it is not text"))
    }

    fn field(&self, name: &str) -> Option<&'a str> {
        let value = self.0.lines().find_map(|line| line.strip_prefix("# ")?.strip_prefix(name)?.strip_prefix(": "));
        value.map(str::trim)
    }

    fn needed(&self, name: &str) -> Result<&'a str> {
        self.field(name).ok_or_else(|| spoilt("it has not all its lines"))
    }

    fn identity(&self) -> Option<&'a str> {
        self.0.lines().map(str::trim).find(|line| line.starts_with("AGE-SECRET-KEY-1"))
    }
}

fn spoilt(why: impl std::fmt::Display) -> crate::Error {
    error::corrupt("the identity file", why)
}

/// Writes a new file that only its owner reads, durably and whole: aside, then renamed.
fn write_durably(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let aside = path.with_extension("new");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&aside, path)?;
    path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}
