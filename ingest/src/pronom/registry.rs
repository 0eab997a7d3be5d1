//! The registry: every format of a release and the signatures that tell it, read once, in a form that is quick to ask.

use super::{
    container::{ContainerFile, ContainerSignature, Kind},
    expression::Unread,
    pattern::From,
    release::{Release, Unusable},
    signature::{Ends, Signature, Signatures},
};
use crate::extract::xml::{Attributes, Piece, walk};
use aho_corasick::AhoCorasick;
use chartrier_schemas::text;
use std::collections::BTreeMap;

/// Bytes of a sequence by which it is looked for: the more, the larger the automaton.
const NEEDLE: usize = 12;

/// A format of the registry.
#[derive(Debug, Default)]
pub(super) struct FileFormat {
    pub(super) puid: String,
    pub(super) name: String,
    pub(super) version: Option<String>,
    /// Media types, parted by commas.
    pub(super) mime: Option<String>,
    pub(super) extensions: Vec<String>,
    /// Whether some signature tells it.
    pub(super) has_signature: bool,
    /// Formats that it is rather than those.
    pub(super) over: Vec<usize>,
    id: u32,
    signatures: Vec<u32>,
    over_ids: Vec<u32>,
}

/// What release a registry was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Number of the signature file.
    pub signatures: u32,
    /// The day on which it was made, where it says so.
    pub date: Option<String>,
    /// Number of the container signature file, where it says so.
    pub containers: Option<u32>,
    /// How many formats there are.
    pub formats: usize,
    /// Numbers of signatures that could not be read, and why: their formats are not told by them.
    pub unread: Vec<(u32, String)>,
}

/// Formats and signatures of one release.
pub struct Registry {
    pub(super) version: Version,
    pub(super) formats: Vec<FileFormat>,
    /// Signatures, each with the formats that it is of.
    pub(super) signatures: Vec<(Signature, Vec<usize>)>,
    pub(super) by_extension: BTreeMap<String, Vec<usize>>,
    /// Signatures with a fixed place, of which a file may begin with any byte.
    pub(super) fixed: Vec<usize>,
    /// Those of which it may not, by that byte.
    pub(super) opening: Vec<Vec<usize>>,
    /// Signatures all of whose sequences must be searched for, by one of them.
    pub(super) floating: [Floating; 2],
    pub(super) containers: Vec<(ContainerSignature, usize)>,
    /// Formats behind which a container is looked into.
    pub(super) triggers: Vec<(usize, Kind)>,
}

/// Signatures that are searched for at once at one end of a file.
pub(super) struct Floating {
    pub(super) from: From,
    needles: Option<AhoCorasick>,
    /// The signature of each needle.
    signatures: Vec<usize>,
    /// Signatures that have no needle.
    always: Vec<usize>,
}

impl Floating {
    /// Signatures that may be in some bytes.
    pub(super) fn candidates(&self, ends: Ends<'_>) -> Vec<usize> {
        let mut seen = vec![false; self.signatures.len()];
        if let Some(needles) = &self.needles {
            for found in needles.find_overlapping_iter(ends.of(self.from)) {
                seen[found.pattern().as_usize()] = true;
            }
        }
        let found = self.signatures.iter().zip(seen).filter(|(_, seen)| *seen).map(|(signature, _)| *signature);
        found.chain(self.always.iter().copied()).collect()
    }
}

/// What a signature file says.
#[derive(Default)]
struct SignatureFile {
    version: Option<u32>,
    date: Option<String>,
    formats: Vec<FileFormat>,
    signatures: Vec<Signature>,
    unread: Vec<(u32, Unread)>,
    reading: Signatures,
}

impl SignatureFile {
    fn take(&mut self, piece: &Piece<'_>) {
        match piece {
            Piece::Start("FFSignatureFile", said) => {
                self.version = said.get("Version").and_then(|version| version.trim().parse().ok());
                self.date = said.get("DateCreated").map(|date| date.chars().take(10).filter(|c| !c.is_control()).collect());
            }
            Piece::Start("FileFormat", said) | Piece::Empty("FileFormat", said) => self.formats.extend(format(said)),
            Piece::Start("InternalSignatureID" | "Extension" | "HasPriorityOverFileFormatID", _) => drop(self.reading.words()),
            Piece::End(name @ ("InternalSignatureID" | "Extension" | "HasPriorityOverFileFormatID")) => {
                let words = self.reading.words();
                let (words, Some(format)) = (words.trim(), self.formats.last_mut()) else { return };
                match *name {
                    "InternalSignatureID" => format.signatures.extend(words.parse::<u32>()),
                    "Extension" => format.extensions.push(words.to_ascii_lowercase()),
                    _ => format.over_ids.extend(words.parse::<u32>()),
                }
            }
            _ => {}
        }
        if let Some((id, read)) = self.reading.take(piece) {
            match read {
                Ok(signature) => self.signatures.push(signature),
                Err(why) => self.unread.push((id, why)),
            }
        }
    }
}

fn format(said: &Attributes<'_>) -> Option<FileFormat> {
    let get = |name| said.get(name).map(|value| line(&value)).filter(|value| !value.is_empty());
    let puid = get("PUID").filter(|puid| is_puid(puid))?;
    let id = get("ID")?.parse().ok()?;
    let name = get("Name").unwrap_or_default();
    Some(FileFormat { puid, name, version: get("Version"), mime: get("MIMEType"), id, ..FileFormat::default() })
}

