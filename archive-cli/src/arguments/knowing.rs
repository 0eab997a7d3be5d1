//! Arguments of `group` and `mandate`: who may know what, together and alone.

use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub(crate) enum Group {
    /// List groups
    List,
    /// Show a group: who is in it and who was, and its mandates
    Show {
        /// Name or id
        group: String,
    },
    /// Make a group
    Add {
        /// Name, unique
        name: String,
        /// Somebody who is in it from the beginning: name or id; may be given several times
        #[arg(long = "add", value_name = "PERSON")]
        members: Vec<String>,
        /// Why it is there
        #[arg(long)]
        reason: String,
    },
    /// Take persons into a group and out of it
    #[command(group(clap::ArgGroup::new("change").required(true).multiple(true).args(["add", "remove"])))]
    Members {
        /// Name or id
        group: String,
        /// Who comes into it: name or id; may be given several times
        #[arg(long, value_name = "PERSON")]
        add: Vec<String>,
        /// Who leaves it: name or id; may be given several times
        #[arg(long, value_name = "PERSON")]
        remove: Vec<String>,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Give a group another name
    Rename {
        /// Name or id
        group: String,
        /// The new name, unique
        name: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Dissolve a group: its mandates end, and it stays in history
    Dissolve {
        /// Name or id
        group: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum Mandate {
    /// List mandates
    List,
    /// Give a mandate to a person, a group or the whole house
    Add {
        #[command(flatten)]
        to: Recipient,
        /// Code of a class or dossier, or a record (rec-…); without it, the whole archive
        #[arg(long, value_name = "CODE")]
        on: Option<String>,
        /// Last day, as 2026-12-31
        #[arg(long, value_name = "DATE")]
        until: Option<String>,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// End a mandate now
    End {
        /// The mandate (mdt-…)
        id: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Recipient {
    /// Who: name or id
    pub(crate) person: Option<String>,
    /// To whoever is in this group: name or id
    #[arg(long, value_name = "NAME")]
    pub(crate) group: Option<String>,
    /// To the whole house
    #[arg(long)]
    pub(crate) everyone: bool,
}
