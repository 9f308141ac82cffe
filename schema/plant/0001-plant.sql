-- The plant: the ledgers of many stations, entry by entry as they were hashed, and beside them the same tables that answer
-- questions at a station. One statement ends at each line that ends with a semicolon.
--
-- Every key begins with the station's number, by which a distributed engine shards. Nothing here needs triggers, extensions,
-- sequences or advisory locks. INT2, INT4 and INT8 are written out because INTEGER is not the same everywhere.

CREATE TABLE plant_schema (
    version    INT4 PRIMARY KEY,
    name       TEXT NOT NULL,
    applied_at INT8 NOT NULL                              -- UTC ms
);

-- Who sends. A number is shorter than a name in each of billions of rows. Small: a reference table where there are such.
CREATE TABLE station (
    number      INT4 PRIMARY KEY CHECK (number > 0),
    name        TEXT NOT NULL UNIQUE,
    vkey        TEXT NOT NULL,                            -- C2SP verifier key that its first entry names
    program     TEXT NOT NULL,
    created_at  INT8 NOT NULL,
    admitted_at INT8 NOT NULL
);

-- How far each ledger has come: changed in the transaction that brings the entries, and nowhere else.
CREATE TABLE head (
    station    INT4 PRIMARY KEY,
    size       INT8 NOT NULL CHECK (size >= 0),           -- entries 0 ..< size are here
    root       BYTEA NOT NULL,                            -- RFC 9162 root over them
    note       TEXT NOT NULL,                             -- the station's signed checkpoint of that size; empty before the first
    last_at    INT8 NOT NULL,                             -- time of the last entry
    arrived_at INT8 NOT NULL,
    compared   INT8 NOT NULL                              -- entries below this were held against the other stations
);

CREATE TABLE checkpoint (
    station    INT4 NOT NULL,
    size       INT8 NOT NULL,
    note       TEXT NOT NULL,
    arrived_at INT8 NOT NULL,
    PRIMARY KEY (station, size)
);

CREATE TABLE entry (
    station INT4 NOT NULL,
    seq     INT8 NOT NULL,
    leaf    BYTEA NOT NULL,                               -- SHA-256(00 || entry)
    entry   BYTEA NOT NULL,                               -- the exact bytes that were hashed
    PRIMARY KEY (station, seq)
);

CREATE TABLE node (
    station  INT4 NOT NULL,
    level    INT2 NOT NULL,
    position INT8 NOT NULL,
    hash     BYTEA NOT NULL,
    PRIMARY KEY (station, level, position)
);

-- Names of persons, as far as the stations keep them; gone here when they are gone there.
CREATE TABLE person (
    station INT4 NOT NULL,
    seal    TEXT NOT NULL,
    salt    BYTEA NOT NULL,
    name    TEXT NOT NULL,
    PRIMARY KEY (station, seal)
);
CREATE INDEX person_by_name ON person (name);

-- What contradicts itself. Rows are added and never changed; an answer is a row of its own.
CREATE TABLE alarm (
    station  INT4 NOT NULL,
    kind     TEXT NOT NULL,
    subject  TEXT NOT NULL,
    at       INT8 NOT NULL,
    sentence TEXT NOT NULL,
    PRIMARY KEY (station, kind, subject)
);
CREATE TABLE alarm_answer (
    station INT4 NOT NULL,
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL,
    at      INT8 NOT NULL,
    by_whom TEXT NOT NULL,
    reason  TEXT NOT NULL,
    PRIMARY KEY (station, kind, subject)
);

-- Serial numbers that several stations share. The pool is the one row that all of them change, once for a whole block.
CREATE TABLE serial_pool (
    work_order TEXT PRIMARY KEY,
    prefix     TEXT NOT NULL,
    suffix     TEXT NOT NULL,
    width      INT4 NOT NULL,
    first      INT8 NOT NULL,
    last       INT8 NOT NULL,
    next       INT8 NOT NULL,
    opened_at  INT8 NOT NULL,
    CHECK (next BETWEEN first AND last + 1)
);
CREATE TABLE serial_block (
    station    INT4 NOT NULL,
    work_order TEXT NOT NULL,
    first      INT8 NOT NULL,
    last       INT8 NOT NULL,
    leased_at  INT8 NOT NULL,
    PRIMARY KEY (station, work_order, first)
);

-- Configuration on its way to the stations. Small: a reference table where there are such.
CREATE TABLE revision (
    digest       TEXT PRIMARY KEY,                        -- SHA-256 of the bytes, hex
    name         TEXT NOT NULL,
    bytes        BYTEA NOT NULL,
    signature    TEXT NOT NULL,                           -- C2SP signed note over name, digest and size
    published_at INT8 NOT NULL
);

-- From here on: what the entries say, laid out for questions, as in schema/migrations/0002-projections.sql.

CREATE TABLE event (
    station INT4 NOT NULL,
    seq     INT8 NOT NULL,
    at      INT8 NOT NULL,
    kind    TEXT NOT NULL,
    run     INT8,
    device  TEXT,
    PRIMARY KEY (station, seq)
);
CREATE INDEX event_by_run ON event (station, run);
CREATE INDEX event_by_device ON event (device);

