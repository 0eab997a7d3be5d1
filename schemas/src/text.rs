//! A sentence in the two languages of the house. Both are always present: a message that exists in
//! one language only does not compile.

use serde::{Deserialize, Serialize};

/// One sentence, in English and in French.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// The sentence in English.
    pub en: String,
    /// The same sentence in French, with French typography.
    pub fr: String,
}

/// A language of the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// French.
    French,
}

impl Text {
    /// The sentence in one language.
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::English => &self.en,
            Language::French => &self.fr,
        }
    }
}

/// What a text is not: said of what somebody typed, in both languages.
pub trait Told {
    /// What is wrong with it.
    fn problem(&self) -> Text;

    /// What would be right.
    fn remedy(&self) -> Text;
}

/// Writes one sentence in both languages from the same values:
/// `text!("No record {id}.", "Aucune pièce {id}.")`.
#[macro_export]
macro_rules! text {
    ($en:literal, $fr:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::Text { en: format!($en $(, $name = $value)*), fr: format!($fr $(, $name = $value)*) }
    };
}
