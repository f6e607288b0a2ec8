-- Row security: PostgreSQL itself shows a statement the rows of one account and no others, whatever it asks for. Each
-- transaction says which account it acts in (app.account); what goes across accounts says that (app.across). Who says
-- neither sees nothing.

-- Keeps the accounts apart in a table whose rows name theirs in this column. Of a new table with a column account_id,
-- its migration says SELECT keep_accounts_apart('its_name'); a test looks for it.
CREATE FUNCTION keep_accounts_apart(kept REGCLASS, account NAME DEFAULT 'account_id') RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
    -- A SELECT of its own is evaluated once for a statement, not for each row.
    EXECUTE format(
        'CREATE POLICY account ON %s USING (%I = (SELECT NULLIF(current_setting(''app.account'', TRUE), '''')::UUID) '
        'OR (SELECT current_setting(''app.across'', TRUE)) = ''on'')', kept, account);
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', kept);
END $$;

SELECT keep_accounts_apart('accounts', 'id');
SELECT keep_accounts_apart('teams');
SELECT keep_accounts_apart('members');
SELECT keep_accounts_apart('tokens');
SELECT keep_accounts_apart('token_families');
SELECT keep_accounts_apart('flows');
SELECT keep_accounts_apart('tags');
SELECT keep_accounts_apart('flow_versions');
SELECT keep_accounts_apart('flow_uses');
SELECT keep_accounts_apart('sessions');
SELECT keep_accounts_apart('session_variables');
SELECT keep_accounts_apart('session_steps');
SELECT keep_accounts_apart('events');
SELECT keep_accounts_apart('presence');
SELECT keep_accounts_apart('notifications');
SELECT keep_accounts_apart('notification_choices');
SELECT keep_accounts_apart('idempotency_keys');
SELECT keep_accounts_apart('audit');
SELECT keep_accounts_apart('audit_unsealed');
SELECT keep_accounts_apart('audit_seals');
