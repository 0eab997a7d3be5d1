//! Every error of the engine, made by a function here so that no sentence goes unread: what happened,
//! what to do, in both languages, and a kind that says what the caller must do.

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

/// Something is absent or not for this person.
pub fn not_found(what: impl fmt::Display) -> Error {
    error(
        Kind::NotFound,
        text!("Nothing here goes by {what}.", "Rien ici ne répond à {what}.", what = what),
        text!(
            "Look for it with `chartrier search` or `chartrier list`.",
            "Cherchez-le avec `chartrier search` ou `chartrier list`."
        ),
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
            "Lancez `chartrier rebuild` : il refait tout sauf l’identité à partir du dépôt. Rien n’est perdu."
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
    error(
        Kind::Unavailable,
        text!("Could not {what}: {why}.", "Échec ({what}) : {why}.", what = what, why = why),
        text!(
            "Nothing half done was left behind. Check free space, rights and the connection to the store, then run the same command again.",
            "Rien n’est resté à moitié fait. Vérifiez l’espace libre, les droits et l’accès au dépôt, puis relancez la même commande."
        ),
    )
}

/// The same, from an input/output error.
pub fn io(what: &str, why: &std::io::Error) -> Error {
    unavailable(what, why)
}

/// What can be wrong with stored bytes, and what they belong to, in French; what a library says stays as it says it.
const DAMAGE: &[(&str, &str)] = &[
    ("a blob", "un bloc"),
    ("a grant", "un octroi"),
    ("a key", "une clé"),
    ("a public key", "une clé publique"),
    ("a signing key", "une clé de signature"),
    ("an entry", "une entrée"),
    ("the archive", "l’archive"),
    ("the identity file", "le fichier d’identité"),
    ("the record", "la pièce"),
    ("the recovery sheet", "la fiche de secours"),
    ("a part of a part has no bytes", "une partie de partie n’a pas de contenu"),
    ("it describes another subject", "il décrit un autre sujet"),
    ("it describes another subject than its guide says", "il décrit un autre sujet que ne le dit son guide"),
    ("it does not describe a person", "il ne décrit pas une personne"),
    ("it does not describe a record", "il ne décrit pas une pièce"),
    ("it has no AGE-SECRET-KEY line", "il n’a pas de ligne AGE-SECRET-KEY"),
    ("it has no person", "elle n’a personne"),
    ("it is missing", "il manque"),
    ("it is missing or too short", "il manque ou est trop court"),
    ("it is not 64 hexadecimal digits", "ce ne sont pas 64 chiffres hexadécimaux"),
    ("it is not an Ed25519 key", "ce n’est pas une clé Ed25519"),
    ("it is not an age identity", "ce n’est pas une identité age"),
    ("it is not as long as its description says", "il n’a pas la longueur que dit sa notice"),
    ("it is not in the store", "il n’est pas dans le dépôt"),
    ("it is not there: this is no store of an archive", "il n’y est pas : ce n’est pas le dépôt d’une archive"),
    ("it is that of another archive than this home remembers", "c’est celui d’autres archives que celles de ce poste"),
    ("it is too short", "il est trop court"),
    ("its bytes are not those that its name promises", "son contenu n’est pas celui que son nom promet"),
    ("its bytes are not those that were captured", "son contenu n’est pas celui qui a été versé"),
    ("its decoded bytes are not those that were captured", "son contenu décodé n’est pas celui qui a été versé"),
    ("its signature does not match", "sa signature ne correspond pas"),
    ("no key of its subject opens it", "aucune clé de son sujet ne l’ouvre"),
    ("other bytes already have this name", "d’autres octets portent déjà ce nom"),
    ("the catalog does not place it", "le catalogue ne le situe pas"),
    ("the journal lists no such blob", "le journal ne mentionne pas ce bloc"),
];

fn damage_in_french(english: &str) -> &str {
    DAMAGE.iter().find(|(en, _)| *en == english).map_or(english, |(_, fr)| fr)
}

/// Stored bytes are not what was stored.
pub fn corrupt(name: impl fmt::Display, why: impl fmt::Display) -> Error {
    let (name, why) = (name.to_string(), why.to_string());
    error(
        Kind::Corrupt,
        Text {
            en: format!("{name} is damaged: {why}."),
            fr: format!("{} est endommagé : {}.", damage_in_french(&name), damage_in_french(&why)),
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
        text!("The catalog does not answer: {why}.", "Le catalogue ne répond pas : {why}.", why = why),
        text!(
            "Check free space; if it goes on, `chartrier rebuild` makes the catalog anew from the store. Nothing is lost.",
            "Vérifiez l’espace libre ; si cela persiste, `chartrier rebuild` refait le catalogue à partir du dépôt. Rien n’est perdu."
        ),
    )
}

/// The index cannot be used as it is: it can always be made anew.
pub fn index(why: impl fmt::Display) -> Error {
    error(
        Kind::Unavailable,
        text!("The index does not answer: {why}.", "L’index ne répond pas : {why}.", why = why),
        text!(
            "Check free space; if it goes on, `chartrier rebuild` makes the index anew from the store. Nothing is lost.",
            "Vérifiez l’espace libre ; si cela persiste, `chartrier rebuild` refait l’index à partir du dépôt. Rien n’est perdu."
        ),
    )
}

/// Our mistake.
pub fn bug(what: impl fmt::Display) -> Error {
    error(
        Kind::Bug,
        same(format_args!("Internal error: {what}.")),
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
            ("a blob is damaged: it is too short.", "un bloc est endommagé : il est trop court.")
        );
        assert!(DAMAGE.windows(2).all(|pair| pair[0].0 != pair[1].0));
    }
}
