//! Formats in the words of everyday: the media type and the tags of a format that no reader knows better.

use super::{Match, identify::extension, registry::Registry};
use chartrier_schemas::Format;

/// Words of a format's name, or the first part of its media type, and the general word for it.
const GENERAL: &[(&str, &str)] = &[
    ("image", "image"),
    ("bitmap", "image"),
    ("graphics", "image"),
    ("photo", "image"),
    ("raster", "image"),
    ("audio", "audio"),
    ("sound", "audio"),
    ("midi", "audio"),
    ("video", "video"),
    ("movie", "video"),
    ("mpeg-4", "video"),
    ("archive", "archive"),
    ("compressed", "archive"),
    ("zip", "archive"),
    ("database", "database"),
    ("executable", "program"),
    ("object code", "program"),
    ("script", "program"),
    ("source code", "program"),
    ("spreadsheet", "table"),
    ("excel", "table"),
    ("worksheet", "table"),
    ("presentation", "slides"),
    ("powerpoint", "slides"),
    ("font", "font"),
    ("drawing", "drawing"),
    ("cad ", "drawing"),
    ("e-mail", "mail"),
    ("email", "mail"),
    ("outlook", "mail"),
    ("word", "document"),
    ("document", "document"),
    ("writer", "document"),
];

impl Registry {
    /// A format as records keep it. The name of the file chooses among the extensions of the format.
    pub(crate) fn format(&self, found: &Match, name: &str) -> Format {
        let known = self.formats.iter().find(|format| format.puid == found.puid);
        let extensions = known.map_or(&[][..], |format| &format.extensions);
        let own = extension(name);
        let extension = extensions.iter().find(|known| Some(*known) == own.as_ref()).or(extensions.first());
        let mime = found.mime.as_deref().and_then(|mime| mime.split(',').map(str::trim).find(|mime| is_media(mime)));
        let mut tags: Vec<String> = extension.filter(|extension| is_word(extension)).cloned().into_iter().collect();
        let said = format!("{} {} ", mime.unwrap_or_default().split('/').next().unwrap_or_default(), found.name).to_lowercase();
        for (word, general) in GENERAL {
            if said.contains(word) && !tags.iter().any(|tag| tag == general) && tags.len() < 4 {
                tags.push((*general).to_owned());
            }
        }
        Format { puid: Some(found.puid.clone()), media: mime.unwrap_or("application/octet-stream").to_owned(), tags }
    }
}

fn is_word(word: &str) -> bool {
    (1..=16).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_media(mime: &str) -> bool {
    mime.len() <= 128 && mime.contains('/') && mime.bytes().all(|byte| byte.is_ascii_graphic())
}
