-- What preparing and handing over need: tickets and clients, queues by due time,
-- when what was prepared is old, and who is told of what.

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
ALTER TABLE accounts ADD COLUMN stale_days BIGINT NOT NULL DEFAULT 7 CHECK (stale_days BETWEEN 0 AND 365);

-- What was told of the due time: 0 nothing, 1 that it is soon, 2 that it is over.
ALTER TABLE sessions ADD COLUMN due_told BIGINT NOT NULL DEFAULT 0 CHECK (due_told BETWEEN 0 AND 2);
CREATE INDEX sessions_due ON sessions (due_told, due_at)
    WHERE due_at IS NOT NULL AND due_told < 2 AND completed_at IS NULL AND discarded_at IS NULL;

CREATE TABLE notifications (
    account_id UUID NOT NULL,
    user_id UUID NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('prepared_for_me', 'taken', 'reassigned', 'due_soon', 'overdue', 'completed')),
    session_id UUID NOT NULL,
    actor_id UUID,
    -- The number of the event, or the due time in microseconds since 1970: one notification of a kind for each.
    cause BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    read_at TIMESTAMPTZ,
    PRIMARY KEY (account_id, user_id, id),
    UNIQUE (account_id, session_id, user_id, kind, cause),
    FOREIGN KEY (account_id, session_id) REFERENCES sessions (account_id, id)
);
CREATE INDEX notifications_unread ON notifications (account_id, user_id, read_at, id) WHERE read_at IS NULL;
CREATE INDEX notifications_by_reading ON notifications (read_at) WHERE read_at IS NOT NULL;

-- A row says how somebody does not want to be told; without one they are told in every way.
CREATE TABLE notification_choices (
    account_id UUID NOT NULL,
    user_id UUID NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('prepared_for_me', 'taken', 'reassigned', 'due_soon', 'overdue', 'completed')),
    in_page BOOLEAN NOT NULL,
    mail BOOLEAN NOT NULL,
    PRIMARY KEY (account_id, user_id, kind),
    FOREIGN KEY (account_id, user_id) REFERENCES members (account_id, user_id)
);

-- Mail that waits to be sent, in the transaction of what it tells; its id is also the message's, so it is sent once.
CREATE TABLE outbox (
    account_id UUID NOT NULL,
    user_id UUID NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('prepared_for_me', 'taken', 'reassigned', 'due_soon', 'overdue', 'completed')),
    session_id UUID NOT NULL,
    actor_id UUID,
    cause BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    not_before TIMESTAMPTZ NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    sent_at TIMESTAMPTZ,
    PRIMARY KEY (account_id, user_id, id),
    UNIQUE (account_id, session_id, user_id, kind, cause),
    FOREIGN KEY (account_id, session_id) REFERENCES sessions (account_id, id)
);
CREATE INDEX outbox_waiting ON outbox (not_before) WHERE sent_at IS NULL;
