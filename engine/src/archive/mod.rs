//! The archive: one file per verb over seal, store, journal, keys, catalog and index.
//!
//! The write order, for every verb: objects, pages and grants durable → segment durable → acknowledged →
//! projected → what was retired is deleted. Whatever happens between two steps, the next start finishes
//! what a durable segment says, and ignores what no segment lists.

mod account;
mod capture;
mod commit;
mod compact;
mod complete;
mod describe;
mod draft;
mod filing;
mod group;
mod house;
mod init;
mod job;
mod key;
mod notes;
mod open;
mod pack;
mod pages;
mod people;
mod read;
mod rebuild;
mod report;
mod reread;
mod saved;
mod say;
mod scheme;
mod search;
mod session;
mod show;
mod sign_in;
mod suggest;
mod thread;
mod upkeep;
mod upload;
mod verify;
mod watch;

pub use account::{Acceptance, Accepted, Attempt, INVITATION, Invited, PROOF, Proof, WayIn};
pub use capture::{Captured, Capturer, Known, LARGE, Original, Staying, Submission};
pub use compact::Compacted;
pub use filing::{Filed, Undone};
pub use group::{Belonging, GroupRequest, Member};
pub use house::{House, LabelLine};
pub use init::{InitOptions, Initialised, initialise};
pub use job::{Change, Job, Preview};
pub use key::{Holder, restore};
pub use open::{Archive, OpenOptions, keyless_store};
pub use pages::{DrawnPage, Look};
pub use people::{MandateRequest, PersonRequest};
pub use read::Component;
pub use rebuild::{Rebuilt, rebuild};
pub use report::FormatCount;
pub use reread::Unread;
pub use say::Statement;
pub use scheme::{ClassRow, ImportedClasses};
pub use search::{FacetValues, ListLine, SearchHit, SearchRequest, SearchResult};
pub use session::Knowledge;
pub use show::{Changed, HistoryLine, Shown};
pub use sign_in::{IDLE, LINK, LONGEST, Serving};
pub use suggest::Suggestion;
pub use thread::ThreadLine;
pub use upkeep::{Upkeep, UpkeepLine, Verified};
pub use upload::{Arriving, Declared, EXPIRY, LARGEST, Received, SOURCE, Settled, Standing, WAITING};
pub use verify::{Checked, Progress, Verification, verify_keyless};
pub use watch::{Covering, DisclosureLine, DisclosurePage, DisclosureRequest, KnowerLine, MandateLine, Through};
