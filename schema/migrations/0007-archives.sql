-- Old entries may leave for a file of their own, which is a station's record by itself. What the file holds is written down
-- first; what stays here is what tells units, serial numbers and orders apart, and the tree.

INSERT INTO ledger_kind (id, word) VALUES (39, 'archive.written');

CREATE TABLE archive (
    seq     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    entries INTEGER NOT NULL CHECK (entries >= 0 AND entries % 256 = 0), -- those below are in the file and may leave
    digest  TEXT NOT NULL CHECK (length(digest) = 64),   -- SHA-256 of the file
    bytes   INTEGER NOT NULL,
    file    TEXT NOT NULL                                -- its name, without a folder
) STRICT;

CREATE TRIGGER archive_never_changes BEFORE UPDATE ON archive
BEGIN SELECT RAISE(ABORT, 'what was archived stays so'); END;
CREATE TRIGGER archive_is_never_deleted BEFORE DELETE ON archive
BEGIN SELECT RAISE(ABORT, 'what was archived stays so'); END;
CREATE TRIGGER archive_is_never_replaced BEFORE INSERT ON archive
WHEN EXISTS (SELECT 1 FROM archive WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'what was archived stays so'); END;

DROP TRIGGER ledger_bundle_is_never_deleted;
CREATE TRIGGER ledger_bundle_goes_only_when_archived BEFORE DELETE ON ledger_bundle
WHEN NOT EXISTS (SELECT 1 FROM archive WHERE entries > OLD.number * 256)
BEGIN SELECT RAISE(ABORT, 'the ledger never forgets: DELETE refused'); END;

DROP TRIGGER act_is_never_deleted;
CREATE TRIGGER act_goes_only_when_archived BEFORE DELETE ON act
WHEN NOT EXISTS (SELECT 1 FROM run r JOIN archive a ON a.entries > r.finished_seq WHERE r.id = OLD.run)
BEGIN SELECT RAISE(ABORT, 'an act is never deleted'); END;

DROP TRIGGER step_is_never_deleted;
CREATE TRIGGER step_goes_only_when_archived BEFORE DELETE ON step
WHEN NOT EXISTS (SELECT 1 FROM archive WHERE entries > OLD.seq)
BEGIN SELECT RAISE(ABORT, 'a step is never deleted'); END;

DROP TRIGGER measurement_is_never_deleted;
CREATE TRIGGER measurement_goes_only_when_archived BEFORE DELETE ON measurement
WHEN NOT EXISTS (SELECT 1 FROM archive WHERE entries > OLD.step)
BEGIN SELECT RAISE(ABORT, 'a measurement is never deleted'); END;
