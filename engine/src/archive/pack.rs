//! Packing: blobs into objects of at most 32 MiB, whole batches at once or one large blob as it streams.

use crate::{
    Result, error,
    seal::{SealedBlob, Sealer, SecretKey, Storable, blob_name},
    store::{Store, StoredName},
};
use chartrier_schemas::{
    ObjectName,
    persisted::v1::{BlobRef, Coding, OBJECT_BYTES, Pack},
};
use std::io::{self, Read, Write};

/// Packs to be stored: what the segment says, and the files themselves.
#[derive(Default)]
pub(super) struct Packed {
    pub(super) packs: Vec<Pack>,
    pub(super) files: Vec<(StoredName, Storable)>,
}

impl Packed {
    /// Packs blobs in their order. A blob larger than an object lies alone, in several.
    pub(super) fn add(&mut self, blobs: Vec<SealedBlob>) {
        let mut batch = Vec::new();
        let mut size = 0;
        for blob in blobs {
            let length = blob.bytes().len() as u64;
            if size + length > OBJECT_BYTES && !batch.is_empty() {
                self.close(std::mem::take(&mut batch));
                size = 0;
            }
            size += length;
            batch.push(blob);
        }
        if !batch.is_empty() {
            self.close(batch);
        }
    }

    fn close(&mut self, blobs: Vec<SealedBlob>) {
        let names = blobs.iter().map(|blob| (blob.name(), blob.bytes().len() as u64)).collect();
        let mut objects = Vec::new();
        for piece in Storable::pack(&blobs).cut(OBJECT_BYTES as usize) {
            let name = ObjectName::from_digest(piece.digest());
            objects.push((name, piece.size()));
            self.files.push((StoredName::Object(name), piece));
        }
        self.packs.push(Pack { objects, blobs: names });
    }
}

/// Takes the sealed bytes of one large blob and puts each object as soon as it is full: any size in the
/// memory of one object.
struct PackWriter<'a> {
    store: &'a dyn Store,
    buffer: Vec<u8>,
    objects: &'a mut Vec<(ObjectName, u64)>,
}

impl PackWriter<'_> {
    fn put(&mut self) -> io::Result<()> {
        let piece = Storable::piece(std::mem::take(&mut self.buffer));
        let name = ObjectName::from_digest(piece.digest());
        // The error keeps its sentence on its way through `io`.
        self.store.put(&StoredName::Object(name), &piece).map_err(io::Error::other)?;
        self.objects.push((name, piece.size()));
        // Fresh memory for every 32 MiB would cost the kernel a tenth of the whole work.
        self.buffer = piece.into_buffer();
        self.buffer.reserve_exact(OBJECT_BYTES as usize);
        Ok(())
    }
}

impl Write for PackWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = OBJECT_BYTES as usize - self.buffer.len();
        let taken = bytes.len().min(room);
        self.buffer.extend_from_slice(&bytes[..taken]);
        if taken == room {
            self.put()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Seals a stream into objects of their own, durable when this returns. Of a stream that breaks nothing stays.
pub(super) fn seal_stream(store: &dyn Store, plain: &mut dyn Read, coding: Option<Coding>) -> Result<(Pack, BlobRef)> {
    let key = SecretKey::generate()?;
    let mut objects = Vec::new();
    let sealed = seal_objects(store, plain, coding, &key, &mut objects);
    let names: Vec<ObjectName> = objects.iter().map(|(name, _)| *name).collect();
    let length = sealed.inspect_err(|_| {
        // What cannot be taken away now lies there unlisted, and goes with the next compaction.
        let _ = store.delete(&names.iter().copied().map(StoredName::Object).collect::<Vec<_>>());
    })?;
    let blob = blob_name(&names);
    let size = objects.iter().map(|(_, size)| size).sum();
    let reference = BlobRef { blob, key: key.to_text().to_string(), length, coding, padding: 0 };
    Ok((Pack { objects, blobs: vec![(blob, size)] }, reference))
}

/// The sealed stream, object by object; answers how many plain bytes there were.
fn seal_objects(
    store: &dyn Store,
    plain: &mut dyn Read,
    coding: Option<Coding>,
    key: &SecretKey,
    objects: &mut Vec<(ObjectName, u64)>,
) -> Result<u64> {
    let writer = PackWriter { store, buffer: Vec::with_capacity(OBJECT_BYTES as usize), objects };
    let mut sealer = Sealer::new(writer, key, coding)?;
    let length = copy(plain, &mut sealer).map_err(stream_error)?;
    let mut writer = sealer.finish().map_err(stream_error)?;
    if !writer.buffer.is_empty() {
        writer.put().map_err(stream_error)?;
    }
    Ok(length)
}

/// Copies in steps of what age seals at once.
fn copy(from: &mut dyn Read, to: &mut dyn Write) -> io::Result<u64> {
    let mut step = vec![0; 64 << 10];
    let mut length = 0;
    loop {
        let taken = match from.read(&mut step) {
            Ok(0) => return Ok(length),
            Err(why) if why.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        to.write_all(&step[..taken])?;
        length += taken as u64;
    }
}

fn stream_error(why: io::Error) -> crate::Error {
    match why.downcast::<crate::Error>() {
        Ok(ours) => ours,
        Err(why) => error::io("read the file", &why),
    }
}
