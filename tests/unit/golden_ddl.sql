CREATE SCHEMA IF NOT EXISTS chess;

CREATE TABLE chess.live_match_v1 (
    id bigint NOT NULL DEFAULT nextval('metadata.raw_id_seq'),
    match_id bigint NOT NULL,
    language text GENERATED ALWAYS AS ((request_params ->> 'lang')::text) STORED,
    captured_at timestamptz NOT NULL,
    ingested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    schema_version integer,
    source_url text,
    request_params jsonb,
    status_code integer,
    content_sha256 text,
    object_key text,
    data jsonb,
    body bytea,
    xact xid8 DEFAULT pg_current_xact_id(),
    PRIMARY KEY (id, captured_at),
    CONSTRAINT captured_at_in_1876_to_9998 CHECK (captured_at >= '1876-01-01Z' AND captured_at < '9999-01-01Z'),
    CONSTRAINT content_here_or_archived CHECK (data IS NOT NULL OR object_key IS NOT NULL)
) PARTITION BY RANGE (captured_at);
COMMENT ON TABLE chess.live_match_v1 IS 'Raw responses, kept whole and for ever: A chess match.';
COMMENT ON COLUMN chess.live_match_v1.captured_at IS 'When the request was about to be sent (UTC).';
COMMENT ON COLUMN chess.live_match_v1.data IS 'The response; NULL in a row whose content is in the archive alone, under object_key.';
COMMENT ON COLUMN chess.live_match_v1.body IS 'The exact decoded bytes, compressed by zstd; data is read where it is NULL, as in a row inserted without it.';
COMMENT ON COLUMN chess.live_match_v1.content_sha256 IS 'Of the exact decoded bytes, which object_key holds.';
COMMENT ON COLUMN chess.live_match_v1.object_key IS 'The object of the archive that holds this response; NULL: not archived yet.';
COMMENT ON COLUMN chess.live_match_v1.xact IS 'The transaction that added the row: what follows the table compares it with pg_snapshot.';
CREATE INDEX live_match_v1_natural_key ON chess.live_match_v1 (match_id, language, captured_at DESC);
CREATE INDEX live_match_v1_not_archived ON chess.live_match_v1 (captured_at) WHERE object_key IS NULL;
CREATE INDEX live_match_v1_xact ON chess.live_match_v1 (xact);
ALTER TABLE chess.live_match_v1 ALTER COLUMN body SET STORAGE EXTERNAL;
DO $$ BEGIN
    ALTER TABLE chess.live_match_v1 ALTER COLUMN data SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    NULL;  -- a server built without lz4 keeps pglz
END $$;
CREATE TABLE chess.live_match_v1_default PARTITION OF chess.live_match_v1 DEFAULT;
CREATE TRIGGER forget_raw_body BEFORE UPDATE OF data ON chess.live_match_v1
    FOR EACH ROW EXECUTE FUNCTION metadata.forget_raw_body();

CREATE TABLE chess.live_match_metadata (
    match_id bigint NOT NULL,
    started_on date,
    language text,
    captured_at timestamptz NOT NULL,
    raw_id bigint NOT NULL,
    content_sha256 text,
    mapping_sha256 text,
    valid_from timestamptz NOT NULL DEFAULT now(),
    published_xid xid8 DEFAULT pg_current_xact_id(),
    PRIMARY KEY (match_id)
);
COMMENT ON TABLE chess.live_match_metadata IS 'One row per match.';
COMMENT ON COLUMN chess.live_match_metadata.match_id IS '$.id';
COMMENT ON COLUMN chess.live_match_metadata.started_on IS 'start.official or start.original. The organiser''s date.';
COMMENT ON COLUMN chess.live_match_metadata.language IS 'parameter lang of the request';
CREATE INDEX live_match_metadata_started_on ON chess.live_match_metadata (started_on);

CREATE TABLE chess.live_match_moves (
    match_id bigint NOT NULL,
    move_index integer NOT NULL,
    piece text,
    seconds double precision,
    captured_at timestamptz NOT NULL,
    raw_id bigint NOT NULL,
    PRIMARY KEY (match_id, move_index)
);
COMMENT ON TABLE chess.live_match_moves IS 'One row per move.';
COMMENT ON COLUMN chess.live_match_moves.match_id IS '$.id';
COMMENT ON COLUMN chess.live_match_moves.move_index IS 'position in moves';
COMMENT ON COLUMN chess.live_match_moves.piece IS 'piece.code';
COMMENT ON COLUMN chess.live_match_moves.seconds IS 'clock.used';

CREATE TABLE chess.live_match_seconds (
    match_id bigint NOT NULL,
    side text NOT NULL,
    board integer NOT NULL,
    person_id integer NOT NULL,
    captured_at timestamptz NOT NULL,
    raw_id bigint NOT NULL,
    PRIMARY KEY (match_id, side, board, person_id)
);
COMMENT ON TABLE chess.live_match_seconds IS 'Who helps each side.';
COMMENT ON COLUMN chess.live_match_seconds.match_id IS '$.id';
COMMENT ON COLUMN chess.live_match_seconds.side IS 'key in sides';
COMMENT ON COLUMN chess.live_match_seconds.board IS 'board / 100';
COMMENT ON COLUMN chess.live_match_seconds.person_id IS 'id';
CREATE VIEW chess.live_match_white_seconds AS SELECT * FROM chess.live_match_seconds WHERE side = 'white';
CREATE VIEW chess.live_match_black_seconds AS SELECT * FROM chess.live_match_seconds WHERE side = 'black';

CREATE TABLE chess.live_match_protests (
    match_id bigint NOT NULL,
    move_index integer,
    protest_index integer NOT NULL,
    text text,
    captured_at timestamptz NOT NULL,
    raw_id bigint NOT NULL,
    UNIQUE NULLS NOT DISTINCT (match_id, move_index, protest_index)
);
COMMENT ON TABLE chess.live_match_protests IS 'Protests against a move, or against the match.';
COMMENT ON COLUMN chess.live_match_protests.match_id IS '$.id';
COMMENT ON COLUMN chess.live_match_protests.move_index IS '';
COMMENT ON COLUMN chess.live_match_protests.protest_index IS '';
COMMENT ON COLUMN chess.live_match_protests.text IS 'text';
CREATE INDEX live_match_protests_text_searched ON chess.live_match_protests (metadata.searched(text) text_pattern_ops);

SELECT metadata.keep_history('chess.live_match_metadata', 'chess.live_match_metadata', '{match_id}');
SELECT metadata.keep_history('chess.live_match_moves', 'chess.live_match_metadata', '{match_id}');
SELECT metadata.keep_history('chess.live_match_seconds', 'chess.live_match_metadata', '{match_id}');
SELECT metadata.keep_history('chess.live_match_protests', 'chess.live_match_metadata', '{match_id}');