//! The findings: each with a number that never changes, what happened, and what one can do.

use chartrier_schemas::{Finding, Text, text};
use std::fmt::Display;

/// The number of the finding of a name that does not fit.
pub const EXTENSION_MISMATCH: u16 = 15;

/// The number of the finding of a document whose words wait to be recognised.
pub const WAITS_FOR_RECOGNITION: u16 = 16;

/// Numbers of the findings of a document that is damaged, lies about itself or harms its reader.
pub const DAMAGED: [u16; 4] = [3, 5, 11, 13];

/// The number of the finding of a document behind a password.
pub const PASSWORD: u16 = 2;

/// The finding that says that nothing was read, where one does: another attempt may read more.
pub fn nothing_read(findings: &[Finding]) -> Option<&Finding> {
    findings.iter().find(|finding| matches!(finding.number, 5 | 6 | 9 | 11 | 14))
}

fn finding(number: u16, problem: Text, remedy: Text) -> Finding {
    Finding { number, problem, remedy }
}

/// 1: the format is not one that is read.
pub fn unknown_format() -> Finding {
    finding(
        1,
        text!("Its format is not one that chartrier reads.", "Son format n’est pas de ceux que chartrier lit."),
        text!(
            "The original is kept; it is found by its name and description.",
            "L’original est gardé ; on le trouve par son nom et sa notice."
        ),
    )
}

/// 2: protected by a password.
pub fn password() -> Finding {
    finding(
        2,
        text!("It is protected by a password.", "Il est protégé par un mot de passe."),
        text!(
            "Ask its author for a copy without one, and capture that too.",
            "Demandez à son auteur une copie sans mot de passe, et versez-la aussi."
        ),
    )
}

/// 3: damaged, or not what it says it is.
pub fn damaged(why: impl Display) -> Finding {
    finding(
        3,
        text!("It could not be read in full: {why}.", "Il n’a pu être lu en entier : {why}.", why = why),
        text!(
            "Open the original; if it is damaged, look for another copy.",
            "Ouvrez l’original ; s’il est endommagé, cherchez-en une autre copie."
        ),
    )
}

/// 4: too large to be read.
pub fn too_large() -> Finding {
    finding(
        4,
        text!("It is too large to be read for its text.", "Il est trop volumineux pour que son texte soit lu."),
        text!(
            "The original is kept whole; it is found by its name and description.",
            "L’original est gardé entier ; on le trouve par son nom et sa notice."
        ),
    )
}

/// 5: the worker that read it stopped.
pub fn worker_stopped() -> Finding {
    finding(
        5,
        text!("The worker that read it stopped.", "Le lecteur s’est arrêté en le lisant."),
        text!(
            "The original is kept. Report it if the document opens elsewhere.",
            "L’original est gardé. Signalez-le si le document s’ouvre ailleurs."
        ),
    )
}

/// 6: it took too long.
pub fn too_slow() -> Finding {
    finding(
        6,
        text!("Reading it took too long and was stopped.", "Sa lecture, trop longue, a été arrêtée."),
        text!(
            "The original is kept; it is found by its name and description.",
            "L’original est gardé ; on le trouve par son nom et sa notice."
        ),
    )
}

/// 7: only the beginning of its text was kept.
pub fn text_cut() -> Finding {
    finding(
        7,
        text!("Only the beginning of its text can be searched.", "Seul le début de son texte peut être cherché."),
        text!("The original is kept whole.", "L’original est gardé entier."),
    )
}

/// 8: no thumbnail could be made.
pub fn no_thumbnail(why: impl Display) -> Finding {
    finding(
        8,
        text!("No thumbnail could be made: {why}.", "Aucune vignette n’a pu être faite : {why}.", why = why),
        text!("Nothing else is affected.", "Rien d’autre n’en souffre."),
    )
}

