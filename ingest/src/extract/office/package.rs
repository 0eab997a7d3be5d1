//! A ZIP container of an office: its entries by name, what they relate to, and how much they may unpack to.

use super::super::{
    container::{Container, main_part},
    nest::{self, Unpacked},
    text::decode,
    xml::{Piece, walk},
};
use crate::{findings, limits::MAX_UNPACKED};
use chartrier_schemas::Finding;
use std::{
    collections::BTreeMap,
    io::{Cursor, Read},
};
use zip::{ZipArchive, read::read_zipfile_from_stream, result::ZipError};

/// Entries that are read of one container.
const MAX_ENTRIES: usize = 20_000;

/// An open container. What cannot be unpacked of it is a finding.
pub(in super::super) struct Package<'a> {
    source: Source<'a>,
    /// Entries by name, in lower case: names of parts are equal whatever their case (ECMA-376-2, 6.2.2.3).
    places: BTreeMap<String, usize>,
    names: Vec<String>,
    budget: u64,
    pub(in super::super) findings: Vec<Finding>,
}

enum Source<'a> {
    Directory(Container<'a>),
    /// What could be saved of a container whose directory is lost.
    Saved(Vec<Vec<u8>>),
}

/// What one part says of another.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct Relation {
    pub(in super::super) id: String,
    /// The last word of its type.
    pub(in super::super) kind: String,
    /// The name of the other part; outside of the container, its address.
    pub(in super::super) target: String,
    pub(in super::super) is_outside: bool,
}

/// Why an entry is not unpacked.
enum Trouble {
    Bomb,
    Password,
    Damaged(String),
}

impl<'a> Package<'a> {
    /// Opens a container. Of a torn one, the entries are taken that are whole, one after the other.
    pub(in super::super) fn open(bytes: &'a [u8]) -> Self {
        let mut package = Self {
            source: Source::Saved(Vec::new()),
            places: BTreeMap::new(),
            names: Vec::new(),
            budget: MAX_UNPACKED,
            findings: Vec::new(),
        };
        match ZipArchive::new(Cursor::new(bytes)) {
            Ok(container) => {
                package.names =
                    container.file_names().map(|name| name.map(|name| name.into_owned()).unwrap_or_default()).collect();
                package.source = Source::Directory(container);
            }
            Err(why) => {
                package.findings.push(findings::damaged(format_args!("its container is damaged ({why})")));
                package.save(bytes);
            }
        }
        package.names.truncate(MAX_ENTRIES);
        // Some programs write backslashes.
        let places = package.names.iter().enumerate().map(|(place, name)| (key(name), place)).rev();
        package.places = places.collect();
        package
    }

    fn save(&mut self, bytes: &[u8]) {
        let (mut rest, mut saved) = (bytes, Vec::new());
        while let Ok(Some(entry)) = read_zipfile_from_stream(&mut rest) {
            let name = entry.name().map(|name| name.into_owned()).unwrap_or_default();
            let mut content = Vec::new();
            // The last one is torn: its beginning counts.
            let _ = entry.take(self.budget).read_to_end(&mut content);
            self.budget -= content.len() as u64;
            self.names.push(name);
            saved.push(content);
            if self.budget == 0 || saved.len() >= MAX_ENTRIES {
                break;
            }
        }
        self.source = Source::Saved(saved);
    }

    /// The names of its entries, in the order of its directory.
    pub(in super::super) fn names(&self) -> &[String] {
        &self.names
    }

    pub(in super::super) fn has(&self, name: &str) -> bool {
        self.places.contains_key(&key(name))
    }

    /// The part that is the document itself, where this is Office Open XML.
    pub(in super::super) fn main(&mut self) -> Option<String> {
        match &mut self.source {
            Source::Directory(container) => main_part(container),
            Source::Saved(_) => None,
        }
        .or_else(|| {
            let usual = ["word/document.xml", "xl/workbook.xml", "xl/workbook.bin", "ppt/presentation.xml"];
            usual.into_iter().find(|name| self.has(name)).map(str::to_owned)
        })
    }

    /// An entry as XML text; nothing, and a finding, where it cannot be unpacked.
    pub(in super::super) fn text(&mut self, name: &str) -> Option<String> {
        self.bytes(name).map(|bytes| decode(&bytes))
    }

    /// The bytes of an entry.
    pub(in super::super) fn bytes(&mut self, name: &str) -> Option<Vec<u8>> {
        let place = *self.places.get(&key(name))?;
        match self.unpack(place) {
            Ok(bytes) => return Some(bytes),
            Err(Trouble::Bomb) => self.findings.push(findings::bomb()),
            Err(Trouble::Password) => self.findings.push(findings::password()),
            Err(Trouble::Damaged(why)) => self.findings.push(findings::damaged(format_args!("{name}: {why}"))),
        }
        None
    }

