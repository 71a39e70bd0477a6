-- A raw row may leave its content to the archive: then `data` and `body` are NULL, and object_key says where it is.
DO $$
DECLARE
    raw_table regclass;
BEGIN
    FOREACH raw_table IN ARRAY ARRAY[
        'attendance.attendance', 'game.changes', 'game.context_metrics', 'game.live_game_v1',
        'game.live_game_diff_patch_v1', 'game.win_probability', 'person.person', 'schedule.schedule', 'season.seasons',
        'standings.standings', 'stats.leaders', 'stats.stats', 'team.coaches', 'team.roster', 'team.teams',
        'transactions.transactions', 'venue.venue'
    ]::regclass[] LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN data DROP NOT NULL', raw_table);
        EXECUTE format(
            'ALTER TABLE %s ADD CONSTRAINT content_here_or_archived CHECK (data IS NOT NULL OR object_key IS NOT NULL)',
            raw_table
        );
        EXECUTE format(
            'COMMENT ON COLUMN %s.data IS %L', raw_table,
            'The response; NULL in a row whose content is in the archive alone, under object_key.'
        );
    END LOOP;
END
$$;
