//! Files on their way in: what arrives piece by piece lies here, sealed, until it is captured. One file each, with no name
//! and no word in clear; what is here may be lost, and is asked for again.
//!
//! A file is pieces of [`PIECE`] bytes, the last one shorter, each sealed with XChaCha20-Poly1305 under the file's own key:
//! 24 random bytes (a piece that is written again after a crash may differ), then the sealed bytes. What is authenticated
//! with them is the number of the piece.

use crate::{
    Result, error,
    seal::{self, SecretKey},
};
use chacha20poly1305::{
    Key, KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use chartrier_schemas::{UploadId, text};
use rustix::fs::statvfs;
use std::{
    fs::{self, File},
    io::{self, Read},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// Plain bytes of a piece: what a bad connection loses at most, and what memory holds of a file.
pub const PIECE: usize = 512 << 10;

/// Random bytes before a piece.
const NONCE: usize = 24;

/// Bytes that sealing adds to a piece.
const ADDED: usize = NONCE + 16;

/// What stays free on the disk of the home, whatever arrives: catalog, index and store go on from there.
const KEPT_FREE: u64 = 1 << 30;

/// The folder of files on their way in.
pub(crate) struct Spool {
    folder: PathBuf,
    secret: SecretKey,
    /// One piece is written at a time: two that come at once for one place do not mix.
    writing: Mutex<()>,
}

/// One of them, open.
pub struct Spooled {
    file: File,
    cipher: XChaCha20Poly1305,
    size: u64,
    /// Where one reads.
    at: u64,
    /// The piece that was opened last.
    opened: Option<(u64, Vec<u8>)>,
}

fn trouble(why: &io::Error) -> crate::Error {
    error::io("keep what arrives", why)
}

impl Spool {
    pub(crate) fn new(folder: PathBuf, secret: SecretKey) -> Self {
        Self { folder, secret, writing: Mutex::default() }
    }

    fn path(&self, id: UploadId) -> PathBuf {
        self.folder.join(id.to_string())
    }

    /// The file of an upload of some size, made if it is not there.
    pub(crate) fn open(&self, id: UploadId, size: u64) -> Result<Spooled> {
        let open = || File::options().create(true).truncate(false).read(true).write(true).open(self.path(id));
        let file = match open() {
            Err(why) if why.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(&self.folder).map_err(|why| trouble(&why))?;
                open()
            }
            opened => opened,
        };
        let key = seal::derive(&self.secret, &format!("upload {id}"));
        let cipher = XChaCha20Poly1305::new(Key::from_slice(key.as_ref()));
        Ok(Spooled { file: file.map_err(|why| trouble(&why))?, cipher, size, at: 0, opened: None })
    }

    /// Writes the piece at a place, if it is the next one there. Answers how many bytes there are then.
    pub(crate) fn append(&self, to: &Spooled, at: u64, piece: &[u8]) -> Result<u64> {
        self.room_for(piece.len() as u64)?;
        let number = at / PIECE as u64;
        let sealed = to.sealed(number, piece)?;
        let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let held = to.arrived()?;
        if held != at {
            return Ok(held);
        }
        let stored = number * (PIECE + ADDED) as u64;
        let written = to.file.set_len(stored).and_then(|()| to.file.write_all_at(&sealed, stored));
        if let Err(why) = written {
            // A part of a piece is none: it is written again.
            let _ = to.file.set_len(stored);
            return Err(trouble(&why));
        }
        Ok(at + piece.len() as u64)
    }

    /// Whether so many bytes more may lie on the disk.
    pub(crate) fn room_for(&self, more: u64) -> Result<()> {
        let folder = if self.folder.exists() { self.folder.as_path() } else { self.folder.parent().unwrap_or(Path::new("/")) };
        let free = statvfs(folder).map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize)).map_err(|why| trouble(&why.into()))?;
        if fits(free, more) { Ok(()) } else { Err(full()) }
    }

    /// Takes one away; one that is not there is away.
    pub(crate) fn remove(&self, id: UploadId) -> Result<()> {
        match fs::remove_file(self.path(id)) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => Err(trouble(&why)),
            _ => Ok(()),
        }
    }

    /// Those that lie here.
    pub(crate) fn all(&self) -> Vec<UploadId> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
    }
}

/// Whether a disk with so many bytes free takes more of them.
fn fits(free: u64, more: u64) -> bool {
    free.checked_sub(KEPT_FREE).is_some_and(|free| more <= free)
}

