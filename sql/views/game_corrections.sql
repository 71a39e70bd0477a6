-- Generated from game.live_game_v1: what changed of a unit after it was final, one row per value.
DROP VIEW IF EXISTS game.corrections;
CREATE VIEW game.corrections AS
SELECT
    u.game_pk, c.table_name, c.key, d.column_name, d.before, d.after,
    CASE WHEN c.was IS NULL THEN 'added' WHEN c.now IS NULL THEN 'removed' ELSE 'changed' END AS kind,
    c.seen_at,
    (SELECT h.raw_id FROM history.game_live_game_metadata AS h WHERE h.game_pk = u.game_pk AND upper(h.valid) = c.seen_at) AS previous_capture,
    CASE WHEN u.valid_from = c.seen_at THEN u.raw_id ELSE (
        SELECT h.raw_id FROM history.game_live_game_metadata AS h WHERE h.game_pk = u.game_pk AND lower(h.valid) = c.seen_at
    ) END AS capture
FROM game.live_game_metadata AS u
CROSS JOIN LATERAL (  -- final since, and never again anything else
    SELECT coalesce(
        max(upper(h.valid)) FILTER (WHERE NOT (coalesce(h.coded_game_state::text IN ('F', 'R'), false))), min(lower(h.valid)), u.valid_from
    ) AS final_at
    FROM history.game_live_game_metadata AS h WHERE h.game_pk = u.game_pk
) AS f
CROSS JOIN LATERAL (
    SELECT 'live_game_metadata' AS table_name, key, seen_at, was.content AS was, now.content AS now
    FROM (
        SELECT jsonb_build_object() AS key, upper(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,captured_at,raw_id,content_sha256,mapping_sha256,valid_from,published_xid,valid,time_stamp,wait,home_games_played,home_wins,home_losses,home_winning_percentage,home_league_wins,home_league_losses,home_league_ties,home_league_pct,home_division_leader,home_division_games_back,home_league_games_back,home_wild_card_games_back,home_sport_games_back,home_conference_games_back,home_spring_league_games_back,away_games_played,away_wins,away_losses,away_winning_percentage,away_league_wins,away_league_losses,away_league_ties,away_league_pct,away_division_leader,away_division_games_back,away_league_games_back,away_wild_card_games_back,away_sport_games_back,away_conference_games_back,away_spring_league_games_back}'::text[] AS content
        FROM history.game_live_game_metadata AS t WHERE t.game_pk = u.game_pk AND upper(t.valid) > f.final_at
    ) AS was FULL JOIN (
        SELECT jsonb_build_object() AS key, t.valid_from AS seen_at, to_jsonb(t) - '{game_pk,captured_at,raw_id,content_sha256,mapping_sha256,valid_from,published_xid,valid,time_stamp,wait,home_games_played,home_wins,home_losses,home_winning_percentage,home_league_wins,home_league_losses,home_league_ties,home_league_pct,home_division_leader,home_division_games_back,home_league_games_back,home_wild_card_games_back,home_sport_games_back,home_conference_games_back,home_spring_league_games_back,away_games_played,away_wins,away_losses,away_winning_percentage,away_league_wins,away_league_losses,away_league_ties,away_league_pct,away_division_leader,away_division_games_back,away_league_games_back,away_wild_card_games_back,away_sport_games_back,away_conference_games_back,away_spring_league_games_back}'::text[] AS content
        FROM game.live_game_metadata AS t WHERE t.game_pk = u.game_pk AND t.valid_from > f.final_at
        UNION ALL
        SELECT jsonb_build_object() AS key, lower(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,captured_at,raw_id,content_sha256,mapping_sha256,valid_from,published_xid,valid,time_stamp,wait,home_games_played,home_wins,home_losses,home_winning_percentage,home_league_wins,home_league_losses,home_league_ties,home_league_pct,home_division_leader,home_division_games_back,home_league_games_back,home_wild_card_games_back,home_sport_games_back,home_conference_games_back,home_spring_league_games_back,away_games_played,away_wins,away_losses,away_winning_percentage,away_league_wins,away_league_losses,away_league_ties,away_league_pct,away_division_leader,away_division_games_back,away_league_games_back,away_wild_card_games_back,away_sport_games_back,away_conference_games_back,away_spring_league_games_back}'::text[] AS content
        FROM history.game_live_game_metadata AS t WHERE t.game_pk = u.game_pk AND lower(t.valid) > f.final_at
    ) AS now USING (key, seen_at)
    WHERE was.content IS DISTINCT FROM now.content
    UNION ALL
    SELECT 'live_game_linescore_innings' AS table_name, key, seen_at, was.content AS was, now.content AS now
    FROM (
        SELECT jsonb_build_object('inning', t.inning) AS key, upper(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,inning,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_linescore_innings AS t WHERE t.game_pk = u.game_pk AND upper(t.valid) > f.final_at
    ) AS was FULL JOIN (
        SELECT jsonb_build_object('inning', t.inning) AS key, t.captured_at AS seen_at, to_jsonb(t) - '{game_pk,inning,captured_at,raw_id,valid}'::text[] AS content
        FROM game.live_game_linescore_innings AS t WHERE t.game_pk = u.game_pk AND t.captured_at > f.final_at
        UNION ALL
        SELECT jsonb_build_object('inning', t.inning) AS key, lower(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,inning,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_linescore_innings AS t WHERE t.game_pk = u.game_pk AND lower(t.valid) > f.final_at
    ) AS now USING (key, seen_at)
    WHERE was.content IS DISTINCT FROM now.content
    UNION ALL
    SELECT 'live_game_players' AS table_name, key, seen_at, was.content AS was, now.content AS now
    FROM (
        SELECT jsonb_build_object('player_id', t.player_id) AS key, upper(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,player_id,captured_at,raw_id,valid,nick_name,pronunciation,primary_number,current_age,height,weight,active,is_verified,last_played_date,strike_zone_top,strike_zone_bottom}'::text[] AS content
        FROM history.game_live_game_players AS t WHERE t.game_pk = u.game_pk AND upper(t.valid) > f.final_at
    ) AS was FULL JOIN (
        SELECT jsonb_build_object('player_id', t.player_id) AS key, t.captured_at AS seen_at, to_jsonb(t) - '{game_pk,player_id,captured_at,raw_id,valid,nick_name,pronunciation,primary_number,current_age,height,weight,active,is_verified,last_played_date,strike_zone_top,strike_zone_bottom}'::text[] AS content
        FROM game.live_game_players AS t WHERE t.game_pk = u.game_pk AND t.captured_at > f.final_at
        UNION ALL
        SELECT jsonb_build_object('player_id', t.player_id) AS key, lower(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,player_id,captured_at,raw_id,valid,nick_name,pronunciation,primary_number,current_age,height,weight,active,is_verified,last_played_date,strike_zone_top,strike_zone_bottom}'::text[] AS content
        FROM history.game_live_game_players AS t WHERE t.game_pk = u.game_pk AND lower(t.valid) > f.final_at
    ) AS now USING (key, seen_at)
    WHERE was.content IS DISTINCT FROM now.content
    UNION ALL
    SELECT 'live_game_plays' AS table_name, key, seen_at, was.content AS was, now.content AS now
    FROM (
        SELECT jsonb_build_object('at_bat_index', t.at_bat_index) AS key, upper(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,at_bat_index,captured_at,raw_id,valid,captivating_index,start_time,end_time,play_end_time}'::text[] AS content
        FROM history.game_live_game_plays AS t WHERE t.game_pk = u.game_pk AND upper(t.valid) > f.final_at
    ) AS was FULL JOIN (
        SELECT jsonb_build_object('at_bat_index', t.at_bat_index) AS key, t.captured_at AS seen_at, to_jsonb(t) - '{game_pk,at_bat_index,captured_at,raw_id,valid,captivating_index,start_time,end_time,play_end_time}'::text[] AS content
        FROM game.live_game_plays AS t WHERE t.game_pk = u.game_pk AND t.captured_at > f.final_at
        UNION ALL
        SELECT jsonb_build_object('at_bat_index', t.at_bat_index) AS key, lower(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,at_bat_index,captured_at,raw_id,valid,captivating_index,start_time,end_time,play_end_time}'::text[] AS content
        FROM history.game_live_game_plays AS t WHERE t.game_pk = u.game_pk AND lower(t.valid) > f.final_at
    ) AS now USING (key, seen_at)
    WHERE was.content IS DISTINCT FROM now.content
    UNION ALL
    SELECT 'live_game_pitch_events' AS table_name, key, seen_at, was.content AS was, now.content AS now
    FROM (
        SELECT jsonb_build_object('at_bat_index', t.at_bat_index, 'event_index', t.event_index) AS key, upper(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,at_bat_index,event_index,captured_at,raw_id,valid,play_id,start_time,end_time,type_confidence}'::text[] AS content
        FROM history.game_live_game_pitch_events AS t WHERE t.game_pk = u.game_pk AND upper(t.valid) > f.final_at
    ) AS was FULL JOIN (
        SELECT jsonb_build_object('at_bat_index', t.at_bat_index, 'event_index', t.event_index) AS key, t.captured_at AS seen_at, to_jsonb(t) - '{game_pk,at_bat_index,event_index,captured_at,raw_id,valid,play_id,start_time,end_time,type_confidence}'::text[] AS content
        FROM game.live_game_pitch_events AS t WHERE t.game_pk = u.game_pk AND t.captured_at > f.final_at
        UNION ALL
        SELECT jsonb_build_object('at_bat_index', t.at_bat_index, 'event_index', t.event_index) AS key, lower(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,at_bat_index,event_index,captured_at,raw_id,valid,play_id,start_time,end_time,type_confidence}'::text[] AS content
        FROM history.game_live_game_pitch_events AS t WHERE t.game_pk = u.game_pk AND lower(t.valid) > f.final_at
    ) AS now USING (key, seen_at)
    WHERE was.content IS DISTINCT FROM now.content
    UNION ALL
    SELECT 'live_game_play_actions' AS table_name, key, seen_at, was.content AS was, now.content AS now
    FROM (
        SELECT jsonb_build_object('at_bat_index', t.at_bat_index, 'event_index', t.event_index) AS key, upper(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,at_bat_index,event_index,captured_at,raw_id,valid,play_id,start_time,end_time}'::text[] AS content
        FROM history.game_live_game_play_actions AS t WHERE t.game_pk = u.game_pk AND upper(t.valid) > f.final_at
    ) AS was FULL JOIN (
        SELECT jsonb_build_object('at_bat_index', t.at_bat_index, 'event_index', t.event_index) AS key, t.captured_at AS seen_at, to_jsonb(t) - '{game_pk,at_bat_index,event_index,captured_at,raw_id,valid,play_id,start_time,end_time}'::text[] AS content
        FROM game.live_game_play_actions AS t WHERE t.game_pk = u.game_pk AND t.captured_at > f.final_at
        UNION ALL
        SELECT jsonb_build_object('at_bat_index', t.at_bat_index, 'event_index', t.event_index) AS key, lower(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,at_bat_index,event_index,captured_at,raw_id,valid,play_id,start_time,end_time}'::text[] AS content
        FROM history.game_live_game_play_actions AS t WHERE t.game_pk = u.game_pk AND lower(t.valid) > f.final_at
    ) AS now USING (key, seen_at)
    WHERE was.content IS DISTINCT FROM now.content
    UNION ALL
    SELECT 'live_game_hit_data' AS table_name, key, seen_at, was.content AS was, now.content AS now
    FROM (
        SELECT jsonb_build_object('at_bat_index', t.at_bat_index, 'event_index', t.event_index) AS key, upper(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,at_bat_index,event_index,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_hit_data AS t WHERE t.game_pk = u.game_pk AND upper(t.valid) > f.final_at
    ) AS was FULL JOIN (
        SELECT jsonb_build_object('at_bat_index', t.at_bat_index, 'event_index', t.event_index) AS key, t.captured_at AS seen_at, to_jsonb(t) - '{game_pk,at_bat_index,event_index,captured_at,raw_id,valid}'::text[] AS content
        FROM game.live_game_hit_data AS t WHERE t.game_pk = u.game_pk AND t.captured_at > f.final_at
        UNION ALL
        SELECT jsonb_build_object('at_bat_index', t.at_bat_index, 'event_index', t.event_index) AS key, lower(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,at_bat_index,event_index,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_hit_data AS t WHERE t.game_pk = u.game_pk AND lower(t.valid) > f.final_at
    ) AS now USING (key, seen_at)
    WHERE was.content IS DISTINCT FROM now.content
    UNION ALL
    SELECT 'live_game_runners' AS table_name, key, seen_at, was.content AS was, now.content AS now
    FROM (
        SELECT jsonb_build_object('at_bat_index', t.at_bat_index, 'runner_index', t.runner_index) AS key, upper(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,at_bat_index,runner_index,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_runners AS t WHERE t.game_pk = u.game_pk AND upper(t.valid) > f.final_at
    ) AS was FULL JOIN (
        SELECT jsonb_build_object('at_bat_index', t.at_bat_index, 'runner_index', t.runner_index) AS key, t.captured_at AS seen_at, to_jsonb(t) - '{game_pk,at_bat_index,runner_index,captured_at,raw_id,valid}'::text[] AS content
        FROM game.live_game_runners AS t WHERE t.game_pk = u.game_pk AND t.captured_at > f.final_at
        UNION ALL
        SELECT jsonb_build_object('at_bat_index', t.at_bat_index, 'runner_index', t.runner_index) AS key, lower(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,at_bat_index,runner_index,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_runners AS t WHERE t.game_pk = u.game_pk AND lower(t.valid) > f.final_at
    ) AS now USING (key, seen_at)
    WHERE was.content IS DISTINCT FROM now.content
    UNION ALL
    SELECT 'live_game_fielding_credits' AS table_name, key, seen_at, was.content AS was, now.content AS now
    FROM (
        SELECT jsonb_build_object('at_bat_index', t.at_bat_index, 'runner_index', t.runner_index, 'credit_index', t.credit_index) AS key, upper(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,at_bat_index,runner_index,credit_index,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_fielding_credits AS t WHERE t.game_pk = u.game_pk AND upper(t.valid) > f.final_at
    ) AS was FULL JOIN (
        SELECT jsonb_build_object('at_bat_index', t.at_bat_index, 'runner_index', t.runner_index, 'credit_index', t.credit_index) AS key, t.captured_at AS seen_at, to_jsonb(t) - '{game_pk,at_bat_index,runner_index,credit_index,captured_at,raw_id,valid}'::text[] AS content
        FROM game.live_game_fielding_credits AS t WHERE t.game_pk = u.game_pk AND t.captured_at > f.final_at
        UNION ALL
        SELECT jsonb_build_object('at_bat_index', t.at_bat_index, 'runner_index', t.runner_index, 'credit_index', t.credit_index) AS key, lower(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,at_bat_index,runner_index,credit_index,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_fielding_credits AS t WHERE t.game_pk = u.game_pk AND lower(t.valid) > f.final_at
    ) AS now USING (key, seen_at)
    WHERE was.content IS DISTINCT FROM now.content
    UNION ALL
    SELECT 'live_game_scoring_plays' AS table_name, key, seen_at, was.content AS was, now.content AS now
    FROM (
        SELECT jsonb_build_object('at_bat_index', t.at_bat_index) AS key, upper(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,at_bat_index,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_scoring_plays AS t WHERE t.game_pk = u.game_pk AND upper(t.valid) > f.final_at
    ) AS was FULL JOIN (
        SELECT jsonb_build_object('at_bat_index', t.at_bat_index) AS key, t.captured_at AS seen_at, to_jsonb(t) - '{game_pk,at_bat_index,captured_at,raw_id,valid}'::text[] AS content
        FROM game.live_game_scoring_plays AS t WHERE t.game_pk = u.game_pk AND t.captured_at > f.final_at
        UNION ALL
        SELECT jsonb_build_object('at_bat_index', t.at_bat_index) AS key, lower(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,at_bat_index,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_scoring_plays AS t WHERE t.game_pk = u.game_pk AND lower(t.valid) > f.final_at
    ) AS now USING (key, seen_at)
    WHERE was.content IS DISTINCT FROM now.content
    UNION ALL
    SELECT 'live_game_batting_order' AS table_name, key, seen_at, was.content AS was, now.content AS now
    FROM (
        SELECT jsonb_build_object('side', t.side, 'batting_slot', t.batting_slot, 'slot_sequence', t.slot_sequence) AS key, upper(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,side,batting_slot,slot_sequence,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_batting_order AS t WHERE t.game_pk = u.game_pk AND upper(t.valid) > f.final_at
    ) AS was FULL JOIN (
        SELECT jsonb_build_object('side', t.side, 'batting_slot', t.batting_slot, 'slot_sequence', t.slot_sequence) AS key, t.captured_at AS seen_at, to_jsonb(t) - '{game_pk,side,batting_slot,slot_sequence,captured_at,raw_id,valid}'::text[] AS content
        FROM game.live_game_batting_order AS t WHERE t.game_pk = u.game_pk AND t.captured_at > f.final_at
        UNION ALL
        SELECT jsonb_build_object('side', t.side, 'batting_slot', t.batting_slot, 'slot_sequence', t.slot_sequence) AS key, lower(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,side,batting_slot,slot_sequence,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_batting_order AS t WHERE t.game_pk = u.game_pk AND lower(t.valid) > f.final_at
    ) AS now USING (key, seen_at)
    WHERE was.content IS DISTINCT FROM now.content
    UNION ALL
    SELECT 'live_game_pitchers' AS table_name, key, seen_at, was.content AS was, now.content AS now
    FROM (
        SELECT jsonb_build_object('side', t.side, 'ordinal', t.ordinal) AS key, upper(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,side,ordinal,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_pitchers AS t WHERE t.game_pk = u.game_pk AND upper(t.valid) > f.final_at
    ) AS was FULL JOIN (
        SELECT jsonb_build_object('side', t.side, 'ordinal', t.ordinal) AS key, t.captured_at AS seen_at, to_jsonb(t) - '{game_pk,side,ordinal,captured_at,raw_id,valid}'::text[] AS content
        FROM game.live_game_pitchers AS t WHERE t.game_pk = u.game_pk AND t.captured_at > f.final_at
        UNION ALL
        SELECT jsonb_build_object('side', t.side, 'ordinal', t.ordinal) AS key, lower(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,side,ordinal,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_pitchers AS t WHERE t.game_pk = u.game_pk AND lower(t.valid) > f.final_at
    ) AS now USING (key, seen_at)
    WHERE was.content IS DISTINCT FROM now.content
    UNION ALL
    SELECT 'live_game_bench' AS table_name, key, seen_at, was.content AS was, now.content AS now
    FROM (
        SELECT jsonb_build_object('side', t.side, 'ordinal', t.ordinal) AS key, upper(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,side,ordinal,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_bench AS t WHERE t.game_pk = u.game_pk AND upper(t.valid) > f.final_at
    ) AS was FULL JOIN (
        SELECT jsonb_build_object('side', t.side, 'ordinal', t.ordinal) AS key, t.captured_at AS seen_at, to_jsonb(t) - '{game_pk,side,ordinal,captured_at,raw_id,valid}'::text[] AS content
        FROM game.live_game_bench AS t WHERE t.game_pk = u.game_pk AND t.captured_at > f.final_at
        UNION ALL
        SELECT jsonb_build_object('side', t.side, 'ordinal', t.ordinal) AS key, lower(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,side,ordinal,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_bench AS t WHERE t.game_pk = u.game_pk AND lower(t.valid) > f.final_at
    ) AS now USING (key, seen_at)
    WHERE was.content IS DISTINCT FROM now.content
    UNION ALL
    SELECT 'live_game_bullpen' AS table_name, key, seen_at, was.content AS was, now.content AS now
    FROM (
        SELECT jsonb_build_object('side', t.side, 'ordinal', t.ordinal) AS key, upper(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,side,ordinal,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_bullpen AS t WHERE t.game_pk = u.game_pk AND upper(t.valid) > f.final_at
    ) AS was FULL JOIN (
        SELECT jsonb_build_object('side', t.side, 'ordinal', t.ordinal) AS key, t.captured_at AS seen_at, to_jsonb(t) - '{game_pk,side,ordinal,captured_at,raw_id,valid}'::text[] AS content
        FROM game.live_game_bullpen AS t WHERE t.game_pk = u.game_pk AND t.captured_at > f.final_at
        UNION ALL
        SELECT jsonb_build_object('side', t.side, 'ordinal', t.ordinal) AS key, lower(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,side,ordinal,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_bullpen AS t WHERE t.game_pk = u.game_pk AND lower(t.valid) > f.final_at
    ) AS now USING (key, seen_at)
    WHERE was.content IS DISTINCT FROM now.content
    UNION ALL
    SELECT 'live_game_boxscore_players' AS table_name, key, seen_at, was.content AS was, now.content AS now
    FROM (
        SELECT jsonb_build_object('side', t.side, 'player_id', t.player_id) AS key, upper(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,side,player_id,captured_at,raw_id,valid,status_code,status_description,is_current_batter,is_current_pitcher}'::text[] AS content
        FROM history.game_live_game_boxscore_players AS t WHERE t.game_pk = u.game_pk AND upper(t.valid) > f.final_at
    ) AS was FULL JOIN (
        SELECT jsonb_build_object('side', t.side, 'player_id', t.player_id) AS key, t.captured_at AS seen_at, to_jsonb(t) - '{game_pk,side,player_id,captured_at,raw_id,valid,status_code,status_description,is_current_batter,is_current_pitcher}'::text[] AS content
        FROM game.live_game_boxscore_players AS t WHERE t.game_pk = u.game_pk AND t.captured_at > f.final_at
        UNION ALL
        SELECT jsonb_build_object('side', t.side, 'player_id', t.player_id) AS key, lower(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,side,player_id,captured_at,raw_id,valid,status_code,status_description,is_current_batter,is_current_pitcher}'::text[] AS content
        FROM history.game_live_game_boxscore_players AS t WHERE t.game_pk = u.game_pk AND lower(t.valid) > f.final_at
    ) AS now USING (key, seen_at)
    WHERE was.content IS DISTINCT FROM now.content
    UNION ALL
    SELECT 'live_game_boxscore_positions' AS table_name, key, seen_at, was.content AS was, now.content AS now
    FROM (
        SELECT jsonb_build_object('side', t.side, 'player_id', t.player_id, 'ordinal', t.ordinal) AS key, upper(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,side,player_id,ordinal,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_boxscore_positions AS t WHERE t.game_pk = u.game_pk AND upper(t.valid) > f.final_at
    ) AS was FULL JOIN (
        SELECT jsonb_build_object('side', t.side, 'player_id', t.player_id, 'ordinal', t.ordinal) AS key, t.captured_at AS seen_at, to_jsonb(t) - '{game_pk,side,player_id,ordinal,captured_at,raw_id,valid}'::text[] AS content
        FROM game.live_game_boxscore_positions AS t WHERE t.game_pk = u.game_pk AND t.captured_at > f.final_at
        UNION ALL
        SELECT jsonb_build_object('side', t.side, 'player_id', t.player_id, 'ordinal', t.ordinal) AS key, lower(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,side,player_id,ordinal,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_boxscore_positions AS t WHERE t.game_pk = u.game_pk AND lower(t.valid) > f.final_at
    ) AS now USING (key, seen_at)
    WHERE was.content IS DISTINCT FROM now.content
    UNION ALL
    SELECT 'live_game_boxscore_batting' AS table_name, key, seen_at, was.content AS was, now.content AS now
    FROM (
        SELECT jsonb_build_object('side', t.side, 'player_id', t.player_id) AS key, upper(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,side,player_id,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_boxscore_batting AS t WHERE t.game_pk = u.game_pk AND upper(t.valid) > f.final_at
    ) AS was FULL JOIN (
        SELECT jsonb_build_object('side', t.side, 'player_id', t.player_id) AS key, t.captured_at AS seen_at, to_jsonb(t) - '{game_pk,side,player_id,captured_at,raw_id,valid}'::text[] AS content
        FROM game.live_game_boxscore_batting AS t WHERE t.game_pk = u.game_pk AND t.captured_at > f.final_at
        UNION ALL
        SELECT jsonb_build_object('side', t.side, 'player_id', t.player_id) AS key, lower(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,side,player_id,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_boxscore_batting AS t WHERE t.game_pk = u.game_pk AND lower(t.valid) > f.final_at
    ) AS now USING (key, seen_at)
    WHERE was.content IS DISTINCT FROM now.content
    UNION ALL
    SELECT 'live_game_boxscore_pitching' AS table_name, key, seen_at, was.content AS was, now.content AS now
    FROM (
        SELECT jsonb_build_object('side', t.side, 'player_id', t.player_id) AS key, upper(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,side,player_id,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_boxscore_pitching AS t WHERE t.game_pk = u.game_pk AND upper(t.valid) > f.final_at
    ) AS was FULL JOIN (
        SELECT jsonb_build_object('side', t.side, 'player_id', t.player_id) AS key, t.captured_at AS seen_at, to_jsonb(t) - '{game_pk,side,player_id,captured_at,raw_id,valid}'::text[] AS content
        FROM game.live_game_boxscore_pitching AS t WHERE t.game_pk = u.game_pk AND t.captured_at > f.final_at
        UNION ALL
        SELECT jsonb_build_object('side', t.side, 'player_id', t.player_id) AS key, lower(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,side,player_id,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_boxscore_pitching AS t WHERE t.game_pk = u.game_pk AND lower(t.valid) > f.final_at
    ) AS now USING (key, seen_at)
    WHERE was.content IS DISTINCT FROM now.content
    UNION ALL
    SELECT 'live_game_boxscore_fielding' AS table_name, key, seen_at, was.content AS was, now.content AS now
    FROM (
        SELECT jsonb_build_object('side', t.side, 'player_id', t.player_id) AS key, upper(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,side,player_id,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_boxscore_fielding AS t WHERE t.game_pk = u.game_pk AND upper(t.valid) > f.final_at
    ) AS was FULL JOIN (
        SELECT jsonb_build_object('side', t.side, 'player_id', t.player_id) AS key, t.captured_at AS seen_at, to_jsonb(t) - '{game_pk,side,player_id,captured_at,raw_id,valid}'::text[] AS content
        FROM game.live_game_boxscore_fielding AS t WHERE t.game_pk = u.game_pk AND t.captured_at > f.final_at
        UNION ALL
        SELECT jsonb_build_object('side', t.side, 'player_id', t.player_id) AS key, lower(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,side,player_id,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_boxscore_fielding AS t WHERE t.game_pk = u.game_pk AND lower(t.valid) > f.final_at
    ) AS now USING (key, seen_at)
    WHERE was.content IS DISTINCT FROM now.content
    UNION ALL
    SELECT 'live_game_boxscore_teams' AS table_name, key, seen_at, was.content AS was, now.content AS now
    FROM (
        SELECT jsonb_build_object('side', t.side) AS key, upper(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,side,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_boxscore_teams AS t WHERE t.game_pk = u.game_pk AND upper(t.valid) > f.final_at
    ) AS was FULL JOIN (
        SELECT jsonb_build_object('side', t.side) AS key, t.captured_at AS seen_at, to_jsonb(t) - '{game_pk,side,captured_at,raw_id,valid}'::text[] AS content
        FROM game.live_game_boxscore_teams AS t WHERE t.game_pk = u.game_pk AND t.captured_at > f.final_at
        UNION ALL
        SELECT jsonb_build_object('side', t.side) AS key, lower(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,side,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_boxscore_teams AS t WHERE t.game_pk = u.game_pk AND lower(t.valid) > f.final_at
    ) AS now USING (key, seen_at)
    WHERE was.content IS DISTINCT FROM now.content
    UNION ALL
    SELECT 'live_game_umpires' AS table_name, key, seen_at, was.content AS was, now.content AS now
    FROM (
        SELECT jsonb_build_object('official_type', t.official_type) AS key, upper(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,official_type,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_umpires AS t WHERE t.game_pk = u.game_pk AND upper(t.valid) > f.final_at
    ) AS was FULL JOIN (
        SELECT jsonb_build_object('official_type', t.official_type) AS key, t.captured_at AS seen_at, to_jsonb(t) - '{game_pk,official_type,captured_at,raw_id,valid}'::text[] AS content
        FROM game.live_game_umpires AS t WHERE t.game_pk = u.game_pk AND t.captured_at > f.final_at
        UNION ALL
        SELECT jsonb_build_object('official_type', t.official_type) AS key, lower(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,official_type,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_umpires AS t WHERE t.game_pk = u.game_pk AND lower(t.valid) > f.final_at
    ) AS now USING (key, seen_at)
    WHERE was.content IS DISTINCT FROM now.content
    UNION ALL
    SELECT 'live_game_venue_details' AS table_name, key, seen_at, was.content AS was, now.content AS now
    FROM (
        SELECT jsonb_build_object() AS key, upper(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,captured_at,raw_id,valid,venue_id,name,active,season,address1,city,state,state_abbrev,postal_code,country,phone,elevation,azimuth_angle,latitude,longitude,time_zone_id,utc_offset,utc_offset_at_game_time,time_zone_abbreviation,capacity,turf_type,roof_type,left_line,left_field,left_center,center_field,right_center,right_field,right_line}'::text[] AS content
        FROM history.game_live_game_venue_details AS t WHERE t.game_pk = u.game_pk AND upper(t.valid) > f.final_at
    ) AS was FULL JOIN (
        SELECT jsonb_build_object() AS key, t.captured_at AS seen_at, to_jsonb(t) - '{game_pk,captured_at,raw_id,valid,venue_id,name,active,season,address1,city,state,state_abbrev,postal_code,country,phone,elevation,azimuth_angle,latitude,longitude,time_zone_id,utc_offset,utc_offset_at_game_time,time_zone_abbreviation,capacity,turf_type,roof_type,left_line,left_field,left_center,center_field,right_center,right_field,right_line}'::text[] AS content
        FROM game.live_game_venue_details AS t WHERE t.game_pk = u.game_pk AND t.captured_at > f.final_at
        UNION ALL
        SELECT jsonb_build_object() AS key, lower(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,captured_at,raw_id,valid,venue_id,name,active,season,address1,city,state,state_abbrev,postal_code,country,phone,elevation,azimuth_angle,latitude,longitude,time_zone_id,utc_offset,utc_offset_at_game_time,time_zone_abbreviation,capacity,turf_type,roof_type,left_line,left_field,left_center,center_field,right_center,right_field,right_line}'::text[] AS content
        FROM history.game_live_game_venue_details AS t WHERE t.game_pk = u.game_pk AND lower(t.valid) > f.final_at
    ) AS now USING (key, seen_at)
    WHERE was.content IS DISTINCT FROM now.content
    UNION ALL
    SELECT 'live_game_decisions' AS table_name, key, seen_at, was.content AS was, now.content AS now
    FROM (
        SELECT jsonb_build_object('decision', t.decision) AS key, upper(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,decision,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_decisions AS t WHERE t.game_pk = u.game_pk AND upper(t.valid) > f.final_at
    ) AS was FULL JOIN (
        SELECT jsonb_build_object('decision', t.decision) AS key, t.captured_at AS seen_at, to_jsonb(t) - '{game_pk,decision,captured_at,raw_id,valid}'::text[] AS content
        FROM game.live_game_decisions AS t WHERE t.game_pk = u.game_pk AND t.captured_at > f.final_at
        UNION ALL
        SELECT jsonb_build_object('decision', t.decision) AS key, lower(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,decision,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_decisions AS t WHERE t.game_pk = u.game_pk AND lower(t.valid) > f.final_at
    ) AS now USING (key, seen_at)
    WHERE was.content IS DISTINCT FROM now.content
    UNION ALL
    SELECT 'live_game_reviews' AS table_name, key, seen_at, was.content AS was, now.content AS now
    FROM (
        SELECT jsonb_build_object('at_bat_index', t.at_bat_index, 'event_index', t.event_index, 'review_index', t.review_index) AS key, upper(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,at_bat_index,event_index,review_index,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_reviews AS t WHERE t.game_pk = u.game_pk AND upper(t.valid) > f.final_at
    ) AS was FULL JOIN (
        SELECT jsonb_build_object('at_bat_index', t.at_bat_index, 'event_index', t.event_index, 'review_index', t.review_index) AS key, t.captured_at AS seen_at, to_jsonb(t) - '{game_pk,at_bat_index,event_index,review_index,captured_at,raw_id,valid}'::text[] AS content
        FROM game.live_game_reviews AS t WHERE t.game_pk = u.game_pk AND t.captured_at > f.final_at
        UNION ALL
        SELECT jsonb_build_object('at_bat_index', t.at_bat_index, 'event_index', t.event_index, 'review_index', t.review_index) AS key, lower(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,at_bat_index,event_index,review_index,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_reviews AS t WHERE t.game_pk = u.game_pk AND lower(t.valid) > f.final_at
    ) AS now USING (key, seen_at)
    WHERE was.content IS DISTINCT FROM now.content
    UNION ALL
    SELECT 'live_game_challenges' AS table_name, key, seen_at, was.content AS was, now.content AS now
    FROM (
        SELECT jsonb_build_object('side', t.side, 'kind', t.kind) AS key, upper(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,side,kind,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_challenges AS t WHERE t.game_pk = u.game_pk AND upper(t.valid) > f.final_at
    ) AS was FULL JOIN (
        SELECT jsonb_build_object('side', t.side, 'kind', t.kind) AS key, t.captured_at AS seen_at, to_jsonb(t) - '{game_pk,side,kind,captured_at,raw_id,valid}'::text[] AS content
        FROM game.live_game_challenges AS t WHERE t.game_pk = u.game_pk AND t.captured_at > f.final_at
        UNION ALL
        SELECT jsonb_build_object('side', t.side, 'kind', t.kind) AS key, lower(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,side,kind,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_challenges AS t WHERE t.game_pk = u.game_pk AND lower(t.valid) > f.final_at
    ) AS now USING (key, seen_at)
    WHERE was.content IS DISTINCT FROM now.content
    UNION ALL
    SELECT 'live_game_probable_pitchers' AS table_name, key, seen_at, was.content AS was, now.content AS now
    FROM (
        SELECT jsonb_build_object('side', t.side) AS key, upper(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,side,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_probable_pitchers AS t WHERE t.game_pk = u.game_pk AND upper(t.valid) > f.final_at
    ) AS was FULL JOIN (
        SELECT jsonb_build_object('side', t.side) AS key, t.captured_at AS seen_at, to_jsonb(t) - '{game_pk,side,captured_at,raw_id,valid}'::text[] AS content
        FROM game.live_game_probable_pitchers AS t WHERE t.game_pk = u.game_pk AND t.captured_at > f.final_at
        UNION ALL
        SELECT jsonb_build_object('side', t.side) AS key, lower(t.valid) AS seen_at, to_jsonb(t) - '{game_pk,side,captured_at,raw_id,valid}'::text[] AS content
        FROM history.game_live_game_probable_pitchers AS t WHERE t.game_pk = u.game_pk AND lower(t.valid) > f.final_at
    ) AS now USING (key, seen_at)
    WHERE was.content IS DISTINCT FROM now.content
) AS c
CROSS JOIN LATERAL (
    SELECT NULL::text AS column_name, c.was AS before, c.now AS after WHERE c.was IS NULL OR c.now IS NULL
    UNION ALL
    SELECT n.key, c.was -> n.key, n.value
    FROM jsonb_each(c.now) AS n
    WHERE c.was IS NOT NULL AND n.value IS DISTINCT FROM c.was -> n.key
) AS d
WHERE (coalesce(u.coded_game_state::text IN ('F', 'R'), false)) AND u.valid_from > f.final_at;
COMMENT ON VIEW game.corrections IS
    'What changed of a unit after it was final. A value that is so only when it is asked for is no correction.';
COMMENT ON COLUMN game.corrections.table_name IS 'The table that the row is or was in.';
COMMENT ON COLUMN game.corrections.key IS 'What names the row in its unit.';
COMMENT ON COLUMN game.corrections.column_name IS 'What has another value; NULL where the row as a whole was added or removed.';
COMMENT ON COLUMN game.corrections.before IS 'The value before, or the row that was removed.';
COMMENT ON COLUMN game.corrections.after IS 'The value since, or the row that was added.';
COMMENT ON COLUMN game.corrections.kind IS 'added, changed or removed.';
COMMENT ON COLUMN game.corrections.seen_at IS 'When the capture was made that has it so first (UTC).';
COMMENT ON COLUMN game.corrections.previous_capture IS 'The raw row of the capture before.';
COMMENT ON COLUMN game.corrections.capture IS 'The raw row of that capture.';
