-- The ground: accounts, people, tokens, flows, sessions and what happened in them.
-- Every table with tenant data has account_id first in its primary key.

CREATE TABLE accounts (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    flow_count INTEGER NOT NULL DEFAULT 0 CHECK (flow_count >= 0),
    -- Also the number that people say: sessions are numbered from 1 in their account.
    session_count INTEGER NOT NULL DEFAULT 0 CHECK (session_count >= 0)
) STRICT;

CREATE TABLE users (
    id BLOB PRIMARY KEY,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT,
    auth_epoch INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    disabled_at INTEGER
) STRICT;

CREATE TABLE teams (
    account_id BLOB NOT NULL REFERENCES accounts (id),
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (account_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
    account_id BLOB NOT NULL REFERENCES accounts (id),
    user_id BLOB NOT NULL REFERENCES users (id),
    role TEXT NOT NULL CHECK (role IN ('viewer', 'engineer', 'admin', 'owner')),
    team_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    disabled_at INTEGER,
    PRIMARY KEY (account_id, user_id),
    FOREIGN KEY (account_id, team_id) REFERENCES teams (account_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_user ON members (user_id);

-- Looked up before the account is known, so by the secret's digest alone.
CREATE TABLE tokens (
    hash BLOB PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('access', 'personal')),
    account_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    name TEXT NOT NULL,
    auth_epoch INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    last_used_at INTEGER,
    FOREIGN KEY (account_id, user_id) REFERENCES members (account_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_by_user ON tokens (account_id, user_id, kind);
CREATE INDEX tokens_by_expiry ON tokens (expires_at);

CREATE TABLE flows (
    account_id BLOB NOT NULL REFERENCES accounts (id),
    id BLOB NOT NULL,
    title TEXT NOT NULL,
    -- The title in lower case, since neither engine's LOWER() can be relied on beyond ASCII.
    title_key TEXT NOT NULL,
    tags TEXT NOT NULL,
    -- What search reads: title, tags and step text, in lower case.
    search TEXT NOT NULL,
    -- 0 until the first version is published.
    latest_version INTEGER NOT NULL DEFAULT 0,
    -- The next version in the making, as JSON.
    draft TEXT,
    step_count INTEGER NOT NULL,
    field_count INTEGER NOT NULL,
    created_by_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, id)
) STRICT;

CREATE TABLE flow_versions (
    account_id BLOB NOT NULL,
    flow_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    title TEXT NOT NULL,
    document TEXT NOT NULL,
    published_by_id BLOB NOT NULL,
    published_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, flow_id, version),
    FOREIGN KEY (account_id, flow_id) REFERENCES flows (account_id, id)
) STRICT;

CREATE TABLE sessions (
    account_id BLOB NOT NULL REFERENCES accounts (id),
    id BLOB NOT NULL,
    number INTEGER NOT NULL,
    flow_id BLOB NOT NULL,
    flow_version INTEGER NOT NULL,
    team_id BLOB NOT NULL,
    title TEXT NOT NULL,
    title_key TEXT NOT NULL,
    note TEXT NOT NULL,
    version INTEGER NOT NULL,
    head BLOB NOT NULL,
    prepared_by_id BLOB,
    assigned_to_id BLOB,
    owner_id BLOB,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    completed_at INTEGER,
    discarded_at INTEGER,
    due_at INTEGER,
    updated_at INTEGER NOT NULL,
    outcome TEXT CHECK (outcome IN ('resolved', 'escalated', 'workaround', 'unresolved')),
    outcome_note TEXT NOT NULL,
    next_steps TEXT NOT NULL,
    filled INTEGER NOT NULL,
    variables INTEGER NOT NULL,
    missing INTEGER NOT NULL,
    finished_steps INTEGER NOT NULL,
    steps INTEGER NOT NULL,
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, number),
    FOREIGN KEY (account_id, flow_id, flow_version) REFERENCES flow_versions (account_id, flow_id, version)
) STRICT;
CREATE INDEX sessions_by_flow ON sessions (account_id, flow_id, id);
CREATE INDEX sessions_by_preparer ON sessions (account_id, prepared_by_id, id);
CREATE INDEX sessions_by_owner ON sessions (account_id, owner_id, id);
CREATE INDEX sessions_by_assignee ON sessions (account_id, assigned_to_id, id);
-- Last, because without statistics SQLite takes the newest of two indexes that look equally good.
CREATE INDEX sessions_discarded ON sessions (account_id, id) WHERE discarded_at IS NOT NULL;
CREATE INDEX sessions_active ON sessions (account_id, id)
    WHERE started_at IS NOT NULL AND completed_at IS NULL AND discarded_at IS NULL;
CREATE INDEX sessions_prepared ON sessions (account_id, id)
    WHERE started_at IS NULL AND completed_at IS NULL AND discarded_at IS NULL;
CREATE INDEX sessions_queue ON sessions (account_id, assigned_to_id, id)
    WHERE started_at IS NULL AND completed_at IS NULL AND discarded_at IS NULL;

CREATE TABLE session_variables (
    account_id BLOB NOT NULL,
    session_id BLOB NOT NULL,
    name TEXT NOT NULL,
    value TEXT,
    valid INTEGER NOT NULL,
    version INTEGER NOT NULL,
    set_by_id BLOB NOT NULL,
    set_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, session_id, name),
    FOREIGN KEY (account_id, session_id) REFERENCES sessions (account_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE session_steps (
    account_id BLOB NOT NULL,
    session_id BLOB NOT NULL,
    step_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'skipped')),
    note TEXT NOT NULL,
    output TEXT NOT NULL,
    reason TEXT NOT NULL,
    choice TEXT NOT NULL,
    -- The ticked items, counted from 0, with spaces between.
    checked TEXT NOT NULL,
    version INTEGER NOT NULL,
    changed_by_id BLOB NOT NULL,
    changed_at INTEGER NOT NULL,
    finished_at INTEGER,
    finished_by_id BLOB,
    PRIMARY KEY (account_id, session_id, step_id),
    FOREIGN KEY (account_id, session_id) REFERENCES sessions (account_id, id)
) STRICT, WITHOUT ROWID;

-- Append-only. The number is the session's version after the event; hashes chain within the session.
CREATE TABLE events (
    account_id BLOB NOT NULL,
    session_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    actor_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (account_id, session_id, number),
    FOREIGN KEY (account_id, session_id) REFERENCES sessions (account_id, id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events is append-only'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events is append-only'); END;
CREATE TRIGGER flow_versions_no_update BEFORE UPDATE ON flow_versions
    BEGIN SELECT RAISE(ABORT, 'flow_versions is append-only'); END;
CREATE TRIGGER flow_versions_no_delete BEFORE DELETE ON flow_versions
    BEGIN SELECT RAISE(ABORT, 'flow_versions is append-only'); END;

CREATE TABLE idempotency_keys (
    account_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    route TEXT NOT NULL,
    key TEXT NOT NULL,
    body_hash BLOB NOT NULL,
    status INTEGER NOT NULL,
    answer TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, user_id, route, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