fn full() -> crate::Error {
    crate::Error {
        kind: crate::Kind::Unavailable,
        problem: text!("The disk of the archive is nearly full.", "Le disque des archives est presque plein."),
        remedy: text!(
            "Nothing that was received is lost. Tell who runs the archive; sending goes on when there is room.",
            "Rien de ce qui a été reçu n’est perdu. Prévenez qui gère les archives ; l’envoi reprendra quand il y aura de la place."
        ),
    }
}

impl Spooled {
    fn sealed(&self, number: u64, piece: &[u8]) -> Result<Vec<u8>> {
        let mut sealed = vec![0; NONCE];
        getrandom::fill(&mut sealed).map_err(|why| error::unavailable("draw random bits", why))?;
        let payload = Payload { msg: piece, aad: &number.to_be_bytes() };
        let body =
            self.cipher.encrypt(XNonce::from_slice(&sealed), payload).map_err(|_| error::bug("a piece that cannot be sealed"))?;
        sealed.extend_from_slice(&body);
        Ok(sealed)
    }

    /// How many bytes lie here in whole pieces.
    pub(crate) fn arrived(&self) -> Result<u64> {
        let stored = self.file.metadata().map_err(|why| trouble(&why))?.len();
        let (full, rest) = (stored / (PIECE + ADDED) as u64, stored % (PIECE + ADDED) as u64);
        let (full, last) = (full * PIECE as u64, rest.saturating_sub(ADDED as u64));
        // What is neither a full piece nor the last one was cut off.
        Ok(if rest > 0 && full + last == self.size { self.size } else { full.min(self.size) })
    }

    /// The size is known only now that all has arrived.
    pub(crate) fn is_of(&mut self, size: u64) {
        self.size = size;
    }

    /// Gives up what lies from a place on: it could not be opened, and is asked for again.
    pub(crate) fn cut(&self, at: u64) -> Result<()> {
        let stored = at / PIECE as u64 * (PIECE + ADDED) as u64;
        self.file.set_len(stored).map_err(|why| trouble(&why))
    }

    /// How many bytes it has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// From where on it cannot be read; nothing where all is well.
    pub fn broken(&mut self) -> Option<u64> {
        (0..self.size.div_ceil(PIECE as u64)).find(|number| self.piece(*number).is_err()).map(|number| number * PIECE as u64)
    }

    /// Begins again.
    pub fn rewind(&mut self) {
        self.at = 0;
    }

    /// Reads what stands at an offset; nothing at its end.
    pub fn read_at(&mut self, offset: u64, out: &mut [u8]) -> io::Result<usize> {
        if offset >= self.size || out.is_empty() {
            return Ok(0);
        }
        let within = (offset % PIECE as u64) as usize;
        let piece = self.piece(offset / PIECE as u64)?;
        let rest = piece.get(within..).unwrap_or_default();
        let taken = rest.len().min(out.len());
        out[..taken].copy_from_slice(&rest[..taken]);
        Ok(taken)
    }

    fn piece(&mut self, number: u64) -> io::Result<&[u8]> {
        if self.opened.as_ref().is_none_or(|(opened, _)| *opened != number) {
            let plain = (self.size - number * PIECE as u64).min(PIECE as u64) as usize;
            let mut sealed = vec![0; plain + ADDED];
            self.file.read_exact_at(&mut sealed, number * (PIECE + ADDED) as u64)?;
            let payload = Payload { msg: &sealed[NONCE..], aad: &number.to_be_bytes() };
            let opened = self.cipher.decrypt(XNonce::from_slice(&sealed[..NONCE]), payload);
            self.opened = Some((number, opened.map_err(|_| io::ErrorKind::InvalidData)?));
        }
        Ok(self.opened.as_ref().map(|(_, piece)| piece.as_slice()).unwrap_or_default())
    }
}

impl Read for Spooled {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let taken = self.read_at(self.at, out)?;
        self.at += taken as u64;
        Ok(taken)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn spool(folder: &Path) -> Spool {
        Spool::new(folder.join("uploads"), SecretKey::from_bytes([7; 32]))
    }

    fn bytes(size: usize) -> Vec<u8> {
        (0..size).map(|n| (n % 251) as u8).collect()
    }