CREATE TABLE device (
    station     INT4 NOT NULL,
    id          INT8 NOT NULL,                            -- seq of the entry that first identified it at the station
    device_id   TEXT NOT NULL,
    mac         TEXT NOT NULL,
    imp_os      TEXT NOT NULL,
    flash_jedec TEXT NOT NULL,
    flash_bytes INT8 NOT NULL,
    region      TEXT,
    channels    TEXT,
    nvram       TEXT,
    blessed_seq INT8,
    blessed_at  INT8,
    blessed_run INT8,
    sku         TEXT,
    market      TEXT,
    serial      TEXT,
    quarantine  INT8,
    PRIMARY KEY (station, id)
);
CREATE UNIQUE INDEX device_by_device_id ON device (station, device_id);
CREATE INDEX device_anywhere ON device (device_id);
CREATE INDEX device_by_mac ON device (mac);
CREATE INDEX device_by_serial ON device (serial);
CREATE INDEX device_by_nvram ON device (nvram);
CREATE INDEX device_by_blessing ON device (station, blessed_seq);
CREATE INDEX device_by_time ON device (blessed_at);

CREATE TABLE device_image (
    station INT4 NOT NULL,
    device  INT8 NOT NULL,
    address INT8 NOT NULL,
    name    TEXT NOT NULL,
    digest  TEXT NOT NULL,
    size    INT8 NOT NULL,
    seq     INT8 NOT NULL,
    PRIMARY KEY (station, device, address)
);
CREATE INDEX device_image_by_digest ON device_image (digest);

CREATE TABLE run (
    station      INT4 NOT NULL,
    id           INT8 NOT NULL,                           -- seq of its run.started entry
    started_at   INT8 NOT NULL,
    slot         INT4 NOT NULL,
    work_order   TEXT,
    sku          TEXT NOT NULL,
    sku_digest   TEXT NOT NULL,
    plan_digest  TEXT NOT NULL,
    market       TEXT,
    operator     TEXT,
    fixture      TEXT NOT NULL,
    program      TEXT NOT NULL,
    scanned_code TEXT,
    retest_of    INT8,
    device       INT8,
    blessing     TEXT,
    blessing_seq INT8,
    finished_seq INT8,
    finished_at  INT8,
    outcome      TEXT,
    code         TEXT,
    reason       TEXT,
    failed_step  TEXT,
    firmware     TEXT,                                    -- SHA-256 of the factory firmware, where the slot knows it
    PRIMARY KEY (station, id)
);
CREATE INDEX run_by_device ON run (station, device);
CREATE INDEX run_by_start ON run (started_at);
CREATE INDEX run_by_order ON run (work_order);
CREATE INDEX run_by_plan ON run (plan_digest);
CREATE INDEX run_by_code ON run (code);
CREATE INDEX run_by_operator ON run (station, operator);
CREATE INDEX run_by_slot ON run (station, slot, started_at);

CREATE TABLE run_image (
    station INT4 NOT NULL,
    run     INT8 NOT NULL,
    address INT8 NOT NULL,
    name    TEXT NOT NULL,
    digest  TEXT NOT NULL,
    size    INT8 NOT NULL,
    PRIMARY KEY (station, run, address)
);

-- Numbers for names and limits are taken from their SHA-256, so that nobody has to hand them out.
CREATE TABLE step_name (
    station INT4 NOT NULL,
    id      INT8 NOT NULL,
    name    TEXT NOT NULL,
    PRIMARY KEY (station, id)
);
CREATE TABLE step (
    station    INT4 NOT NULL,
    seq        INT8 NOT NULL,
    run        INT8 NOT NULL,
    name       INT8 NOT NULL,
    attempt    INT4 NOT NULL,
    outcome    INT2 NOT NULL,                             -- 1 passed, 2 failed, 3 skipped, 4 error
    started_ms INT8 NOT NULL,
    ended_ms   INT8 NOT NULL,
    message    TEXT,
    PRIMARY KEY (station, seq)
);
CREATE INDEX step_by_run ON step (station, run);

CREATE TABLE measurand (
    station INT4 NOT NULL,
    id      INT8 NOT NULL,
    name    TEXT NOT NULL,
    unit    TEXT,
    low     FLOAT8,
    high    FLOAT8,
    equals  TEXT,                                         -- as JSON
    matches TEXT,
    PRIMARY KEY (station, id)
);
CREATE INDEX measurand_by_name ON measurand (station, name);
CREATE TABLE measurement (
    station   INT4 NOT NULL,
    step      INT8 NOT NULL,
    position  INT4 NOT NULL,
    measurand INT8 NOT NULL,
    number    FLOAT8,                                     -- one of number, words, flag
    words     TEXT,
    flag      INT2,
    outcome   INT2 NOT NULL,                              -- 1 passed, 2 failed, 3 not judged
    PRIMARY KEY (station, step, position)
);

CREATE TABLE serial_lease (
    station    INT4 NOT NULL,
    seq        INT8 NOT NULL,
    serial     TEXT NOT NULL,
    work_order TEXT NOT NULL,
    device     INT8 NOT NULL,
    device_id  TEXT NOT NULL,
    state      TEXT NOT NULL,
    ended_seq  INT8,
    PRIMARY KEY (station, seq)
);
CREATE INDEX serial_lease_by_serial ON serial_lease (serial);
CREATE INDEX serial_lease_by_device ON serial_lease (station, device);

CREATE TABLE quarantine (
    station        INT4 NOT NULL,
    seq            INT8 NOT NULL,
    at             INT8 NOT NULL,
    device         INT8 NOT NULL,
    run            INT8,
    by_whom        TEXT NOT NULL,
    reason         TEXT NOT NULL,
    released_seq   INT8,
    released_at    INT8,
    released_by    TEXT,
    release_reason TEXT,
    PRIMARY KEY (station, seq)
);
CREATE INDEX quarantine_by_device ON quarantine (station, device);

CREATE TABLE note (
    station INT4 NOT NULL,
    seq     INT8 NOT NULL,
    at      INT8 NOT NULL,
    text    TEXT NOT NULL,
    by_whom TEXT,
    run     INT8,
    device  TEXT,
    PRIMARY KEY (station, seq)
);
