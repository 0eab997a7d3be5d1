//! The command line, described once: help, man pages and completions are made from this.

mod filing;
mod knowing;

pub(crate) use filing::{Class, Container, Describe, Dossier, FileCommand, Mark};
pub(crate) use knowing::{Group, Mandate};

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::{ffi::OsString, net::SocketAddr, path::PathBuf};

/// Encrypted document archive and records management.
#[derive(Parser)]
#[command(name = "chartrier", version, max_term_width = 110, disable_help_subcommand = true, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done                          4  locked
  1  finished, some items failed   5  unavailable or full
  2  wrong usage                   6  verify found a fault
  3  absent or not allowed        70  a bug

Messages are in French where the locale is (LC_ALL, LC_MESSAGES, LANG), else in English.";

const QUERY: &str = "\
A query is words, joined by AND: all must be found, in any of their forms.
  \"exact words\"   word*   -without   one OR other   ( )
  type:pdf  class:1.2  class:none  from:durand  to:durand  name:menu  title:menu
  date:2020-03  date:2019..2021  before:2020  after:2020-03-05
  marking:DR  finding:3  finding:*  lang:fr  thread:rec-…
Fields have French names too: type, classe, de, à, nom, titre, date, avant, après, marquage, constat, langue, fil.";

/// Options whose value is the next word.
const WITH_VALUE: [&str; 7] = ["--home", "--passphrase-file", "--limit", "--offset", "--sort", "--facet", "--as"];

/// The arguments as they were given. Words of a query may begin with a hyphen, which excludes (`-projet`): they are
/// handed on with a minus sign, which the grammar knows and which no option begins with.
pub(crate) fn given() -> impl Iterator<Item = OsString> {
    rewritten(std::env::args_os())
}

fn rewritten(arguments: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    let (mut verb, mut is_value) = (None::<OsString>, false);
    arguments.enumerate().map(move |(at, argument)| {
        let text = argument.to_str().unwrap_or_default();
        let queries = verb.as_ref().is_some_and(|verb| verb == "search" || verb == "list");
        if std::mem::take(&mut is_value) {
            return argument;
        }
        if WITH_VALUE.contains(&text) {
            is_value = true;
        } else if at > 0 && verb.is_none() && !text.starts_with('-') {
            verb = Some(argument.clone());
        }
        match text.strip_prefix('-') {
            Some(word) if queries && word.chars().count() > 1 && !word.starts_with('-') => format!("−{word}").into(),
            _ => argument,
        }
    })
}

#[derive(Args)]
pub(crate) struct Global {
    /// Folder of the home [default: the platform's data directory]
    #[arg(long, global = true, env = "CHARTRIER_HOME", value_name = "DIR", hide_env_values = true)]
    pub(crate) home: Option<PathBuf>,
    /// File that holds the passphrase
    #[arg(long, global = true, env = "CHARTRIER_PASSPHRASE_FILE", value_name = "F", hide_env_values = true)]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Print JSON: one document, or one line per item
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make an archive: keys, store, recovery sheet
    Init(Init),
    /// Capture files and folders
    Ingest(Ingest),
    /// List every record that a query matches: one JSON line each; on a terminal, lines to read
    #[command(after_help = QUERY)]
    List(List),
    /// Search words and grammar: type:pdf from:durand before:2020 "note verbale" -projet
    #[command(after_help = QUERY)]
    Search(Search),
    /// Show what the archive says of a record
    Show(Show),
    /// Give the original bytes of a record
    Get(Get),
    /// Tell the format of files, without capturing them: one line each
    Identify(Identify),
    /// The release of the format registry PRONOM by which formats are told
    Formats(Formats),
    /// Recognise the words of scanned pages; with --again, read records anew
    Extract(Extract),
    /// Reports on what lies in the archive
    #[command(subcommand)]
    Report(Report),
    /// Say what this machine lacks, and what one loses by that
    Doctor,
    /// Verify the store: with keys everything, without keys every stored byte
    Verify(Verify),
    /// Make catalog and index anew from the store
    Rebuild,
    /// Merge small objects, and remove what interrupted work left behind
    Compact,
    /// The classification scheme
    #[command(subcommand)]
    Class(Class),
    /// Dossiers
    #[command(subcommand)]
    Dossier(Dossier),
    /// File records under a class or dossier
    File(FileCommand),
    /// Mark records: NP, DR, S, TS, then +SF and +COMPARTMENT
    Mark(Mark),
    /// Say what a record is, before its own words
    Describe(Describe),
    /// Put back what an act filed
    Undo {
        /// The act (act-…), as `file --json` names it
        act: String,
    },
    /// Persons, roles and clearances
    #[command(subcommand)]
    Person(Person),
    /// Groups of persons, who are given mandates together
    #[command(subcommand)]
    Group(Group),
    /// Mandates: who may know what, why, until when
    #[command(subcommand)]
    Mandate(Mandate),
    /// Keys: who can open the archive
    #[command(subcommand)]
    Key(Key),
    /// Serve the pages: search and read in a browser
    Serve(Serve),
    /// Make a demo archive with sample documents, and a folder of yours, and show it in a browser
    Demo(Demo),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write man pages into a folder
    Man {
        /// The folder, which must be there
        folder: PathBuf,
    },
}

