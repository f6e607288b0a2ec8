-- Mail as it is sent: by one server at a time, tried again, given up; and letters that no session is about.

-- Whether a person gets what they are told of by mail as one letter a day.
ALTER TABLE users ADD COLUMN mail_daily BOOLEAN NOT NULL DEFAULT FALSE;

-- A row is a notice to a person, or a letter to an address, of somebody who may not be here yet: so no account comes first.
ALTER TABLE outbox DROP CONSTRAINT outbox_pkey;
ALTER TABLE outbox ADD PRIMARY KEY (id);
ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check CHECK (kind IN
    ('prepared_for_me', 'taken', 'reassigned', 'due_soon', 'overdue', 'completed', 'letter'));
-- Of a notice.
ALTER TABLE outbox ALTER COLUMN account_id DROP NOT NULL;
ALTER TABLE outbox ALTER COLUMN user_id DROP NOT NULL;
ALTER TABLE outbox ALTER COLUMN session_id DROP NOT NULL;
ALTER TABLE outbox ALTER COLUMN cause DROP NOT NULL;
-- Whether it goes into the person's letter of the day.
ALTER TABLE outbox ADD COLUMN digest BOOLEAN NOT NULL DEFAULT FALSE;
-- Of a letter; what it says may hold a secret, and goes when nobody will send it any more.
ALTER TABLE outbox ADD COLUMN address TEXT;
ALTER TABLE outbox ADD COLUMN payload TEXT;
-- When nobody cares any more. `not_before` is when it may be tried; a server that claims it puts that off until its
-- lease ends.
ALTER TABLE outbox ADD COLUMN good_until TIMESTAMPTZ;
-- What waits is told for three days.
UPDATE outbox SET good_until = created_at + INTERVAL '3 days';
ALTER TABLE outbox ALTER COLUMN good_until SET NOT NULL;
ALTER TABLE outbox ADD COLUMN failed_at TIMESTAMPTZ;
-- Why the last attempt failed.
ALTER TABLE outbox ADD COLUMN error TEXT;
ALTER TABLE outbox ADD CONSTRAINT outbox_whole CHECK (
    CASE WHEN kind = 'letter' THEN address IS NOT NULL AND session_id IS NULL
        AND (payload IS NOT NULL) = (sent_at IS NULL AND failed_at IS NULL)
    ELSE account_id IS NOT NULL AND user_id IS NOT NULL AND session_id IS NOT NULL AND cause IS NOT NULL
        AND address IS NULL AND payload IS NULL END);
ALTER TABLE outbox ADD CONSTRAINT outbox_one_end CHECK (sent_at IS NULL OR failed_at IS NULL);
DROP INDEX outbox_waiting;
CREATE INDEX outbox_waiting ON outbox (not_before) WHERE sent_at IS NULL AND failed_at IS NULL;
CREATE INDEX outbox_digest ON outbox (account_id, user_id, not_before)
    WHERE digest AND sent_at IS NULL AND failed_at IS NULL;
CREATE INDEX outbox_done ON outbox (COALESCE(sent_at, failed_at));
