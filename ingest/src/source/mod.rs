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

/// Something that could not be captured.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Where.
    pub path: PathBuf,
    /// What happened.
    pub problem: Text,
    /// What to do.
    pub remedy: Text,
}

impl Failure {
    fn new(path: &Path, problem: Text, remedy: Text) -> Self {
        Self { path: path.to_owned(), problem, remedy }
    }

    fn unreadable(path: &Path, why: impl std::fmt::Display) -> Self {
        Self::new(
            path,
            text!("It could not be read: {why}.", "Lecture impossible : {why}.", why = why),
            text!(
                "Check your rights and the disk, then run the same command again.",
                "Vérifiez vos droits et le disque, puis relancez la même commande."
            ),
        )
    }

    fn symlink(path: &Path) -> Self {
        Self::new(
            path,
            text!(
                "It is a symbolic link: links are never followed.",
                "C’est un lien symbolique : les liens ne sont jamais suivis."
            ),
            text!("Name what it points to.", "Indiquez ce qu’il désigne."),
        )
    }

    fn special(path: &Path) -> Self {
        Self::new(
            path,
            text!(
                "It is no file: a device, pipe or socket has no content to keep.",
                "Ce n’est pas un fichier : un périphérique, un tube ou une prise n’a pas de contenu à garder."
            ),
            text!("Leave it out.", "Laissez-le de côté."),
        )
    }

    /// What an error while reading an [`OpenItem`] means.
    pub fn of(path: &Path, why: &std::io::Error) -> Self {
        if item::is_growth(why) { Self::changed(path) } else { Self::unreadable(path, why) }
    }

    fn itself(path: &Path) -> Self {
        Self::new(
            path,
            text!(
                "It is the archive itself, which is not captured into itself.",
                "C’est l’archive elle-même, qui ne se verse pas dans elle-même."
            ),
            text!("Leave it out.", "Laissez-la de côté."),
        )
    }

    fn changed(path: &Path) -> Self {
        Self::new(
            path,
            text!("It changed while it was read.", "Il a changé pendant la lecture."),
            text!("Run the same command again when nobody writes to it.", "Relancez la même commande quand personne n’y écrit."),
        )
    }
}
