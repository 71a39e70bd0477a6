-- History: what a newer capture supersedes stays in the schema `history`, with the time it was valid.

CREATE SCHEMA history;
COMMENT ON SCHEMA history IS
    'Rows that a newer capture has superseded, by the table they were in: schema and table, joined by "_".';

-- Made from the columns that the table has: called again when it gets new ones.
CREATE FUNCTION metadata.keep_history(published regclass, version_table regclass, unit text[]) RETURNS void
LANGUAGE plpgsql AS $keep_history$
DECLARE
    schema_name text;
    table_name text;
    own text;
    versions text;
    kept text;
    keeper text;
    names text[];
    missing record;
    key text := (SELECT string_agg(quote_ident(name), ', ' ORDER BY place) FROM unnest(unit) WITH ORDINALITY u (name, place));
    starts text := CASE WHEN published = version_table THEN 'valid_from' ELSE 'captured_at' END;
BEGIN
    SELECT n.nspname, c.relname, format('%I.%I', n.nspname, c.relname) INTO schema_name, table_name, own
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = published;
    SELECT format('%I.%I', n.nspname, c.relname) INTO versions
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = version_table;
    IF published = version_table AND NOT EXISTS (
        SELECT FROM pg_attribute WHERE attrelid = published AND attname = 'valid_from' AND NOT attisdropped
    ) THEN  -- what was captured more than once before, `mlb-etl transform ENDPOINT --all` makes anew
        EXECUTE format('ALTER TABLE %s ADD COLUMN valid_from timestamptz', own);
        EXECUTE format('UPDATE %s SET valid_from = captured_at', own);
        EXECUTE format('ALTER TABLE %s ALTER COLUMN valid_from SET NOT NULL, ALTER COLUMN valid_from SET DEFAULT now()', own);
    END IF;
    SELECT array_agg(quote_ident(attname) ORDER BY attnum) INTO names
    FROM pg_attribute WHERE attrelid = published AND attnum > 0 AND NOT attisdropped;
    kept := format('history.%I', schema_name || '_' || table_name);
    keeper := format('history.%I', 'keep_' || schema_name || '_' || table_name);

    IF to_regclass(kept) IS NULL THEN
        EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING COMMENTS, valid tstzrange NOT NULL)', kept, own);
        EXECUTE format('CREATE INDEX ON %s (%s, upper(valid))', kept, key);
        IF published = version_table THEN  -- what has been applied is looked up by its raw row
            EXECUTE format('CREATE INDEX ON %s (raw_id, %s)', kept, key);
        END IF;
        EXECUTE format(
            'COMMENT ON TABLE %s IS %L', kept, format('Former rows of %s, and when they were valid.', own)
        );
        EXECUTE format(
            'COMMENT ON COLUMN %s.valid IS %L', kept,
            'From the capture that made the row what it is to the one that superseded it, which is not in it (UTC).'
        );
    END IF;
    FOR missing IN
        SELECT quote_ident(attname) AS name, format_type(atttypid, atttypmod) AS type
        FROM pg_attribute t
        WHERE attrelid = published AND attnum > 0 AND NOT attisdropped AND NOT EXISTS (
            SELECT FROM pg_attribute h WHERE h.attrelid = kept::regclass AND h.attname = t.attname AND NOT h.attisdropped
        )
        ORDER BY attnum
    LOOP
        EXECUTE format('ALTER TABLE %s ADD COLUMN %s %s', kept, missing.name, missing.type);
    END LOOP;

    -- Only what a publication supersedes: it has written the version row in the same transaction. A row that somebody
    -- changes or deletes by hand was not valid until then for all who ask what the API said.
    EXECUTE format(
        $keeper$
        CREATE OR REPLACE FUNCTION %1$s() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $body$
        BEGIN
            INSERT INTO %2$s (%3$s, valid)
            SELECT %4$s, tstzrange(was.%5$s, version.valid_from)
            FROM superseded was JOIN %6$s version USING (%7$s)
            WHERE version.published_xid = pg_current_xact_id_if_assigned() AND was.%5$s < version.valid_from;
            RETURN NULL;
        END
        $body$
        $keeper$,
        keeper, kept, array_to_string(names, ', '),
        (SELECT string_agg('was.' || name, ', ' ORDER BY place) FROM unnest(names) WITH ORDINALITY n (name, place)),
        starts, versions, key
    );
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s() FROM PUBLIC', keeper);
    EXECUTE format(
        'CREATE OR REPLACE TRIGGER keep_updated AFTER UPDATE ON %s'
        ' REFERENCING OLD TABLE AS superseded FOR EACH STATEMENT EXECUTE FUNCTION %s()', own, keeper
    );
    EXECUTE format(
        'CREATE OR REPLACE TRIGGER keep_deleted AFTER DELETE ON %s'
        ' REFERENCING OLD TABLE AS superseded FOR EACH STATEMENT EXECUTE FUNCTION %s()', own, keeper
    );

    EXECUTE format(
        $as_of$
        CREATE OR REPLACE FUNCTION %1$I.%2$I(at timestamptz) RETURNS SETOF %3$s LANGUAGE sql STABLE AS $body$
            SELECT %4$s FROM %3$s t WHERE t.%5$s <= $1
            UNION ALL
            SELECT %4$s FROM %6$s t WHERE lower(t.valid) <= $1 AND upper(t.valid) > $1
        $body$
        $as_of$,
        schema_name, table_name || '_as_of', own,
        (SELECT string_agg('t.' || name, ', ' ORDER BY place) FROM unnest(names) WITH ORDINALITY n (name, place)),
        starts, kept
    );
    EXECUTE format(
        'COMMENT ON FUNCTION %I.%I(timestamptz) IS %L', schema_name, table_name || '_as_of',
        format('The rows of %s as they were made from what was captured until then.', own)
    );
