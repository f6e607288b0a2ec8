-- How people get in: invites, and what is sent to addresses to be shown again.

-- Since when it is known that mail to the address reaches the person. Whoever is there was let in by somebody.
ALTER TABLE users ADD COLUMN verified_at TIMESTAMPTZ;
UPDATE users SET verified_at = created_at;

-- Each opens new accounts; looked up by the secret's digest alone.
CREATE TABLE platform_invites (
    id UUID PRIMARY KEY,
    hash BYTEA NOT NULL UNIQUE,
    uses BIGINT NOT NULL,
    uses_left BIGINT NOT NULL CHECK (uses_left BETWEEN 0 AND uses),
    expires_at TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ,
    note TEXT NOT NULL,
    -- Nobody where a command made it.
    created_by_id UUID REFERENCES users (id),
    created_at TIMESTAMPTZ NOT NULL
);

-- Each lets people into its account; looked up by a secret's digest before the account is known.
CREATE TABLE account_invites (
    account_id UUID NOT NULL REFERENCES accounts (id),
    id UUID NOT NULL,
    -- How often it was sent: what its secrets are derived from beside its id.
    generation BIGINT NOT NULL,
    -- The digest of the secret in the link that is copied.
    hash BYTEA NOT NULL UNIQUE,
    -- The digest of the secret in the link that is mailed: whoever has it reads what comes to the address.
    mailed_hash BYTEA NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('viewer', 'engineer', 'admin', 'owner')),
    team_id UUID NOT NULL,
    -- Whom alone it lets in; NULL for anybody.
    email TEXT,
    uses BIGINT NOT NULL,
    uses_left BIGINT NOT NULL CHECK (uses_left BETWEEN 0 AND uses),
    created_by_id UUID NOT NULL REFERENCES users (id),
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ,
    PRIMARY KEY (account_id, id),
    FOREIGN KEY (account_id, team_id) REFERENCES teams (account_id, id)
);
CREATE INDEX account_invites_pending ON account_invites (account_id, id)
    WHERE uses_left > 0 AND revoked_at IS NULL;
CREATE INDEX account_invites_by_expiry ON account_invites (expires_at);

-- Secrets that were sent to an address: the newest of each purpose. One is kept for an address that nobody has, too,
-- so that asking takes as long; nobody can use it.
CREATE TABLE mail_tokens (
    -- The address as it is compared.
    address TEXT NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('verify', 'reset')),
    hash BYTEA NOT NULL UNIQUE,
    user_id UUID REFERENCES users (id),
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    consumed_at TIMESTAMPTZ,
    PRIMARY KEY (address, purpose)
);
CREATE INDEX mail_tokens_by_expiry ON mail_tokens (expires_at);

SELECT keep_accounts_apart('account_invites');
