-- What follows the raw tier reads what a snapshot sees and an earlier one did not: the rows of the transactions since.
-- Who writes a raw table waits while its index is made.
CREATE INDEX seasons_xact ON season.seasons (xact);
CREATE INDEX schedule_xact ON schedule.schedule (xact);
CREATE INDEX live_game_v1_xact ON game.live_game_v1 (xact);
CREATE INDEX live_game_diff_patch_v1_xact ON game.live_game_diff_patch_v1 (xact);
CREATE INDEX raw_sightings_xact ON metadata.raw_sightings (xact);

CREATE TABLE metadata.stream_offsets (
    name     text        PRIMARY KEY,
    snapshot pg_snapshot NOT NULL,
    moved_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE metadata.stream_offsets IS 'How far each stream of a date has read the raw tier.';
COMMENT ON COLUMN metadata.stream_offsets.name IS 'The endpoint and the date; whatever engine does the work.';
COMMENT ON COLUMN metadata.stream_offsets.snapshot IS
    'What this snapshot sees is in the tables; a batch is what a newer one sees and it does not.';
