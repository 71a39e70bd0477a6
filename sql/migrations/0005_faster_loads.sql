-- Two things that a load of a season spent most of its time on.

-- 1. The exact bytes of a response, compressed, beside its JSONB: reading 0.8 MB of JSON out of a JSONB means that the
--    server writes it as text again, which took longer than parsing it.
CREATE FUNCTION metadata.forget_raw_body()
RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.data IS DISTINCT FROM OLD.data AND NEW.body IS NOT DISTINCT FROM OLD.body THEN
        NEW.body := NULL;
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION metadata.forget_raw_body IS
    'Raw rows are append-only; where somebody changes data all the same, the bytes that no longer say it go.';

DO $$
DECLARE
    raw_table regclass;
BEGIN
    FOREACH raw_table IN ARRAY ARRAY['season.seasons', 'schedule.schedule', 'game.live_game_v1']::regclass[] LOOP
        EXECUTE format('ALTER TABLE %s ADD COLUMN body bytea', raw_table);
        EXECUTE format('ALTER TABLE %s ALTER COLUMN body SET STORAGE EXTERNAL', raw_table);
        EXECUTE format(
            'COMMENT ON COLUMN %s.body IS %L', raw_table,
            'The exact decoded bytes, compressed by zstd; data is read where it is NULL, as in a row inserted without it.'
        );
        EXECUTE format(
            'CREATE TRIGGER forget_raw_body BEFORE UPDATE OF data ON %s'
            ' FOR EACH ROW EXECUTE FUNCTION metadata.forget_raw_body()', raw_table
        );
    END LOOP;
END
$$;

-- 2. Foreign keys between the tables of a game. All rows of a game come from one response and change in one
--    transaction, so a child without its parent cannot be published; the keys checked that again, row by row.
ALTER TABLE game.live_game_linescore_innings DROP CONSTRAINT live_game_linescore_innings_game_pk_fkey;
ALTER TABLE game.live_game_players DROP CONSTRAINT live_game_players_game_pk_fkey;
ALTER TABLE game.live_game_plays DROP CONSTRAINT live_game_plays_game_pk_fkey;
ALTER TABLE game.live_game_pitch_events DROP CONSTRAINT live_game_pitch_events_game_pk_at_bat_index_fkey;
ALTER TABLE game.live_game_play_actions DROP CONSTRAINT live_game_play_actions_game_pk_at_bat_index_fkey;
ALTER TABLE game.live_game_hit_data DROP CONSTRAINT live_game_hit_data_game_pk_at_bat_index_fkey;
ALTER TABLE game.live_game_runners DROP CONSTRAINT live_game_runners_game_pk_at_bat_index_fkey;
ALTER TABLE game.live_game_fielding_credits
    DROP CONSTRAINT live_game_fielding_credits_game_pk_at_bat_index_runner_ind_fkey;
ALTER TABLE game.live_game_boxscore_batting DROP CONSTRAINT live_game_boxscore_batting_game_pk_fkey;
ALTER TABLE game.live_game_boxscore_pitching DROP CONSTRAINT live_game_boxscore_pitching_game_pk_fkey;
ALTER TABLE game.live_game_boxscore_fielding DROP CONSTRAINT live_game_boxscore_fielding_game_pk_fkey;
ALTER TABLE game.live_game_boxscore_teams DROP CONSTRAINT live_game_boxscore_teams_game_pk_fkey;
