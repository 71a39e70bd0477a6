-- What happened pitch by pitch and play by play: who faced whom, the state before, what came of it and what it was worth.
-- The views of this file read one another, so they stand in one. What is looked up for a row is looked up by its key:
-- a query costs what the rows cost that it asks for, whatever the planner knows of the tables.
DROP VIEW IF EXISTS game.pitch_by_pitch;
DROP VIEW IF EXISTS game.play_values;
DROP MATERIALIZED VIEW IF EXISTS game.run_expectancy;
DROP VIEW IF EXISTS game.play_states;

CREATE OR REPLACE FUNCTION game.bases(on_first integer, on_second integer, on_third integer)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN on_first IS NULL THEN '_' ELSE '1' END || CASE WHEN on_second IS NULL THEN '_' ELSE '2' END
        || CASE WHEN on_third IS NULL THEN '_' ELSE '3' END
$$;
COMMENT ON FUNCTION game.bases IS 'The state of the bases in three letters: _2_ with a runner on second only, ___ with nobody on.';

CREATE OR REPLACE FUNCTION game.runners_before(of_game bigint, half_began integer, play integer, event integer)
RETURNS TABLE (on_first_id integer, on_second_id integer, on_third_id integer)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT
        max(player_id) FILTER (WHERE base = 1), max(player_id) FILTER (WHERE base = 2), max(player_id) FILTER (WHERE base = 3)
    FROM (
        SELECT DISTINCT ON (player_id) player_id, base
        FROM (
            -- an index of -1, or none, is that of a play without events (an intentional walk of 2018): at its end
            SELECT
                runner.runner_id, CASE WHEN runner.end_base IN ('1B', '2B', '3B') THEN left(runner.end_base, 1)::integer END,
                runner.at_bat_index, CASE WHEN runner.play_index >= 0 THEN runner.play_index ELSE 2147483646 END,
                runner.runner_index
            FROM game.live_game_runners AS runner
            WHERE runner.game_pk = of_game AND runner.at_bat_index BETWEEN half_began AND play AND runner.runner_id IS NOT NULL
            UNION ALL
            -- the automatic runner of extra innings is there before anything happens; a pinch runner comes in between
            SELECT
                came.player_id, came.base, action.at_bat_index,
                CASE WHEN action.is_substitution THEN action.event_index ELSE -1 END, -1
            FROM game.live_game_play_actions AS action
            CROSS JOIN LATERAL (
                VALUES (action.player_id, action.base), (action.replaced_player_id, NULL)
            ) AS came (player_id, base)
            WHERE action.game_pk = of_game AND action.at_bat_index BETWEEN half_began AND play
              AND action.base BETWEEN 1 AND 3 AND came.player_id IS NOT NULL
              AND (action.is_substitution OR action.event = 'Runner Placed On Base')
        ) AS moves (player_id, base, at_bat_index, event_index, runner_index)
        WHERE at_bat_index < play OR event_index < event
        ORDER BY player_id, at_bat_index DESC, event_index DESC, runner_index DESC
    ) AS positions
$$;
COMMENT ON FUNCTION game.runners_before IS
    'Who is on base before an event (its event_index) of a play: by the movements of the runners since the half inning began
with a play. Seasons of which the feed does not name them after each play (2018) have it too, but for pinch runners, of whom
these do not say for whom they run.';

CREATE OR REPLACE FUNCTION game.chances_of(of_game bigint, play integer)
RETURNS TABLE (
    home_win_probability_before double precision, home_win_probability_after double precision, leverage_index double precision
)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT
        coalesce(
            (
                SELECT previous.home_team_win_probability FROM game.win_probability_plays AS previous
                WHERE previous.game_pk = of_game AND previous.at_bat_index < play
                ORDER BY previous.at_bat_index DESC LIMIT 1
            ),
            home_team_win_probability - home_team_win_probability_added
        ),
        home_team_win_probability, leverage_index
    FROM game.win_probability_plays
    WHERE game_pk = of_game AND at_bat_index = play
$$;
COMMENT ON FUNCTION game.chances_of IS
    'The chance of the home team before and after a play, in percent: no row where game.win_probability has none of it.';

CREATE VIEW game.play_states AS
SELECT
    game_pk, at_bat_index, inning, half_inning, is_complete, outs_before, on_first_id, on_second_id, on_third_id,
    game.bases(on_first_id, on_second_id, on_third_id) AS bases_before, home_score_before, away_score_before,
    outs_after, then_on_first_id, then_on_second_id, then_on_third_id,
    game.bases(then_on_first_id, then_on_second_id, then_on_third_id) AS bases_after, home_score_after, away_score_after,
    CASE half_inning
        WHEN 'top' THEN away_score_after - away_score_before
        ELSE home_score_after - home_score_before
    END AS runs
