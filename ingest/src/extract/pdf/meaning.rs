//! What characters mean whose font does not say it to those who read: their glyphs, by the tables with which the font
//! itself finds them.

use hayro::hayro_interpret::{font::Glyph, hayro_cmap::BfString};
use skrifa::{FontRef, MetadataProvider as _};
use std::collections::HashMap;

/// Fonts of one document whose tables are kept.
const MAX_FONTS: usize = 200;

/// For each font that was asked, what its glyphs mean.
#[derive(Default)]
pub(super) struct Meanings {
    fonts: HashMap<u128, HashMap<u32, char>>,
}

impl Meanings {
    /// What a glyph means, if its font says it.
    pub(super) fn of(&mut self, glyph: &Glyph<'_>) -> Option<BfString> {
        let Glyph::Outline(outline) = glyph else { return None };
        let id = outline.glyph_id().to_u32();
        let font = outline.font_data().filter(|_| id != 0)?;
        if !self.fonts.contains_key(&font.cache_key) && self.fonts.len() >= MAX_FONTS {
            return None;
        }
        let glyphs = self.fonts.entry(font.cache_key).or_insert_with(|| glyphs((*font.data).as_ref()));
        glyphs.get(&id).copied().map(BfString::Char)
    }
}

/// The characters of a font by their glyphs: of several for one glyph, the first.
fn glyphs(font: &[u8]) -> HashMap<u32, char> {
    let mut glyphs = HashMap::new();
    if let Ok(font) = FontRef::from_index(font, 0) {
        for (code, glyph) in font.charmap().mappings().take(70_000) {
            if let Some(c) = char::from_u32(code) {
                glyphs.entry(glyph.to_u32()).or_insert(c);
            }
        }
    }
    glyphs
}
