//! Words of the verbs by which records are filed, marked and described.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Subcommand)]
pub(crate) enum Class {
    /// List the classes
    List,
    /// Add a class
    Add(Container),
    /// Import classes from a CSV file with the columns code,title,under
    Import {
        /// The file
        file: PathBuf,
    },
}

#[derive(Args)]
pub(crate) struct Container {
    /// Reference code: unique, never used again
    pub(crate) code: String,
    /// Title
    pub(crate) title: String,
    /// Code of the class that it lies under
    #[arg(long, value_name = "CODE")]
    pub(crate) under: Option<String>,
}

#[derive(Subcommand)]
pub(crate) enum Dossier {
    /// List the dossiers
    List,
    /// Open a new dossier
    Add(Container),
    /// Close a dossier: nothing is captured into it any more
    Close {
        /// Its code
        code: String,
    },
    /// Open a closed dossier again
    Reopen {
        /// Its code
        code: String,
    },
}

#[derive(Args)]
pub(crate) struct FileCommand {
    /// Records (rec-…)
    #[arg(required = true)]
    pub(crate) ids: Vec<String>,
    /// Code of the class or dossier; `none` is the inbox
    #[arg(long, value_name = "CODE")]
    pub(crate) into: String,
}

#[derive(Args)]
pub(crate) struct Mark {
    /// Records (rec-…), then the marking
    #[arg(required = true, num_args = 2.., value_names = ["ID", "MARKING"])]
    pub(crate) ids_and_marking: Vec<String>,
    /// Why: kept with the decision
    #[arg(long)]
    pub(crate) reason: String,
}

#[derive(Args)]
pub(crate) struct Describe {
    /// The record (rec-…)
    pub(crate) id: String,
    /// A title in place of its own; empty takes it back
    #[arg(long)]
    pub(crate) title: Option<String>,
    /// A date in place of its own, as 2026-07-14; empty takes it back
    #[arg(long)]
    pub(crate) date: Option<String>,
    /// What it is about; empty takes it back
    #[arg(long)]
    pub(crate) about: Option<String>,
}
