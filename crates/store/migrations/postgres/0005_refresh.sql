-- Sign-ins of programs: families of refresh tokens, of which each is used once and then replaced.

CREATE TABLE token_families (
    account_id UUID NOT NULL,
    user_id UUID NOT NULL,
    id UUID NOT NULL UNIQUE,
    auth_epoch BIGINT NOT NULL,
    -- What the program calls itself, and the address that it signed in from.
    device TEXT NOT NULL,
    place TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    last_used_at TIMESTAMPTZ NOT NULL,
    -- However often it is used; each token of it expires earlier when nobody uses it.
    expires_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    ended_why TEXT CHECK (ended_why IN ('signed_out', 'reused')),
    PRIMARY KEY (account_id, user_id, id),
    FOREIGN KEY (account_id, user_id) REFERENCES members (account_id, user_id)
);
CREATE INDEX token_families_by_user ON token_families (user_id, account_id);
CREATE INDEX token_families_by_expiry ON token_families (expires_at);

-- Looked up before the account is known, so by the secret's digest alone.
CREATE TABLE refresh_tokens (
    hash BYTEA PRIMARY KEY,
    id UUID NOT NULL UNIQUE,
    family_id UUID NOT NULL REFERENCES token_families (id),
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    consumed_at TIMESTAMPTZ,
    successor_id UUID,
    CHECK ((consumed_at IS NULL) = (successor_id IS NULL))
);
CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family_id);
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);

-- An access token ends with the family that it came from.
ALTER TABLE tokens ADD COLUMN family_id UUID;
CREATE INDEX tokens_by_family ON tokens (family_id) WHERE family_id IS NOT NULL;

-- One row: what shows that all servers have the same master key, and says nothing about it.
CREATE TABLE master_key (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    proof BYTEA NOT NULL
);
