//! What a file is: signatures first, then what lies in it if it is a container, then its name.

use super::{
    container::{Kind, Opened, Whole, all},
    pattern::Effort,
    registry::{FileFormat, Registry},
    signature::Ends,
};
use crate::limits::{MAX_MATCHES, MAX_TRIED};
use chartrier_schemas::{Text, text};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Plain text.
const TEXT: &str = "x-fmt/111";

/// XML of any vocabulary.
const XML: &str = "fmt/101";

/// By what a format was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Bytes of the file.
    Signature,
    /// What lies in the container.
    Container,
    /// Its name alone.
    Extension,
    /// That its bytes are text.
    Text,
}

/// A format that a file is told to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Match {
    /// PRONOM identifier.
    pub puid: String,
    /// Name of the format.
    pub name: String,
    /// Version of the format.
    pub version: Option<String>,
    /// Media types, parted by commas.
    pub mime: Option<String>,
    /// By what it was told.
    pub method: Method,
}

/// What one should know before one believes an identification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Warning {
    /// No signature and no extension says what it is.
    NoMatch,
    /// Formats that have the extension, whose signatures the file does not have.
    Possible(Vec<String>),
    /// The extension is of none of the formats.
    ExtensionMismatch,
    /// Only the extension says what it is.
    ExtensionOnly,
    /// Only that it is text says what it is.
    TextOnly,
    /// Several formats, none of which the registry prefers.
    Several,
    /// A container that could not be opened.
    Container,
    /// There are no bytes.
    Empty,
    /// The search was given up.
    Limit,
}

impl Warning {
    /// The warning in words.
    pub fn text(&self) -> Text {
        match self {
            Self::NoMatch => text!("no match", "aucune correspondance"),
            Self::Possible(puids) => {
                text!("possible by its extension: {puids}", "possibles d’après son extension : {puids}", puids = puids.join(", "))
            }
            Self::ExtensionMismatch => text!("extension mismatch", "extension inattendue pour ce format"),
            Self::ExtensionOnly => text!("matched by extension only", "reconnu à son extension seulement"),
            Self::TextOnly => text!("matched as text only", "reconnu comme texte seulement"),
            Self::Several => text!("several formats match", "plusieurs formats correspondent"),
            Self::Container => text!("container could not be opened", "conteneur impossible à ouvrir"),
            Self::Empty => text!("empty file", "fichier vide"),
            Self::Limit => text!("given up at a limit", "abandonné à une limite"),
        }
    }
}

/// What a file is, as far as the registry knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identification {
    /// The formats that it may be, the likeliest first.
    pub matches: Vec<Match>,
    /// What to know before one believes it.
    pub warnings: Vec<Warning>,
}

impl Identification {
    /// The format: the first one that signatures tell; of those that only the name tells, the only one.
    pub fn best(&self) -> Option<&Match> {
        self.matches.first().filter(|first| first.method != Method::Extension || self.matches.len() == 1)
    }

    /// By what it was told.
    pub fn method(&self) -> Option<Method> {
        self.matches.first().map(|first| first.method)
    }

    /// Whether bytes of the file say what it is.
    pub(crate) fn is_sure(&self) -> bool {
        matches!(self.method(), Some(Method::Signature | Method::Container))
    }
}

/// A file as it is looked at: its two ends, and the rest where a container must be opened.
pub(crate) struct Document<'a> {
    pub(crate) head: &'a [u8],
    pub(crate) tail: &'a [u8],
    pub(crate) whole: Whole<'a>,
}

impl<'a> Document<'a> {
    /// A file in memory.
    pub(crate) fn in_memory(bytes: &'a [u8]) -> Self {
        let Ends { head, tail } = Ends::both(bytes);
        Self { head, tail, whole: Whole::Memory(bytes) }
    }
}

