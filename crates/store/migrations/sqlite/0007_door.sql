-- What stands at the door: throttles of sign-in, devices that are known, and the log of what was done to whom.

-- Buckets under the digest of what they count. Times are microseconds since 1970, since they are reckoned with.
CREATE TABLE throttles (
    key BLOB PRIMARY KEY,
    -- The theoretical arrival time of the next try, or from when on there may be one.
    tat INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    -- What the last try has to wait for, in microseconds; 0 in a bucket of a steady rate.
    wait INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX throttles_by_time ON throttles (tat);

-- Browsers in which somebody signed in before, by the digest of the cookie's secret.
CREATE TABLE devices (
    hash BLOB NOT NULL,
    user_id BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (hash, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX devices_by_user ON devices (user_id);
CREATE INDEX devices_by_expiry ON devices (expires_at);

-- Append-only.
CREATE TABLE audit (
    account_id BLOB NOT NULL REFERENCES accounts (id),
    id BLOB NOT NULL,
    at INTEGER NOT NULL,
    -- Who did it, or in whose name it was tried.
    actor_id BLOB,
    by_kind TEXT CHECK (by_kind IN ('login', 'token', 'command')),
    by_id BLOB,
    -- The address that the request came from.
    place TEXT NOT NULL,
    request_id TEXT NOT NULL,
    action TEXT NOT NULL,
    object_kind TEXT NOT NULL,
    object_id BLOB,
    -- The names of what changed, as a JSON list.
    changed TEXT NOT NULL,
    PRIMARY KEY (account_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_by_actor ON audit (account_id, actor_id, id);
CREATE INDEX audit_by_action ON audit (account_id, action, id);

-- Entries that are not in the chain yet. Written with the entry and taken away with its seal: so an entry whose
-- transaction ends late is not passed over, in whatever order entries become visible.
CREATE TABLE audit_unsealed (
    account_id BLOB NOT NULL,
    id BLOB NOT NULL,
    PRIMARY KEY (account_id, id),
    FOREIGN KEY (account_id, id) REFERENCES audit (account_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_unsealed_by_age ON audit_unsealed (id);

-- The chain of each account: numbers without gaps, each hash over the one before. Append-only.
CREATE TABLE audit_seals (
    account_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    entry_id BLOB NOT NULL,
    previous BLOB NOT NULL,
    hash BLOB NOT NULL,
    sealed_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, number),
    UNIQUE (account_id, entry_id),
    FOREIGN KEY (account_id, entry_id) REFERENCES audit (account_id, id)
) STRICT, WITHOUT ROWID;

-- Who seals, and until when nobody else does. One row.
CREATE TABLE audit_sealer (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    holder BLOB NOT NULL,
    until INTEGER NOT NULL
) STRICT;
INSERT INTO audit_sealer (id, holder, until) VALUES (1, zeroblob(16), 0);

CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_seals_no_update BEFORE UPDATE ON audit_seals
    BEGIN SELECT RAISE(ABORT, 'audit_seals is append-only'); END;
CREATE TRIGGER audit_seals_no_delete BEFORE DELETE ON audit_seals
    BEGIN SELECT RAISE(ABORT, 'audit_seals is append-only'); END;