/// Whether a text has the form of a PUID.
pub(crate) fn is_puid(text: &str) -> bool {
    let number = text.strip_prefix("x-").unwrap_or(text).strip_prefix("fmt/");
    number.is_some_and(|number| (1..=9).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A text as one line.
fn line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").chars().take(400).collect()
}

impl Registry {
    /// Reads a release.
    pub fn read(release: &Release) -> Result<Self, Unusable> {
        let mut file = SignatureFile::default();
        let sound = walk(release.signatures.trim_start_matches('\u{feff}'), &mut |piece| file.take(&piece));
        if !sound || file.version.is_none() || file.formats.is_empty() || file.signatures.is_empty() {
            return Err(Unusable::new(text!(
                "The first file is no signature file of DROID (an XML file whose root is FFSignatureFile).",
                "Le premier fichier n’est pas un fichier de signatures de DROID (un fichier XML dont la racine est FFSignatureFile)."
            )));
        }
        let mut containers = ContainerFile::default();
        let sound = walk(release.containers.trim_start_matches('\u{feff}'), &mut |piece| containers.take(&piece));
        if !sound || containers.signatures.is_empty() || containers.puids.is_empty() {
            return Err(Unusable::new(text!(
                "The second file is no container signature file of DROID (an XML file whose root is ContainerSignatureMapping).",
                "Le second fichier n’est pas un fichier de signatures de conteneurs de DROID (un fichier XML dont la racine est ContainerSignatureMapping)."
            )));
        }
        Ok(Self::compiled(file, containers))
    }

    fn compiled(mut file: SignatureFile, containers: ContainerFile) -> Self {
        let unread = file.unread.iter().chain(&containers.unread).map(|(id, why)| (*id, why.0.to_owned())).collect();
        let version = Version {
            signatures: file.version.unwrap_or(0),
            date: file.date.take(),
            containers: containers.version,
            formats: file.formats.len(),
            unread,
        };
        let mut formats = file.formats;
        let by_id: BTreeMap<u32, usize> = formats.iter().enumerate().map(|(at, format)| (format.id, at)).collect();
        let by_puid: BTreeMap<String, usize> = formats.iter().enumerate().map(|(at, format)| (format.puid.clone(), at)).collect();
        let (mut of_signature, mut by_extension) = (BTreeMap::<u32, Vec<usize>>::new(), BTreeMap::<String, Vec<usize>>::new());
        for (at, format) in formats.iter_mut().enumerate() {
            format.has_signature = !format.signatures.is_empty();
            format.over = format.over_ids.iter().filter_map(|id| by_id.get(id).copied()).collect();
            format.signatures.iter().for_each(|id| of_signature.entry(*id).or_default().push(at));
            format.extensions.iter().for_each(|extension| by_extension.entry(extension.clone()).or_default().push(at));
        }
        let signatures: Vec<_> = file
            .signatures
            .into_iter()
            .filter_map(|signature| Some((of_signature.get(&signature.id)?.clone(), signature)))
            .map(|(formats, signature)| (signature, formats))
            .collect();
        let puids: BTreeMap<u32, &String> = containers.puids.iter().map(|(id, puid)| (*id, puid)).collect();
        let containers_of = |signature: ContainerSignature| Some((by_puid.get(*puids.get(&signature.id)?).copied()?, signature));
        let containers_read: Vec<_> = containers.signatures.into_iter().filter_map(containers_of).collect();
        containers_read.iter().for_each(|(at, _)| formats[*at].has_signature = true);
        let (fixed, floating): (Vec<_>, Vec<_>) = (0..signatures.len()).partition(|at| !signatures[*at].0.chains[0].floats());
        let mut opening = vec![Vec::new(); 256];
        let fixed = fixed.into_iter().filter(|at| match signatures[*at].0.opening() {
            Some(bytes) => {
                opening
                    .iter_mut()
                    .zip(0..=u8::MAX)
                    .filter(|(_, byte)| bytes.contains(*byte))
                    .for_each(|(list, _)| list.push(*at));
                false
            }
            None => true,
        });
        let fixed = fixed.collect();
        let triggers = containers.triggers.iter().filter_map(|(puid, kind)| Some((*by_puid.get(puid)?, *kind))).collect();
        Self {
            version,
            fixed,
            opening,
            floating: [From::Beginning, From::End].map(|from| searched(from, &floating, &signatures)),
            containers: containers_read.into_iter().map(|(at, signature)| (signature, at)).collect(),
            triggers,
            formats,
            signatures,
            by_extension,
        }
    }

    /// Name and version of a format, by its identifier.
    pub fn name(&self, puid: &str) -> Option<String> {
        let format = self.formats.iter().find(|format| format.puid == puid)?;
        Some(match &format.version {
            Some(version) => format!("{} {version}", format.name),
            None => format.name.clone(),
        })
    }

    /// What release it was read from.
    pub fn version(&self) -> &Version {
        &self.version
    }
}

fn searched(from: From, floating: &[usize], signatures: &[(Signature, Vec<usize>)]) -> Floating {
    let chain = |at: usize| &signatures[at].0.chains[0];
    let here = floating.iter().copied().filter(|at| chain(*at).from == from);
    let (with, always): (Vec<_>, Vec<_>) = here.partition(|at| chain(*at).needle().is_some_and(|needle| needle.len() > 1));
    let needles = with.iter().filter_map(|at| chain(*at).needle()).map(|needle| &needle[..needle.len().min(NEEDLE)]);
    match AhoCorasick::new(needles) {
        Ok(needles) => Floating { from, needles: Some(needles), signatures: with, always },
        // More needles than an automaton takes: every signature is tried.
        Err(_) => Floating { from, needles: None, signatures: Vec::new(), always: [with, always].concat() },
    }
}
