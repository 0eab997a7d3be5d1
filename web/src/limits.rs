//! Every limit of the server, in one place.

use std::time::Duration;

/// Connections open at once; more are closed before a byte is read.
pub(crate) const CONNECTIONS: usize = 512;

/// Requests under way at once; more are answered 503.
pub(crate) const REQUESTS: usize = 64;

/// Requests of one session under way at once: some tabs of a browser. More are answered 429: nobody takes what is there for all.
pub(crate) const REQUESTS_OF_ONE: usize = 16;

/// Questions asked of the archive at once, by each core; more wait: who came first is answered first.
pub(crate) const QUESTIONS: usize = 2;

/// Pages drawn, components given and records verified at once, so that searches never wait for them; more wait.
pub(crate) const SLOW_QUESTIONS: usize = 4;

/// Passwords hashed at once, each in 64 MiB: whoever floods the door keeps nobody who is in from working; more wait.
pub(crate) const PROOFS: usize = 2;

/// Lines of a page of what was given to whom.
pub(crate) const DISCLOSURES: usize = 50;

/// Persons of one page.
pub(crate) const PERSONS: usize = 50;

/// Names that are offered for what was begun.
pub(crate) const NAMES: usize = 10;

/// Boxes for persons who come into a group together.
pub(crate) const JOINING: usize = 4;

/// Originals and lists that are given at once; more are answered 503.
pub(crate) const GIFTS: usize = 16;

/// Workers that draw pages or decode parts at once; more wait.
pub(crate) const DRAWN: usize = 2;

/// How long a request waits for its turn.
pub(crate) const TURN: Duration = Duration::from_secs(5);

/// How long a client may take to send the head of a request.
pub(crate) const HEAD_TIME: Duration = Duration::from_secs(10);

/// How long a client may take to send a form.
pub(crate) const FORM_TIME: Duration = Duration::from_secs(10);

/// How long a client may read nothing of what it is sent, or send nothing of what it began.
pub(crate) const STILL: Duration = Duration::from_secs(30);

/// How long an answer may take to begin.
pub(crate) const ANSWER_TIME: Duration = Duration::from_secs(60);

/// How long the last answers may take when the server stops.
pub(crate) const STOPPING: Duration = Duration::from_secs(10);

/// Bytes of the head of a request.
pub(crate) const HEAD_BYTES: usize = 32 << 10;

/// Headers of a request.
pub(crate) const HEADERS: usize = 64;

/// Bytes of a form.
pub(crate) const FORM_BYTES: usize = 16 << 10;

/// Requests at once by which files are sent; more are answered 503. They have turns of their own: a phone on a bad network
/// holds one for as long as a piece takes.
pub(crate) const SENDINGS: usize = 48;

/// Forms with files at once: each holds a thread for as long as it comes.
pub(crate) const FORMS: usize = 4;

/// Pieces that one person sends at once: some devices, each two at a time. Nobody takes all turns.
pub(crate) const PIECES_OF_ONE: usize = 8;

/// How long a client may take to send a piece: at least 4 kB/s.
pub(crate) const PIECE_TIME: Duration = Duration::from_secs(120);

/// How long a client may take to send a form with files.
pub(crate) const FILES_TIME: Duration = Duration::from_secs(900);

/// How long an answer to what is sent may take to begin: all that it may take to be sent, and a little more.
pub(crate) const SENDING_TIME: Duration = Duration::from_secs(930);

/// Bytes of a form with files: some photographs. Who sends more uses the queue of the page, or `ingest`.
pub(crate) const FILES_BYTES: u64 = 512 << 20;

/// Files of a form.
pub(crate) const FILES: usize = 100;

/// Bytes of a list of files that are announced.
pub(crate) const LIST_BYTES: usize = 256 << 10;

/// Files of such a list.
pub(crate) const LISTED: usize = 100;

/// How long a form with files waits for them to be in the archive before it answers that they will be.
pub(crate) const SOON: Duration = Duration::from_secs(5);

/// Files that are taken into the archive at once …
pub(crate) const TAKEN: usize = 128;

/// … and their bytes: who sent a small file does not wait for many large ones.
pub(crate) const TAKEN_BYTES: u64 = 64 << 20;

/// How long one waits before what could not be taken in is tried again.
pub(crate) const TAKE_AGAIN: Duration = Duration::from_secs(10);

/// Between two looks at what nothing more came of.
pub(crate) const TIDY: Duration = Duration::from_secs(3600);

/// Files that are shown of what one has added.
pub(crate) const ADDED: usize = 200;

/// Bytes of what a program sends: a thousand ids.
pub(crate) const API_BYTES: usize = 64 << 10;

/// Hits that a program is given at once.
pub(crate) const API_HITS: usize = 100;

/// Between two looks at what other processes committed.
pub(crate) const LOOK: Duration = Duration::from_secs(2);

/// Hits of one page of results.
pub(crate) const HITS: usize = 20;

/// Pages of results that are turned one by one; who wants more narrows the search or exports it.
pub(crate) const PAGES: usize = 500;

/// Values of a facet that are shown; half as many before one asks for more.
pub(crate) const VALUES: usize = 24;

/// Bytes of text on one page.
pub(crate) const TEXT: usize = 200_000;

/// How much of a text is shown where one decides where it goes, in bytes.
pub(crate) const BEGINNING: usize = 4_000;

/// After how many seconds the page of a job that goes on is shown anew.
pub(crate) const WATCHED: &str = "2";

/// Between two looks whether there is a job.
pub(crate) const JOBS: Duration = Duration::from_secs(2);

/// Places that are marked in a text.
pub(crate) const MARKS: usize = 2_000;

/// The longer side of a page's picture, in pixels.
pub(crate) const SIDE: u32 = 1_600;

/// How long a page waits for its words to be told the first time somebody looks at it; then it is shown without them.
pub(crate) const WORDS_TIME: Duration = Duration::from_millis(1_500);

/// How long one waits for pages that somebody else has drawn.
pub(crate) const DRAWING_TIME: Duration = Duration::from_secs(30);

/// How long a picture may come after its page and be the same look …
pub(crate) const LOOK_TIME: Duration = Duration::from_secs(60);

/// … and so many of them are remembered.
pub(crate) const LOOKS: usize = 1_024;

/// Pages on which something was found that are named one by one.
pub(crate) const HIT_PAGES: usize = 24;

/// Pages whose pictures are made and kept together: who looks at one looks at the next.
pub(crate) const TOGETHER: u32 = 8;
