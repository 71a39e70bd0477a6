-- A raw row may leave its content to the archive: then `data` and `body` are NULL, and object_key says where it is.
DO $$
DECLARE
    raw_table regclass;
BEGIN
    FOREACH raw_table IN ARRAY ARRAY[
        'attendance.attendance', 'game.changes', 'game.context_metrics', 'game.live_game_v1',
        'game.live_game_diff_patch_v1', 'game.win_probability', 'person.person', 'schedule.schedule', 'season.seasons',
        'standings.standings', 'stats.leaders', 'stats.stats', 'team.coaches', 'team.roster', 'team.teams',
        'transactions.transactions', 'venue.venue'
    ]::regclass[] LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN data DROP NOT NULL', raw_table);
        EXECUTE format(
            'ALTER TABLE %s ADD CONSTRAINT content_here_or_archived CHECK (data IS NOT NULL OR object_key IS NOT NULL)',
            raw_table
        );
        EXECUTE format(
            'COMMENT ON COLUMN %s.data IS %L', raw_table,
            'The response; NULL in a row whose content is in the archive alone, under object_key.'
        );
    END LOOP;
END
$$;

CREATE FUNCTION metadata.leave_content(raw_table regclass, month date, versions text[]) RETURNS void
LANGUAGE plpgsql
SET lock_timeout = '100ms'
AS $$
DECLARE
    namespace text;
    name      text;
    partition text;
    slim      text;
    columns   text;
    kept      text;
    said      text[];
    statement text;
    begins    timestamptz := date_trunc('month', month)::timestamp AT TIME ZONE 'UTC';
    ends      timestamptz := (date_trunc('month', month)::timestamp + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
    SELECT n.nspname, c.relname || to_char(month, '"_y"YYYY"m"MM') INTO STRICT namespace, name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = raw_table;
    partition := format('%I.%I', namespace, name);
    slim := format('%I.%I', namespace, name || '_leaving');
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum),
           string_agg(CASE WHEN attname IN ('data', 'body') THEN format('CASE WHEN format(''%%s %%s'', ctid, xmin) <> ALL ($1) THEN %I END', attname)
                           ELSE quote_ident(attname) END, ', ' ORDER BY attnum)
    INTO columns, kept FROM pg_attribute
    WHERE attrelid = raw_table AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
    -- Whoever writes the month waits from here on, whoever reads it only for the last steps.
    EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', partition);
    EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING ALL)', slim, raw_table);
    EXECUTE format('INSERT INTO %s (%s) SELECT %s FROM %s', slim, columns, kept, partition) USING versions;
    SELECT array_agg(format(
        'GRANT %s ON %s TO %s%s', a.privilege_type, partition, coalesce(quote_ident(r.rolname), 'PUBLIC'),
        CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' END
    )) INTO said
    FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
    WHERE c.oid = partition::regclass AND a.grantee <> c.relowner;
    said := said || format('COMMENT ON TABLE %s IS %L', partition, obj_description(partition::regclass, 'pg_class'));
    EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', raw_table);
    EXECUTE format('ALTER TABLE %s DETACH PARTITION %s', raw_table, partition);
    EXECUTE format('DROP TABLE %s', partition);
    EXECUTE format('ALTER TABLE %s RENAME TO %I', slim, name);
    EXECUTE format(
        'ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)', raw_table, partition, begins, ends
    );
    FOREACH statement IN ARRAY said LOOP
        EXECUTE statement;
    END LOOP;
END
$$;
COMMENT ON FUNCTION metadata.leave_content IS
    'Puts a partition in place of that of a UTC month that has its rows, without data and body those that still are of one'
    ' of these versions ("ctid xmin"): the archive has them. Gives up (lock_not_available) rather than keep others waiting.';
