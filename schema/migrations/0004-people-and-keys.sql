-- What people did, which configuration was used, which keys signed: projections of the entries of these kinds.

CREATE TABLE person_act (
    seq         INTEGER PRIMARY KEY,
    at          INTEGER NOT NULL,
    act         TEXT NOT NULL,
    by_whom     TEXT CHECK (length(by_whom) = 64),       -- seal of a person
    person      TEXT CHECK (length(person) = 64),        -- seal of a person
    place       TEXT NOT NULL,
    detail      TEXT NOT NULL,                           -- JSON object
    happened_at INTEGER
) STRICT;
CREATE INDEX person_act_by_whom ON person_act (by_whom) WHERE by_whom IS NOT NULL;
CREATE INDEX person_act_by_person ON person_act (person) WHERE person IS NOT NULL;

CREATE TABLE forgotten (
    number  INTEGER PRIMARY KEY,                         -- from 1 without a gap
    seq     INTEGER NOT NULL UNIQUE,
    at      INTEGER NOT NULL,
    by_whom TEXT CHECK (length(by_whom) = 64)
) STRICT;

CREATE TABLE configuration_change (
    seq       INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL,
    change    TEXT NOT NULL CHECK (change IN ('trusted', 'staged', 'activated', 'rolledBack', 'used')),
    revision  TEXT NOT NULL CHECK (length(revision) = 64),
    by_whom   TEXT CHECK (length(by_whom) = 64),
    place     TEXT NOT NULL,
    signed_by TEXT CHECK (length(signed_by) = 64),       -- seal of the name of the key
    signer    TEXT CHECK (length(signer) = 64),          -- SHA-256 of the verifier key
    reason    TEXT
) STRICT;
CREATE INDEX configuration_change_by_kind ON configuration_change (change, seq);

-- The revision to which a work order is pinned.
CREATE TABLE order_lock (
    seq            INTEGER PRIMARY KEY,
    at             INTEGER NOT NULL,
    work_order     TEXT NOT NULL,
    revision       TEXT NOT NULL CHECK (length(revision) = 64),
    by_whom        TEXT CHECK (length(by_whom) = 64),
    released_seq   INTEGER UNIQUE,
    released_at    INTEGER,
    released_by    TEXT CHECK (length(released_by) = 64),
    release_reason TEXT,
    CHECK ((released_seq IS NULL) = (released_at IS NULL) AND (released_seq IS NULL) = (released_by IS NULL))
) STRICT;
CREATE UNIQUE INDEX order_lock_is_one_at_a_time ON order_lock (work_order) WHERE released_seq IS NULL;

-- The keys that sign the log, in order.
CREATE TABLE log_key (
    seq    INTEGER PRIMARY KEY,                          -- of station.created or key.changed
    change TEXT NOT NULL CHECK (change IN ('created', 'rotated', 'replaced', 'continued')),
    origin TEXT NOT NULL,
    vkey   TEXT NOT NULL UNIQUE,
    note   TEXT,
    last   TEXT,
    by_whom TEXT CHECK (length(by_whom) = 64),
    reason TEXT
) STRICT;
INSERT INTO log_key (seq, change, origin, vkey)
SELECT seq, 'created', substr(vkey, 1, instr(vkey, '+') - 1), vkey FROM station;

CREATE TABLE clock_doubt (
    seq      INTEGER PRIMARY KEY,
    source   TEXT NOT NULL,
    expected INTEGER NOT NULL,
    found    INTEGER NOT NULL
) STRICT;

-- Signatures of witnesses over the log's checkpoints (C2SP tlog-cosignature), beside the ledger like the checkpoints
-- themselves.
CREATE TABLE cosignature (
    size      INTEGER NOT NULL,
    witness   TEXT NOT NULL,                             -- C2SP verifier key of the witness
    timestamp INTEGER NOT NULL,                          -- POSIX seconds, by the witness's clock
    line      TEXT NOT NULL,                             -- the signature line of the note
    PRIMARY KEY (size, witness, timestamp)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER cosignature_never_changes BEFORE UPDATE ON cosignature
BEGIN SELECT RAISE(ABORT, 'a cosignature never changes'); END;