/// The last extension of a name.
pub(crate) fn extension(name: &str) -> Option<String> {
    let (before, extension) = name.rsplit_once('.')?;
    let is_one = !before.is_empty() && !extension.is_empty() && !extension.contains(['/', ' ']);
    is_one.then(|| extension.to_ascii_lowercase())
}

/// Formats that were found, each with how many bytes its signature knows.
type Hits = BTreeMap<usize, usize>;

impl Registry {
    /// Tells what a file is. The name is asked where nothing else answers, and whether it agrees.
    pub(crate) fn identify(&self, document: Document<'_>, name: &str) -> Identification {
        let effort = Effort::new(MAX_TRIED);
        let mut warnings = Vec::new();
        if document.head.is_empty() {
            warnings.push(Warning::Empty);
        }
        let ends = Ends { head: document.head, tail: document.tail };
        let (mut hits, mut method) = (self.hits(ends, &effort), Method::Signature);
        if let Some(kind) = self.triggers.iter().find(|(trigger, _)| hits.contains_key(trigger)).map(|(_, kind)| *kind) {
            match catch_unwind(AssertUnwindSafe(|| self.container_hits(kind, document.whole, &effort))).ok().flatten() {
                Some(inner) if inner.is_empty() => {}
                Some(inner) => (hits, method) = (inner, Method::Container),
                None => warnings.push(Warning::Container),
            }
        }
        if !effort.goes_on() {
            warnings.push(Warning::Limit);
        }
        self.without_lower_priority(&mut hits);
        let extension = extension(name);
        if hits.is_empty() {
            return self.by_name(extension.as_deref(), document.head, warnings);
        }
        let found = self.ordered(hits, extension.as_deref());
        if self.mismatches(&found, extension.as_deref()) {
            warnings.push(Warning::ExtensionMismatch);
        }
        if found.len() > 1 {
            warnings.push(Warning::Several);
        }
        Identification { matches: self.matches(&found, method), warnings }
    }

    fn hits(&self, ends: Ends<'_>, effort: &Effort) -> Hits {
        let mut hits = Hits::new();
        let floating = self.floating.iter().flat_map(|floating| floating.candidates(ends));
        let opening = ends.head.first().map_or(&[][..], |byte| &self.opening[usize::from(*byte)]);
        for at in self.fixed.iter().chain(opening).copied().chain(floating) {
            let (signature, formats) = &self.signatures[at];
            if signature.is_in(ends, effort) {
                for format in formats {
                    let weight = hits.entry(*format).or_default();
                    *weight = signature.weight().max(*weight);
                }
            }
        }
        hits
    }

    /// Formats by what lies in a container; nothing where it cannot be opened.
    fn container_hits(&self, kind: Kind, whole: Whole<'_>, effort: &Effort) -> Option<Hits> {
        match kind {
            Kind::Zip => Some(self.hits_within(kind, Opened::zip(whole)?, effort)),
            Kind::Ole2 => Some(self.hits_within(kind, Opened::ole2(&all(whole)?)?, effort)),
        }
    }

    fn hits_within(&self, kind: Kind, mut opened: Opened<'_>, effort: &Effort) -> Hits {
        let mut hits = Hits::new();
        for (signature, format) in self.containers.iter().filter(|(signature, _)| signature.kind == kind) {
            if opened.has(signature, effort) {
                let known = signature.files.iter().flat_map(|file| file.signatures.first()).map(|known| known.weight());
                let weight = hits.entry(*format).or_default();
                *weight = (known.sum::<usize>() + signature.files.len()).max(*weight);
            }
        }
        hits
    }

    /// Takes out every format over which another one that was found has priority.
    fn without_lower_priority(&self, hits: &mut Hits) {
        let lower: Vec<usize> = hits.keys().flat_map(|at| &self.formats[*at].over).copied().collect();
        // Two formats that are each over the other leave both.
        let is_over = |one: usize, other: usize| self.formats[one].over.contains(&other);
        let found: Vec<usize> = hits.keys().copied().collect();
        for at in lower {
            if found.iter().any(|one| is_over(*one, at) && !is_over(at, *one)) {
                hits.remove(&at);
            }
        }
    }

