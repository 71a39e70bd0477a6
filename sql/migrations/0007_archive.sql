-- The archive knows every capture, and months are made and filled while others read and write.

-- 1. Sightings are archived too, each with where it comes from, after they were stored.
ALTER TABLE metadata.raw_sightings
    ADD COLUMN schema_version integer,
    ADD COLUMN source_url     text,
    ADD COLUMN request_params jsonb,
    ADD COLUMN status_code    integer,
    ADD COLUMN object_key     text;
COMMENT ON COLUMN metadata.raw_sightings.schema_version IS 'NULL, as in the next three columns: as the raw row says.';
COMMENT ON COLUMN metadata.raw_sightings.object_key IS
    'The object of the archive that holds this sighting, with others; NULL: not archived yet.';
CREATE INDEX raw_sightings_not_archived ON metadata.raw_sightings (captured_at) WHERE object_key IS NULL;

-- 2. Raw rows without an object (inserted with plain SQL, or archived later by design) are found without looking at all.
--    An object that several rows share holds the parameters of one of them only: where the bytes are at hand, all of
--    these rows are archived again, each with its own.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['season.seasons', 'schedule.schedule', 'game.live_game_v1'] LOOP
        EXECUTE format(
            'CREATE INDEX %I ON %s (captured_at) WHERE object_key IS NULL',
            split_part(name, '.', 2) || '_not_archived', name::regclass
        );
        EXECUTE format(
            'COMMENT ON COLUMN %s.object_key IS %L', name::regclass,
            'The object of the archive that holds this response; NULL: not archived yet.'
        );
        EXECUTE format(
            'UPDATE %1$s SET object_key = NULL WHERE body IS NOT NULL AND object_key IN'
            ' (SELECT object_key FROM %1$s GROUP BY object_key HAVING count(*) > 1)', name::regclass
        );
    END LOOP;
END
$$;

-- 3. Months. Whoever reads a raw table without naming a time has its DEFAULT partition locked as well, which ATTACH must
--    lock: the weaker lock on the parent would spare nobody. It would cost rows: a query that was planned before the
--    new month was attached, and waited for DEFAULT, finds the moved rows in neither.
CREATE FUNCTION metadata.make_raw_partition(raw_table regclass, month date, most_rows bigint DEFAULT NULL)
RETURNS boolean
LANGUAGE plpgsql
SET lock_timeout = '100ms'
AS $$
DECLARE
    namespace text;
    name      text;
    partition text;
    columns   text;
    begins    timestamptz := date_trunc('month', month)::timestamp AT TIME ZONE 'UTC';
    ends      timestamptz := (date_trunc('month', month)::timestamp + interval '1 month') AT TIME ZONE 'UTC';
    moving    text;
    waiting   bigint;
BEGIN
    SELECT n.nspname, c.relname INTO STRICT namespace, name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = raw_table;
    partition := format('%I.%I', namespace, name || to_char(month, '"_y"YYYY"m"MM'));
    -- Two programs may need the same month at once: the second waits here, or gives up, and then finds it made.
    PERFORM pg_advisory_xact_lock(hashtextextended(partition, 0));
    IF to_regclass(partition) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('SELECT count(*) FROM %I.%I WHERE captured_at >= $1 AND captured_at < $2', namespace, name || '_default')
    INTO waiting USING begins, ends;
    IF waiting > most_rows THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING ALL)', partition, raw_table);
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns FROM pg_attribute
    WHERE attrelid = raw_table AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
    -- One statement, so that what is deleted is what is inserted, whatever comes in meanwhile.
    moving := format(
        'WITH moved AS (DELETE FROM %1$I.%2$I WHERE captured_at >= $1 AND captured_at < $2 RETURNING %3$s)'
        ' INSERT INTO %4$s (%3$s) SELECT %3$s FROM moved',
        namespace, name || '_default', columns, partition
    );
    EXECUTE moving USING begins, ends;  -- most of the work, while everybody reads and writes
    EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', raw_table);
    EXECUTE moving USING begins, ends;  -- what came in until now
    EXECUTE format(
        'ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)', raw_table, partition, begins, ends
    );
    RETURN true;
END
$$;
COMMENT ON FUNCTION metadata.make_raw_partition IS
    'Makes the partition of a UTC month of captured_at, and moves its rows there from the DEFAULT partition, as they are.'
    ' Returns false where it is made already, or more than most_rows would have to move. Gives up (lock_not_available)'
    ' rather than keep others waiting.';

CREATE FUNCTION metadata.months_in_default(raw_table regclass)
RETURNS SETOF date
LANGUAGE plpgsql STABLE AS $$
DECLARE
    default_partition text;
BEGIN
    SELECT format('%I.%I', n.nspname, c.relname || '_default') INTO STRICT default_partition
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = raw_table;
    RETURN QUERY EXECUTE format(
        'SELECT DISTINCT date_trunc(''month'', captured_at AT TIME ZONE ''UTC'')::date FROM %s ORDER BY 1',
        default_partition
    );
END
$$;
COMMENT ON FUNCTION metadata.months_in_default IS 'The UTC months of the rows in the DEFAULT partition of a raw table.';

DROP FUNCTION metadata.ensure_raw_partitions;
DROP FUNCTION metadata.default_partition_holds;
