-- What the pages need: logins of browsers, who is in a session just now, and what lists are sorted and counted by.

-- Looked up before the account is known, so by the digest of the cookie's secret alone.
CREATE TABLE logins (
    hash BLOB PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    account_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    auth_epoch INTEGER NOT NULL,
    -- The browser and its system, as the person knows them.
    device TEXT NOT NULL,
    -- The address that they signed in from.
    place TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    FOREIGN KEY (account_id, user_id) REFERENCES members (account_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX logins_by_user ON logins (user_id, account_id);
CREATE INDEX logins_by_expiry ON logins (expires_at);

CREATE TABLE presence (
    account_id BLOB NOT NULL,
    session_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    step_id TEXT,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, session_id, user_id),
    FOREIGN KEY (account_id, session_id) REFERENCES sessions (account_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX presence_by_age ON presence (seen_at);

-- How often each flow was used, apart from its row: that holds long texts, and each session would write it anew.
CREATE TABLE flow_uses (
    account_id BLOB NOT NULL,
    flow_id BLOB NOT NULL,
    used_count INTEGER NOT NULL CHECK (used_count >= 0),
    -- 1970 until the first session is made, which sorts last.
    last_used_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, flow_id),
    FOREIGN KEY (account_id, flow_id) REFERENCES flows (account_id, id)
) STRICT, WITHOUT ROWID;
INSERT INTO flow_uses (account_id, flow_id, used_count, last_used_at)
    SELECT f.account_id, f.id, COUNT(s.id), COALESCE(MAX(s.created_at), 0)
    FROM flows f LEFT JOIN sessions s ON s.account_id = f.account_id AND s.flow_id = f.id
    GROUP BY f.account_id, f.id;
CREATE INDEX flow_uses_by_time ON flow_uses (account_id, last_used_at, flow_id);
CREATE INDEX flows_by_title ON flows (account_id, title_key, id);

CREATE INDEX sessions_open_by_flow ON sessions (account_id, flow_id, id)
    WHERE completed_at IS NULL AND discarded_at IS NULL;
CREATE INDEX sessions_active_by_owner ON sessions (account_id, owner_id, id)
    WHERE started_at IS NOT NULL AND completed_at IS NULL AND discarded_at IS NULL;
CREATE INDEX sessions_active_by_assignee ON sessions (account_id, assigned_to_id, id)
    WHERE started_at IS NOT NULL AND completed_at IS NULL AND discarded_at IS NULL;
CREATE INDEX sessions_unassigned ON sessions (account_id, team_id, due_at, id)
    WHERE started_at IS NULL AND completed_at IS NULL AND discarded_at IS NULL AND assigned_to_id IS NULL;
