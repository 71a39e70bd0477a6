-- What live tables, history and exports stand on: the order of commits, the mapping that made a row, what was refused.

-- 1. The transaction that added a raw row or a sighting, so that they can be followed in the order they were committed.
--    The column first and its default second: rows that are there keep NULL, and nothing is rewritten.
DO $$
DECLARE
    followed regclass;
BEGIN
    FOREACH followed IN ARRAY ARRAY[
        'season.seasons', 'schedule.schedule', 'game.live_game_v1', 'metadata.raw_sightings'
    ]::regclass[] LOOP
        EXECUTE format('ALTER TABLE %s ADD COLUMN xact xid8', followed);
        EXECUTE format('ALTER TABLE %s ALTER COLUMN xact SET DEFAULT pg_current_xact_id()', followed);
        EXECUTE format(
            'COMMENT ON COLUMN %s.xact IS %L', followed,
            'The transaction that added the row: what follows the table compares it with pg_snapshot.'
        );
    END LOOP;
END
$$;

-- 2. The mapping that turned a unit's capture into rows, and the transaction that published them.
DO $$
DECLARE
    version_table regclass;
BEGIN
    FOREACH version_table IN ARRAY ARRAY[
        'season.seasons_normalized', 'schedule.daily_summary', 'game.live_game_metadata'
    ]::regclass[] LOOP
        EXECUTE format('ALTER TABLE %s ADD COLUMN mapping_sha256 text', version_table);
        EXECUTE format('ALTER TABLE %s ADD COLUMN published_xid xid8', version_table);
        EXECUTE format('ALTER TABLE %s ALTER COLUMN published_xid SET DEFAULT pg_current_xact_id()', version_table);
    END LOOP;
END
$$;

-- 3. Captures that cannot become acceptable rows: tried again only when the mapping changes, or with --force.
CREATE TABLE metadata.rejected_captures (
    endpoint       text        NOT NULL,
    raw_id         bigint      NOT NULL,
    captured_at    timestamptz NOT NULL,
    unit           jsonb,
    mapping_sha256 text        NOT NULL,
    reason         text        NOT NULL,
    rejected_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE NULLS NOT DISTINCT (raw_id, mapping_sha256, unit)
);
CREATE INDEX rejected_captures_endpoint ON metadata.rejected_captures (endpoint, mapping_sha256);
COMMENT ON TABLE metadata.rejected_captures IS
    'Captures that a mapping refused, with the reason. They stay in the raw tier, and decide nothing.';
COMMENT ON COLUMN metadata.rejected_captures.unit IS
    'The unit (such as one date of several) that was refused; NULL: the whole response.';
COMMENT ON COLUMN metadata.rejected_captures.captured_at IS 'Of the newest sighting of its content at that time (UTC).';

-- 4. Responses of several units, once they were applied. One of a single unit needs no such row: its version row is it.
CREATE TABLE metadata.applied_captures (
    endpoint       text        NOT NULL,
    raw_id         bigint      NOT NULL,
    captured_at    timestamptz NOT NULL,
    mapping_sha256 text        NOT NULL,
    applied_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (raw_id, mapping_sha256)
);
COMMENT ON TABLE metadata.applied_captures IS
    'Responses of several units that a mapping has turned into rows, so that a run applies only what is new.';

-- 5. A program holds an advisory lock for as long as it runs: what is "running" and not locked was killed.
CREATE INDEX job_executions_running ON metadata.job_executions (run_id) WHERE status = 'running';
COMMENT ON COLUMN metadata.job_executions.error IS 'All errors of the run, one per line.';
