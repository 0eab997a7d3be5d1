//! Writing an index: documents replaced and removed, and a position that says what it contains. A crash
//! leaves the last commit.

use super::{
    analysis::{ANALYZER, language},
    directory::SealedDirectory,
    schema::{Fields, register, schema},
};
use crate::{Result, error};
use serde::{Deserialize, Serialize};
use std::path::Path;
use tantivy::{Index, IndexSettings, IndexWriter, TantivyDocument, Term};
use zeroize::Zeroizing;

/// Memory of a writer, in bytes.
const MEMORY: usize = 64 << 20;

/// A record as the index takes it.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// Number of its unit.
    pub unit: u64,
    /// Breaks ties: bits of the record's id, the same after a rebuild.
    pub tie: u64,
    /// Title.
    pub title: &'a str,
    /// File name.
    pub name: &'a str,
    /// Who wrote it.
    pub authors: &'a [String],
    /// Who received it.
    pub recipients: &'a [String],
    /// Words for `type:`, the most exact first.
    pub tags: &'a [String],
    /// Numbers of its findings.
    pub findings: &'a [u16],
    /// `fr` or `en`; both where nothing is known.
    pub language: Option<&'a str>,
    /// Seconds since 1970.
    pub date: Option<i64>,
    /// Text.
    pub text: &'a str,
}

/// What an index says of itself in each commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Version of the analysis.
    pub analyzer: String,
    /// Which making of the catalog its unit numbers are of.
    pub epoch: String,
    /// Number of the last commit of the catalog that it contains.
    pub commit: u64,
}

/// A label's index, open for writing: one at a time.
pub struct LabelWriter {
    writer: IndexWriter,
    fields: Fields,
    position: Option<Position>,
    epoch: String,
}

impl LabelWriter {
    /// Opens an index, or makes it anew where there is none, or one that is of no use.
    pub fn open(folder: &Path, key: &Zeroizing<[u8; 32]>, epoch: &str) -> Result<Self> {
        let (schema, fields) = schema();
        let opened = match folder.join("meta.json").exists() {
            true => Index::open(SealedDirectory::open(folder, key.clone()).map_err(error::index)?).ok(),
            false => None,
        };
        let usable = match opened {
            Some(index) => Position::of(&index, epoch)?.map(|position| (index, Some(position))),
            None => None,
        };
        let (index, position) = match usable {
            Some(usable) => usable,
            None => {
                remove(folder).map_err(|why| error::io("remove the old index", &why))?;
                let directory = SealedDirectory::open(folder, key.clone()).map_err(error::index)?;
                (Index::create(directory, schema, IndexSettings::default())?, None)
            }
        };
        register(&index);
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(4);
        let writer = index.writer_with_num_threads(threads, MEMORY)?;
        Ok(Self { writer, fields, position, epoch: epoch.to_owned() })
    }

    /// The number of the last commit of the catalog that it contains.
    pub fn position(&self) -> u64 {
        self.position.as_ref().map_or(0, |position| position.commit)
    }

    /// Adds a record, or replaces it.
    pub fn put(&self, document: &Document<'_>, known: bool) -> Result<()> {
        if known {
            self.remove(document.unit);
        }
        let fields = self.fields;
        let mut doc = TantivyDocument::new();
        doc.add_u64(fields.unit, document.unit);
        doc.add_u64(fields.tie, document.tie);
        if let Some(date) = document.date {
            doc.add_i64(fields.date, date);
        }
        doc.add_text(fields.kind, document.tags.first().map_or("", String::as_str));
        document.tags.iter().for_each(|tag| doc.add_text(fields.tags, tag));
        document.findings.iter().for_each(|finding| doc.add_u64(fields.finding, (*finding).into()));
        doc.add_text(fields.title, document.title);
        doc.add_text(fields.body, document.text);
        // A title may be in another language than its document; it has stems in both, unless its grammar tells. So has a
        // text whose language nobody could tell.
        let (of_title, of_text) = (language(document.title), document.language.or_else(|| language(document.text)));
        for (stems, own) in [(fields.french, "fr"), (fields.english, "en")] {
            if of_title.is_none_or(|told| told == own) || document.language == Some(own) {
                doc.add_text(stems, document.title);
            }
            if of_text.is_none_or(|told| told == own) {
                doc.add_text(stems, document.text);
            }
        }
        doc.add_text(fields.language, document.language.unwrap_or_default());
        doc.add_text(fields.name, document.name);
        document.authors.iter().for_each(|author| doc.add_text(fields.from, author));
        document.recipients.iter().for_each(|recipient| doc.add_text(fields.to, recipient));
        self.writer.add_document(doc)?;
        Ok(())
    }

    /// Takes a record out.
    pub fn remove(&self, unit: u64) {
        self.writer.delete_term(Term::from_field_u64(self.fields.unit, unit));
    }

    /// Makes what was put and removed durable, with the position that it brings the index to.
    pub fn commit(&mut self, commit: u64) -> Result<()> {
        let position = Position { analyzer: ANALYZER.to_owned(), epoch: self.epoch.clone(), commit };
        let mut prepared = self.writer.prepare_commit()?;
        prepared.set_payload(&serde_json::to_string(&position).map_err(error::bug)?);
        prepared.commit()?;
        self.position = Some(position);
        Ok(())
    }

    /// Rewrites every segment that holds removed records, so that no file holds a word of theirs.
    pub fn purge(mut self) -> Result<()> {
        let commit = self.position();
        let segments: Vec<_> = self
            .writer
            .index()
            .searchable_segment_metas()?
            .into_iter()
            .filter(|segment| segment.num_deleted_docs() > 0)
            .map(|segment| segment.id())
            .collect();
        for segment in segments {
            self.writer.merge(&[segment]).wait()?;
        }
        self.commit(commit)?;
        self.writer.garbage_collect_files().wait()?;
        self.finish()
    }

    /// Waits for what goes on in the background.
    pub fn finish(self) -> Result<()> {
        Ok(self.writer.wait_merging_threads()?)
    }
}

fn remove(folder: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(why) if why.kind() != std::io::ErrorKind::NotFound => Err(why),
        _ => Ok(()),
    }
}
