-- Serial numbers that several stations share: the plant hands them out in blocks, and a station uses nothing but its blocks.

ALTER TABLE work_order ADD COLUMN serial_shared INTEGER NOT NULL DEFAULT 0 CHECK (serial_shared IN (0, 1));

CREATE TABLE serial_block (
    seq        INTEGER PRIMARY KEY,                      -- of serials.granted
    work_order TEXT NOT NULL REFERENCES work_order (id),
    first      INTEGER NOT NULL CHECK (first >= 0),
    last       INTEGER NOT NULL CHECK (last >= first),
    next       INTEGER NOT NULL CHECK (next BETWEEN first AND last + 1) -- the next never leased
) STRICT;
CREATE UNIQUE INDEX serial_block_begins_once ON serial_block (work_order, first);

CREATE TRIGGER serial_block_keeps_its_numbers BEFORE UPDATE ON serial_block
WHEN NEW.seq IS NOT OLD.seq OR NEW.work_order IS NOT OLD.work_order OR NEW.first IS NOT OLD.first
    OR NEW.last IS NOT OLD.last OR NEW.next < OLD.next
BEGIN SELECT RAISE(ABORT, 'a block of serial numbers stays as it was granted'); END;

CREATE TRIGGER serial_block_is_never_deleted BEFORE DELETE ON serial_block
BEGIN SELECT RAISE(ABORT, 'a block of serial numbers is never deleted'); END;
