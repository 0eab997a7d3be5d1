//! Every error of the engine, made by a function here so that no sentence goes unread: what happened,
//! what to do, in both languages, and a kind that says what the caller must do.

mod words;

use chartrier_schemas::{Text, text};
use std::fmt;

/// What kind of trouble it is. Faces map each kind to one exit code or status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What was asked makes no sense: correct it.
    Invalid,
    /// Absent, or not for this person: one answer for both.
    NotFound,
    /// Not allowed to this person, who may know why.
    Refused,
    /// The home is locked, or in use by something that needs it alone.
    Locked,
    /// Store or disk does not answer, or is full.
    Unavailable,
    /// Stored bytes are not what was stored.
    Corrupt,
    /// Our mistake.
    Bug,
}

/// An error: problem, then remedy.
#[derive(Clone, Debug)]
pub struct Error {
    /// What the caller must do.
    pub kind: Kind,
    /// What happened.
    pub problem: Text,
    /// What to do about it.
    pub remedy: Text,
}

/// What the engine's functions answer.
pub type Result<T> = std::result::Result<T, Error>;

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.problem.en, self.remedy.en)
    }
}

impl std::error::Error for Error {}

fn error(kind: Kind, problem: Text, remedy: Text) -> Error {
    Error { kind, problem, remedy }
}

fn same(words: impl fmt::Display) -> Text {
    text!("{words}", "{words}", words = words)
}

/// The arguments make no sense.
pub fn invalid(problem: Text, remedy: Text) -> Error {
    error(Kind::Invalid, problem, remedy)
}

/// Something is absent or not for this person. Where to look for it is told by what its id begins with.
pub fn not_found(what: impl fmt::Display) -> Error {
    let what = what.to_string();
    let verbs: &[&str] = match what.split_once('-').map(|(prefix, _)| prefix) {
        Some("cls") => &["class list"],
        Some("dos") => &["dossier list"],
        Some("per") => &["person list"],
        Some("grp") => &["group list"],
        Some("mdt") => &["mandate list"],
        Some("lbl" | "nod" | "rcv") => &["key list"],
        _ => &["search", "list"],
    };
    not_listed(&what, verbs)
}

/// The same of a code that no class or dossier bears.
pub fn no_place(code: &str) -> Error {
    not_listed(code, &["class list", "dossier list"])
}

/// The same of a name that no person bears.
pub fn no_person(name: &str) -> Error {
    not_listed(name, &["person list"])
}

/// The same of a name that no group bears.
pub fn no_group(name: &str) -> Error {
    not_listed(name, &["group list"])
}

fn not_listed(what: &str, verbs: &[&str]) -> Error {
    let verbs: Vec<String> = verbs.iter().map(|verb| format!("`chartrier {verb}`")).collect();
    error(
        Kind::NotFound,
        text!("Nothing here goes by {what}.", "Rien ici ne répond à {what}.", what = what),
        Text { en: format!("Look for it with {}.", verbs.join(" or ")), fr: format!("Cherchez-le avec {}.", verbs.join(" ou ")) },
    )
}

/// A name, a title or a code that says nothing.
pub fn empty(what: &Text) -> Error {
    error(
        Kind::Invalid,
        Text { en: format!("The {} is empty.", what.en), fr: format!("Il manque {}.", what.fr) },
        text!("Write at least one visible character.", "Écrivez au moins un caractère visible."),
    )
}

/// A text is longer than so many characters.
pub fn too_long(most: usize) -> Error {
    invalid(
        text!("This is longer than {most} characters.", "C’est plus long que {most} caractères.", most = most),
        text!("Say it in fewer words.", "Dites-le plus brièvement."),
    )
}

/// A file that somebody named cannot be read.
pub fn unreadable(file: &std::path::Path, why: &std::io::Error) -> Error {
    let remedy = match why.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => text!("Check the path.", "Vérifiez le chemin."),
        std::io::ErrorKind::IsADirectory => text!("Name a file in it.", "Indiquez un fichier qui s’y trouve."),
        _ => text!("Name a file that you may read.", "Indiquez un fichier que vous pouvez lire."),
    };
    let why = words::system(why);
    let file = file.display();
    error(
        Kind::Invalid,
        Text { en: format!("{file} cannot be read: {}.", why.en), fr: format!("{file} est illisible : {}.", why.fr) },
        remedy,
    )
}