END
$keep_history$;
COMMENT ON FUNCTION metadata.keep_history IS
    'Keep what is superseded in a table of a mapping: its table in `history`, the triggers, and the function TABLE_as_of.';

-- A response of several units counts each time it was seen: what lies between may have changed them.
ALTER TABLE metadata.applied_captures DROP CONSTRAINT applied_captures_pkey;
ALTER TABLE metadata.applied_captures ADD PRIMARY KEY (raw_id, mapping_sha256, captured_at);
CREATE INDEX ON metadata.applied_captures (endpoint);

SELECT metadata.keep_history('attendance.team_seasons', 'attendance.team_seasons', '{team_id,season}');
SELECT metadata.keep_history('attendance.attendance_normalized', 'attendance.team_seasons', '{team_id,season}');
SELECT metadata.keep_history('game.changed_games', 'game.changed_games', '{game_pk,schedule_date}');
SELECT metadata.keep_history('game.context_metrics_normalized', 'game.context_metrics_normalized', '{game_pk}');
SELECT metadata.keep_history('game.live_game_metadata', 'game.live_game_metadata', '{game_pk}');
SELECT metadata.keep_history('game.live_game_linescore_innings', 'game.live_game_metadata', '{game_pk}');
SELECT metadata.keep_history('game.live_game_players', 'game.live_game_metadata', '{game_pk}');
SELECT metadata.keep_history('game.live_game_plays', 'game.live_game_metadata', '{game_pk}');
SELECT metadata.keep_history('game.live_game_pitch_events', 'game.live_game_metadata', '{game_pk}');
SELECT metadata.keep_history('game.live_game_play_actions', 'game.live_game_metadata', '{game_pk}');
SELECT metadata.keep_history('game.live_game_hit_data', 'game.live_game_metadata', '{game_pk}');
SELECT metadata.keep_history('game.live_game_runners', 'game.live_game_metadata', '{game_pk}');
SELECT metadata.keep_history('game.live_game_fielding_credits', 'game.live_game_metadata', '{game_pk}');
SELECT metadata.keep_history('game.live_game_scoring_plays', 'game.live_game_metadata', '{game_pk}');
SELECT metadata.keep_history('game.live_game_batting_order', 'game.live_game_metadata', '{game_pk}');
SELECT metadata.keep_history('game.live_game_pitchers', 'game.live_game_metadata', '{game_pk}');
SELECT metadata.keep_history('game.live_game_bench', 'game.live_game_metadata', '{game_pk}');
SELECT metadata.keep_history('game.live_game_bullpen', 'game.live_game_metadata', '{game_pk}');
SELECT metadata.keep_history('game.live_game_boxscore_players', 'game.live_game_metadata', '{game_pk}');
SELECT metadata.keep_history('game.live_game_boxscore_positions', 'game.live_game_metadata', '{game_pk}');
SELECT metadata.keep_history('game.live_game_boxscore_batting', 'game.live_game_metadata', '{game_pk}');
SELECT metadata.keep_history('game.live_game_boxscore_pitching', 'game.live_game_metadata', '{game_pk}');
SELECT metadata.keep_history('game.live_game_boxscore_fielding', 'game.live_game_metadata', '{game_pk}');
SELECT metadata.keep_history('game.live_game_boxscore_teams', 'game.live_game_metadata', '{game_pk}');
SELECT metadata.keep_history('game.live_game_umpires', 'game.live_game_metadata', '{game_pk}');
SELECT metadata.keep_history('game.live_game_venue_details', 'game.live_game_metadata', '{game_pk}');
SELECT metadata.keep_history('game.live_game_decisions', 'game.live_game_metadata', '{game_pk}');
SELECT metadata.keep_history('game.live_game_reviews', 'game.live_game_metadata', '{game_pk}');
SELECT metadata.keep_history('game.live_game_challenges', 'game.live_game_metadata', '{game_pk}');
SELECT metadata.keep_history('game.live_game_probable_pitchers', 'game.live_game_metadata', '{game_pk}');
SELECT metadata.keep_history('game.win_probability_games', 'game.win_probability_games', '{game_pk}');
SELECT metadata.keep_history('game.win_probability_plays', 'game.win_probability_games', '{game_pk}');
SELECT metadata.keep_history('game.win_probability_events', 'game.win_probability_games', '{game_pk}');
SELECT metadata.keep_history('game.win_probability_credits', 'game.win_probability_games', '{game_pk}');
SELECT metadata.keep_history('person.people', 'person.people', '{person_id}');
SELECT metadata.keep_history('schedule.daily_summary', 'schedule.daily_summary', '{schedule_date,sport_id}');
SELECT metadata.keep_history('schedule.games', 'schedule.daily_summary', '{schedule_date,sport_id}');
SELECT metadata.keep_history('season.seasons_normalized', 'season.seasons_normalized', '{season_id,sport_id}');
SELECT metadata.keep_history('standings.daily_standings', 'standings.daily_standings', '{standings_date,standings_type}');
SELECT metadata.keep_history('standings.team_records', 'standings.daily_standings', '{standings_date,standings_type}');
SELECT metadata.keep_history('standings.split_records', 'standings.daily_standings', '{standings_date,standings_type}');
SELECT metadata.keep_history('stats.season_leaders', 'stats.season_leaders', '{season,sport_id}');
SELECT metadata.keep_history('stats.leaders_normalized', 'stats.season_leaders', '{season,sport_id}');
SELECT metadata.keep_history('stats.season_groups', 'stats.season_groups', '{season,stat_group,sport_id}');
SELECT metadata.keep_history('stats.season_batting', 'stats.season_groups', '{season,stat_group,sport_id}');
SELECT metadata.keep_history('stats.season_pitching', 'stats.season_groups', '{season,stat_group,sport_id}');
SELECT metadata.keep_history('team.daily_coaches', 'team.daily_coaches', '{team_id,coaches_date}');
SELECT metadata.keep_history('team.coaches_normalized', 'team.daily_coaches', '{team_id,coaches_date}');
SELECT metadata.keep_history('team.daily_rosters', 'team.daily_rosters', '{team_id,roster_date,roster_type}');
SELECT metadata.keep_history('team.rosters', 'team.daily_rosters', '{team_id,roster_date,roster_type}');
SELECT metadata.keep_history('team.teams_normalized', 'team.teams_normalized', '{team_id,season}');
SELECT metadata.keep_history('transactions.transactions_normalized', 'transactions.transactions_normalized', '{transaction_id}');
SELECT metadata.keep_history('venue.venues', 'venue.venues', '{venue_id}');

