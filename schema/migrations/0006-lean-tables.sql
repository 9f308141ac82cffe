-- The same facts in a quarter of the room. Entries that nobody changes any more are kept packed, 256 at a time; what
-- thousands of runs share (texts, digests, images, versions) is one row that they refer to. The projections are empty
-- after this file and are filled again from the ledger.

-- Sealed entries: 256 of them, aligned to the tree's tiles, in place of their 256 rows of ledger_entry. Their leaf hashes
-- are not kept: the hash over the 256 is in ledger_node, and whoever wants one computes it.
CREATE TABLE ledger_bundle (
    number INTEGER PRIMARY KEY CHECK (number >= 0),      -- holds the entries 256 * number to 256 * number + 255
    size   INTEGER NOT NULL CHECK (size > 0),            -- bytes of the text
    bytes  BLOB NOT NULL                                 -- zlib stream (RFC 1950) of the text: a JSON list of the entries, each on a line
) STRICT;

CREATE TRIGGER ledger_bundle_takes_the_next_signed_entries BEFORE INSERT ON ledger_bundle
WHEN NEW.number IS NOT (SELECT coalesce(max(number) + 1, 0) FROM ledger_bundle)
    OR (SELECT count(*) FROM ledger_entry WHERE seq BETWEEN NEW.number * 256 AND NEW.number * 256 + 255) <> 256
    OR NOT EXISTS (SELECT 1 FROM ledger_checkpoint WHERE size >= NEW.number * 256 + 256)
BEGIN SELECT RAISE(ABORT, 'the next 256 entries are sealed, when they are there and signed'); END;

CREATE TRIGGER ledger_bundle_never_changes BEFORE UPDATE ON ledger_bundle
BEGIN SELECT RAISE(ABORT, 'the ledger never changes: UPDATE refused'); END;

CREATE TRIGGER ledger_bundle_is_never_deleted BEFORE DELETE ON ledger_bundle
BEGIN SELECT RAISE(ABORT, 'the ledger never forgets: DELETE refused'); END;

DROP TRIGGER ledger_entry_goes_to_the_end;
CREATE TRIGGER ledger_entry_goes_to_the_end BEFORE INSERT ON ledger_entry
WHEN NEW.seq IS NOT coalesce((SELECT max(seq) + 1 FROM ledger_entry),
    (SELECT max(number) * 256 + 256 FROM ledger_bundle), 0)
BEGIN SELECT RAISE(ABORT, 'the ledger takes entries at its end only'); END;

DROP TRIGGER ledger_entry_is_never_deleted;
CREATE TRIGGER ledger_entry_goes_only_when_sealed BEFORE DELETE ON ledger_entry
WHEN NOT EXISTS (SELECT 1 FROM ledger_bundle WHERE number = OLD.seq / 256)
BEGIN SELECT RAISE(ABORT, 'the ledger never forgets: DELETE refused'); END;

