-- Sign-ups whose address was not shown to be theirs yet: nobody is there before, and no invite is used. The newest of
-- each address. One is kept for an address that somebody has, too, so that it takes as long; nobody gets its secret.
CREATE TABLE sign_ups (
    -- The address as it is compared.
    address TEXT PRIMARY KEY,
    -- The digest of the secret that is mailed.
    hash BLOB NOT NULL UNIQUE,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    -- What the new account is called; NULL where an invite leads into one.
    account_name TEXT,
    -- The digest of the code of the new account, or of the invite that was copied.
    code_hash BLOB,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CHECK (account_name IS NOT NULL OR code_hash IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_ups_by_expiry ON sign_ups (expires_at);
