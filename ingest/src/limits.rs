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

/// Longest side of a page image, in pixels.
pub const MAX_PAGE_SIDE: u32 = 4_000;

/// A page image as JPEG, in bytes.
pub const MAX_PAGE_IMAGE: usize = 16 << 20;

/// Words of one page whose places are told.
pub const MAX_PAGE_WORDS: usize = 10_000;

/// One of them, in bytes: a row that is written from right to left counts as one.
pub const MAX_PAGE_WORD: usize = 1 << 10;

/// Recognised words of one document whose places are kept.
pub const MAX_PLACED_WORDS: usize = 1_000_000;

/// What a worker says of the words of one page, in bytes.
pub const MAX_PAGE_ROWS: usize = 2 << 20;

/// Longest side of a page image that text is recognised on, in pixels: A3 at 300 dots an inch.
pub const MAX_SCAN_SIDE: u32 = 5_000;

/// A packed text in a picture, unpacked, in bytes.
pub const MAX_PICTURE_TEXT: u64 = 1 << 20;

/// Values of one directory of a TIFF file.
pub const MAX_TIFF_TAGS: usize = 1_000;

/// Pages read of one document.
pub const MAX_PAGES: usize = 5_000;

/// One field of a document's metadata, in bytes.
pub const MAX_FIELD: usize = 4 << 10;

/// Fields of one document's metadata, authors and recipients each.
pub const MAX_FIELDS: usize = 1_000;

/// What a worker says of a document apart from its texts, in bytes: read as JSON it takes many times as much.
pub const MAX_ANSWER: usize = 4 << 20;

/// What a worker says of a format, in bytes.
pub const MAX_FORMAT: usize = 64 << 10;

/// How far from either end of a document the bytes of signatures are searched for: DROID's own limit.
pub const SCANNED: usize = 64 << 10;

/// What is handed over of either end of a document to tell its format, in bytes: what hangs on bytes that were found may
/// lie beyond what is scanned.
pub const END: u64 = 128 << 10;

/// What telling the format of one document may ask for beside its two ends, in bytes.
pub const MAX_ASKED: u64 = MAX_READ;

/// Entries of an OLE 2 container by which its format is told.
pub const MAX_ENTRIES: usize = 100_000;

/// What is unpacked of one entry of a container to tell the container's format, in bytes.
pub const MAX_ENTRY: u64 = 16 << 20;

/// Places of one document at which bytes of signatures are tried.
pub const MAX_TRIED: u64 = 1 << 28;

/// A signature file of PRONOM, in bytes.
pub const MAX_SIGNATURES: usize = 32 << 20;

/// The greatest offset, gap or length that a signature may state, in bytes.
pub const MAX_SIGNATURE_REACH: usize = 16 << 20;

/// Formats that one document is told to be.
pub const MAX_MATCHES: usize = 32;

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

/// Processor time of an outside program: what ends one that does not come to an end.
pub const TOOL_CPU: Duration = Duration::from_secs(120);

/// How long an outside program may take: it works when nothing else does, and may have to wait for long.
pub const TOOL_CLOCK: Duration = Duration::from_secs(900);

/// What an outside program says of one page, in bytes.
pub const MAX_TOOL_ANSWER: usize = 8 << 20;

/// Pages of one document on which text is recognised.
pub const MAX_RECOGNISED_PAGES: usize = 1_000;
