//! Blobs: plain bytes, compressed where it pays, sealed to one key, named by what is stored.

use super::key::{Recipient, SecretKey};
use crate::{Result, error};
use bytes::Bytes;
use chartrier_schemas::{
    BlobName, ContentId, ObjectName,
    persisted::v1::{Coding, OBJECT_BYTES},
};
use sha2::Digest as _;
use std::{
    cell::RefCell,
    io::{self, BufRead, Read, Write},
};

/// How much of the input decides whether compressing pays, in bytes.
const SAMPLE: usize = 64 << 10;

/// zstd level: at 1, four times faster than sealing is slow, and a seventh larger than at 3.
const LEVEL: i32 = 1;

/// Inputs below this many bytes are never compressed: the frame would eat the gain.
const WORTH: usize = 128;

/// Coded bytes that are opened at once: at least, for a small blob, and at most.
const CODED: std::ops::RangeInclusive<usize> = 1 << 10..=128 << 10;

/// A running SHA-256.
#[derive(Clone, Default)]
pub struct Digest(sha2::Sha256);

impl Digest {
    /// Takes more bytes in.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest.
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }

    /// The digest of bytes at hand.
    pub fn of(bytes: &[u8]) -> [u8; 32] {
        sha2::Sha256::digest(bytes).into()
    }
}

impl Write for Digest {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The content address of plain bytes.
pub fn content_of(plain: &[u8]) -> ContentId {
    ContentId::from_digest(Digest::of(plain))
}

/// The name of a blob that lies alone in these objects: that of the object, or where it continues
/// through several, the digest of their names one after the other, so that no byte is hashed twice.
pub fn blob_name(objects: &[ObjectName]) -> BlobName {
    match objects {
        [one] => BlobName::from_digest(*one.digest()),
        several => {
            let mut digest = Digest::default();
            several.iter().for_each(|object| digest.update(object.digest()));
            BlobName::from_digest(digest.finish())
        }
    }
}

/// One age file and its name.
#[derive(Clone)]
pub struct SealedBlob {
    bytes: Bytes,
    name: BlobName,
}

impl SealedBlob {
    fn of(bytes: Vec<u8>) -> Self {
        let objects: Vec<_> =
            bytes.chunks(OBJECT_BYTES as usize).map(|piece| ObjectName::from_digest(Digest::of(piece))).collect();
        Self { name: blob_name(&objects), bytes: bytes.into() }
    }

    /// A blob that lay in the store before, if its bytes are those that its name promises.
    pub(crate) fn stored(bytes: Bytes, name: BlobName) -> Result<Self> {
        let same = Digest::of(&bytes) == *name.digest();
        same.then_some(Self { bytes, name }).ok_or_else(|| error::corrupt(name, "its bytes are not those that its name promises"))
    }

    /// Its stored bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// SHA-256 of its stored bytes.
    pub fn name(&self) -> BlobName {
        self.name
    }

    /// The blob as a stored file of its own: a key page or a grant.
    pub fn into_storable(self) -> super::Storable {
        super::Storable(vec![self.bytes])
    }
}

/// Seals bytes to a key, as they are.
pub fn seal(plain: &[u8], key: &SecretKey) -> Result<SealedBlob> {
    seal_to(plain, &key.recipient()?)
}

/// Seals bytes to a published recipient, as they are.
pub fn seal_to(plain: &[u8], to: &Recipient) -> Result<SealedBlob> {
    let mut out = Vec::with_capacity(plain.len() + 512 + plain.len() / 4096);
    let mut writer = age_writer(&mut out, to)?;
    writer.write_all(plain).and_then(|()| writer.finish().map(drop)).map_err(error::bug)?;
    Ok(SealedBlob::of(out))
}

/// Seals bytes to a key, compressed where it pays.
pub fn seal_coded(plain: &[u8], key: &SecretKey) -> Result<(SealedBlob, Option<Coding>)> {
    // A short input is its own sample.
    if plain.len() <= SAMPLE || compress_pays(plain) {
        let coded = if plain.len() < WORTH { None } else { Some(compress(plain).map_err(error::bug)?) };
        if let Some(coded) = coded.filter(|coded| pays(coded.len(), plain.len())) {
            return Ok((seal(&coded, key)?, Some(Coding::Zstd)));
        }
    }
    Ok((seal(plain, key)?, None))
}

/// Compresses at once, in a context that the thread keeps: making one costs more than compressing a page.
fn compress(plain: &[u8]) -> io::Result<Vec<u8>> {
    thread_local! {
        static CONTEXT: RefCell<Option<zstd::bulk::Compressor<'static>>> = const { RefCell::new(None) };
    }
    CONTEXT.with_borrow_mut(|context| match context {
        Some(context) => context.compress(plain),
        None => context.insert(zstd::bulk::Compressor::new(LEVEL)?).compress(plain),
    })
}

/// Whether a sample says that compressing pays: by more than a twentieth.
pub fn compress_pays(plain: &[u8]) -> bool {
    if plain.len() < WORTH {
        return false;
    }
    // The middle speaks for a file better than its head, which is often a table of zeros.
    let middle = plain.len().saturating_sub(SAMPLE) / 2;
    let sample = &plain[middle..plain.len().min(middle + SAMPLE)];
    compress(sample).is_ok_and(|coded| pays(coded.len(), sample.len()))
}

fn pays(coded: usize, plain: usize) -> bool {
    coded < plain - plain / 20
}

fn age_writer<W: Write>(out: W, to: &Recipient) -> Result<age::stream::StreamWriter<W>> {
    age::Encryptor::with_recipients(std::iter::once(&to.0 as &dyn age::Recipient))
        .map_err(error::bug)?
        .wrap_output(out)
        .map_err(error::bug)
}

/// Seals a stream of any length in constant memory: what comes out goes into `W` as it is made.
pub struct Sealer<W: Write>(Stage<W>);

enum Stage<W: Write> {
    Plain(age::stream::StreamWriter<W>),
    Zstd(Box<zstd::stream::write::Encoder<'static, age::stream::StreamWriter<W>>>),
}

impl<W: Write> Sealer<W> {
    /// Begins a blob, compressed or not.
    pub fn new(out: W, key: &SecretKey, coding: Option<Coding>) -> Result<Self> {
        let sealed = age_writer(out, &key.recipient()?)?;
        Ok(Self(match coding {
            None => Stage::Plain(sealed),
            Some(Coding::Zstd) => Stage::Zstd(Box::new(zstd::stream::write::Encoder::new(sealed, LEVEL).map_err(error::bug)?)),
        }))
    }

