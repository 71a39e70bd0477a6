-- The scoreboard: games that are being played, and those of the newest official date there is.
DROP MATERIALIZED VIEW IF EXISTS game.latest_live;
CREATE MATERIALIZED VIEW game.latest_live AS
SELECT
    game_pk, official_date, abstract_game_state, detailed_state,
    away_team_id, home_team_id, away_runs, home_runs, venue_id, captured_at
FROM game.live_game_metadata
WHERE abstract_game_state = 'Live'
   OR official_date = (SELECT max(official_date) FROM game.live_game_metadata)
WITH DATA;
CREATE UNIQUE INDEX latest_live_game_pk ON game.latest_live (game_pk);
COMMENT ON MATERIALIZED VIEW game.latest_live IS
    'Games in progress and games of the newest official date, as last published; metadata.refresh_all_views() renews it.';