FROM (
    SELECT
        game_pk, at_bat_index, inning, half_inning, is_complete, outs AS outs_after,
        home_score AS home_score_after, away_score AS away_score_after,
        coalesce(lag(outs) OVER half, 0) AS outs_before,
        coalesce(lag(home_score) OVER game, 0) AS home_score_before,
        coalesce(lag(away_score) OVER game, 0) AS away_score_before,
        min(at_bat_index) OVER half AS half_began,
        lag(post_on_first_id) OVER half AS told_first_id, lag(post_on_second_id) OVER half AS told_second_id,
        lag(post_on_third_id) OVER half AS told_third_id, post_on_first_id, post_on_second_id, post_on_third_id,
        -- 2018 names nobody; an unfinished play not yet; nobody moves the runner that extra innings begin with
        NOT bool_or(coalesce(post_on_first_id, post_on_second_id, post_on_third_id) IS NOT NULL) OVER whole AS names_nobody,
        lag(at_bat_index) OVER half IS NULL AND inning > 7 AS may_begin_with_a_runner
    FROM game.live_game_plays
    WINDOW
        whole AS (PARTITION BY game_pk),
        game AS (PARTITION BY game_pk ORDER BY at_bat_index),
        half AS (PARTITION BY game_pk, inning, half_inning ORDER BY at_bat_index)
) AS play
CROSS JOIN LATERAL (
    SELECT told_first_id, told_second_id, told_third_id WHERE NOT (names_nobody OR may_begin_with_a_runner)
    UNION ALL
    SELECT * FROM game.runners_before(game_pk, half_began, at_bat_index, 0) WHERE names_nobody OR may_begin_with_a_runner
) AS before (on_first_id, on_second_id, on_third_id)
CROSS JOIN LATERAL (
    SELECT post_on_first_id, post_on_second_id, post_on_third_id WHERE NOT names_nobody AND is_complete
    UNION ALL
    SELECT * FROM game.runners_before(game_pk, half_began, at_bat_index, 2147483647)
    WHERE (NOT names_nobody AND is_complete) IS NOT TRUE
) AS after (then_on_first_id, then_on_second_id, then_on_third_id);
COMMENT ON VIEW game.play_states IS
    'Outs, runners and score before each play and after it. bases_… is _2_ with a runner on second only.';

CREATE MATERIALIZED VIEW game.run_expectancy AS
SELECT
    season, bases_before AS bases, outs_before AS outs, count(*) AS plays, avg(runs_to_come) AS runs
FROM (
    SELECT
        game.season, state.bases_before, state.outs_before,
        CASE half_inning
            WHEN 'top' THEN max(away_score_after) OVER half - away_score_before
            ELSE max(home_score_after) OVER half - home_score_before
        END AS runs_to_come
    FROM game.play_states AS state
    JOIN game.live_game_metadata AS game USING (game_pk)
    WHERE game.game_type = 'R' AND game.abstract_game_state = 'Final' AND state.inning < game.scheduled_innings
    WINDOW half AS (PARTITION BY game_pk, inning, half_inning)
) AS play
WHERE outs_before < 3
GROUP BY season, bases_before, outs_before
WITH DATA;
CREATE UNIQUE INDEX run_expectancy_state ON game.run_expectancy (season, bases, outs);
COMMENT ON MATERIALIZED VIEW game.run_expectancy IS
    'Runs that came on average from a state of bases and outs to the end of the half inning, by season: of the finals of the
regular season that are loaded, without the last inning, which the home team may end early. metadata.refresh_all_views() renews it.';

CREATE VIEW game.play_values AS
SELECT
    game_pk, at_bat_index, inning, half_inning, play.batter_id, play.pitcher_id, play.event, play.description,
    outs_before, bases_before, outs_after, bases_after, state.runs,
    before.runs AS run_expectancy_before,
    CASE WHEN is_last THEN 0 ELSE after.runs END AS run_expectancy_after,
    CASE WHEN is_last THEN 0 ELSE after.runs END - before.runs + state.runs AS re24,
    chance.home_win_probability_before, chance.home_win_probability_after,
    (chance.home_win_probability_after - chance.home_win_probability_before)
        * CASE half_inning WHEN 'top' THEN -1 ELSE 1 END / 100 AS wpa,
    chance.leverage_index