/// A file that somebody named cannot be made where they want it; a disk that is full is another matter.
pub fn unwritable(file: &std::path::Path, why: &std::io::Error) -> Error {
    use std::io::ErrorKind::{AlreadyExists, IsADirectory, NotADirectory, NotFound, PermissionDenied};
    let remedy = match why.kind() {
        NotFound | NotADirectory => {
            text!("Make its folder first, or name another file.", "Créez d’abord son dossier, ou indiquez un autre fichier.")
        }
        AlreadyExists => {
            text!("Name a new file: nothing is ever overwritten.", "Indiquez un nouveau fichier : rien n’est jamais écrasé.")
        }
        IsADirectory | PermissionDenied => {
            text!("Name a file in a folder where you may write.", "Indiquez un fichier dans un dossier où vous pouvez écrire.")
        }
        _ => return io("write the file", why),
    };
    let why = match why.kind() {
        NotFound => text!("its folder is not there", "son dossier n’existe pas"),
        _ => words::system(why),
    };
    let file = file.display();
    error(
        Kind::Invalid,
        Text { en: format!("{file} cannot be made: {}.", why.en), fr: format!("{file} ne peut être créé : {}.", why.fr) },
        remedy,
    )
}

/// The person may not do this, and may know why.
pub fn refused(problem: Text, remedy: Text) -> Error {
    error(Kind::Refused, problem, remedy)
}

/// The home cannot be opened without its passphrase.
pub fn locked(problem: Text, remedy: Text) -> Error {
    error(Kind::Locked, problem, remedy)
}

/// There is no archive at this home.
pub fn no_home(home: &std::path::Path) -> Error {
    error(
        Kind::NotFound,
        text!("There is no archive at {home}.", "Il n’y a pas d’archives dans {home}.", home = home.display()),
        text!(
            "Make one with `chartrier init`, or name another home with --home.",
            "Créez-les avec `chartrier init`, ou indiquez un autre dossier avec --home."
        ),
    )
}

/// What is left of a home: its identity.
pub fn unavailable_home(home: &std::path::Path) -> Error {
    error(
        Kind::Unavailable,
        text!(
            "The home {home} has an identity and no home.json.",
            "Le poste {home} a une identité et pas de home.json.",
            home = home.display()
        ),
        text!(
            "Run `chartrier rebuild`: it makes everything but the identity anew from the store. Nothing is lost.",
            "Lancez `chartrier rebuild` : il refait tout sauf l’identité à partir du dépôt. Rien n’est perdu."
        ),
    )
}

/// The folder of a store is not there.
pub fn no_store(folder: &std::path::Path) -> Error {
    error(
        Kind::Unavailable,
        text!("There is no store at {folder}.", "Il n’y a pas de dépôt dans {folder}.", folder = folder.display()),
        text!(
            "Check the path; if it lies on a disk or a share that is not connected, connect it first.",
            "Vérifiez le chemin ; s’il est sur un disque ou un partage qui n’est pas connecté, connectez-le d’abord."
        ),
    )
}

/// A home is made only where none is.
pub fn home_taken(home: &std::path::Path) -> Error {
    error(
        Kind::Invalid,
        text!("There is an archive at {home} already.", "Il y a déjà des archives dans {home}.", home = home.display()),
        text!(
            "Nothing was changed. Name another folder with --home.",
            "Rien n’a été modifié. Indiquez un autre dossier avec --home."
        ),
    )
}

/// The store or the disk did not do what was asked.
pub fn unavailable(what: &str, why: impl fmt::Display) -> Error {
    failed(what, &same(why))
}

fn failed(what: &str, why: &Text) -> Error {
    error(
        Kind::Unavailable,
        Text { en: format!("Could not {what}: {}.", why.en), fr: format!("Impossible {} : {}.", words::deed(what), why.fr) },
        text!(
            "Nothing half done was left behind. Check free space, rights and the connection to the store, then run the same command again.",
            "Rien n’est resté à moitié fait. Vérifiez l’espace libre, les droits et l’accès au dépôt, puis relancez la même commande."
        ),
    )
}

/// The same, from an input/output error.
pub fn io(what: &str, why: &std::io::Error) -> Error {
    failed(what, &words::system(why))
}

/// Stored bytes are not what was stored.
pub fn corrupt(name: impl fmt::Display, why: impl fmt::Display) -> Error {
    let (name, why) = (name.to_string(), why.to_string());
    error(
        Kind::Corrupt,
        Text {
            en: format!("{name} is damaged: {why}."),
            fr: format!("{} est endommagé : {}.", words::damage(&name), words::damage(&why)),
        },
        text!(
            "Run `chartrier verify` for the whole list, and put the named files back from another copy of the store.",
            "Lancez `chartrier verify` pour la liste complète, et remettez les fichiers nommés depuis une autre copie du dépôt."
        ),
    )
}

