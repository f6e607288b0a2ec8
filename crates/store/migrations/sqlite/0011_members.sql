-- People in an account: who left, when each was last here, what each token may, and teams under distinct names.

-- Since when somebody is a member no more. The row stays, since events, sessions and tokens refer to it.
ALTER TABLE members ADD COLUMN removed_at INTEGER;
-- When they last used the account in a browser, or signed in to it: to within five minutes.
ALTER TABLE members ADD COLUMN used_at INTEGER;
UPDATE members SET used_at = (SELECT MAX(l.last_used_at) FROM logins l
    WHERE l.user_id = members.user_id AND l.account_id = members.account_id);
-- The owners of an account, who are few: one of them always stays.
CREATE INDEX members_owners ON members (account_id, user_id) WHERE role = 'owner' AND removed_at IS NULL;
-- How many are in each team.
CREATE INDEX members_by_team ON members (account_id, team_id) WHERE removed_at IS NULL;

-- In lower case, as the titles' keys are.
ALTER TABLE teams ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
UPDATE teams SET name_key = LOWER(name);
-- Two that had one name keep it; the later one is told apart by its id until somebody renames it.
UPDATE teams SET name_key = name_key || ' ' || HEX(id)
    WHERE EXISTS (SELECT 1 FROM teams o WHERE o.account_id = teams.account_id AND o.id < teams.id
        AND LOWER(o.name) = LOWER(teams.name));
CREATE UNIQUE INDEX teams_by_name ON teams (account_id, name_key);

-- What a token may, with blanks between; those from before may all.
ALTER TABLE tokens ADD COLUMN scopes TEXT NOT NULL DEFAULT 'read run author admin';
