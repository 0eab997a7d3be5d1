//! Sources: what yields items. Files and folders now; nothing here reads what a file means.

mod item;
mod walk;

pub use item::{Item, OpenItem};
pub use walk::walk;

use chartrier_schemas::{Text, text};
use std::path::{Path, PathBuf};

/// What a walk comes upon.
pub enum Found {
    /// A file.
    File(Item),
    /// Something that cannot be captured, and why.
    Failed(Failure),
}

/// Something that could not be captured. Small: a folder may hold millions of them.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Where.
    pub path: PathBuf,
    cause: Cause,
}

/// Why something could not be captured.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cause {
    Absent,
    Unreadable(Box<str>),
    Symlink,
    Special,
    Archive,
    Changed,
}

impl Failure {
    fn unreadable(path: &Path, why: &std::io::Error) -> Self {
        let cause = match why.kind() {
            std::io::ErrorKind::NotFound => Cause::Absent,
            _ => Cause::Unreadable(why.to_string().into()),
        };
        Self { path: path.to_owned(), cause }
    }

    fn symlink(path: &Path) -> Self {
        Self { path: path.to_owned(), cause: Cause::Symlink }
    }

    fn special(path: &Path) -> Self {
        Self { path: path.to_owned(), cause: Cause::Special }
    }

    fn itself(path: &Path) -> Self {
        Self { path: path.to_owned(), cause: Cause::Archive }
    }

    fn changed(path: &Path) -> Self {
        Self { path: path.to_owned(), cause: Cause::Changed }
    }

    /// What an error while reading an [`OpenItem`] means.
    pub fn of(path: &Path, why: &std::io::Error) -> Self {
        if item::is_growth(why) { Self::changed(path) } else { Self::unreadable(path, why) }
    }

    /// What happened.
    pub fn problem(&self) -> Text {
        match &self.cause {
            Cause::Absent => text!("There is nothing there.", "Il n’y a rien à cet endroit."),
            Cause::Unreadable(why) => text!("It could not be read: {why}.", "Lecture impossible : {why}.", why = why),
            Cause::Symlink => text!(
                "It is a symbolic link: links are never followed.",
                "C’est un lien symbolique : les liens ne sont jamais suivis."
            ),
            Cause::Special => text!(
                "It is no file: a device, pipe or socket has no content to keep.",
                "Ce n’est pas un fichier : un périphérique, un tube ou une prise n’a pas de contenu à garder."
            ),
            Cause::Archive => text!(
                "It is the archive itself, which is not captured into itself.",
                "C’est l’archive elle-même, qui ne se verse pas dans elle-même."
            ),
            Cause::Changed => text!("It changed while it was read.", "Il a changé pendant la lecture."),
        }
    }

    /// What to do.
    pub fn remedy(&self) -> Text {
        match &self.cause {
            Cause::Absent => text!("Check the path.", "Vérifiez le chemin."),
            Cause::Unreadable(_) => text!(
                "Check your rights and the disk, then run the same command again.",
                "Vérifiez vos droits et le disque, puis relancez la même commande."
            ),
            Cause::Symlink => text!("Name what it points to.", "Indiquez ce qu’il désigne."),
            Cause::Special | Cause::Archive => text!("Leave it out.", "Laissez-le de côté."),
            Cause::Changed => {
                text!(
                    "Run the same command again when nobody writes to it.",
                    "Relancez la même commande quand personne n’y écrit."
                )
            }
        }
    }
}