/// 8: the same of a picture whose format is not drawn.
pub fn not_drawn() -> Finding {
    finding(
        8,
        text!("Pictures of this format (HEIF) are not drawn.", "Les images de ce format (HEIF) ne sont pas dessinées."),
        text!(
            "The original is kept whole: download it to look at it.",
            "L’original est gardé entier : téléchargez-le pour le regarder."
        ),
    )
}

/// 9: the kernel cannot shut workers in.
pub fn no_sandbox() -> Finding {
    finding(
        9,
        text!(
            "It was not read: this machine’s kernel cannot shut a reader in (Landlock and seccomp are needed).",
            "Il n’a pas été lu : le noyau de cette machine ne sait pas enfermer un lecteur (il faut Landlock et seccomp)."
        ),
        text!(
            "Use Linux 6.7 or later; or, knowing the risk, ingest with --allow-unsandboxed.",
            "Utilisez Linux 6.7 ou plus récent ; ou, en connaissant le risque, versez avec --allow-unsandboxed."
        ),
    )
}

/// 10: documents within documents, too deep.
pub fn too_deep() -> Finding {
    finding(
        10,
        text!(
            "What lies deepest in it was not read: too many documents within documents.",
            "Ce qui s’y trouve au plus profond n’a pas été lu : trop de documents emboîtés."
        ),
        text!("The original is kept whole.", "L’original est gardé entier."),
    )
}

/// 11: the worker's answer was not believed.
pub fn answer_refused() -> Finding {
    finding(
        11,
        text!(
            "What the worker said of it was refused: it was not what a sound worker says.",
            "Ce que le lecteur en a dit a été refusé : un lecteur sain ne parle pas ainsi."
        ),
        text!(
            "Treat this document as hostile; report it to the security officer.",
            "Considérez ce document comme hostile ; signalez-le à l’officier de sécurité."
        ),
    )
}

/// 12: read without a sandbox, by decision.
pub fn unsandboxed() -> Finding {
    finding(
        12,
        text!(
            "It was read without a sandbox, by decision of who captured it.",
            "Il a été lu sans confinement, sur décision de qui l’a versé."
        ),
        text!(
            "Prefer a machine whose kernel can shut readers in.",
            "Préférez une machine dont le noyau sait enfermer les lecteurs."
        ),
    )
}

/// 13: it unpacks to more than anyone would write.
pub fn bomb() -> Finding {
    finding(
        13,
        text!(
            "It unpacks to more than it should: reading was stopped.",
            "Il se déploie au-delà du raisonnable : la lecture a été arrêtée."
        ),
        text!(
            "Treat this document with care; the original is kept.",
            "Traitez ce document avec prudence ; l’original est gardé."
        ),
    )
}

/// 14: no worker could be started.
pub fn worker_not_started(why: impl Display) -> Finding {
    finding(
        14,
        text!(
            "It was not read: no reader could be started ({why}).",
            "Il n’a pas été lu : aucun lecteur n’a pu être lancé ({why}).",
            why = why
        ),
        text!(
            "Leave this machine more memory, processes or open files (ulimit -a), then capture it again.",
            "Laissez à cette machine plus de mémoire, de processus ou de fichiers ouverts (ulimit -a), puis versez-le de nouveau."
        ),
    )
}

/// 17: characters of a PDF have no known meaning.
pub fn no_meaning() -> Finding {
    finding(
        17,
        text!(
            "Some of its characters have no known meaning: its fonts do not say which letters they are.",
            "Certains de ses caractères n’ont pas de sens connu : ses polices ne disent pas quelles lettres ils sont."
        ),
        text!(
            "Words may be missing from the search; ask its author for a copy with readable text.",
            "Des mots peuvent manquer à la recherche ; demandez à son auteur une copie au texte lisible."
        ),
    )
}

/// 18: parts of it lie beyond what is read.
pub fn parts_left_out(read: usize, all: usize) -> Finding {
    finding(
        18,
        text!(
            "Only {read} of the {all} documents in it were read: there are too many, or they are too large.",
            "Seuls {read} des {all} documents qu’il contient ont été lus : ils sont trop nombreux ou trop volumineux.",
            read = read,
            all = all
        ),
        text!(
            "The original is kept whole; unpack it and capture what is in it to find every document.",
            "L’original est gardé entier ; dépliez-le et versez son contenu pour trouver chaque document."
        ),
    )
}

