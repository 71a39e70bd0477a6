-- Which games to ask for again although they are final: corrections come late, and without a new revision.
-- The next morning is 14:00 UTC, three hours later at least. What is due for days without an answer is so no more, until
-- it is due the next time.
DROP VIEW IF EXISTS game.due_again;
CREATE VIEW game.due_again AS
WITH final AS (
    SELECT
        game_pk, season, official_date, away_name, home_name, captured_at, valid_from,
        coalesce(resume_date, official_date) AS last_date
    FROM game.live_game_metadata WHERE coded_game_state IN ('F', 'R')
),
ended AS (
    SELECT
        f.game_pk,
        -- When it was seen to be over, or at noon after its date: who loads an old season has not just seen it end.
        least(f.valid_from, seen.final_at, (f.last_date + 1 + time '12:00') AT TIME ZONE 'UTC') AS ended_at
    FROM final AS f
    CROSS JOIN LATERAL (
        SELECT min(lower(h.valid)) AS final_at FROM history.game_live_game_metadata AS h
        WHERE h.game_pk = f.game_pk AND h.coded_game_state IN ('F', 'R')
    ) AS seen
    WHERE f.last_date > now() - interval '40 days'  -- later than that no milestone is left
),
due AS (
    SELECT f.*, d.urgency, d.reason, d.due_at
    FROM final AS f
    CROSS JOIN LATERAL (
        SELECT 1, 'the API says that it changed', max(c.captured_at), interval '3 days'
        FROM game.changed_games AS c WHERE c.game_pk = f.game_pk
        UNION ALL
        SELECT milestone.*, interval '3 days'
        FROM ended AS e
        CROSS JOIN LATERAL (VALUES
            (2, 'an hour after it ended', e.ended_at + interval '1 hour'),
            (3, 'the next morning', date_trunc('day', e.ended_at - interval '11 hours', 'UTC') + interval '38 hours'),
            (4, 'a day after it ended', e.ended_at + interval '1 day'),
            (5, 'three days after it ended', e.ended_at + interval '3 days'),
            (6, 'a week after it ended', e.ended_at + interval '7 days'),
            (7, 'a month after it ended', e.ended_at + interval '30 days')
        ) AS milestone
        WHERE e.game_pk = f.game_pk
        UNION ALL
        SELECT
            8, 'after the season',
            (max(coalesce(s.post_season_end_date, s.season_end_date)) + 2)::timestamp AT TIME ZONE 'UTC',
            interval '30 days'
        FROM season.seasons_normalized AS s WHERE s.season_id = f.season AND s.sport_id = 1
    ) AS d (urgency, reason, due_at, stays)
    WHERE d.due_at BETWEEN now() - d.stays AND now() AND f.captured_at < d.due_at
)
SELECT DISTINCT ON (game_pk) game_pk, official_date, away_name, home_name, urgency, reason, due_at
FROM due
WHERE NOT EXISTS (  -- what was asked for and refused is not asked for every hour
    SELECT FROM game.live_game_v1 AS r
    JOIN metadata.rejected_captures AS x ON x.raw_id = r.id AND x.unit IS NULL
    LEFT JOIN metadata.raw_sightings AS s ON s.raw_id = r.id
    WHERE r.game_pk = due.game_pk AND greatest(r.captured_at, s.captured_at) >= due.due_at
)
ORDER BY game_pk, urgency;
COMMENT ON VIEW game.due_again IS
    'Final games to be asked for again, the most urgent reason of each: some time after their end, and where the API says that they changed.';
COMMENT ON COLUMN game.due_again.urgency IS 'The smaller, the sooner.';
COMMENT ON COLUMN game.due_again.due_at IS 'Since when; until it was asked for after this.';
