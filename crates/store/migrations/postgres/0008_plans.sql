-- What an account may have, and counters that always equal the rows they count.

CREATE TABLE plans (
    id UUID PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL UNIQUE,
    -- How many of each; NULL is unlimited.
    flows BIGINT CHECK (flows >= 0),
    sessions BIGINT CHECK (sessions >= 0),
    members BIGINT CHECK (members >= 0),
    created_at TIMESTAMPTZ NOT NULL
);
INSERT INTO plans (id, name, name_key, created_at)
    VALUES ('00000000-0000-0000-0000-000000000001', 'Unlimited', 'unlimited', 'epoch');

ALTER TABLE accounts ADD COLUMN plan_id UUID NOT NULL DEFAULT '00000000-0000-0000-0000-000000000001'
    REFERENCES plans (id);
CREATE INDEX accounts_by_plan ON accounts (plan_id);
ALTER TABLE accounts ADD COLUMN member_count BIGINT NOT NULL DEFAULT 0 CHECK (member_count >= 0);
UPDATE accounts SET member_count = (SELECT COUNT(*) FROM members m WHERE m.account_id = accounts.id);
-- The calendar month of the last start, as years * 12 + months, and how many were started in it.
ALTER TABLE accounts ADD COLUMN started_month BIGINT NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN started_count BIGINT NOT NULL DEFAULT 0 CHECK (started_count >= 0);
UPDATE accounts SET started_month = COALESCE((
    SELECT EXTRACT(YEAR FROM MAX(s.started_at) AT TIME ZONE 'UTC') * 12
        + EXTRACT(MONTH FROM MAX(s.started_at) AT TIME ZONE 'UTC') - 1
    FROM sessions s WHERE s.account_id = accounts.id), 0);
UPDATE accounts SET started_count = (
    SELECT COUNT(*) FROM sessions s WHERE s.account_id = accounts.id
        AND EXTRACT(YEAR FROM s.started_at AT TIME ZONE 'UTC') * 12
            + EXTRACT(MONTH FROM s.started_at AT TIME ZONE 'UTC') - 1 = accounts.started_month);

-- How many flows carry each tag.
CREATE TABLE tags (
    account_id UUID NOT NULL REFERENCES accounts (id),
    tag TEXT COLLATE "C" NOT NULL,
    flow_count BIGINT NOT NULL,
    PRIMARY KEY (account_id, tag)
);
INSERT INTO tags (account_id, tag, flow_count)
    SELECT f.account_id, t.tag, COUNT(*) FROM flows f, unnest(string_to_array(f.tags, E'\n')) AS t (tag)
    WHERE t.tag <> '' GROUP BY f.account_id, t.tag;
CREATE INDEX tags_by_count ON tags (account_id, flow_count DESC, tag);

-- Who runs the server.
ALTER TABLE users ADD COLUMN platform_admin BOOLEAN NOT NULL DEFAULT FALSE;
-- The one who set the server up.
UPDATE users SET platform_admin = TRUE WHERE id = (
    SELECT m.user_id FROM members m WHERE m.role = 'owner' ORDER BY m.created_at, m.account_id, m.user_id LIMIT 1);

-- Letters that were given up are few among those that were sent, and whoever runs the server wants to know.
CREATE INDEX outbox_failed ON outbox (failed_at) WHERE failed_at IS NOT NULL;