    /// A document within the document, at most `room` bytes of it.
    pub(in super::super) fn embedded(&mut self, place: usize, room: u64) -> Unpacked {
        match &mut self.source {
            Source::Saved(entries) => entries.get(place).cloned().unwrap_or_default().into(),
            Source::Directory(container) => match container.by_index(place) {
                Ok(entry) => {
                    let stated = entry.size();
                    Unpacked::of(entry, stated, room)
                }
                Err(ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED)) => nest::Trouble::Password.into(),
                Err(why) => nest::Trouble::Damaged(why.to_string()).into(),
            },
        }
    }

    fn unpack(&mut self, place: usize) -> Result<Vec<u8>, Trouble> {
        let container = match &mut self.source {
            Source::Directory(container) => container,
            Source::Saved(entries) => return Ok(entries.get(place).cloned().unwrap_or_default()),
        };
        let (bytes, trouble) = unpack_at(container, place, &mut self.budget)?;
        if let Some(why) = trouble {
            let name = self.names.get(place).cloned().unwrap_or_default();
            self.findings.push(findings::damaged(format_args!("{name}: {why}")));
        }
        Ok(bytes)
    }

    /// What a part relates to, in the order of its file.
    pub(in super::super) fn relations(&mut self, part: &str) -> Vec<Relation> {
        let (folder, name) = part.rsplit_once('/').unwrap_or(("", part));
        let Some(source) = self.text(&format!("{folder}/_rels/{name}.rels")) else { return Vec::new() };
        let mut relations = Vec::new();
        walk(&source, &mut |piece| {
            if let Piece::Start("Relationship", said) | Piece::Empty("Relationship", said) = piece {
                let target = said.get("Target").unwrap_or_default();
                let is_outside = said.get("TargetMode").is_some_and(|mode| mode == "External");
                let kind = said.get("Type").unwrap_or_default();
                relations.push(Relation {
                    id: said.get("Id").unwrap_or_default(),
                    kind: kind.rsplit('/').next().unwrap_or_default().to_owned(),
                    target: if is_outside { target } else { resolved(folder, &target) },
                    is_outside,
                });
            }
        });
        relations.truncate(MAX_ENTRIES);
        relations
    }
}

/// The bytes of an entry, and what is wrong with those behind them.
fn unpack_at(container: &mut Container<'_>, place: usize, budget: &mut u64) -> Result<(Vec<u8>, Option<String>), Trouble> {
    let entry = container.by_index(place).map_err(|why| match why {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => Trouble::Password,
        why => Trouble::Damaged(why.to_string()),
    })?;
    let mut bytes = Vec::new();
    // What the directory says of the size is not believed.
    let read = entry.take(*budget + 1).read_to_end(&mut bytes);
    let left = budget.checked_sub(bytes.len() as u64);
    *budget = left.unwrap_or(0);
    match read {
        _ if left.is_none() => Err(Trouble::Bomb),
        Err(why) if bytes.is_empty() => Err(Trouble::Damaged(why.to_string())),
        Err(why) => Ok((bytes, Some(why.to_string()))),
        Ok(_) => Ok((bytes, None)),
    }
}

/// A name as it is looked up.
fn key(name: &str) -> String {
    name.replace('\\', "/").trim_start_matches('/').to_lowercase()
}

/// The name of a part, as another one in `folder` states it.
pub(super) fn resolved(folder: &str, target: &str) -> String {
    let mut steps: Vec<&str> = if target.starts_with('/') { Vec::new() } else { folder.split('/').collect() };
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(steps.pop()),
            step => steps.push(step),
        }
    }
    steps.join("/")
}

#[cfg(test)]
mod tests {
    use super::{super::tests::container, *};

    #[test]
    fn parts_are_found_as_others_name_them() {
        assert_eq!(resolved("ppt/slides", "../media/a.png"), "ppt/media/a.png");
        assert_eq!(resolved("ppt/slides", "/word/x.xml"), "word/x.xml");
        assert_eq!(resolved("", "../../x.xml"), "x.xml");
        let relations = "<Relationships><Relationship Id='r1' Type='http://purl.oclc.org/ooxml/officeDocument/relationships/header' Target='Header1.xml'/>\
            <Relationship Id='r2' Type='http://x/hyperlink' Target='https://example.org/' TargetMode='External'/></Relationships>";
        let bytes = container(&[("word\\_rels\\DOCUMENT.xml.rels", relations), ("word/header1.xml", "<a/>")]);
        let mut package = Package::open(&bytes);
        let found = package.relations("word/document.xml");
        assert_eq!((found[0].kind.as_str(), found[0].target.as_str()), ("header", "word/Header1.xml"));
        assert!(found[1].is_outside && package.has(&found[0].target));
        assert_eq!(package.text(&found[0].target).as_deref(), Some("<a/>"));
    }

    #[test]
    fn whole_entries_of_a_torn_container_are_read() {
        let bytes = container(&[("word/document.xml", "<w:document><w:p><w:t>Note</w:t></w:p></w:document>"), ("z", "z")]);
        let mut package = Package::open(&bytes[..bytes.len() - 60]);
        assert_eq!(package.findings[0].number, 3);
        assert_eq!(package.main().as_deref(), Some("word/document.xml"));
        assert!(package.text("word/document.xml").is_some_and(|text| text.contains("Note")));
    }
}
