-- A capture has a moment that every program can read: PostgreSQL's infinity and BC are no date elsewhere, and one such
-- row kept all others from being listed, archived and transformed. Days before there was a league mean damage.
-- Every row is looked at, none rewritten: a database that holds such a row is of no use before that is mended.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'season.seasons', 'schedule.schedule', 'game.live_game_v1', 'metadata.raw_sightings'
    ] LOOP
        EXECUTE format(
            'ALTER TABLE %s ADD CONSTRAINT captured_at_in_1876_to_9998'
            ' CHECK (captured_at >= ''1876-01-01Z'' AND captured_at < ''9999-01-01Z'')', name::regclass
        );
    END LOOP;
EXCEPTION WHEN check_violation THEN
    RAISE check_violation USING MESSAGE = format(
        '%s has a captured_at outside the years 1876 to 9998: correct or delete such rows, then migrate again', name
    );
END
$$;