    /// The likeliest first: those that have the extension, then those whose signatures know more.
    fn ordered(&self, hits: Hits, extension: Option<&str>) -> Vec<usize> {
        let mut found: Vec<(usize, usize)> = hits.into_iter().collect();
        found.sort_by_key(|(at, weight)| (!has_extension(&self.formats[*at], extension), usize::MAX - weight));
        found.into_iter().map(|(at, _)| at).take(MAX_MATCHES).collect()
    }

    fn matches(&self, found: &[usize], method: Method) -> Vec<Match> {
        let one = |at: &usize| {
            let FileFormat { puid, name, version, mime, .. } = &self.formats[*at];
            Match { puid: puid.clone(), name: name.clone(), version: version.clone(), mime: mime.clone(), method }
        };
        found.iter().map(one).collect()
    }

    /// Whether there is an extension that none of the formats has, though they have some.
    fn mismatches(&self, found: &[usize], extension: Option<&str>) -> bool {
        let formats = || found.iter().map(|at| &self.formats[*at]);
        extension.is_some()
            && formats().any(|format| !format.extensions.is_empty())
            && !formats().any(|format| has_extension(format, extension))
    }

    /// What the name says of a file that has no signature. A format that has signatures is not believed on its name.
    fn by_name(&self, extension: Option<&str>, head: &[u8], mut warnings: Vec<Warning>) -> Identification {
        let named: &[usize] = extension.and_then(|extension| self.by_extension.get(extension)).map_or(&[], Vec::as_slice);
        let (signed, mut unsigned): (Vec<usize>, Vec<usize>) = named.iter().partition(|at| self.formats[**at].has_signature);
        let is_text = !head.is_empty() && crate::identify::looks_like_text(head);
        let text = self.formats.iter().position(|format| format.puid == TEXT);
        if let Some(text) = text.filter(|text| unsigned.contains(text)) {
            unsigned = vec![text];
        }
        let is_plain = |found: &[usize]| text.is_some_and(|text| found == [text]);
        let possible = |found: &[usize]| found.iter().take(MAX_MATCHES).map(|at| self.formats[*at].puid.clone()).collect();
        if is_plain(&unsigned) && !is_text && !head.is_empty() {
            // What is no text is not plain text, whatever its name.
            let found = [unsigned, signed].concat();
            warnings.extend([Warning::NoMatch, Warning::Possible(possible(&found))]);
            return Identification { matches: Vec::new(), warnings };
        }
        if let Some(text) = text.filter(|_| is_text && unsigned.len() != 1) {
            warnings.push(Warning::TextOnly);
            if extension.is_some() {
                warnings.push(Warning::ExtensionMismatch);
            }
            return Identification { matches: self.matches(&[text], Method::Text), warnings };
        }
        unsigned.truncate(MAX_MATCHES);
        match unsigned.len() {
            0 => {
                warnings.push(Warning::NoMatch);
                if !signed.is_empty() {
                    warnings.push(Warning::Possible(possible(&signed)));
                }
            }
            1 => warnings.push(Warning::ExtensionOnly),
            _ => warnings.extend([Warning::ExtensionOnly, Warning::Several]),
        }
        Identification { matches: self.matches(&unsigned, Method::Extension), warnings }
    }

    /// Whether a format is one within which others lie: containers, and XML.
    pub(crate) fn is_general(&self, puid: &str) -> bool {
        puid == XML || self.triggers.iter().any(|(trigger, _)| self.formats[*trigger].puid == puid)
    }

    /// Whether the registry knows an extension.
    pub(crate) fn knows_extension(&self, extension: &str) -> bool {
        self.by_extension.contains_key(extension)
    }
}

fn has_extension(format: &FileFormat, extension: Option<&str>) -> bool {
    extension.is_some_and(|extension| format.extensions.iter().any(|known| known == extension))
}