    /// Ends the blob and gives the output back.
    pub fn finish(self) -> io::Result<W> {
        match self.0 {
            Stage::Plain(sealed) => sealed.finish(),
            Stage::Zstd(coded) => coded.finish()?.finish(),
        }
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, plain: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Stage::Plain(sealed) => sealed.write(plain),
            Stage::Zstd(coded) => coded.write(plain),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The plain bytes of a blob, as they are read. Every error of it means damage or a wrong key.
pub type Opened<'a> = Box<dyn Read + 'a>;

/// Opens a blob that is read from somewhere, of so many plain bytes.
pub fn open_reader<'a, R: BufRead + 'a>(sealed: R, key: &SecretKey, coding: Option<Coding>, length: u64) -> Result<Opened<'a>> {
    let damaged = |why: age::DecryptError| error::corrupt("a blob", why);
    let identity = key.identity()?;
    let reader = age::Decryptor::new_buffered(sealed)
        .and_then(|decryptor| decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)))
        .map_err(damaged)?;
    Ok(match coding {
        None => Box::new(reader),
        Some(Coding::Zstd) => {
            // A small blob wants no buffer of the size that large ones are read by.
            let buffer = usize::try_from(length).unwrap_or(usize::MAX).clamp(*CODED.start(), *CODED.end());
            let buffered = io::BufReader::with_capacity(buffer, reader);
            let mut frame = zstd::stream::read::Decoder::with_buffer(buffered).map_err(error::bug)?;
            // Sealed by us: a window larger than ours is damage.
            frame.window_log_max(27).map_err(error::bug)?;
            Box::new(frame)
        }
    })
}

/// Opens a blob at hand, whose plain bytes were not coded.
pub fn open(sealed: &[u8], key: &SecretKey) -> Result<Vec<u8>> {
    let mut plain = Vec::with_capacity(sealed.len());
    open_reader(sealed, key, None, sealed.len() as u64)?.read_to_end(&mut plain).map_err(|why| error::corrupt("a blob", why))?;
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_bytes_come_back() {
        let key = SecretKey::generate().unwrap();
        let text = "Le jardin de la République. ".repeat(5000);
        let (blob, coding) = seal_coded(text.as_bytes(), &key).unwrap();
        assert_eq!(coding, Some(Coding::Zstd));
        assert!(blob.bytes().len() < text.len() / 4);
        let mut back = String::new();
        open_reader(&blob.bytes()[..], &key, coding, text.len() as u64).unwrap().read_to_string(&mut back).unwrap();
        assert_eq!(back, text);
        assert!(open(blob.bytes(), &SecretKey::generate().unwrap()).is_err());
    }

    #[test]
    fn a_stream_is_sealed_like_bytes_at_hand() {
        let key = SecretKey::generate().unwrap();
        for coding in [None, Some(Coding::Zstd)] {
            let mut sealer = Sealer::new(Vec::new(), &key, coding).unwrap();
            for _ in 0..100 {
                sealer.write_all(&[7; 10_001]).unwrap();
            }
            let sealed = sealer.finish().unwrap();
            let mut back = Vec::new();
            open_reader(&sealed[..], &key, coding, 1_000_100).unwrap().read_to_end(&mut back).unwrap();
            assert_eq!(back, vec![7; 1_000_100]);
        }
    }
}
