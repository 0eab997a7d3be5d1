//! Key pages: subject → keys, segment → key, sealed to a label. Pages are merged as they accumulate;
//! which ones is decided here, by a pure function.

use crate::{
    Result, error,
    seal::{Recipient, SealedBlob, SecretKey, open, seal_to},
};
use chartrier_schemas::{LabelId, ObjectName, persisted::v1};

/// The keys of one subject, oldest first.
pub type SubjectKeys = Vec<SecretKey>;

/// Seals a page to its label.
pub fn seal_page(body: &v1::PageBody, to: &Recipient) -> Result<SealedBlob> {
    let plain = zeroize::Zeroizing::new(serde_json::to_vec(body).map_err(error::bug)?);
    seal_to(&plain, to)
}

/// Opens a page.
pub fn open_page(sealed: &[u8], label: LabelId, identity: &SecretKey) -> Result<v1::PageBody> {
    let plain = zeroize::Zeroizing::new(open(sealed, identity)?);
    let body: v1::PageBody =
        serde_json::from_slice(&plain).map_err(|why| error::corrupt(format_args!("a key page of {label}"), why))?;
    if body.format > v1::FORMAT {
        return Err(error::too_new(format_args!("format {}", body.format)));
    }
    Ok(body)
}

/// How many pages of one label may be less than half full before they are merged.
const LOOSE_PAGES: usize = 16;

/// Which pages to merge with `adding` new keys: all loose ones, smallest first, as far as they fill
/// pages, once there are too many of them. Each key is so rewritten a logarithmic number of times.
pub fn merge(pages: &[(ObjectName, usize)], adding: usize) -> Vec<ObjectName> {
    let mut loose: Vec<_> = pages.iter().filter(|(_, keys)| *keys < v1::PAGE_KEYS / 2).copied().collect();
    if loose.len() < LOOSE_PAGES {
        return Vec::new();
    }
    loose.sort_unstable_by_key(|(name, keys)| (*keys, *name));
    let mut total = adding;
    let fits = loose.iter().take_while(|(_, keys)| {
        total += keys;
        total <= v1::PAGE_KEYS * 4
    });
    fits.map(|(name, _)| *name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_stay_few_and_keys_are_rarely_rewritten() {
        let (mut pages, mut rewritten, mut made) = (Vec::<(ObjectName, usize)>::new(), 0, 0u32);
        for _ in 0..2000 {
            let merged = merge(&pages, 100);
            let moved: usize = pages.iter().filter(|(name, _)| merged.contains(name)).map(|(_, keys)| keys).sum();
            pages.retain(|(name, _)| !merged.contains(name));
            rewritten += moved;
            let mut keys = moved + 100;
            while keys > 0 {
                made += 1;
                let mut digest = [0; 32];
                digest[..4].copy_from_slice(&made.to_be_bytes());
                pages.push((ObjectName::from_digest(digest), keys.min(v1::PAGE_KEYS)));
                keys -= keys.min(v1::PAGE_KEYS);
            }
        }
        assert!(pages.len() < 2000 * 100 / v1::PAGE_KEYS * 2 + LOOSE_PAGES + 2, "{} pages", pages.len());
        assert!(rewritten < 2000 * 100 * 4, "{rewritten} keys rewritten");
    }
}