-- Valid since it was captured first: where nothing else was captured of a unit, that is its history already.
DO $valid_from$
DECLARE
    place record;
BEGIN
    FOR place IN SELECT * FROM (VALUES
        ('attendance.team_seasons', 'attendance.attendance'),
        ('game.changed_games', 'game.changes'),
        ('game.context_metrics_normalized', 'game.context_metrics'),
        ('game.live_game_metadata', 'game.live_game_v1'),
        ('game.live_game_metadata', 'game.live_game_diff_patch_v1'),
        ('game.win_probability_games', 'game.win_probability'),
        ('person.people', 'person.person'),
        ('schedule.daily_summary', 'schedule.schedule'),
        ('season.seasons_normalized', 'season.seasons'),
        ('standings.daily_standings', 'standings.standings'),
        ('stats.season_leaders', 'stats.leaders'),
        ('stats.season_groups', 'stats.stats'),
        ('team.daily_coaches', 'team.coaches'),
        ('team.daily_rosters', 'team.roster'),
        ('team.teams_normalized', 'team.teams'),
        ('transactions.transactions_normalized', 'transactions.transactions'),
        ('venue.venues', 'venue.venue')
    ) AS places (version_table, raw_table)
    LOOP
        EXECUTE format(
            'UPDATE %s v SET valid_from = r.captured_at FROM %s r WHERE r.id = v.raw_id AND r.captured_at < v.valid_from',
            place.version_table, place.raw_table
        );
    END LOOP;
END
$valid_from$;