/// The archive was written by a later version, or holds what this one does not read.
pub fn too_new(what: impl fmt::Display) -> Error {
    error(
        Kind::Invalid,
        text!(
            "This archive holds {what}, which this version of chartrier does not read.",
            "Ces archives contiennent {what}, que cette version de chartrier ne lit pas.",
            what = what
        ),
        text!(
            "Use the version that wrote it, or a later one. Nothing was changed.",
            "Utilisez la version qui l’a écrit, ou une plus récente. Rien n’a été modifié."
        ),
    )
}

/// The catalog cannot be used as it is: it can always be made anew.
pub fn catalog(why: impl fmt::Display) -> Error {
    error(
        Kind::Unavailable,
        text!("The catalog does not answer: {why}.", "Le catalogue ne répond pas : {why}.", why = why),
        text!(
            "Check free space; if it goes on, `chartrier rebuild` makes the catalog anew from the store. Nothing is lost.",
            "Vérifiez l’espace libre ; si cela persiste, `chartrier rebuild` refait le catalogue à partir du dépôt. Rien n’est perdu."
        ),
    )
}

/// What one home may lose cannot be used as it is: it can be made anew.
pub fn local(why: impl fmt::Display) -> Error {
    error(
        Kind::Unavailable,
        text!("local.db does not answer: {why}.", "local.db ne répond pas : {why}.", why = why),
        text!(
            "Check free space; if it goes on, stop the server and delete local.db: people sign in again. Nothing else is lost.",
            "Vérifiez l’espace libre ; si cela persiste, arrêtez le serveur et supprimez local.db : chacun se reconnectera. Rien d’autre n’est perdu."
        ),
    )
}

/// The index cannot be used as it is: it can always be made anew.
pub fn index(why: impl fmt::Display) -> Error {
    error(
        Kind::Unavailable,
        text!("The index does not answer: {why}.", "L’index ne répond pas : {why}.", why = why),
        text!(
            "Check free space; if it goes on, `chartrier rebuild` makes the index anew from the store. Nothing is lost.",
            "Vérifiez l’espace libre ; si cela persiste, `chartrier rebuild` refait l’index à partir du dépôt. Rien n’est perdu."
        ),
    )
}

/// Our mistake.
pub fn bug(what: impl fmt::Display) -> Error {
    error(
        Kind::Bug,
        text!("Internal error: {what}.", "Erreur interne : {what}.", what = what),
        text!(
            "Nothing was written. Please report it with the command that led here.",
            "Rien n’a été écrit. Merci de le signaler avec la commande utilisée."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_told_in_both_languages() {
        let told = corrupt("a blob", "it is too short").problem;
        assert_eq!(
            (told.en.as_str(), told.fr.as_str()),
            ("a blob is damaged: it is too short.", "un bloc est endommagé : il est trop court.")
        );
    }

    #[test]
    fn what_failed_is_told_in_both_languages() {
        let told = io("read the file", &std::io::ErrorKind::NotFound.into());
        assert_eq!(told.problem.en, "Could not read the file: it is not there.");
        assert_eq!(told.problem.fr, "Impossible de lire le fichier : il n’existe pas.");
        assert_eq!(unreadable("x".as_ref(), &std::io::ErrorKind::NotFound.into()).kind, Kind::Invalid);
        assert_eq!(unwritable("x".as_ref(), &std::io::ErrorKind::StorageFull.into()).kind, Kind::Unavailable);
    }

    #[test]
    fn what_is_absent_is_looked_for_where_it_is_listed() {
        for (told, verb) in [
            (not_found("rec-0"), "`chartrier search` or `chartrier list`"),
            (not_found("mdt-0"), "`chartrier mandate list`"),
            (not_found("per-0"), "`chartrier person list`"),
            (no_place("3.1"), "`chartrier class list` or `chartrier dossier list`"),
            (no_person("Luc"), "`chartrier person list`"),
            (not_found("grp-0"), "`chartrier group list`"),
            (no_group("Jardins"), "`chartrier group list`"),
        ] {
            assert!(told.remedy.en.contains(verb) && told.kind == Kind::NotFound, "{told}");
        }
    }
}
