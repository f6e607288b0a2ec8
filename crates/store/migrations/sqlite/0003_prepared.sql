-- What preparing and handing over need: tickets and clients, queues by due time,
-- and when what was prepared is old.

ALTER TABLE sessions ADD COLUMN ticket TEXT NOT NULL DEFAULT '';
-- In lower case, as the titles' keys are.
ALTER TABLE sessions ADD COLUMN ticket_key TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN ticket_url TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN client TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN client_key TEXT NOT NULL DEFAULT '';
CREATE INDEX sessions_by_client ON sessions (account_id, client_key, id) WHERE client_key <> '';

CREATE INDEX sessions_prepared_due ON sessions (account_id, due_at, id)
    WHERE started_at IS NULL AND completed_at IS NULL AND discarded_at IS NULL;
CREATE INDEX sessions_prepared_by ON sessions (account_id, prepared_by_id, due_at, id)
    WHERE started_at IS NULL AND completed_at IS NULL AND discarded_at IS NULL;
CREATE INDEX sessions_prepared_for ON sessions (account_id, assigned_to_id, due_at, id)
    WHERE started_at IS NULL AND completed_at IS NULL AND discarded_at IS NULL;

-- After how many days a prepared session is old; 0 is never.
ALTER TABLE accounts ADD COLUMN stale_days INTEGER NOT NULL DEFAULT 7 CHECK (stale_days BETWEEN 0 AND 365);
