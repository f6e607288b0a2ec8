-- Letters that somebody waits for go out before the rest.

-- Whether somebody waits for the letter, or is warned by it.
ALTER TABLE outbox ADD COLUMN urgent BOOLEAN NOT NULL DEFAULT FALSE;
-- Of what waits already, a letter that is good for a day at most is one.
UPDATE outbox SET urgent = TRUE WHERE kind = 'letter' AND sent_at IS NULL AND failed_at IS NULL
    AND good_until <= created_at + INTERVAL '1 day';
CREATE INDEX outbox_urgent ON outbox (not_before, id) WHERE urgent AND sent_at IS NULL AND failed_at IS NULL;
-- What is due for the letter of the day stands not in the way of the others.
CREATE INDEX outbox_others ON outbox (not_before, id)
    WHERE NOT urgent AND NOT digest AND sent_at IS NULL AND failed_at IS NULL;
