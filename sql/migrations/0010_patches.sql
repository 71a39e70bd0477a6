-- What a mapping refused because it is a patch of something that is not in the raw tier is tried again once more is.

ALTER TABLE metadata.rejected_captures ADD COLUMN seen pg_snapshot;
COMMENT ON COLUMN metadata.rejected_captures.seen IS
    'Of a patch that fits nothing: the raw tier it was judged by. The verdict stands until an earlier capture comes that is not visible in it.';
