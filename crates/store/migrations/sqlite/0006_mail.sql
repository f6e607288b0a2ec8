-- Mail as it is sent: by one server at a time, tried again, given up; and letters that no session is about.

-- Whether a person gets what they are told of by mail as one letter a day.
ALTER TABLE users ADD COLUMN mail_daily INTEGER NOT NULL DEFAULT 0 CHECK (mail_daily IN (0, 1));

-- A row is a notice to a person, or a letter to an address, of somebody who may not be here yet: so no account comes first.
CREATE TABLE outbox_new (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN
        ('prepared_for_me', 'taken', 'reassigned', 'due_soon', 'overdue', 'completed', 'letter')),
    -- Of a notice.
    account_id BLOB,
    user_id BLOB,
    session_id BLOB,
    actor_id BLOB,
    cause INTEGER,
    -- Whether it goes into the person's letter of the day.
    digest INTEGER NOT NULL DEFAULT 0 CHECK (digest IN (0, 1)),
    -- Of a letter; what it says may hold a secret, and goes when nobody will send it any more.
    address TEXT,
    payload TEXT,
    created_at INTEGER NOT NULL,
    -- When it may be tried; a server that claims it puts this off until its lease ends.
    not_before INTEGER NOT NULL,
    -- From when on nobody cares.
    good_until INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    sent_at INTEGER,
    failed_at INTEGER,
    -- Why the last attempt failed.
    error TEXT,
    UNIQUE (account_id, session_id, user_id, kind, cause),
    FOREIGN KEY (account_id, session_id) REFERENCES sessions (account_id, id),
    CHECK (CASE WHEN kind = 'letter' THEN address IS NOT NULL AND session_id IS NULL
               AND (payload IS NOT NULL) = (sent_at IS NULL AND failed_at IS NULL)
           ELSE account_id IS NOT NULL AND user_id IS NOT NULL AND session_id IS NOT NULL AND cause IS NOT NULL
               AND address IS NULL AND payload IS NULL END),
    CHECK (sent_at IS NULL OR failed_at IS NULL)
) STRICT, WITHOUT ROWID;
-- What waits is told for three days, 259,200,000,000 microseconds.
INSERT INTO outbox_new (id, kind, account_id, user_id, session_id, actor_id, cause, created_at, not_before, good_until,
        attempts, sent_at)
    SELECT id, kind, account_id, user_id, session_id, actor_id, cause, created_at, not_before,
        created_at + 259200000000, attempts, sent_at
    FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_new RENAME TO outbox;
CREATE INDEX outbox_waiting ON outbox (not_before) WHERE sent_at IS NULL AND failed_at IS NULL;
CREATE INDEX outbox_digest ON outbox (account_id, user_id, not_before)
    WHERE digest AND sent_at IS NULL AND failed_at IS NULL;
CREATE INDEX outbox_done ON outbox (COALESCE(sent_at, failed_at));
