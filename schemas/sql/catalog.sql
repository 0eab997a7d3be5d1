-- The catalog of one home: a projection of the journal, encrypted by SQLCipher, made anew by
-- `chartrier rebuild`. Nothing here is the only copy of anything. Version 5.

-- Format version, archive, position in the journal, number of commits, epoch of the unit numbers.
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- What the registrar declared.
CREATE TABLE labels (
    num        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    generation INTEGER NOT NULL,
    recipient  TEXT NOT NULL,
    purpose    TEXT,               -- JSON; null: this node holds no grant
    identity   BLOB                -- 32 bytes; null likewise
);
CREATE TABLE declared (id TEXT PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE withdrawn (id TEXT PRIMARY KEY) WITHOUT ROWID;

-- Where stored bytes lie.
CREATE TABLE packs (num INTEGER PRIMARY KEY, size INTEGER NOT NULL);
CREATE TABLE objects (
    pack INTEGER NOT NULL,
    n    INTEGER NOT NULL,
    name BLOB NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (pack, n)
) WITHOUT ROWID;
CREATE INDEX object_names ON objects (name);
CREATE TABLE blobs (
    pack   INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    start  INTEGER NOT NULL,
    size   INTEGER NOT NULL,
    prefix INTEGER NOT NULL,       -- first 8 bytes of the name: a small index over many names
    name   BLOB NOT NULL,
    PRIMARY KEY (pack, n)
) WITHOUT ROWID;
CREATE INDEX blob_names ON blobs (prefix);
CREATE TABLE pages (
    prefix INTEGER PRIMARY KEY,    -- first 8 bytes of the name
    name   BLOB NOT NULL,
    label  INTEGER NOT NULL,
    keys   INTEGER NOT NULL
);
CREATE TABLE grants (name BLOB PRIMARY KEY, label INTEGER NOT NULL, generation INTEGER NOT NULL, holder TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE pending (path TEXT PRIMARY KEY) WITHOUT ROWID;   -- retired, not yet known to be deleted

-- Keys, and what they open.
CREATE TABLE segment_keys (page INTEGER NOT NULL, segment TEXT NOT NULL, key BLOB NOT NULL, PRIMARY KEY (page, segment)) WITHOUT ROWID;
CREATE TABLE subjects (
    num         INTEGER PRIMARY KEY,
    id          BLOB NOT NULL UNIQUE,   -- kind, then 16 bytes
    label       INTEGER NOT NULL,
    page        INTEGER,
    keys        BLOB,                   -- 32 bytes each, oldest first
    description BLOB NOT NULL           -- name of the blob
);
CREATE INDEX subjects_by_page ON subjects (page);

-- Units: the same numbers as in `subjects`.
CREATE TABLE units (
    num      INTEGER PRIMARY KEY,
    kind     INTEGER NOT NULL,          -- 1 class, 2 dossier, 3 record
    place    INTEGER NOT NULL,          -- number of the class or dossier; 0: root, for a record the inbox
    label    INTEGER NOT NULL,
    code     TEXT,
    title    TEXT NOT NULL,
    name     TEXT NOT NULL,
    date     TEXT,
    language TEXT,
    puid     TEXT,
    words    TEXT NOT NULL,             -- JSON: authors, recipients, tags, findings, what an archivist says
    content  BLOB,
    size     INTEGER,
    text     TEXT,                      -- JSON: where the text lies and its key
    closed   INTEGER NOT NULL DEFAULT 0,
    changed  INTEGER NOT NULL           -- number of the commit that last changed its words or label
);
CREATE INDEX units_by_content ON units (content) WHERE content IS NOT NULL;
CREATE INDEX units_by_change ON units (changed);
CREATE INDEX units_by_size ON units (size) WHERE size > 8388608;   -- is a large file worth hashing first?
CREATE UNIQUE INDEX units_by_code ON units (code) WHERE code IS NOT NULL;
CREATE INDEX filing_tree ON units (place) WHERE kind < 3;
CREATE TABLE departures (change INTEGER NOT NULL, label INTEGER NOT NULL, unit INTEGER NOT NULL, PRIMARY KEY (change, label, unit)) WITHOUT ROWID;
CREATE TABLE occurrences (unit INTEGER NOT NULL, place BLOB NOT NULL, PRIMARY KEY (unit, place)) WITHOUT ROWID;
-- What links messages: of each its own id (n is 0) and those before it, oldest first; as the first 16 bytes of their SHA-256.
CREATE TABLE links (id BLOB NOT NULL, unit INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (id, unit)) WITHOUT ROWID;
CREATE INDEX links_of ON links (unit);
-- 8 bytes a unit, 4,096 units a page: place, label, kind, life. What a search asks of every match. `change` is the commit that
-- wrote a page last: who has read them before reads no other.
CREATE TABLE facts (page INTEGER PRIMARY KEY, change INTEGER NOT NULL, data BLOB NOT NULL);

-- Persons and what they may know.
CREATE TABLE persons (num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, roles TEXT NOT NULL, clearance TEXT NOT NULL,
    searches TEXT NOT NULL DEFAULT '[]');  -- JSON: the searches that the person keeps
CREATE TABLE groups (
    num       INTEGER PRIMARY KEY,
    id        TEXT NOT NULL UNIQUE,
    name      TEXT NOT NULL,
    reason    TEXT NOT NULL,
    since     TEXT NOT NULL,
    dissolved TEXT                 -- when
);
-- Who was in which group from when until when.
CREATE TABLE members (num INTEGER PRIMARY KEY, team TEXT NOT NULL, person TEXT NOT NULL, since TEXT NOT NULL, until TEXT);
CREATE INDEX members_of ON members (team);
CREATE INDEX teams_of ON members (person);
CREATE TABLE mandates (
    num    INTEGER PRIMARY KEY,
    id     TEXT NOT NULL UNIQUE,
    whom   TEXT NOT NULL,          -- a person, a group, `everyone`
    unit   TEXT,
    start  TEXT NOT NULL,
    until  TEXT,
    reason TEXT NOT NULL,
    ended  TEXT                    -- when it was ended before its time
);
CREATE INDEX mandates_of ON mandates (whom);
-- What was said of each person and group since when, by which act: who could know something on that day has an answer, and
-- what a decision changed.
CREATE TABLE versions (num INTEGER PRIMARY KEY, subject TEXT NOT NULL, since TEXT NOT NULL, act TEXT, said TEXT NOT NULL);
CREATE INDEX versions_of ON versions (subject);
-- Accounts in force: one a person. Nothing of their secrets, which stay in the description.
CREATE TABLE accounts (person TEXT PRIMARY KEY, id TEXT NOT NULL, since TEXT NOT NULL) WITHOUT ROWID;

-- What was decided or done.
CREATE TABLE acts (num INTEGER PRIMARY KEY, id TEXT NOT NULL, label INTEGER NOT NULL, person TEXT NOT NULL, at TEXT NOT NULL, deed TEXT NOT NULL);
CREATE INDEX acts_by_label ON acts (label);
CREATE INDEX acts_by_id ON acts (id);
CREATE TABLE act_subjects (subject BLOB NOT NULL, act INTEGER NOT NULL, PRIMARY KEY (subject, act)) WITHOUT ROWID;
