-- What stands at the door: throttles of sign-in, devices that are known, and the log of what was done to whom.

-- Buckets under the digest of what they count. Times are microseconds since 1970, since they are reckoned with.
CREATE TABLE throttles (
    key BYTEA PRIMARY KEY,
    -- The theoretical arrival time of the next try, or from when on there may be one.
    tat BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    -- What the last try has to wait for, in microseconds; 0 in a bucket of a steady rate.
    wait BIGINT NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX throttles_by_time ON throttles (tat);

-- Browsers in which somebody signed in before, by the digest of the cookie's secret.
CREATE TABLE devices (
    hash BYTEA NOT NULL,
    user_id UUID NOT NULL REFERENCES users (id),
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (hash, user_id)
);
CREATE INDEX devices_by_user ON devices (user_id);
CREATE INDEX devices_by_expiry ON devices (expires_at);

-- Append-only.
CREATE TABLE audit (
    account_id UUID NOT NULL REFERENCES accounts (id),
    id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    -- Who did it, or in whose name it was tried.
    actor_id UUID,
    by_kind TEXT CHECK (by_kind IN ('login', 'token', 'command')),
    by_id UUID,
    -- The address that the request came from.
    place TEXT NOT NULL,
    request_id TEXT NOT NULL,
    action TEXT NOT NULL,
    object_kind TEXT NOT NULL,
    object_id UUID,
    -- The names of what changed, as a JSON list.
    changed TEXT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX audit_by_actor ON audit (account_id, actor_id, id);
CREATE INDEX audit_by_action ON audit (account_id, action, id);

-- Entries that are not in the chain yet. Written with the entry and taken away with its seal: so an entry whose
-- transaction ends late is not passed over, in whatever order entries become visible.
CREATE TABLE audit_unsealed (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    PRIMARY KEY (account_id, id),
    FOREIGN KEY (account_id, id) REFERENCES audit (account_id, id)
);
CREATE INDEX audit_unsealed_by_age ON audit_unsealed (id);

-- The chain of each account: numbers without gaps, each hash over the one before. Append-only.
CREATE TABLE audit_seals (
    account_id UUID NOT NULL,
    number BIGINT NOT NULL,
    entry_id UUID NOT NULL,
    previous BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    sealed_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account_id, number),
    UNIQUE (account_id, entry_id),
    FOREIGN KEY (account_id, entry_id) REFERENCES audit (account_id, id)
);

-- Who seals, and until when nobody else does. One row.
CREATE TABLE audit_sealer (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    holder UUID NOT NULL,
    until TIMESTAMPTZ NOT NULL
);
INSERT INTO audit_sealer (id, holder, until) VALUES (1, '00000000-0000-0000-0000-000000000000', 'epoch');

CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_seals_append_only BEFORE UPDATE OR DELETE ON audit_seals
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_seals_no_truncate BEFORE TRUNCATE ON audit_seals
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
