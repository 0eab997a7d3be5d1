//! Every limit of reading a document, in one place.

use std::time::Duration;

/// A document larger than this is kept and not read, in bytes.
pub const MAX_READ: u64 = 256 << 20;

/// Text of one document, all its parts together, in bytes.
pub const MAX_TEXT: usize = 16 << 20;

/// Parts of one document.
pub const MAX_PARTS: usize = 10_000;

/// Documents within documents.
pub const MAX_NESTING: usize = 64;

/// Folders that a walk keeps open: the nearest ones above where it is.
pub const MAX_OPEN_FOLDERS: usize = 128;

/// Bytes that may be unpacked out of one container.
pub const MAX_UNPACKED: u64 = 256 << 20;

/// Bytes that may be unpacked out of one record, at every depth together.
pub const MAX_UNPACKED_IN_ALL: u64 = 1 << 30;

/// Unpacked bytes that are in memory at one time: a document within a document within a document.
pub const MAX_HELD: u64 = 512 << 20;

/// How many times larger than its packing something may be: deflate, at its best, comes to 1,032.
pub const MAX_RATIO: u64 = 1_100;

/// What may be unpacked whatever its packing takes, in bytes.
pub const RATIO_FREE: u64 = 16 << 20;

/// Memory that a packing may ask for to be unpacked, in bytes.
pub const MAX_DICTIONARY: u64 = 128 << 20;

/// Pieces that follow each other in one packing.
pub const MAX_MEMBERS: usize = 100_000;

/// The name of a part, in bytes.
pub const MAX_PART_NAME: usize = 1 << 10;

/// Longest side of a picture that is decoded, in pixels.
pub const MAX_SIDE: u32 = 30_000;

/// Memory that decoding a picture may take, in bytes.
pub const MAX_IMAGE_MEMORY: u64 = 512 << 20;

/// Longest side of a thumbnail, in pixels.
pub const THUMBNAIL_SIDE: u32 = 512;

/// A thumbnail as JPEG, in bytes.
pub const MAX_THUMBNAIL: usize = 512 << 10;

/// Pages read of one document.
pub const MAX_PAGES: usize = 5_000;

/// One field of a document's metadata, in bytes.
pub const MAX_FIELD: usize = 4 << 10;

/// Fields of one document's metadata, authors and recipients each.
pub const MAX_FIELDS: usize = 1_000;

/// What a worker says of a document apart from its texts, in bytes: read as JSON it takes many times as much.
pub const MAX_ANSWER: usize = 4 << 20;

/// What a worker says of a format, in bytes.
pub const MAX_FORMAT: usize = 4 << 10;

/// The beginning of a document by which its format is told where nothing else is read, in bytes.
pub const MAX_HEAD: u64 = 64 << 10;

/// How long one document may take.
pub const WALL_CLOCK: Duration = Duration::from_secs(60);

/// How long telling a format may take.
pub const IDENTIFY_CLOCK: Duration = Duration::from_secs(10);

/// Address space of a worker, in bytes.
pub const WORKER_MEMORY: u64 = 2 << 30;

/// Documents that a worker reads before another one takes its place.
pub const DOCUMENTS_PER_WORKER: u32 = 500;

/// How long a worker may have worked before another one takes its place.
pub const BUSY_TIME_PER_WORKER: Duration = Duration::from_secs(300);

/// Processor time of a worker: what ends one whose parent is gone.
pub const WORKER_CPU: Duration = Duration::from_secs(400);
