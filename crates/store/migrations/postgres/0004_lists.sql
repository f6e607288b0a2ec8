-- What is completed is found without a look at what was given up.
CREATE INDEX sessions_completed ON sessions (account_id, id) WHERE completed_at IS NOT NULL AND discarded_at IS NULL;
