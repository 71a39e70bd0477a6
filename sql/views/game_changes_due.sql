-- What to ask the list of changed games for: all that has changed since the last answer whose rows are in the tables.
DROP VIEW IF EXISTS game.changes_due;
CREATE VIEW game.changes_due AS
SELECT
    played.season AS year, 1 AS sport_id,
    to_char(since.watermark AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_since
FROM (  -- the season that is on, or was the last one
    SELECT max(season) AS season FROM game.live_game_metadata WHERE official_date <= now() + interval '1 day'
) AS played
CROSS JOIN LATERAL (
    -- captured_at is from before the request was made; the minute is for clocks that differ from the API's.
    SELECT coalesce(max(a.captured_at), now() - interval '2 days') - interval '1 minute' AS watermark
    FROM metadata.applied_captures AS a JOIN game.changes AS r ON r.id = a.raw_id
    WHERE a.endpoint = 'game.changes' AND r.sport_id = '1' AND r.request_params ->> 'season' = played.season::text
) AS since
WHERE played.season IS NOT NULL AND since.watermark < now() - interval '10 minutes';
COMMENT ON VIEW game.changes_due IS
    'The next request for changed games: since the last answer that is in the tables entirely; none in ten minutes after it.';
