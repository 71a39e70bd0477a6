-- The role as which the page reads: what was published and what is known of each run, no content of responses, no secret.
-- Applied by every `db migrate`, so also to what is new; where the role is missing and may not be made, it says so.

DO $$
DECLARE
    may_be text := CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'mlb_reader') THEN
        BEGIN
            CREATE ROLE mlb_reader NOLOGIN;
            COMMENT ON ROLE mlb_reader IS 'Reads what the MLB data platform has published: its page does, as this role.';
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;  -- by whoever migrates another database of this server
        END;
    END IF;
    -- Who has migrated the database is who the page logs in as.
    IF NOT pg_has_role(current_user, 'mlb_reader', may_be) THEN
        EXECUTE format('GRANT mlb_reader TO %I', current_user);
    END IF;
END
$$;

DO $$
DECLARE
    granted text;
BEGIN
    -- Staging is in temporary tables: who owns the database, or was given the right, goes on.
    IF has_database_privilege('mlb_reader', current_database(), 'TEMPORARY') THEN
        EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), current_user);
        EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    END IF;

    FOR granted IN
        WITH raw AS (  -- a raw table is partitioned and has the hash of its content
            SELECT c.oid, c.relnamespace FROM pg_class AS c
            JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'content_sha256'
            WHERE c.relkind = 'p'
        ), schemas AS (
            SELECT n.oid, n.nspname FROM pg_namespace AS n
            WHERE n.nspname IN ('history', 'metadata') OR n.oid IN (SELECT relnamespace FROM raw)
        ), published AS (
            SELECT c.oid FROM pg_class AS c JOIN schemas AS s ON s.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'v', 'm') AND s.nspname <> 'metadata'
              AND c.oid NOT IN (SELECT oid FROM raw)
              AND c.oid NOT IN (SELECT inhrelid FROM pg_inherits WHERE inhparent IN (SELECT oid FROM raw))
            UNION ALL
            SELECT oid FROM unnest('{
                applied_captures,data_quality_results,job_executions,raw_sightings,rejected_captures,schema_drift,
                schema_versions
            }'::text[]) AS name, to_regclass('metadata.' || name) AS oid WHERE oid IS NOT NULL
        )
        SELECT format('GRANT USAGE ON SCHEMA %I TO mlb_reader', nspname) FROM schemas
        WHERE NOT has_schema_privilege('mlb_reader', oid, 'USAGE')
        UNION ALL
        SELECT format('GRANT SELECT ON %s TO mlb_reader', oid::regclass) FROM published
        WHERE NOT has_table_privilege('mlb_reader', oid, 'SELECT')
        UNION ALL
        -- When something was asked for, and what for; not what was answered.
        SELECT format('GRANT SELECT (%I) ON %s TO mlb_reader', a.attname, raw.oid::regclass)
        FROM raw JOIN pg_attribute AS a ON a.attrelid = raw.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE a.attname NOT IN ('data', 'body') AND NOT has_column_privilege('mlb_reader', raw.oid, a.attnum, 'SELECT')
    LOOP
        EXECUTE granted;
    END LOOP;
END
$$;