    /// Sends what is still missing.
    fn send(spool: &Spool, id: UploadId, bytes: &[u8]) {
        let to = spool.open(id, bytes.len() as u64).unwrap();
        loop {
            let at = to.arrived().unwrap() as usize;
            if at == bytes.len() {
                return;
            }
            let piece = &bytes[at..(at + PIECE).min(bytes.len())];
            assert_eq!(spool.append(&to, at as u64, piece).unwrap(), (at + piece.len()) as u64);
        }
    }

    #[test]
    fn what_arrives_in_pieces_is_read_back_whole_and_is_never_in_clear() {
        let folder = tempfile::tempdir().unwrap();
        let spool = spool(folder.path());
        for (number, size) in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 7].into_iter().enumerate() {
            let (id, bytes) = (UploadId::from_bits(number as u128), bytes(size));
            send(&spool, id, &bytes);
            let mut whole = Vec::new();
            let mut file = spool.open(id, size as u64).unwrap();
            assert_eq!(file.broken(), None);
            file.read_to_end(&mut whole).unwrap();
            assert!(whole == bytes, "{size}");
            let stored = fs::read(spool.path(id)).unwrap();
            assert!(size < 64 || !stored.windows(32).any(|part| part == &bytes[..32]));
            let mut out = [0; 3];
            assert_eq!(file.read_at(size as u64, &mut out).unwrap(), 0);
        }
        assert_eq!(spool.all().len(), 7);
        spool.remove(UploadId::from_bits(0)).unwrap();
        spool.remove(UploadId::from_bits(0)).unwrap();
        assert_eq!(spool.all().len(), 6);
    }

    #[test]
    fn what_was_cut_off_altered_or_moved_is_asked_for_again() {
        let folder = tempfile::tempdir().unwrap();
        let (spool, id, bytes) = (spool(folder.path()), UploadId::from_bits(1), bytes(2 * PIECE + 100));
        let size = bytes.len() as u64;
        send(&spool, id, &bytes);
        let stored = fs::read(spool.path(id)).unwrap();
        for cut in [0, 1, NONCE, ADDED, PIECE, PIECE + ADDED, PIECE + ADDED + 50, stored.len() - 1] {
            fs::write(spool.path(id), &stored[..cut]).unwrap();
            let arrived = spool.open(id, size).unwrap().arrived().unwrap();
            assert_eq!(arrived, (cut / (PIECE + ADDED) * PIECE) as u64, "cut at {cut}");
            send(&spool, id, &bytes);
            assert_eq!(spool.open(id, size).unwrap().broken(), None);
        }
        let mut altered = stored.clone();
        altered[PIECE + ADDED + 300] ^= 1;
        fs::write(spool.path(id), &altered).unwrap();
        assert_eq!(spool.open(id, size).unwrap().broken(), Some(PIECE as u64));
        let mut moved = stored.clone();
        moved[..2 * (PIECE + ADDED)].rotate_left(PIECE + ADDED);
        fs::write(spool.path(id), &moved).unwrap();
        assert_eq!(spool.open(id, size).unwrap().broken(), Some(0));
        fs::write(spool.path(UploadId::from_bits(2)), &stored).unwrap();
        assert_eq!(spool.open(UploadId::from_bits(2), size).unwrap().broken(), Some(0), "another file's key");
        let file = spool.open(id, size).unwrap();
        file.cut(0).unwrap();
        assert_eq!(file.arrived().unwrap(), 0);
    }

    #[test]
    fn a_piece_at_another_place_than_the_next_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (spool, id) = (spool(folder.path()), UploadId::from_bits(1));
        let to = spool.open(id, 3 * PIECE as u64).unwrap();
        let piece = bytes(PIECE);
        assert_eq!(spool.append(&to, PIECE as u64, &piece).unwrap(), 0, "too early");
        assert_eq!(spool.append(&to, 0, &piece).unwrap(), PIECE as u64);
        assert_eq!(spool.append(&to, 0, &piece).unwrap(), PIECE as u64, "twice");
        assert_eq!(to.arrived().unwrap(), PIECE as u64);
    }

    #[test]
    fn a_disk_is_never_filled() {
        for (free, more, expected) in
            [(0, 0, false), (KEPT_FREE, 0, true), (KEPT_FREE, 1, false), (KEPT_FREE + 9, 9, true), (u64::MAX, 1, true)]
        {
            assert_eq!(fits(free, more), expected, "{free} {more}");
        }
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(spool(folder.path()).room_for(u64::MAX).unwrap_err().kind, crate::Kind::Unavailable);
    }
}