FROM (
    SELECT
        *,
        outs_after >= 3 OR lead(at_bat_index) OVER (PARTITION BY game_pk, inning, half_inning ORDER BY at_bat_index) IS NULL
            AND abstract_game_state = 'Final' AS is_last
    FROM game.play_states
    JOIN (SELECT game_pk, season, abstract_game_state FROM game.live_game_metadata) AS game USING (game_pk)
) AS state
JOIN (
    SELECT game_pk, at_bat_index, batter_id, pitcher_id, event, description FROM game.live_game_plays
) AS play USING (game_pk, at_bat_index)
LEFT JOIN (SELECT season, bases AS bases_before, outs AS outs_before, runs FROM game.run_expectancy) AS before
    USING (season, bases_before, outs_before)
LEFT JOIN (SELECT season, bases AS bases_after, outs AS outs_after, runs FROM game.run_expectancy) AS after
    USING (season, bases_after, outs_after)
LEFT JOIN LATERAL game.chances_of(game_pk, at_bat_index) AS chance ON true
WHERE is_complete;
COMMENT ON VIEW game.play_values IS
    'What each play was worth to the side at bat: re24, the runs it brought and the change in those to expect (game.run_expectancy),
and wpa, the change in its chance to win, from 0 to 1, where game.win_probability is loaded. Bases stolen between the
pitches count for the play in which they were.';

CREATE VIEW game.pitch_by_pitch AS
SELECT
    pitch.game_pk, game.season, game.official_date, game.home_team_id, game.away_team_id,
    pitch.at_bat_index, pitch.event_index, pitch.play_id, play.inning, play.half_inning, pitch.pitch_number,
    pitch.batter_id, batter.full_name AS batter_name,
    CASE WHEN pitch.batter_id = play.batter_id THEN play.bat_side_code END AS bat_side_code,
    pitch.pitcher_id, pitcher.full_name AS pitcher_name, pitcher.pitch_hand_code,
    count.balls_before, count.strikes_before,
    CASE WHEN (last.inning, last.half_inning) = (play.inning, play.half_inning) THEN coalesce(last.outs, 0) ELSE 0 END
        + meanwhile.outs AS outs_before,
    runners.on_first_id, runners.on_second_id, runners.on_third_id,
    game.bases(runners.on_first_id, runners.on_second_id, runners.on_third_id) AS bases_before,
    coalesce(last.home_score, 0) + CASE play.half_inning WHEN 'bottom' THEN meanwhile.runs ELSE 0 END AS home_score_before,
    coalesce(last.away_score, 0) + CASE play.half_inning WHEN 'top' THEN meanwhile.runs ELSE 0 END AS away_score_before,
    pitch.pitch_type_code, pitch.pitch_type_description, pitch.call_code, pitch.call_description, pitch.description,
    pitch.is_in_play, pitch.is_strike, pitch.is_ball, pitch.balls, pitch.strikes,
    pitch.start_speed, pitch.end_speed, pitch.spin_rate, pitch.zone, pitch.plate_x, pitch.plate_z, pitch.extension,
    pitch.break_horizontal, pitch.break_vertical_induced,
    hit.launch_speed, hit.launch_angle, hit.total_distance, hit.trajectory,
    -- with the pitch that ended it
    CASE WHEN pitch.is_last THEN play.event END AS event, CASE WHEN pitch.is_last THEN play.event_type END AS event_type,
    CASE WHEN pitch.is_last THEN play.description END AS play_description, CASE WHEN pitch.is_last THEN play.rbi END AS rbi,
    chance.home_win_probability_before, chance.home_win_probability_after, pitch.captured_at