-- The words for kinds of entries. Those from 20 on are rare enough for an index.
CREATE TABLE ledger_kind (
    id   INTEGER PRIMARY KEY,
    word TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO ledger_kind (id, word) VALUES
    (0, 'act.intended'), (1, 'act.finished'), (2, 'step.finished'), (3, 'run.started'), (4, 'unit.identified'),
    (5, 'run.finished'), (6, 'blessing.answered'), (7, 'serial.leased'), (8, 'serial.confirmed'), (9, 'label.printed'),
    (10, 'attachment.added'), (20, 'station.created'), (21, 'station.started'), (22, 'station.stopped'),
    (23, 'content.stored'), (24, 'order.opened'), (25, 'order.closed'), (26, 'serials.granted'), (27, 'serial.returned'),
    (28, 'unit.quarantined'), (29, 'unit.released'), (30, 'clock.set_back'), (31, 'note'), (32, 'person.acted'),
    (33, 'person.forgotten'), (34, 'configuration.changed'), (35, 'order.locked'), (36, 'order.unlocked'),
    (37, 'key.changed'), (38, 'clock.doubted');

DROP VIEW units;
DROP VIEW runs;
DROP VIEW steps;
DROP VIEW measurements;
DROP VIEW ledger;
DROP TABLE measurement;
DROP TABLE step;
DROP TABLE act;
DROP TABLE label;
DROP TABLE attachment;
DROP TABLE identification;
DROP TABLE run_image;
DROP TABLE device_image;
DROP TABLE quarantine;
DROP TABLE note;
DROP TABLE serial_lease;
DROP TABLE run;
DROP TABLE device;
DROP TABLE event;

-- Texts that come again and again. The hash finds them: the first eight bytes of the text's SHA-256.
CREATE TABLE phrase (
    id   INTEGER PRIMARY KEY,
    hash INTEGER NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE INDEX phrase_by_hash ON phrase (hash);

-- Flash images, in sets: what a plan writes, what was verified in a unit.
CREATE TABLE image (
    image_set INTEGER NOT NULL REFERENCES phrase (id),   -- the phrase that lists the set
    address   INTEGER NOT NULL,
    name      TEXT NOT NULL,
    digest    TEXT NOT NULL CHECK (length(digest) = 64),
    size      INTEGER NOT NULL,
    PRIMARY KEY (image_set, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX image_by_digest ON image (digest);

-- What a module says of itself and shares with thousands.
CREATE TABLE module (
    id          INTEGER PRIMARY KEY,
    imp_os      TEXT NOT NULL,
    flash_jedec TEXT NOT NULL,
    flash_bytes INTEGER NOT NULL,
    UNIQUE (imp_os, flash_jedec, flash_bytes)
) STRICT;

-- WiFi NVRAM images, with what the module returned for them.
CREATE TABLE nvram (
    id     INTEGER PRIMARY KEY,
    digest TEXT NOT NULL CHECK (length(digest) = 64),
    token  TEXT
) STRICT;
CREATE INDEX nvram_by_digest ON nvram (digest);

-- What runs have in common: who did what with which means.
CREATE TABLE run_setup (
    id          INTEGER PRIMARY KEY,
    sku         TEXT NOT NULL,
    sku_digest  TEXT NOT NULL CHECK (length(sku_digest) = 64),
    plan_digest TEXT NOT NULL CHECK (length(plan_digest) = 64),
    market      TEXT,
    operator    TEXT CHECK (length(operator) = 64),      -- seal of a person
    fixture     TEXT NOT NULL,
    program     TEXT NOT NULL,
    firmware    TEXT CHECK (length(firmware) = 64),      -- SHA-256 of the factory firmware with its libraries
    images      INTEGER REFERENCES phrase (id)           -- the set that the plan writes; nothing: none
) STRICT;
CREATE INDEX run_setup_by_plan ON run_setup (plan_digest);
CREATE INDEX run_setup_by_sku ON run_setup (sku);
CREATE INDEX run_setup_by_operator ON run_setup (operator) WHERE operator IS NOT NULL;
CREATE INDEX run_setup_by_firmware ON run_setup (firmware) WHERE firmware IS NOT NULL;
CREATE INDEX run_setup_by_images ON run_setup (images) WHERE images IS NOT NULL;

-- Every entry but steps (those are in `step`): what happened when.
CREATE TABLE event (
    seq    INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    kind   INTEGER NOT NULL REFERENCES ledger_kind (id),
    run    INTEGER,
    device INTEGER                                       -- unless it is the run's
) STRICT;
CREATE INDEX event_of_rare_kind ON event (kind) WHERE kind >= 20;
CREATE INDEX event_by_device ON event (device) WHERE device IS NOT NULL;

-- A run's entries lie between its first and its last one; these came after it.
CREATE TABLE late_event (
    run INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE device (
    id           INTEGER PRIMARY KEY,                    -- seq of the entry that first identified it
    device_id    TEXT NOT NULL UNIQUE CHECK (length(device_id) = 16 AND device_id NOT GLOB '*[^0-9a-f]*'),
    mac          TEXT NOT NULL UNIQUE CHECK (length(mac) = 12 AND mac NOT GLOB '*[^0-9a-f]*'),
    module       INTEGER NOT NULL REFERENCES module (id),
    region       TEXT CHECK (length(region) = 8 AND region NOT GLOB '*[^0-9A-F]*'),
    channels     TEXT,
    region_seq   INTEGER,
    nvram        INTEGER REFERENCES nvram (id),
    nvram_seq    INTEGER,
    images       INTEGER REFERENCES phrase (id),         -- the set that was verified in it
    blessed_seq  INTEGER,
    blessed_at   INTEGER,
    blessed_run  INTEGER REFERENCES run (id) DEFERRABLE INITIALLY DEFERRED,
    sku          TEXT,                                   -- as blessed
    market       TEXT,
    serial       TEXT UNIQUE,                            -- as confirmed
    quarantine   INTEGER,                                -- seq of the quarantine it is in
    CHECK ((region IS NULL) = (region_seq IS NULL)),
    CHECK ((nvram IS NULL) = (nvram_seq IS NULL)),
    CHECK ((blessed_seq IS NULL) = (blessed_at IS NULL) AND (blessed_seq IS NULL) = (blessed_run IS NULL))
) STRICT;
CREATE INDEX device_by_nvram ON device (nvram) WHERE nvram IS NOT NULL;
CREATE INDEX device_by_images ON device (images) WHERE images IS NOT NULL;
CREATE INDEX device_by_blessing ON device (blessed_at) WHERE blessed_at IS NOT NULL;

CREATE TABLE run (
    id           INTEGER PRIMARY KEY,
    started_at   INTEGER NOT NULL,
    slot         INTEGER NOT NULL,
    work_order   TEXT REFERENCES work_order (id),
    setup        INTEGER NOT NULL REFERENCES run_setup (id),
    scanned_code TEXT,
    retest_of    INTEGER REFERENCES run (id),
    device       INTEGER REFERENCES device (id),
    blessing     TEXT CHECK (blessing IN ('testFailed', 'blessed', 'refused', 'noAnswer')),
    blessing_seq INTEGER,
    finished_seq INTEGER,
    finished_at  INTEGER,
    outcome      TEXT CHECK (outcome IN ('passed', 'failed', 'refused', 'aborted', 'quarantined', 'error')),
    code         TEXT,
    reason       TEXT,
    failed_step  TEXT,
    CHECK ((blessing IS NULL) = (blessing_seq IS NULL)),
    CHECK ((outcome IS NULL) = (finished_seq IS NULL) AND (outcome IS NULL) = (finished_at IS NULL)),
    CHECK (outcome IS NOT 'passed' OR (blessing IS 'blessed' AND device IS NOT NULL))
) STRICT;
CREATE INDEX run_by_device ON run (device);
CREATE INDEX run_by_order ON run (work_order) WHERE work_order IS NOT NULL;
CREATE INDEX run_by_start ON run (started_at);
CREATE INDEX run_by_setup ON run (setup);
CREATE INDEX run_by_code ON run (code) WHERE code IS NOT NULL;
CREATE INDEX run_unfinished ON run (id) WHERE outcome IS NULL;
CREATE UNIQUE INDEX run_of_a_device_is_one_at_a_time ON run (device) WHERE outcome IS NULL;

CREATE TABLE identification (
    run      INTEGER NOT NULL REFERENCES run (id),
    seq      INTEGER NOT NULL,
    device   INTEGER NOT NULL REFERENCES device (id),
    module   INTEGER NOT NULL REFERENCES module (id),
    warnings INTEGER REFERENCES phrase (id),             -- JSON list; nothing: none
    PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;

-- What was going to be done to a unit, and what became of it. No outcome, or 'unknown': the device has to be asked.
CREATE TABLE act (
    run           INTEGER NOT NULL REFERENCES run (id),
    number        INTEGER NOT NULL,
    kind          INTEGER NOT NULL REFERENCES phrase (id),
    intent_seq    INTEGER NOT NULL,
    intent_at     INTEGER NOT NULL,
    intent_detail INTEGER NOT NULL REFERENCES phrase (id), -- JSON object
    result_seq    INTEGER,
    result_at     INTEGER,
    outcome       TEXT CHECK (outcome IN ('ok', 'failed', 'unknown')),
    result_detail INTEGER REFERENCES phrase (id),        -- JSON object
    effect        INTEGER REFERENCES phrase (id),        -- JSON object: what was read back
    PRIMARY KEY (run, number),
    CHECK ((outcome IS NULL) = (result_seq IS NULL) AND (outcome IS NULL) = (result_at IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE step (
    seq        INTEGER PRIMARY KEY,
    run        INTEGER NOT NULL REFERENCES run (id),
    name       INTEGER NOT NULL REFERENCES step_name (id),
    attempt    INTEGER NOT NULL CHECK (attempt >= 1),
    outcome    INTEGER NOT NULL CHECK (outcome BETWEEN 1 AND 4), -- 1 passed, 2 failed, 3 skipped, 4 error
    started_ms INTEGER NOT NULL,
    ended_ms   INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    message    TEXT
) STRICT;
CREATE INDEX step_by_run ON step (run);

CREATE TABLE measurement (
    step      INTEGER NOT NULL REFERENCES step (seq),
    position  INTEGER NOT NULL,
    measurand INTEGER NOT NULL REFERENCES measurand (id),
    value     ANY NOT NULL,                              -- REAL, TEXT, or INTEGER 0/1 for false/true
    outcome   INTEGER NOT NULL CHECK (outcome BETWEEN 1 AND 3), -- 1 passed, 2 failed, 3 not judged
    PRIMARY KEY (step, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE attachment (
    run        INTEGER NOT NULL REFERENCES run (id),
    seq        INTEGER NOT NULL,
    step       TEXT,
    name       TEXT NOT NULL,
    digest     TEXT NOT NULL CHECK (length(digest) = 64),
    size       INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE label (
    run         INTEGER NOT NULL REFERENCES run (id),
    seq         INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    serial      TEXT,
    digest      BLOB NOT NULL CHECK (length(digest) = 32),
    destination TEXT NOT NULL,
    PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE serial_lease (
    seq        INTEGER PRIMARY KEY,                      -- of serial.leased
    serial     TEXT NOT NULL,
    work_order TEXT NOT NULL REFERENCES work_order (id),
    device     INTEGER NOT NULL REFERENCES device (id),
    state      TEXT NOT NULL CHECK (state IN ('leased', 'confirmed', 'returned')),
    number     INTEGER,                                  -- within the order's range
    ended_seq  INTEGER,                                  -- of serial.confirmed or serial.returned
    CHECK ((state = 'leased') = (ended_seq IS NULL))
) STRICT;
CREATE UNIQUE INDEX serial_is_used_once ON serial_lease (serial) WHERE state <> 'returned';
CREATE UNIQUE INDEX serial_of_a_device_is_one ON serial_lease (device, work_order) WHERE state <> 'returned';
CREATE INDEX serial_lease_ended ON serial_lease (serial) WHERE state = 'returned';
CREATE INDEX serial_lease_returned ON serial_lease (work_order, number) WHERE state = 'returned';
CREATE INDEX serial_lease_returned_by ON serial_lease (device) WHERE state = 'returned';

CREATE TABLE quarantine (
    seq            INTEGER PRIMARY KEY,
    at             INTEGER NOT NULL,
    device         INTEGER NOT NULL REFERENCES device (id),
    run            INTEGER REFERENCES run (id),
    by_whom        TEXT NOT NULL CHECK (length(by_whom) = 64),
    reason         TEXT NOT NULL,
    released_seq   INTEGER UNIQUE,
    released_at    INTEGER,
    released_by    TEXT CHECK (length(released_by) = 64),
    release_reason TEXT
) STRICT;
CREATE UNIQUE INDEX quarantine_of_a_device_is_one ON quarantine (device) WHERE released_seq IS NULL;
CREATE INDEX quarantine_by_device ON quarantine (device);

CREATE TABLE note (
    seq     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    text    TEXT NOT NULL,
    by_whom TEXT CHECK (length(by_whom) = 64),
    run     INTEGER REFERENCES run (id),
    device  TEXT
) STRICT;
CREATE INDEX note_by_run ON note (run) WHERE run IS NOT NULL;
CREATE INDEX note_by_device ON note (device) WHERE device IS NOT NULL;

-- A unit that is blessed keeps what it was blessed with.
CREATE TRIGGER device_keeps_its_blessing BEFORE UPDATE ON device
WHEN OLD.blessed_seq IS NOT NULL AND (
    NEW.region IS NOT OLD.region OR NEW.channels IS NOT OLD.channels OR NEW.nvram IS NOT OLD.nvram
    OR NEW.images IS NOT OLD.images OR NEW.blessed_seq IS NOT OLD.blessed_seq
    OR NEW.blessed_at IS NOT OLD.blessed_at OR NEW.blessed_run IS NOT OLD.blessed_run
    OR NEW.sku IS NOT OLD.sku OR NEW.market IS NOT OLD.market)
BEGIN SELECT RAISE(ABORT, 'region, NVRAM, images and blessing of a blessed device cannot change'); END;

CREATE TRIGGER device_keeps_its_identity BEFORE UPDATE ON device
WHEN NEW.id IS NOT OLD.id OR NEW.device_id IS NOT OLD.device_id OR NEW.mac IS NOT OLD.mac
    OR (OLD.serial IS NOT NULL AND NEW.serial IS NOT OLD.serial)
BEGIN SELECT RAISE(ABORT, 'identity and serial number of a device cannot change'); END;

CREATE TRIGGER device_is_never_deleted BEFORE DELETE ON device
BEGIN SELECT RAISE(ABORT, 'a device is never deleted'); END;

-- INSERT OR REPLACE deletes without a DELETE trigger; these tables are the ones that matter for a unit's legal state.
CREATE TRIGGER device_is_never_replaced BEFORE INSERT ON device
WHEN EXISTS (SELECT 1 FROM device WHERE id = NEW.id OR device_id = NEW.device_id OR mac = NEW.mac OR serial = NEW.serial)
BEGIN SELECT RAISE(ABORT, 'a device with this identity is there already'); END;

CREATE TRIGGER run_is_never_replaced BEFORE INSERT ON run
WHEN EXISTS (SELECT 1 FROM run WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the run is there already'); END;

CREATE TRIGGER serial_lease_is_never_replaced BEFORE INSERT ON serial_lease
WHEN EXISTS (SELECT 1 FROM serial_lease WHERE seq = NEW.seq OR (serial = NEW.serial AND state <> 'returned'))
BEGIN SELECT RAISE(ABORT, 'the serial number is in use already'); END;

-- What many refer to changes for none of them.
CREATE TRIGGER phrase_never_changes BEFORE UPDATE ON phrase
BEGIN SELECT RAISE(ABORT, 'what others refer to never changes'); END;
CREATE TRIGGER phrase_is_never_deleted BEFORE DELETE ON phrase
BEGIN SELECT RAISE(ABORT, 'what others refer to is never deleted'); END;
CREATE TRIGGER phrase_is_never_replaced BEFORE INSERT ON phrase
WHEN EXISTS (SELECT 1 FROM phrase WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'what others refer to is there already'); END;
CREATE TRIGGER image_never_changes BEFORE UPDATE ON image
BEGIN SELECT RAISE(ABORT, 'what others refer to never changes'); END;
CREATE TRIGGER image_is_never_deleted BEFORE DELETE ON image
BEGIN SELECT RAISE(ABORT, 'what others refer to is never deleted'); END;
CREATE TRIGGER image_is_never_replaced BEFORE INSERT ON image
WHEN EXISTS (SELECT 1 FROM image WHERE image_set = NEW.image_set AND address = NEW.address)
BEGIN SELECT RAISE(ABORT, 'what others refer to is there already'); END;
CREATE TRIGGER module_never_changes BEFORE UPDATE ON module
BEGIN SELECT RAISE(ABORT, 'what others refer to never changes'); END;
CREATE TRIGGER module_is_never_deleted BEFORE DELETE ON module
BEGIN SELECT RAISE(ABORT, 'what others refer to is never deleted'); END;
CREATE TRIGGER module_is_never_replaced BEFORE INSERT ON module
WHEN EXISTS (SELECT 1 FROM module WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'what others refer to is there already'); END;
CREATE TRIGGER nvram_never_changes BEFORE UPDATE ON nvram
BEGIN SELECT RAISE(ABORT, 'what others refer to never changes'); END;
CREATE TRIGGER nvram_is_never_deleted BEFORE DELETE ON nvram
BEGIN SELECT RAISE(ABORT, 'what others refer to is never deleted'); END;
CREATE TRIGGER nvram_is_never_replaced BEFORE INSERT ON nvram
WHEN EXISTS (SELECT 1 FROM nvram WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'what others refer to is there already'); END;
CREATE TRIGGER run_setup_never_changes BEFORE UPDATE ON run_setup
BEGIN SELECT RAISE(ABORT, 'what others refer to never changes'); END;
CREATE TRIGGER run_setup_is_never_deleted BEFORE DELETE ON run_setup
BEGIN SELECT RAISE(ABORT, 'what others refer to is never deleted'); END;
CREATE TRIGGER run_setup_is_never_replaced BEFORE INSERT ON run_setup
WHEN EXISTS (SELECT 1 FROM run_setup WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'what others refer to is there already'); END;

-- The one thing that may be learnt later is the answer to a blessing that nobody heard.
CREATE TRIGGER run_keeps_its_end BEFORE UPDATE ON run
WHEN OLD.outcome IS NOT NULL AND (OLD.blessing IS NOT 'noAnswer' OR NEW.outcome IS NOT OLD.outcome
    OR NEW.code IS NOT OLD.code OR NEW.reason IS NOT OLD.reason OR NEW.failed_step IS NOT OLD.failed_step
    OR NEW.finished_at IS NOT OLD.finished_at OR NEW.finished_seq IS NOT OLD.finished_seq)
BEGIN SELECT RAISE(ABORT, 'a finished run cannot change'); END;

CREATE TRIGGER run_keeps_its_beginning BEFORE UPDATE ON run
WHEN NEW.id IS NOT OLD.id OR NEW.started_at IS NOT OLD.started_at OR NEW.setup IS NOT OLD.setup
    OR NEW.work_order IS NOT OLD.work_order
    OR (OLD.device IS NOT NULL AND NEW.device IS NOT OLD.device)
    OR (OLD.blessing IN ('blessed', 'refused', 'testFailed') AND NEW.blessing IS NOT OLD.blessing)
BEGIN SELECT RAISE(ABORT, 'what a run started with, its unit and its blessing cannot change'); END;

CREATE TRIGGER run_is_never_deleted BEFORE DELETE ON run
BEGIN SELECT RAISE(ABORT, 'a run is never deleted'); END;

CREATE TRIGGER act_keeps_its_result BEFORE UPDATE ON act
WHEN OLD.outcome IN ('ok', 'failed') OR NEW.kind IS NOT OLD.kind OR NEW.intent_seq IS NOT OLD.intent_seq
    OR NEW.intent_detail IS NOT OLD.intent_detail
BEGIN SELECT RAISE(ABORT, 'an intent, and a result that is known, cannot change'); END;

CREATE TRIGGER act_is_never_deleted BEFORE DELETE ON act
BEGIN SELECT RAISE(ABORT, 'an act is never deleted'); END;

CREATE TRIGGER step_never_changes BEFORE UPDATE ON step
BEGIN SELECT RAISE(ABORT, 'a step never changes'); END;

CREATE TRIGGER step_is_never_deleted BEFORE DELETE ON step
BEGIN SELECT RAISE(ABORT, 'a step is never deleted'); END;

CREATE TRIGGER measurement_never_changes BEFORE UPDATE ON measurement
BEGIN SELECT RAISE(ABORT, 'a measurement never changes'); END;

CREATE TRIGGER measurement_is_never_deleted BEFORE DELETE ON measurement
BEGIN SELECT RAISE(ABORT, 'a measurement is never deleted'); END;

CREATE TRIGGER serial_lease_keeps_its_end BEFORE UPDATE ON serial_lease
WHEN OLD.state <> 'leased' OR NEW.serial IS NOT OLD.serial OR NEW.device IS NOT OLD.device
    OR NEW.work_order IS NOT OLD.work_order
BEGIN SELECT RAISE(ABORT, 'a serial number that was confirmed or returned stays so'); END;

CREATE TRIGGER serial_lease_is_never_deleted BEFORE DELETE ON serial_lease
BEGIN SELECT RAISE(ABORT, 'a serial number is never deleted'); END;

-- For people with a sqlite3 prompt: the same facts in words.

CREATE VIEW units AS
SELECT d.device_id, d.mac, d.serial, d.sku, d.market, d.region, d.channels, w.digest AS nvram,
    strftime('%Y-%m-%dT%H:%M:%fZ', d.blessed_at / 1000.0, 'unixepoch') AS blessed, d.blessed_run,
    (SELECT count(*) FROM run r WHERE r.device = d.id) AS runs, d.quarantine IS NOT NULL AS in_quarantine
FROM device d LEFT JOIN nvram w ON w.id = d.nvram;

CREATE VIEW runs AS
SELECT r.id AS run, strftime('%Y-%m-%dT%H:%M:%fZ', r.started_at / 1000.0, 'unixepoch') AS started, r.slot, r.work_order,
    u.sku, u.market, d.device_id, d.mac, d.serial, r.outcome, r.blessing, r.code, r.failed_step, r.reason,
    p.name AS operator
FROM run r LEFT JOIN run_setup u ON u.id = r.setup LEFT JOIN device d ON d.id = r.device
    LEFT JOIN person p ON p.seal = u.operator;

CREATE VIEW steps AS
SELECT s.seq, s.run, n.name AS step, s.attempt,
    CASE s.outcome WHEN 1 THEN 'passed' WHEN 2 THEN 'failed' WHEN 3 THEN 'skipped' WHEN 4 THEN 'error' END AS outcome,
    s.started_ms, s.ended_ms - s.started_ms AS duration_ms, s.message
FROM step s JOIN step_name n ON n.id = s.name;

CREATE VIEW measurements AS
SELECT s.run, n.name AS step, s.attempt, m.name AS measurement, v.value, m.unit, m.low, m.high, m.equals, m.matches,
    CASE v.outcome WHEN 1 THEN 'passed' WHEN 2 THEN 'failed' WHEN 3 THEN 'notJudged' END AS outcome, s.seq
FROM measurement v JOIN measurand m ON m.id = v.measurand JOIN step s ON s.seq = v.step JOIN step_name n ON n.id = s.name;

CREATE VIEW acts AS
SELECT a.run, a.number, k.text AS act, strftime('%Y-%m-%dT%H:%M:%fZ', a.intent_at / 1000.0, 'unixepoch') AS intended,
    i.text AS detail, a.outcome, o.text AS result, e.text AS effect
FROM act a JOIN phrase k ON k.id = a.kind JOIN phrase i ON i.id = a.intent_detail
    LEFT JOIN phrase o ON o.id = a.result_detail LEFT JOIN phrase e ON e.id = a.effect;

-- The whole ledger in the sqlite3 shell, whose sqlar_uncompress opens what is sealed.
CREATE VIEW ledger AS
SELECT seq, strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(entry, '$.at') / 1000.0, 'unixepoch') AS at,
    json_extract(entry, '$.kind') AS kind, json_extract(entry, '$.record') AS record
FROM (SELECT b.number * 256 + j.key AS seq, j.value AS entry
        FROM ledger_bundle b, json_each(CAST(sqlar_uncompress(b.bytes, b.size) AS TEXT)) j
    UNION ALL SELECT seq, CAST(entry AS TEXT) FROM ledger_entry);
