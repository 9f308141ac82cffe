-- The ledger: entries, the hashes over them, the signatures over those. Rows are added at the end and never change.

CREATE TABLE ledger_entry (
    seq   INTEGER PRIMARY KEY CHECK (seq >= 0),          -- position in the log, from 0: the leaf's index in the tree
    leaf  BLOB NOT NULL CHECK (length(leaf) = 32),       -- SHA-256(00 || entry), RFC 9162 section 2.1.1
    entry BLOB NOT NULL CHECK (length(entry) <= 1048576) -- the exact bytes that were hashed: canonical JSON
) STRICT;

-- Roots of full tiles: level 1 has one hash for 256 entries, level 2 one for 65536, and so on. Level 0 is ledger_entry.leaf.
CREATE TABLE ledger_node (
    level    INTEGER NOT NULL CHECK (level BETWEEN 1 AND 7),
    position INTEGER NOT NULL CHECK (position >= 0),
    hash     BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, position)
) STRICT, WITHOUT ROWID;

-- Signed tree heads: C2SP tlog-checkpoint notes.
CREATE TABLE ledger_checkpoint (
    size INTEGER PRIMARY KEY CHECK (size > 0),           -- the first `size` entries are covered
    note TEXT NOT NULL
) STRICT;

-- What lies outside the ledger and is pinned by it.

-- Content by its SHA-256. The ledger says which content there is; the bytes themselves are kept here.
CREATE TABLE blob (
    digest TEXT PRIMARY KEY CHECK (length(digest) = 64),
    bytes  BLOB NOT NULL
) STRICT;

-- Names of persons. The ledger holds the seal, SHA-256("blessing-station-person/1" || 0A || salt || name); a row that is
-- deleted here forgets the name for good and breaks no proof.
CREATE TABLE person (
    seal TEXT PRIMARY KEY CHECK (length(seal) = 64),
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    name TEXT NOT NULL UNIQUE
) STRICT, WITHOUT ROWID;

-- An entry goes to the end or nowhere. This also stops INSERT OR REPLACE, which fires no DELETE trigger.
CREATE TRIGGER ledger_entry_goes_to_the_end BEFORE INSERT ON ledger_entry
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq) + 1, 0) FROM ledger_entry)
BEGIN SELECT RAISE(ABORT, 'the ledger takes entries at its end only'); END;

CREATE TRIGGER ledger_entry_never_changes BEFORE UPDATE ON ledger_entry
BEGIN SELECT RAISE(ABORT, 'the ledger never changes: UPDATE refused'); END;

CREATE TRIGGER ledger_entry_is_never_deleted BEFORE DELETE ON ledger_entry
BEGIN SELECT RAISE(ABORT, 'the ledger never forgets: DELETE refused'); END;

CREATE TRIGGER ledger_node_is_never_replaced BEFORE INSERT ON ledger_node
WHEN EXISTS (SELECT 1 FROM ledger_node WHERE level = NEW.level AND position = NEW.position)
BEGIN SELECT RAISE(ABORT, 'the ledger never changes: hash is there already'); END;

CREATE TRIGGER ledger_node_never_changes BEFORE UPDATE ON ledger_node
BEGIN SELECT RAISE(ABORT, 'the ledger never changes: UPDATE refused'); END;

CREATE TRIGGER ledger_node_is_never_deleted BEFORE DELETE ON ledger_node
BEGIN SELECT RAISE(ABORT, 'the ledger never forgets: DELETE refused'); END;

CREATE TRIGGER ledger_checkpoint_is_never_replaced BEFORE INSERT ON ledger_checkpoint
WHEN EXISTS (SELECT 1 FROM ledger_checkpoint WHERE size = NEW.size)
BEGIN SELECT RAISE(ABORT, 'the ledger never changes: checkpoint is there already'); END;

CREATE TRIGGER ledger_checkpoint_never_changes BEFORE UPDATE ON ledger_checkpoint
BEGIN SELECT RAISE(ABORT, 'the ledger never changes: UPDATE refused'); END;

CREATE TRIGGER ledger_checkpoint_is_never_deleted BEFORE DELETE ON ledger_checkpoint
BEGIN SELECT RAISE(ABORT, 'the ledger never forgets: DELETE refused'); END;

CREATE TRIGGER blob_is_never_replaced BEFORE INSERT ON blob
WHEN EXISTS (SELECT 1 FROM blob WHERE digest = NEW.digest)
BEGIN SELECT RAISE(ABORT, 'content is there already'); END;

CREATE TRIGGER blob_never_changes BEFORE UPDATE ON blob
BEGIN SELECT RAISE(ABORT, 'content never changes: UPDATE refused'); END;

CREATE TRIGGER blob_is_never_deleted BEFORE DELETE ON blob
BEGIN SELECT RAISE(ABORT, 'content is never deleted: DELETE refused'); END;

CREATE TRIGGER person_never_changes BEFORE UPDATE ON person
BEGIN SELECT RAISE(ABORT, 'a seal belongs to one name: UPDATE refused'); END;