FROM (
    SELECT
        pitch.*,
        play.is_complete AND NOT EXISTS (
            SELECT FROM game.live_game_pitch_events AS other
            WHERE other.game_pk = pitch.game_pk AND other.at_bat_index = pitch.at_bat_index
              AND other.event_index > pitch.event_index
        ) AS is_last,
        coalesce((
            SELECT action.replaced_player_id FROM game.live_game_play_actions AS action
            WHERE action.game_pk = pitch.game_pk AND action.at_bat_index = pitch.at_bat_index
              AND action.event_index > pitch.event_index AND action.position_abbreviation = 'PH'
              AND action.replaced_player_id IS NOT NULL
            ORDER BY action.event_index LIMIT 1
        ), play.batter_id) AS batter_id,
        CASE WHEN EXISTS (
            SELECT FROM game.live_game_play_actions AS action
            WHERE action.game_pk = pitch.game_pk AND action.at_bat_index = pitch.at_bat_index
              AND action.event_index > pitch.event_index AND action.event = 'Pitching Substitution'
        ) THEN coalesce((
            SELECT action.player_id FROM game.live_game_play_actions AS action
            WHERE action.game_pk = pitch.game_pk AND action.at_bat_index = pitch.at_bat_index
              AND action.event_index < pitch.event_index AND action.event = 'Pitching Substitution'
            ORDER BY action.event_index DESC LIMIT 1
        ), (
            SELECT other.pitcher_id FROM game.live_game_plays AS other
            WHERE other.game_pk = pitch.game_pk AND other.at_bat_index < pitch.at_bat_index
              AND other.half_inning = play.half_inning
            ORDER BY other.at_bat_index DESC LIMIT 1
        ), (
            SELECT starter.player_id FROM game.live_game_pitchers AS starter
            WHERE starter.game_pk = pitch.game_pk AND starter.ordinal = 0
              AND starter.side = CASE play.half_inning WHEN 'top' THEN 'home' ELSE 'away' END
        )) ELSE play.pitcher_id END AS pitcher_id
    FROM game.live_game_pitch_events AS pitch
    JOIN game.live_game_plays AS play USING (game_pk, at_bat_index)
) AS pitch
JOIN game.live_game_metadata AS game USING (game_pk)
JOIN game.live_game_plays AS play USING (game_pk, at_bat_index)
LEFT JOIN game.live_game_hit_data AS hit USING (game_pk, at_bat_index, event_index)
LEFT JOIN game.live_game_players AS batter ON batter.game_pk = pitch.game_pk AND batter.player_id = pitch.batter_id
LEFT JOIN game.live_game_players AS pitcher ON pitcher.game_pk = pitch.game_pk AND pitcher.player_id = pitch.pitcher_id
LEFT JOIN LATERAL (
    SELECT other.inning, other.half_inning, other.home_score, other.away_score, other.outs
    FROM game.live_game_plays AS other
    WHERE other.game_pk = pitch.game_pk AND other.at_bat_index < pitch.at_bat_index
    ORDER BY other.at_bat_index DESC LIMIT 1
) AS last ON true
LEFT JOIN LATERAL (
    SELECT other.at_bat_index + 1 AS began
    FROM game.live_game_plays AS other
    WHERE other.game_pk = pitch.game_pk AND other.at_bat_index < pitch.at_bat_index
      AND (other.inning, other.half_inning) <> (play.inning, play.half_inning)
    ORDER BY other.at_bat_index DESC LIMIT 1
) AS half ON true
CROSS JOIN LATERAL (
    -- 2018 does not say who is out: he comes to no base
    SELECT
        count(*) FILTER (WHERE runner.is_out OR runner.is_out IS NULL AND runner.end_base IS NULL) AS outs,
        count(*) FILTER (WHERE runner.end_base = 'score') AS runs
    FROM game.live_game_runners AS runner
    WHERE runner.game_pk = pitch.game_pk AND runner.at_bat_index = pitch.at_bat_index
      AND runner.play_index >= 0 AND runner.play_index < pitch.event_index
) AS meanwhile
CROSS JOIN LATERAL (
    -- an action of 2018 that comes first still has the count of the plate appearance before
    SELECT coalesce(max(balls), 0) AS balls_before, coalesce(max(strikes), 0) AS strikes_before
    FROM (
        SELECT other.balls, other.strikes FROM game.live_game_pitch_events AS other
        WHERE other.game_pk = pitch.game_pk AND other.at_bat_index = pitch.at_bat_index
          AND other.event_index < pitch.event_index
        UNION ALL
        SELECT action.balls, action.strikes FROM game.live_game_play_actions AS action
        WHERE action.game_pk = pitch.game_pk AND action.at_bat_index = pitch.at_bat_index
          AND action.event_index < pitch.event_index AND action.type = 'no_pitch'
    ) AS thrown
) AS count
CROSS JOIN LATERAL game.runners_before(
    pitch.game_pk, coalesce(half.began, 0), pitch.at_bat_index, pitch.event_index
) AS runners
LEFT JOIN LATERAL game.chances_of(pitch.game_pk, pitch.at_bat_index) AS chance ON true;
COMMENT ON VIEW game.pitch_by_pitch IS
    'Each pitch in a row: who threw it to whom (a change within the plate appearance is told apart), the count, the outs, the
runners and the score before it, the pitch, the ball off the bat, and with the last pitch of a plate appearance what came of
it; and the chance of the home team, in percent, before and after the whole play, where game.win_probability is loaded.';
