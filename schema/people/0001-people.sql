-- Who may do what at this station. A file of its own beside the record (mode 0600): the record never holds what is
-- secret, and this file holds nothing that the record needs.

CREATE TABLE user (
    id          TEXT PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
    name        TEXT NOT NULL,
    badge       TEXT UNIQUE,                             -- what the scanner reads; nobody else's while it is this user's
    role        TEXT NOT NULL CHECK (role IN ('operator', 'engineer', 'quality', 'admin')),
    pin         TEXT,                                    -- scrypt with its parameters; nil: can't sign in
    must_change INTEGER NOT NULL DEFAULT 0 CHECK (must_change IN (0, 1)),
    state       TEXT NOT NULL CHECK (state IN ('active', 'locked', 'removed')),
    language    TEXT,
    created_at  INTEGER NOT NULL,                        -- UTC ms, as are all times here
    changed_at  INTEGER NOT NULL,
    CHECK (state <> 'removed' OR (badge IS NULL AND pin IS NULL))
) STRICT;

CREATE TABLE session (
    hash       BLOB PRIMARY KEY CHECK (length(hash) = 32), -- SHA-256 of the token in the cookie
    user       TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    place      TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_user ON session (user, created_at);

CREATE TABLE token (
    id         TEXT PRIMARY KEY,
    user       TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    hash       BLOB NOT NULL CHECK (length(hash) = 32),  -- SHA-256 of the secret part
    scopes     TEXT NOT NULL,                            -- permissions, separated by spaces
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at   INTEGER,                                  -- nobody may use it any more
    used_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX token_by_user ON token (user);

-- Failed attempts to sign in, by badge and by address.
CREATE TABLE attempt (
    subject      TEXT PRIMARY KEY,                       -- SHA-256 of the badge, or the address, with what it is before it
    failures     INTEGER NOT NULL,
    last_at      INTEGER NOT NULL,
    locked_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX attempt_by_time ON attempt (last_at);

-- The one code with which the first admin is made.
CREATE TABLE set_up_code (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    hash       BLOB NOT NULL CHECK (length(hash) = 32),
    expires_at INTEGER NOT NULL
) STRICT;

-- What has to go into the record and is not there yet.
CREATE TABLE fact (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at     INTEGER NOT NULL,
    act    TEXT NOT NULL,
    person TEXT,
    by     TEXT,
    place  TEXT NOT NULL,
    detail TEXT NOT NULL                                 -- JSON object of texts
) STRICT;

-- The latest time that was seen here: a clock that is set back must not give anything back.
CREATE TABLE latest (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    at  INTEGER NOT NULL
) STRICT;
INSERT INTO latest (one, at) VALUES (1, -9007199254740991);