/// A finding about a document inside of the one that bears it.
pub fn within(name: &str, finding: Finding) -> Finding {
    let Text { en, fr } = finding.problem;
    Finding { problem: Text { en: format!("{name}: {en}"), fr: format!("{name} : {fr}") }, ..finding }
}

/// 15: its name says one thing, its bytes another.
pub fn extension_mismatch(name: &str, format: &str, puid: &str) -> Finding {
    finding(
        15,
        text!(
            "The name “{name}” does not fit its bytes, which are {format} ({puid}).",
            "Le nom « {name} » ne va pas avec ses octets, qui sont du format {format} ({puid}).",
            name = name,
            format = format,
            puid = puid
        ),
        text!(
            "It was read by its bytes. Open it with care; if the name misleads, ask who sent it.",
            "Il a été lu d’après ses octets. Ouvrez-le avec prudence ; si le nom trompe, demandez à qui l’a envoyé."
        ),
    )
}

/// 16: pages of it are pictures of text.
pub fn waits_for_recognition() -> Finding {
    finding(
        16,
        text!(
            "Pages of it seem to be pictures of text: it waits for text recognition.",
            "Des pages semblent n’en être que des images de texte : il attend la reconnaissance de texte."
        ),
        text!(
            "Run chartrier extract; until then it is found by its name and description.",
            "Lancez chartrier extract ; d’ici là, on le trouve par son nom et sa notice."
        ),
    )
}

/// 19: no program that recognises text.
pub fn no_recogniser() -> Finding {
    finding(
        19,
        text!(
            "Tesseract was not found: text on scanned pages cannot be recognised.",
            "Tesseract est introuvable : le texte des pages numérisées ne peut être reconnu."
        ),
        text!(
            "Install it with French and English; on Debian: apt install tesseract-ocr tesseract-ocr-fra.",
            "Installez-le avec le français et l’anglais ; sous Debian : apt install tesseract-ocr tesseract-ocr-fra."
        ),
    )
}

/// 19: a language that is not recognised well.
pub fn no_language(language: &Text) -> Finding {
    let Text { en, fr } = language;
    finding(
        19,
        Text {
            en: format!("Tesseract is installed without {en}: scanned pages in {en} are recognised badly."),
            fr: format!("Tesseract est installé sans {fr} : les pages numérisées dans cette langue sont mal reconnues."),
        },
        text!(
            "Install its languages; on Debian: apt install tesseract-ocr-eng tesseract-ocr-fra.",
            "Installez ses langues ; sous Debian : apt install tesseract-ocr-eng tesseract-ocr-fra."
        ),
    )
}

/// 19: an outside program did not do its work.
pub fn tool_failed(tool: &str, why: &Text) -> Finding {
    let Text { en, fr } = why;
    finding(
        19,
        Text {
            en: format!("The program {tool} did not do its work: {en}."),
            fr: format!("Le programme {tool} n’a pas fait son travail : {fr}."),
        },
        text!("Try again; if it stays so, install it anew.", "Réessayez ; si cela persiste, réinstallez-le."),
    )
}

/// 20: a page could not be made a picture.
pub fn no_page_image(why: impl Display) -> Finding {
    finding(
        20,
        text!(
            "No picture of this page could be made: {why}.",
            "Aucune image de cette page n’a pu être faite : {why}.",
            why = why
        ),
        text!("Download the original to see it.", "Téléchargez l’original pour la voir."),
    )
}

/// 20: there is no such page.
pub fn no_such_page(page: u32) -> Finding {
    finding(
        20,
        text!("It has no page {page}.", "Il n’a pas de page {page}.", page = page),
        text!("Ask for a page that it has.", "Demandez une page qu’il a."),
    )
}
