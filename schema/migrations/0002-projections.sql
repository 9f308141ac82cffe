-- Projections: what the ledger says, laid out for questions. Each row can be made again from the entries, and
-- `audit verify` does so and compares. `seq` columns name the entry that a row comes from; `at` is UTC in milliseconds;
-- *_ms is milliseconds on the slot's own clock. A run's id is the sequence number of its run.started entry.

CREATE TABLE station (
    seq        INTEGER PRIMARY KEY CHECK (seq = 0),
    name       TEXT NOT NULL,
    vkey       TEXT NOT NULL,                            -- C2SP verifier key
    program    TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- Every entry but steps (those are in `step`): what happened when, to which run and unit.
CREATE TABLE event (
    seq    INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    kind   TEXT NOT NULL,
    run    INTEGER,
    device TEXT
) STRICT;
CREATE INDEX event_by_kind ON event (kind);
CREATE INDEX event_by_run ON event (run) WHERE run IS NOT NULL;
CREATE INDEX event_by_device ON event (device) WHERE device IS NOT NULL;

CREATE TABLE session (
    seq         INTEGER PRIMARY KEY,                     -- of station.started
    started_at  INTEGER NOT NULL,
    program     TEXT NOT NULL,
    detail      TEXT NOT NULL,                           -- JSON object
    stopped_seq INTEGER UNIQUE,
    stopped_at  INTEGER,
    reason      TEXT
) STRICT;

CREATE TABLE clock_set_back (
    seq     INTEGER PRIMARY KEY,
    from_at INTEGER NOT NULL,
    to_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE content (
    digest     TEXT NOT NULL CHECK (length(digest) = 64),
    name       TEXT NOT NULL,
    size       INTEGER NOT NULL CHECK (size >= 0),
    media_type TEXT NOT NULL,
    seq        INTEGER NOT NULL UNIQUE,
    PRIMARY KEY (digest, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE work_order (
    id            TEXT PRIMARY KEY,
    sku           TEXT NOT NULL,
    market        TEXT,
    quantity      INTEGER NOT NULL CHECK (quantity > 0),
    opened_seq    INTEGER NOT NULL UNIQUE,
    opened_at     INTEGER NOT NULL,
    serial_prefix TEXT,
    serial_suffix TEXT,
    serial_width  INTEGER CHECK (serial_width BETWEEN 1 AND 15),
    serial_first  INTEGER CHECK (serial_first >= 0),
    serial_last   INTEGER CHECK (serial_last >= serial_first),
    serial_next   INTEGER CHECK (serial_next BETWEEN serial_first AND serial_last + 1), -- the next never leased
    blessed       INTEGER NOT NULL CHECK (blessed >= 0), -- may pass the quantity when an unheard answer is learnt late
    failed        INTEGER NOT NULL CHECK (failed >= 0),  -- runs that ended otherwise than passed
    closed_seq    INTEGER UNIQUE,
    close_reason  TEXT,
    CHECK ((serial_prefix IS NULL) = (serial_suffix IS NULL))
) STRICT;

CREATE TABLE device (
    id           INTEGER PRIMARY KEY,                    -- seq of the entry that first identified it
    device_id    TEXT NOT NULL UNIQUE CHECK (length(device_id) = 16 AND device_id NOT GLOB '*[^0-9a-f]*'),
    mac          TEXT NOT NULL UNIQUE CHECK (length(mac) = 12 AND mac NOT GLOB '*[^0-9a-f]*'),
    imp_os       TEXT NOT NULL,
    flash_jedec  TEXT NOT NULL,
    flash_bytes  INTEGER NOT NULL,
    region       TEXT CHECK (length(region) = 8 AND region NOT GLOB '*[^0-9A-F]*'),
    channels     TEXT,
    region_seq   INTEGER,
    nvram        TEXT CHECK (length(nvram) = 64),
    nvram_token  TEXT,
    nvram_seq    INTEGER,
    blessed_seq  INTEGER UNIQUE,
    blessed_at   INTEGER,
    blessed_run  INTEGER UNIQUE REFERENCES run (id) DEFERRABLE INITIALLY DEFERRED,
    sku          TEXT,                                   -- as blessed
    market       TEXT,
    serial       TEXT UNIQUE,                            -- as confirmed
    quarantine   INTEGER,                                -- seq of the quarantine it is in
    CHECK ((region IS NULL) = (region_seq IS NULL)),
    CHECK ((nvram IS NULL) = (nvram_seq IS NULL)),
    CHECK ((blessed_seq IS NULL) = (blessed_at IS NULL) AND (blessed_seq IS NULL) = (blessed_run IS NULL))
) STRICT;

CREATE INDEX device_by_nvram ON device (nvram) WHERE nvram IS NOT NULL;
CREATE INDEX device_by_blessing ON device (blessed_at) WHERE blessed_at IS NOT NULL;

CREATE TABLE device_image (
    device  INTEGER NOT NULL REFERENCES device (id),
    address INTEGER NOT NULL,
    name    TEXT NOT NULL,
    digest  TEXT NOT NULL CHECK (length(digest) = 64),
    size    INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    PRIMARY KEY (device, address)
) STRICT, WITHOUT ROWID;

CREATE INDEX device_image_by_digest ON device_image (digest);

CREATE TABLE run (
    id           INTEGER PRIMARY KEY,
    started_at   INTEGER NOT NULL,
    slot         INTEGER NOT NULL,
    work_order   TEXT REFERENCES work_order (id),
    sku          TEXT NOT NULL,
    sku_digest   TEXT NOT NULL CHECK (length(sku_digest) = 64),
    plan_digest  TEXT NOT NULL CHECK (length(plan_digest) = 64),
    market       TEXT,
    operator     TEXT CHECK (length(operator) = 64),     -- seal of a person
    fixture      TEXT NOT NULL,
    program      TEXT NOT NULL,
    scanned_code TEXT,
    retest_of    INTEGER REFERENCES run (id),
    device       INTEGER REFERENCES device (id),
    blessing     TEXT CHECK (blessing IN ('testFailed', 'blessed', 'refused', 'noAnswer')),
    blessing_seq INTEGER UNIQUE,
    finished_seq INTEGER UNIQUE,
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
CREATE INDEX run_by_order ON run (work_order);
CREATE INDEX run_by_start ON run (started_at);
CREATE INDEX run_by_slot ON run (slot, started_at);
CREATE INDEX run_by_plan ON run (plan_digest);
CREATE INDEX run_by_code ON run (code) WHERE code IS NOT NULL;
CREATE INDEX run_by_operator ON run (operator) WHERE operator IS NOT NULL;
CREATE INDEX run_unfinished ON run (id) WHERE outcome IS NULL;
CREATE UNIQUE INDEX run_of_a_device_is_one_at_a_time ON run (device) WHERE outcome IS NULL;

CREATE TABLE run_image (
    run     INTEGER NOT NULL REFERENCES run (id),
    address INTEGER NOT NULL,
    name    TEXT NOT NULL,
    digest  TEXT NOT NULL CHECK (length(digest) = 64),
    size    INTEGER NOT NULL,
    PRIMARY KEY (run, address)
) STRICT, WITHOUT ROWID;

CREATE TABLE identification (
    seq         INTEGER PRIMARY KEY,
    run         INTEGER NOT NULL REFERENCES run (id),
    device      INTEGER NOT NULL REFERENCES device (id),
    imp_os      TEXT NOT NULL,
    flash_jedec TEXT NOT NULL,
    flash_bytes INTEGER NOT NULL,
    warnings    TEXT NOT NULL                            -- JSON list
) STRICT;
CREATE INDEX identification_by_run ON identification (run);

-- What was going to be done to a unit, and what became of it. No outcome, or 'unknown': the device has to be asked.
CREATE TABLE act (
    run           INTEGER NOT NULL REFERENCES run (id),
    number        INTEGER NOT NULL,
    kind          TEXT NOT NULL,
    intent_seq    INTEGER NOT NULL UNIQUE,
    intent_at     INTEGER NOT NULL,
    intent_detail TEXT NOT NULL,                         -- JSON object
    result_seq    INTEGER UNIQUE,
    result_at     INTEGER,
    outcome       TEXT CHECK (outcome IN ('ok', 'failed', 'unknown')),
    result_detail TEXT,                                  -- JSON object
    effect        TEXT,                                  -- JSON object: what was read back
    PRIMARY KEY (run, number),
    CHECK ((outcome IS NULL) = (result_seq IS NULL) AND (outcome IS NULL) = (result_at IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE step_name (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE step (
    seq        INTEGER PRIMARY KEY,
    run        INTEGER NOT NULL REFERENCES run (id),
    name       INTEGER NOT NULL REFERENCES step_name (id),
    attempt    INTEGER NOT NULL CHECK (attempt >= 1),
    outcome    INTEGER NOT NULL CHECK (outcome BETWEEN 1 AND 4), -- 1 passed, 2 failed, 3 skipped, 4 error
    started_ms INTEGER NOT NULL,
    ended_ms   INTEGER NOT NULL,
    message    TEXT
) STRICT;
CREATE INDEX step_by_run ON step (run);

-- What is measured, in which unit, against which limit: one row for all the measurements that share them.
CREATE TABLE measurand (
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL,
    unit    TEXT,
    low     REAL,
    high    REAL,
    equals  ANY,                                         -- REAL, TEXT, or INTEGER 0/1 for false/true
    matches TEXT
) STRICT;
CREATE INDEX measurand_by_name ON measurand (name);

CREATE TABLE measurement (
    step      INTEGER NOT NULL REFERENCES step (seq),
    position  INTEGER NOT NULL,
    measurand INTEGER NOT NULL REFERENCES measurand (id),
    value     ANY NOT NULL,                              -- REAL, TEXT, or INTEGER 0/1 for false/true
    outcome   INTEGER NOT NULL CHECK (outcome BETWEEN 1 AND 3), -- 1 passed, 2 failed, 3 not judged
    PRIMARY KEY (step, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE attachment (
    seq        INTEGER PRIMARY KEY,
    run        INTEGER NOT NULL REFERENCES run (id),
    step       TEXT,
    name       TEXT NOT NULL,
    digest     TEXT NOT NULL CHECK (length(digest) = 64),
    size       INTEGER NOT NULL,
    media_type TEXT NOT NULL
) STRICT;
CREATE INDEX attachment_by_run ON attachment (run);

CREATE TABLE label (
    seq         INTEGER PRIMARY KEY,
    at          INTEGER NOT NULL,
    run         INTEGER NOT NULL REFERENCES run (id),
    serial      TEXT,
    digest      TEXT NOT NULL CHECK (length(digest) = 64),
    destination TEXT NOT NULL
) STRICT;
CREATE INDEX label_by_run ON label (run);

CREATE TABLE serial_lease (
    seq        INTEGER PRIMARY KEY,                      -- of serial.leased
    serial     TEXT NOT NULL,
    work_order TEXT NOT NULL REFERENCES work_order (id),
    device     INTEGER NOT NULL REFERENCES device (id),
    state      TEXT NOT NULL CHECK (state IN ('leased', 'confirmed', 'returned')),
    number     INTEGER,                                  -- within the order's range
    ended_seq  INTEGER UNIQUE,                           -- of serial.confirmed or serial.returned
    CHECK ((state = 'leased') = (ended_seq IS NULL))
) STRICT;
CREATE UNIQUE INDEX serial_is_used_once ON serial_lease (serial) WHERE state <> 'returned';
CREATE UNIQUE INDEX serial_of_a_device_is_one ON serial_lease (device, work_order) WHERE state <> 'returned';
CREATE INDEX serial_lease_by_serial ON serial_lease (serial);
CREATE INDEX serial_lease_returned ON serial_lease (work_order, number) WHERE state = 'returned';

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

CREATE TABLE note (
    seq     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    text    TEXT NOT NULL,
    by_whom TEXT CHECK (length(by_whom) = 64),
    run     INTEGER REFERENCES run (id),
    device  TEXT
) STRICT;

-- A unit that is blessed keeps what it was blessed with.
CREATE TRIGGER device_keeps_its_blessing BEFORE UPDATE ON device
WHEN OLD.blessed_seq IS NOT NULL AND (
    NEW.region IS NOT OLD.region OR NEW.channels IS NOT OLD.channels OR NEW.nvram IS NOT OLD.nvram
    OR NEW.nvram_token IS NOT OLD.nvram_token OR NEW.blessed_seq IS NOT OLD.blessed_seq
    OR NEW.blessed_at IS NOT OLD.blessed_at OR NEW.blessed_run IS NOT OLD.blessed_run
    OR NEW.sku IS NOT OLD.sku OR NEW.market IS NOT OLD.market)
BEGIN SELECT RAISE(ABORT, 'region, NVRAM and blessing of a blessed device cannot change'); END;

CREATE TRIGGER device_keeps_its_identity BEFORE UPDATE ON device
WHEN NEW.id IS NOT OLD.id OR NEW.device_id IS NOT OLD.device_id OR NEW.mac IS NOT OLD.mac
    OR (OLD.serial IS NOT NULL AND NEW.serial IS NOT OLD.serial)
BEGIN SELECT RAISE(ABORT, 'identity and serial number of a device cannot change'); END;

CREATE TRIGGER device_is_never_deleted BEFORE DELETE ON device
BEGIN SELECT RAISE(ABORT, 'a device is never deleted'); END;

-- INSERT OR REPLACE deletes without a DELETE trigger; these three tables are the ones that matter for a unit's legal state.
CREATE TRIGGER device_is_never_replaced BEFORE INSERT ON device
WHEN EXISTS (SELECT 1 FROM device WHERE id = NEW.id OR device_id = NEW.device_id OR mac = NEW.mac OR serial = NEW.serial
    OR blessed_seq = NEW.blessed_seq OR blessed_run = NEW.blessed_run)
BEGIN SELECT RAISE(ABORT, 'a device with this identity is there already'); END;

CREATE TRIGGER run_is_never_replaced BEFORE INSERT ON run
WHEN EXISTS (SELECT 1 FROM run WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the run is there already'); END;

CREATE TRIGGER serial_lease_is_never_replaced BEFORE INSERT ON serial_lease
WHEN EXISTS (SELECT 1 FROM serial_lease WHERE seq = NEW.seq OR (serial = NEW.serial AND state <> 'returned'))
BEGIN SELECT RAISE(ABORT, 'the serial number is in use already'); END;

CREATE TRIGGER device_image_of_a_blessed_device_stays BEFORE UPDATE ON device_image
WHEN (SELECT blessed_seq FROM device WHERE id = OLD.device) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'the images of a blessed device cannot change'); END;

CREATE TRIGGER device_image_is_never_deleted BEFORE DELETE ON device_image
BEGIN SELECT RAISE(ABORT, 'an image record is never deleted'); END;

-- The one thing that may be learnt later is the answer to a blessing that nobody heard.
CREATE TRIGGER run_keeps_its_end BEFORE UPDATE ON run
WHEN OLD.outcome IS NOT NULL AND (OLD.blessing IS NOT 'noAnswer' OR NEW.outcome IS NOT OLD.outcome
    OR NEW.code IS NOT OLD.code OR NEW.reason IS NOT OLD.reason OR NEW.failed_step IS NOT OLD.failed_step
    OR NEW.finished_at IS NOT OLD.finished_at)
BEGIN SELECT RAISE(ABORT, 'a finished run cannot change'); END;

CREATE TRIGGER run_keeps_its_beginning BEFORE UPDATE ON run
WHEN NEW.id IS NOT OLD.id OR NEW.started_at IS NOT OLD.started_at OR NEW.sku_digest IS NOT OLD.sku_digest
    OR NEW.plan_digest IS NOT OLD.plan_digest OR NEW.sku IS NOT OLD.sku OR NEW.work_order IS NOT OLD.work_order
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
SELECT d.device_id, d.mac, d.serial, d.sku, d.market, d.region, d.channels, d.nvram,
    strftime('%Y-%m-%dT%H:%M:%fZ', d.blessed_at / 1000.0, 'unixepoch') AS blessed, d.blessed_run,
    (SELECT count(*) FROM run r WHERE r.device = d.id) AS runs, d.quarantine IS NOT NULL AS in_quarantine
FROM device d;

CREATE VIEW runs AS
SELECT r.id AS run, strftime('%Y-%m-%dT%H:%M:%fZ', r.started_at / 1000.0, 'unixepoch') AS started, r.slot, r.work_order,
    r.sku, r.market, d.device_id, d.mac, d.serial, r.outcome, r.blessing, r.code, r.failed_step, r.reason,
    p.name AS operator
FROM run r LEFT JOIN device d ON d.id = r.device LEFT JOIN person p ON p.seal = r.operator;

CREATE VIEW steps AS
SELECT s.seq, s.run, n.name AS step, s.attempt,
    CASE s.outcome WHEN 1 THEN 'passed' WHEN 2 THEN 'failed' WHEN 3 THEN 'skipped' WHEN 4 THEN 'error' END AS outcome,
    s.started_ms, s.ended_ms - s.started_ms AS duration_ms, s.message
FROM step s JOIN step_name n ON n.id = s.name;

CREATE VIEW measurements AS
SELECT s.run, n.name AS step, s.attempt, m.name AS measurement, v.value, m.unit, m.low, m.high, m.equals, m.matches,
    CASE v.outcome WHEN 1 THEN 'passed' WHEN 2 THEN 'failed' WHEN 3 THEN 'notJudged' END AS outcome, s.seq
FROM measurement v JOIN measurand m ON m.id = v.measurand JOIN step s ON s.seq = v.step JOIN step_name n ON n.id = s.name;

CREATE VIEW ledger AS
SELECT e.seq, strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(CAST(e.entry AS TEXT), '$.at') / 1000.0, 'unixepoch') AS at,
    json_extract(CAST(e.entry AS TEXT), '$.kind') AS kind, json_extract(CAST(e.entry AS TEXT), '$.record') AS record
FROM ledger_entry e;
