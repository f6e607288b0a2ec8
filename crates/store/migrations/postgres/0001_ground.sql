-- The ground: accounts, people, tokens, flows, sessions and what happened in them.
-- Every table with tenant data has account_id first in its primary key.

CREATE TABLE accounts (
    id UUID PRIMARY KEY,
    name TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    flow_count BIGINT NOT NULL DEFAULT 0 CHECK (flow_count >= 0),
    -- Also the number that people say: sessions are numbered from 1 in their account.
    session_count BIGINT NOT NULL DEFAULT 0 CHECK (session_count >= 0)
);

CREATE TABLE users (
    id UUID PRIMARY KEY,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT,
    auth_epoch BIGINT NOT NULL DEFAULT 0,
    created_at TIMESTAMPTZ NOT NULL,
    disabled_at TIMESTAMPTZ
);

CREATE TABLE teams (
    account_id UUID NOT NULL REFERENCES accounts (id),
    id UUID NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (account_id, id)
);

CREATE TABLE members (
    account_id UUID NOT NULL REFERENCES accounts (id),
    user_id UUID NOT NULL REFERENCES users (id),
    role TEXT NOT NULL CHECK (role IN ('viewer', 'engineer', 'admin', 'owner')),
    team_id UUID NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    disabled_at TIMESTAMPTZ,
    PRIMARY KEY (account_id, user_id),
    FOREIGN KEY (account_id, team_id) REFERENCES teams (account_id, id)
);
CREATE INDEX members_by_user ON members (user_id);

-- Looked up before the account is known, so by the secret's digest alone.
CREATE TABLE tokens (
    hash BYTEA PRIMARY KEY,
    id UUID NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('access', 'personal')),
    account_id UUID NOT NULL,
    user_id UUID NOT NULL,
    name TEXT NOT NULL,
    auth_epoch BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    last_used_at TIMESTAMPTZ,
    FOREIGN KEY (account_id, user_id) REFERENCES members (account_id, user_id)
);
CREATE INDEX tokens_by_user ON tokens (account_id, user_id, kind);
CREATE INDEX tokens_by_expiry ON tokens (expires_at);

CREATE TABLE flows (
    account_id UUID NOT NULL REFERENCES accounts (id),
    id UUID NOT NULL,
    title TEXT NOT NULL,
    -- The title in lower case, since neither engine's LOWER() can be relied on beyond ASCII.
    title_key TEXT NOT NULL,
    tags TEXT NOT NULL,
    -- What search reads: title, tags and step text, in lower case.
    search TEXT NOT NULL,
    -- 0 until the first version is published.
    latest_version BIGINT NOT NULL DEFAULT 0,
    -- The next version in the making, as JSON.
    draft TEXT,
    step_count BIGINT NOT NULL,
    field_count BIGINT NOT NULL,
    created_by_id UUID NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account_id, id)
);

CREATE TABLE flow_versions (
    account_id UUID NOT NULL,
    flow_id UUID NOT NULL,
    version BIGINT NOT NULL,
    title TEXT NOT NULL,
    document TEXT NOT NULL,
    published_by_id UUID NOT NULL,
    published_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account_id, flow_id, version),
    FOREIGN KEY (account_id, flow_id) REFERENCES flows (account_id, id)
);

CREATE TABLE sessions (
    account_id UUID NOT NULL REFERENCES accounts (id),
    id UUID NOT NULL,
    number BIGINT NOT NULL,
    flow_id UUID NOT NULL,
    flow_version BIGINT NOT NULL,
    team_id UUID NOT NULL,
    title TEXT NOT NULL,
    title_key TEXT NOT NULL,
    note TEXT NOT NULL,
    version BIGINT NOT NULL,
    head BYTEA NOT NULL,
    prepared_by_id UUID,
    assigned_to_id UUID,
    owner_id UUID,
    created_at TIMESTAMPTZ NOT NULL,
    started_at TIMESTAMPTZ,
    completed_at TIMESTAMPTZ,
    discarded_at TIMESTAMPTZ,
    due_at TIMESTAMPTZ,
    updated_at TIMESTAMPTZ NOT NULL,
    outcome TEXT CHECK (outcome IN ('resolved', 'escalated', 'workaround', 'unresolved')),
    outcome_note TEXT NOT NULL,
    next_steps TEXT NOT NULL,
    filled BIGINT NOT NULL,
    variables BIGINT NOT NULL,
    missing BIGINT NOT NULL,
    finished_steps BIGINT NOT NULL,
    steps BIGINT NOT NULL,
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, number),
    FOREIGN KEY (account_id, flow_id, flow_version) REFERENCES flow_versions (account_id, flow_id, version)
) WITH (fillfactor = 80);
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
    account_id UUID NOT NULL,
    session_id UUID NOT NULL,
    name TEXT NOT NULL,
    value TEXT,
    valid BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    set_by_id UUID NOT NULL,
    set_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account_id, session_id, name),
    FOREIGN KEY (account_id, session_id) REFERENCES sessions (account_id, id)
);

CREATE TABLE session_steps (
    account_id UUID NOT NULL,
    session_id UUID NOT NULL,
    step_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'skipped')),
    note TEXT NOT NULL,
    output TEXT NOT NULL,
    reason TEXT NOT NULL,
    choice TEXT NOT NULL,
    -- The ticked items, counted from 0, with spaces between.
    checked TEXT NOT NULL,
    version BIGINT NOT NULL,
    changed_by_id UUID NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ,
    finished_by_id UUID,
    PRIMARY KEY (account_id, session_id, step_id),
    FOREIGN KEY (account_id, session_id) REFERENCES sessions (account_id, id)
);

-- Append-only. The number is the session's version after the event; hashes chain within the session.
CREATE TABLE events (
    account_id UUID NOT NULL,
    session_id UUID NOT NULL,
    number BIGINT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    actor_id UUID NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (account_id, session_id, number),
    FOREIGN KEY (account_id, session_id) REFERENCES sessions (account_id, id)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER flow_versions_immutable BEFORE UPDATE OR DELETE ON flow_versions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER flow_versions_no_truncate BEFORE TRUNCATE ON flow_versions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE idempotency_keys (
    account_id UUID NOT NULL,
    user_id UUID NOT NULL,
    route TEXT NOT NULL,
    key TEXT NOT NULL,
    body_hash BYTEA NOT NULL,
    status BIGINT NOT NULL,
    answer TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account_id, user_id, route, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