#[derive(Args)]
pub(crate) struct Init {
    /// The store: a folder, or its URL (file:///…) [default: the folder `store` in the home]
    #[arg(long)]
    pub(crate) store: Option<String>,
    /// Name of the first person [default: the name of the user]
    #[arg(long)]
    pub(crate) person: Option<String>,
    /// Highest level that the archive may hold
    #[arg(long, default_value = "TS", value_name = "LEVEL")]
    pub(crate) ceiling: String,
    /// Do not protect the home with a passphrase
    #[arg(long, conflicts_with = "passphrase_file")]
    pub(crate) no_passphrase: bool,
    /// Write the recovery sheet to this new file instead of the terminal
    #[arg(long, value_name = "F")]
    pub(crate) recovery_file: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Ingest {
    /// Files and folders
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Code of the class or dossier to file under; `none` is the inbox [default: the inbox]
    #[arg(long, value_name = "CODE")]
    pub(crate) into: Option<String>,
    /// Marking
    #[arg(long, default_value = "NP")]
    pub(crate) marking: String,
    /// Capture only: read no text, make no thumbnails
    #[arg(long)]
    pub(crate) no_extract: bool,
    /// Read documents even where the kernel cannot shut the readers in; recorded on each document
    #[arg(long)]
    pub(crate) allow_unsandboxed: bool,
}

#[derive(Args)]
pub(crate) struct List {
    /// The query; nothing lists every record
    pub(crate) query: Vec<String>,
    /// Narrow to what another person may know
    #[arg(long = "as", value_name = "PERSON")]
    pub(crate) as_person: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Sort {
    Relevance,
    Date,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Facet {
    Class,
    Type,
    Year,
    Marking,
}

#[derive(Args)]
pub(crate) struct Search {
    /// Words and grammar
    #[arg(required = true)]
    pub(crate) words: Vec<String>,
    /// Hits to show
    #[arg(long, default_value_t = 10)]
    pub(crate) limit: usize,
    /// Hits to skip
    #[arg(long, default_value_t = 0)]
    pub(crate) offset: usize,
    /// Order
    #[arg(long, value_enum, default_value = "relevance")]
    pub(crate) sort: Sort,
    /// Count hits by this
    #[arg(long, value_enum)]
    pub(crate) facet: Vec<Facet>,
    /// Narrow to what another person may know
    #[arg(long = "as", value_name = "PERSON")]
    pub(crate) as_person: Option<String>,
}

#[derive(Args)]
pub(crate) struct Show {
    /// The record (rec-…)
    pub(crate) id: String,
    /// Narrow to what another person may know
    #[arg(long = "as", value_name = "PERSON")]
    pub(crate) as_person: Option<String>,
    /// Print the text that was read out of it
    #[arg(long)]
    pub(crate) text: bool,
}

#[derive(Args)]
pub(crate) struct Get {
    /// The record (rec-…)
    pub(crate) id: String,
    /// Which component, from 1
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) component: u32,
    /// A picture of this page instead, as JPEG, from 1
    #[arg(long, value_name = "N", conflicts_with = "component", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) page: Option<u32>,
    /// Write to this new file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Narrow to what another person may know
    #[arg(long = "as", value_name = "PERSON")]
    pub(crate) as_person: Option<String>,
}

#[derive(Args)]
pub(crate) struct Identify {
    /// Files and folders
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Read files even where the kernel cannot shut the readers in
    #[arg(long)]
    pub(crate) allow_unsandboxed: bool,
}

#[derive(Args)]
pub(crate) struct Extract {
    /// Which records; nothing is every record that waits
    pub(crate) query: Vec<String>,
    /// Read all of them anew, after an upgrade or where something went wrong; nothing in the query is every record
    #[arg(long)]
    pub(crate) again: bool,
    /// Read documents even where the kernel cannot shut the readers in; recorded on each document
    #[arg(long)]
    pub(crate) allow_unsandboxed: bool,
}

#[derive(Subcommand)]
pub(crate) enum Report {
    /// Originals by format: how many, how large, at risk, not identified, misnamed, damaged, behind a password
    Formats(ReportFormats),
    /// Who was given what of marked records, newest first, and what let them know it: for security officers
    Disclosures(ReportDisclosures),
}

#[derive(Args)]
pub(crate) struct ReportDisclosures {
    /// Given to this person: name or id
    #[arg(long, value_name = "PERSON")]
    pub(crate) person: Option<String>,
    /// Of this record (rec-…)
    #[arg(long, value_name = "ID")]
    pub(crate) record: Option<String>,
    /// On this day, as 2026-12-31
    #[arg(long, value_name = "DATE")]
    pub(crate) day: Option<String>,
}

#[derive(Args)]
pub(crate) struct ReportFormats {
    /// Which records; nothing is every record
    pub(crate) query: Vec<String>,
    /// Narrow to what another person may know
    #[arg(long = "as", value_name = "PERSON")]
    pub(crate) as_person: Option<String>,
}

#[derive(Args)]
pub(crate) struct Formats {
    #[command(subcommand)]
    pub(crate) command: Option<FormatsCommand>,
}

#[derive(Subcommand)]
pub(crate) enum FormatsCommand {
    /// Show which release is in force
    Show,
    /// Load a newer release: DROID's signature files
    Update {
        /// The signature file (DROID_SignatureFile_V….xml)
        signatures: PathBuf,
        /// The container signature file (container-signature-….xml) [default: the one in force]
        containers: Option<PathBuf>,
    },
}

#[derive(Args)]
pub(crate) struct Verify {
    /// Without keys: every stored byte against its name, and the chain of signatures
    #[arg(long)]
    pub(crate) keyless: bool,
    /// A head of the chain that you kept: it must be in the store
    #[arg(long, value_name = "HASH")]
    pub(crate) head: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Role {
    Staff,
    Archivist,
    Security,
    Administrator,
}

#[derive(Subcommand)]
pub(crate) enum Person {
    /// List persons
    List,
    /// Add a person
    Add {
        /// Name, unique
        name: String,
        /// What the person may do
        #[arg(long, value_enum, default_value = "staff")]
        role: Vec<Role>,
        /// What the person is cleared for
        #[arg(long, default_value = "NP", value_name = "MARKING")]
        clearance: String,
        /// Why
        #[arg(long)]
        reason: Option<String>,
    },
    /// Give a link to sign in at the running server: your own, or of another person
    Link {
        /// Name or id
        person: Option<String>,
    },
    /// Invite a person to make an account at the running server: a link that may be used once, within three days
    Invite {
        /// Name or id
        person: String,
    },
    /// End a person's account, with all sessions, links and invitations
    EndAccount {
        /// Name or id
        person: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Change a person's clearance
    Clear {
        /// Name or id
        person: String,
        /// The new clearance
        clearance: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Change a person's roles
    Roles {
        /// Name or id
        person: String,
        /// The new roles
        #[arg(required = true, value_enum)]
        roles: Vec<Role>,
        /// Why
        #[arg(long)]
        reason: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum Key {
    /// List who can open the archive
    List,
    /// Give labels new key pairs: all of them, or one
    Rotate {
        /// The label (lbl-…)
        label: Option<String>,
        /// Why; it stays with the act
        #[arg(long)]
        reason: Option<String>,
    },
    /// Add a recovery recipient (age1…)
    AddRecovery {
        /// Its age recipient
        recipient: String,
        /// Why; it stays with the act
        #[arg(long)]
        reason: Option<String>,
    },
    /// Add a server that may read
    AddServer {
        /// Its age recipient (age1…)
        recipient: String,
        /// Its Ed25519 public key, 64 hexadecimal digits
        signing_key: String,
        /// Why; it stays with the act
        #[arg(long)]
        reason: Option<String>,
    },
    /// Remove a server (nod-…) or a recovery recipient (rcv-…), and rotate every label
    Remove {
        /// Its id
        holder: String,
        /// Why; it stays with the act
        #[arg(long)]
        reason: Option<String>,
    },
    /// Make a home from the recovery sheet and the store alone
    Restore(Restore),
}

#[derive(Args)]
pub(crate) struct Restore {
    /// The store: a folder, or its URL (file:///…)
    #[arg(long)]
    pub(crate) store: String,
    /// The recovery sheet
    #[arg(long, value_name = "F")]
    pub(crate) recovery_file: PathBuf,
    /// Who acts from the new home: name or id [default: who made the archive]
    #[arg(long, value_name = "NAME")]
    pub(crate) person: Option<String>,
    /// Do not protect the new home with a passphrase
    #[arg(long, conflicts_with = "passphrase_file")]
    pub(crate) no_passphrase: bool,
}

#[derive(Args)]
pub(crate) struct Serve {
    /// Where to listen; beyond this machine only with TLS, of its own or of a proxy
    #[arg(long, value_name = "ADDR", default_value = chartrier_web::DEFAULT)]
    pub(crate) listen: SocketAddr,
    /// Name under which the pages are reached by TLS, of its own or of a proxy; may be given several times
    #[arg(long = "host", value_name = "NAME")]
    pub(crate) hosts: Vec<String>,
    /// TLS of its own: the certificate in PEM, and those above it
    #[arg(long, value_name = "F", requires = "tls_key")]
    pub(crate) tls_certificate: Option<PathBuf>,
    /// TLS of its own: the certificate's key in PEM
    #[arg(long, value_name = "F", requires = "tls_certificate")]
    pub(crate) tls_key: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Demo {
    /// A folder of yours, captured beside the sample documents
    pub(crate) folder: Option<PathBuf>,
    /// End after the searches, without serving the pages
    #[arg(long)]
    pub(crate) no_serve: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(given: &str, expected: &str) {
        let words: Vec<String> =
            rewritten(given.split(' ').map(OsString::from)).map(|word| word.to_str().unwrap().to_owned()).collect();
        assert_eq!(words.join(" "), expected);
    }

    #[test]
    fn words_that_begin_with_a_hyphen_exclude_only_in_queries() {
        check("chartrier search menu -projet --json", "chartrier search menu −projet --json");
        check("chartrier --home list get rec-1 -o x", "chartrier --home list get rec-1 -o x");
        check("chartrier search -h", "chartrier search -h");
        check("chartrier list --as -odd -type:pdf", "chartrier list --as -odd −type:pdf");
        check("chartrier class list -h", "chartrier class list -h");
    }

    #[test]
    fn the_help_names_every_field() {
        for (en, fr) in chartrier_engine::query::FIELDS {
            assert!(QUERY.contains(&format!("{en}:")), "{en}");
            assert!(QUERY.lines().last().unwrap().contains(fr), "{fr}");
        }
    }

    #[test]
    fn the_definition_is_sound() {
        use clap::CommandFactory as _;
        Arguments::command().debug_assert();
    }
}
