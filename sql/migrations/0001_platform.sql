-- What every endpoint shares: raw ids and sightings, and the record of what ran.

CREATE SCHEMA IF NOT EXISTS metadata;
CREATE SCHEMA IF NOT EXISTS staging;

-- One sequence for all raw tables, so that a raw_id names one response of the whole platform.
CREATE SEQUENCE metadata.raw_id_seq AS bigint;

CREATE TABLE metadata.raw_sightings (
    raw_id      bigint      NOT NULL,
    captured_at timestamptz NOT NULL,
    PRIMARY KEY (raw_id, captured_at)
);
COMMENT ON TABLE metadata.raw_sightings IS
    'A response whose content equalled the newest stored one of its natural key: a capture without a copy. '
    'No foreign key: the raw tier is append-only and partitioned.';

CREATE TABLE metadata.schema_versions (
    endpoint       text        NOT NULL,
    schema_version integer     NOT NULL,
    mapping_sha256 text        NOT NULL,
    first_used_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (endpoint, schema_version, mapping_sha256)
);
COMMENT ON TABLE metadata.schema_versions IS 'Which text of which mapping has turned responses into rows, and since when.';

CREATE TABLE metadata.job_executions (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id      uuid        NOT NULL UNIQUE,
    job         text        NOT NULL,
    arguments   jsonb       NOT NULL,
    status      text        NOT NULL CHECK (status IN ('running', 'succeeded', 'failed')),
    exit_code   integer,
    asked       integer,
    done        integer,
    error       text,
    started_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at    timestamptz
);
CREATE INDEX job_executions_started_at ON metadata.job_executions (started_at);
COMMENT ON COLUMN metadata.job_executions.asked IS 'How many responses or games the program was asked for.';
COMMENT ON COLUMN metadata.job_executions.done IS 'How many of them are in place now.';

CREATE TABLE metadata.data_quality_results (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id       uuid        NOT NULL,
    endpoint     text        NOT NULL,
    table_name   text        NOT NULL,
    rule         text        NOT NULL,
    level        text        NOT NULL CHECK (level IN ('error', 'warning')),
    rows_checked bigint      NOT NULL,
    rows_failed  bigint      NOT NULL,
    passed       boolean     GENERATED ALWAYS AS (rows_failed = 0) STORED,
    checked_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (run_id, endpoint, table_name, rule)
);
COMMENT ON TABLE metadata.data_quality_results IS 'One row per rule and run, whichever engine evaluated it.';

CREATE TABLE metadata.schema_drift (
    endpoint      text        NOT NULL,
    path          text        NOT NULL,
    raw_id        bigint      NOT NULL,
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (endpoint, path)
);
COMMENT ON TABLE metadata.schema_drift IS
    'Paths of responses that no mapping maps or ignores, with the first raw row that had them.';

CREATE FUNCTION metadata.ensure_raw_partitions(raw_table regclass, from_date date, months integer)
RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    month     date;
    partition text;
    namespace text;
    name      text;
    made      integer := 0;
BEGIN
    SELECT n.nspname, c.relname INTO STRICT namespace, name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = raw_table;
    FOR step IN 0 .. months - 1 LOOP
        month := (date_trunc('month', from_date) + make_interval(months => step))::date;
        partition := name || to_char(month, '"_y"YYYY"m"MM');
        CONTINUE WHEN to_regclass(format('%I.%I', namespace, partition)) IS NOT NULL;
        -- Two programs may need the same month at once: the second waits here and then finds it made.
        PERFORM pg_advisory_xact_lock(hashtextextended(format('%I.%I', namespace, partition), 0));
        CONTINUE WHEN to_regclass(format('%I.%I', namespace, partition)) IS NOT NULL;
        -- A month whose rows already lie in the DEFAULT partition stays there until maintenance moves them.
        CONTINUE WHEN metadata.default_partition_holds(namespace, name, month);
        EXECUTE format(
            'CREATE TABLE %I.%I PARTITION OF %I.%I FOR VALUES FROM (%L) TO (%L)',
            namespace, partition, namespace, name,
            month::timestamp AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC'
        );
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;
COMMENT ON FUNCTION metadata.ensure_raw_partitions IS
    'Makes the monthly partitions of captured_at (UTC months) that are missing; returns how many it made.';

CREATE FUNCTION metadata.default_partition_holds(namespace text, name text, month date)
RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    found boolean;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT FROM %I.%I WHERE captured_at >= %L AND captured_at < %L)',
        namespace, name || '_default',
        month::timestamp AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC'
    ) INTO found;
    RETURN found;
END
$$;

CREATE FUNCTION metadata.refresh_all_views()
RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    view regclass;
BEGIN
    FOR view IN
        SELECT format('%I.%I', schemaname, matviewname)::regclass FROM pg_matviews
        WHERE schemaname <> 'staging' ORDER BY schemaname, matviewname
    LOOP
        EXECUTE format('REFRESH MATERIALIZED VIEW CONCURRENTLY %s', view);
    END LOOP;
END
$$;
COMMENT ON FUNCTION metadata.refresh_all_views IS 'Refreshes every materialized view; readers are never kept waiting.';
