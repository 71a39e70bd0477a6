-- The newest date the schedule has been loaded for, at most today: one row per game, ordered as listed.
DROP MATERIALIZED VIEW IF EXISTS schedule.today;
CREATE MATERIALIZED VIEW schedule.today AS
SELECT
    game_pk, schedule_date, official_date, game_date, abstract_game_state, detailed_state,
    away_team_id, home_team_id, away_score, home_score, venue_id, double_header, game_number, reschedule_date
FROM schedule.games
WHERE schedule_date = (
    SELECT max(schedule_date) FROM schedule.games WHERE schedule_date <= (now() AT TIME ZONE 'America/New_York')::date
)
WITH DATA;
CREATE UNIQUE INDEX today_game_pk ON schedule.today (game_pk, schedule_date);
COMMENT ON MATERIALIZED VIEW schedule.today IS
    'The games of the newest loaded date up to today in New York; metadata.refresh_all_views() renews it.';
