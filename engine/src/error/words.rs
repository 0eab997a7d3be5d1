//! The words of errors that are told in pieces, in French: what was tried, what the system answered, what is
//! damaged.

use chartrier_schemas::{Text, text};
use std::io;

/// What could not be done, after `Could not` and after `Impossible`.
const DEEDS: &[(&str, &str)] = &[
    ("delete from the store", "de supprimer du dépôt"),
    ("draw random bits", "de tirer des bits au hasard"),
    ("find the home", "de trouver le poste"),
    ("find this program, to start its workers", "de trouver ce programme, pour lancer ses lecteurs"),
    ("give more at once", "de donner plus à la fois"),
    ("keep what arrives", "de garder ce qui arrive"),
    ("list the store", "de lister le dépôt"),
    ("lock the chain", "de verrouiller la chaîne"),
    ("lock the home", "de verrouiller le poste"),
    ("make a deletion durable", "de rendre durable une suppression"),
    ("make a stored file durable", "de rendre durable un fichier du dépôt"),
    ("read the release of the format registry", "de lire la version du registre des formats"),
    ("keep the release of the format registry", "de garder la version du registre des formats"),
    ("make the file", "de créer le fichier"),
    ("make the folder of locks", "de créer le dossier des verrous"),
    ("make the home", "de créer le poste"),
    ("make the store's folders", "de créer les dossiers du dépôt"),
    ("open a lock file of the home", "d’ouvrir un verrou du poste"),
    ("open the store", "d’ouvrir le dépôt"),
    ("put the new catalog in its place", "de mettre le nouveau catalogue à sa place"),
    ("read from the store", "de lire dans le dépôt"),
    ("read home.json", "de lire home.json"),
    ("read the file", "de lire le fichier"),
    ("remove the file of sessions that cannot be read", "d’effacer le fichier des sessions, illisible"),
    ("read the identity file", "de lire le fichier d’identité"),
    ("read the passphrase", "de lire la phrase secrète"),
    ("remove the old catalog", "de supprimer l’ancien catalogue"),
    ("remove the old index", "de supprimer l’ancien index"),
    ("remove what was half written", "de supprimer ce qui est resté à moitié écrit"),
    ("start the server's threads", "de lancer les fils d’exécution du serveur"),
    ("start the store's threads", "de lancer les fils d’exécution du dépôt"),
    ("take connections", "de recevoir des connexions"),
    ("unlock the home", "de déverrouiller le poste"),
    ("write home.json", "d’écrire home.json"),
    ("write the bytes", "d’écrire les octets"),
    ("write the catalog", "d’écrire le catalogue"),
    ("write the file", "d’écrire le fichier"),
    ("write the identity file", "d’écrire le fichier d’identité"),
    ("write the man pages", "d’écrire les pages de manuel"),
    ("write to the store", "d’écrire dans le dépôt"),
];

/// What could not be done, in French; what nobody has put into words stays between quotes.
pub(super) fn deed(english: &str) -> String {
    DEEDS.iter().find(|(en, _)| *en == english).map_or_else(|| format!("(« {english} »)"), |(_, fr)| (*fr).to_owned())
}

/// What the system answered; what is rare stays in the system's own words.
pub(super) fn system(why: &io::Error) -> Text {
    match why.kind() {
        io::ErrorKind::NotFound => text!("it is not there", "il n’existe pas"),
        io::ErrorKind::PermissionDenied => text!("you may not do that there", "vous n’en avez pas le droit"),
        io::ErrorKind::AlreadyExists => text!("it is there already", "il existe déjà"),
        io::ErrorKind::NotADirectory => text!("a part of its path is no folder", "une partie du chemin n’est pas un dossier"),
        io::ErrorKind::IsADirectory => text!("it is a folder", "c’est un dossier"),
        io::ErrorKind::StorageFull => text!("the disk is full", "le disque est plein"),
        io::ErrorKind::QuotaExceeded => text!("your share of the disk is full", "votre quota est atteint"),
        io::ErrorKind::ReadOnlyFilesystem => text!("the disk is read-only", "le disque est en lecture seule"),
        io::ErrorKind::InvalidFilename => text!("its name is too long", "son nom est trop long"),
        io::ErrorKind::InvalidData => text!("it is not text in UTF-8", "ce n’est pas du texte en UTF-8"),
        _ => text!("{why}", "{why}", why = why),
    }
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
    ("a part of a part has no bytes", "une partie de partie n’a pas de contenu"),
    ("it describes another subject", "il décrit un autre sujet"),
    ("it describes another subject than its guide says", "il décrit un autre sujet que ne le dit son guide"),
    ("it does not describe an account", "il ne décrit pas un compte"),
    ("it does not describe a person", "il ne décrit pas une personne"),
    ("it does not describe a group", "il ne décrit pas un groupe"),
    ("its original is not in a blob", "son original n’est pas dans un bloc"),
    ("it does not describe a record", "il ne décrit pas une pièce"),
    ("it has no AGE-SECRET-KEY line", "il n’a pas de ligne AGE-SECRET-KEY"),
    ("it has no person", "elle n’a personne"),
    ("it has not all its lines", "il n’a pas toutes ses lignes"),
    ("it is missing", "il manque"),
    ("it is missing or too short", "il manque ou est trop court"),
    ("it is not 64 hexadecimal digits", "ce ne sont pas 64 chiffres hexadécimaux"),
    ("it is not an Ed25519 key", "ce n’est pas une clé Ed25519"),
    ("it is not an age identity", "ce n’est pas une identité age"),
    ("it is not as long as its description says", "il n’a pas la longueur que dit sa notice"),
    ("it is not in the store", "il n’est pas dans le dépôt"),
    ("it is not text", "ce n’est pas du texte"),
    ("it is not there: this is no store of an archive", "il n’y est pas : ce n’est pas le dépôt d’une archive"),
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

/// Damage in French.
pub(super) fn damage(english: &str) -> &str {
    DAMAGE.iter().find(|(en, _)| *en == english).map_or(english, |(_, fr)| fr)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_stands_once() {
        for table in [DEEDS, DAMAGE] {
            let words: std::collections::BTreeSet<_> = table.iter().map(|(en, _)| en).collect();
            assert_eq!(words.len(), table.len());
        }
    }
}
