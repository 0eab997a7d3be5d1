//! A release of PRONOM as its two files: the one that is built in, or a newer one that was handed over.

use crate::limits::MAX_SIGNATURES;
use chartrier_schemas::{Text, text};
use flate2::read::GzDecoder;
use std::{
    io::{self, Read},
    sync::Arc,
};

/// The release that is built in: see the README beside it.
const SIGNATURES: &[u8] = include_bytes!("../../data/pronom/DROID_SignatureFile-v109.xml.gz");
const CONTAINERS: &[u8] = include_bytes!("../../data/pronom/container-signature-20200121.xml.gz");

/// The two files of a release: signatures and formats, and signatures of containers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    pub(super) signatures: Arc<str>,
    pub(super) containers: Arc<str>,
}

/// Why files are no release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// What is wrong.
    pub problem: Text,
    /// What to do.
    pub remedy: Text,
}

impl Unusable {
    pub(super) fn new(problem: Text) -> Self {
        let remedy = text!(
            "Give DROID's signature file, then its container signature file, as The National Archives (UK) publish them.",
            "Donnez le fichier de signatures de DROID, puis celui des conteneurs, tels que les publient The National Archives (Royaume-Uni)."
        );
        Self { problem, remedy }
    }
}

impl Release {
    /// The release that is built in.
    pub fn embedded() -> Self {
        let unpacked = |bytes| {
            let mut text = String::new();
            // What is built in was read by a test: it can be unpacked.
            let _ = GzDecoder::new(bytes).read_to_string(&mut text);
            text.into()
        };
        Self { signatures: unpacked(SIGNATURES), containers: unpacked(CONTAINERS) }
    }

    /// A release out of the bytes of two files. That of the containers may be left away: then it is that of `before`.
    pub fn new(signatures: Vec<u8>, containers: Option<Vec<u8>>, before: &Self) -> Result<Self, Unusable> {
        Ok(Self {
            signatures: text_of(signatures)?,
            containers: containers.map_or_else(|| Ok(before.containers.clone()), text_of)?,
        })
    }

    /// Both files as one: what a home keeps, and what a worker is told.
    pub fn to_bytes(&self) -> Vec<u8> {
        let length = (self.signatures.len() as u64).to_be_bytes();
        [&length, self.signatures.as_bytes(), self.containers.as_bytes()].concat()
    }

    /// Both files out of one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Unusable> {
        let apart = || {
            let (length, rest) = bytes.split_first_chunk()?;
            rest.split_at_checked(usize::try_from(u64::from_be_bytes(*length)).ok()?)
        };
        let (signatures, containers) = apart().ok_or_else(|| {
            Unusable::new(text!("The release that was kept is damaged.", "La version conservée est endommagée."))
        })?;
        Ok(Self { signatures: text_of(signatures.to_vec())?, containers: text_of(containers.to_vec())? })
    }

    /// Reads no more of a file than a signature file may have.
    pub fn read_file(file: impl Read) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        file.take(MAX_SIGNATURES as u64 + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

fn text_of(bytes: Vec<u8>) -> Result<Arc<str>, Unusable> {
    if bytes.len() > MAX_SIGNATURES {
        return Err(Unusable::new(text!(
            "The file is larger than any signature file.",
            "Le fichier est plus grand que tout fichier de signatures."
        )));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| Unusable::new(text!("The file is no text in UTF-8.", "Le fichier n’est pas un texte en UTF-8.")))?;
    Ok(text.into())
}
