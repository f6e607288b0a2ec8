-- What an account may have, and counters that always equal the rows they count.

CREATE TABLE plans (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    -- How many of each; NULL is unlimited.
    flows INTEGER CHECK (flows >= 0),
    sessions INTEGER CHECK (sessions >= 0),
    members INTEGER CHECK (members >= 0),
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO plans (id, name, name_key, created_at)
    VALUES (X'00000000000000000000000000000001', 'Unlimited', 'unlimited', 0);

ALTER TABLE accounts ADD COLUMN plan_id BLOB NOT NULL DEFAULT X'00000000000000000000000000000001'
    REFERENCES plans (id);
CREATE INDEX accounts_by_plan ON accounts (plan_id);
ALTER TABLE accounts ADD COLUMN member_count INTEGER NOT NULL DEFAULT 0 CHECK (member_count >= 0);
UPDATE accounts SET member_count = (SELECT COUNT(*) FROM members m WHERE m.account_id = accounts.id);
-- The calendar month of the last start, as years * 12 + months, and how many were started in it.
ALTER TABLE accounts ADD COLUMN started_month INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN started_count INTEGER NOT NULL DEFAULT 0 CHECK (started_count >= 0);
UPDATE accounts SET started_month = COALESCE((
    SELECT CAST(strftime('%Y', MAX(s.started_at) / 1000000, 'unixepoch') AS INTEGER) * 12
        + CAST(strftime('%m', MAX(s.started_at) / 1000000, 'unixepoch') AS INTEGER) - 1
    FROM sessions s WHERE s.account_id = accounts.id), 0);
UPDATE accounts SET started_count = (
    SELECT COUNT(*) FROM sessions s WHERE s.account_id = accounts.id
        AND CAST(strftime('%Y', s.started_at / 1000000, 'unixepoch') AS INTEGER) * 12
            + CAST(strftime('%m', s.started_at / 1000000, 'unixepoch') AS INTEGER) - 1 = accounts.started_month);

-- How many flows carry each tag.
CREATE TABLE tags (
    account_id BLOB NOT NULL REFERENCES accounts (id),
    tag TEXT NOT NULL,
    flow_count INTEGER NOT NULL,
    PRIMARY KEY (account_id, tag)
) STRICT, WITHOUT ROWID;
INSERT INTO tags (account_id, tag, flow_count)
    WITH RECURSIVE parts (account_id, tag, rest) AS (
        SELECT account_id, '', tags || char(10) FROM flows
        UNION ALL
        SELECT account_id, substr(rest, 1, instr(rest, char(10)) - 1), substr(rest, instr(rest, char(10)) + 1)
        FROM parts WHERE rest <> '')
    SELECT account_id, tag, COUNT(*) FROM parts WHERE tag <> '' GROUP BY account_id, tag;
CREATE INDEX tags_by_count ON tags (account_id, flow_count DESC, tag);

-- Who runs the server.
ALTER TABLE users ADD COLUMN platform_admin INTEGER NOT NULL DEFAULT 0 CHECK (platform_admin IN (0, 1));
-- The one who set the server up.
UPDATE users SET platform_admin = 1 WHERE id = (
    SELECT m.user_id FROM members m WHERE m.role = 'owner' ORDER BY m.created_at, m.account_id, m.user_id LIMIT 1);

-- Letters that were given up are few among those that were sent, and whoever runs the server wants to know.
CREATE INDEX outbox_failed ON outbox (failed_at) WHERE failed_at IS NOT NULL;
