//! The sample documents of the demo, and where they are filed.

/// One document: the code of its class, its path, its bytes.
pub(crate) type Sample = (&'static str, &'static str, &'static [u8]);

macro_rules! samples {
    ($($class:literal $path:literal),* $(,)?) => {
        &[$(($class, $path, include_bytes!(concat!("../../samples/", $path)))),*]
    };
}

/// Every sample, of each kind that is read, in French and English.
pub(crate) const SAMPLES: &[Sample] = samples![
    "3.1" "fr/note-jardins.txt",
    "3.2" "fr/inventaire-vaisselle.csv",
    "2.1" "fr/programme-visite-etat.pdf",
    "2" "fr/note-verbale.docx",
    "3.2" "fr/menu-diner.eml",
    "3.1" "fr/reperage-jardin.jpg",
    "3.1" "en/welcome.html",
    "2.1" "en/security-briefing.pdf",
    "2.1" "en/trip-agenda.docx",
    "3.3" "en/flowers-order.eml",
    "1" "en/supplies.csv",
    "3.1" "en/rose-garden.jpg",
];

/// The classification scheme of the demo: code, title, parent.
pub(crate) const CLASSES: &[(&str, &str, Option<&str>)] = &[
    ("1", "Administration", None),
    ("2", "Protocole", None),
    ("2.1", "Visites et voyages officiels", Some("2")),
    ("3", "Métiers", None),
    ("3.1", "Jardins", Some("3")),
    ("3.2", "Cuisines et offices", Some("3")),
    ("3.3", "Fleurs", Some("3")),
];

/// Searches worth showing.
pub(crate) const SEARCHES: &[&str] =
    &["jardin", "\"dîner d'état\"", "type:pdf badges", "from:helene asperges", "class:2.1 before:2026-12"];
