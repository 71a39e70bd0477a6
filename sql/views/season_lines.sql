-- What the box scores add up to, by player and season: to be held against the statistics of the API (stats.season_…).
DROP VIEW IF EXISTS game.season_batting;
CREATE VIEW game.season_batting AS
SELECT
    season, game_type, player_id, player_name, games_played, plate_appearances, at_bats, runs, hits, doubles, triples,
    home_runs, rbi, total_bases, base_on_balls, intentional_walks, strike_outs, hit_by_pitch, sac_bunts, sac_flies,
    stolen_bases, caught_stealing, ground_into_double_play,
    round(hits / nullif(at_bats, 0)::numeric, 3) AS avg,
    round(on_base / nullif(times_up, 0)::numeric, 3) AS obp,
    round(total_bases / nullif(at_bats, 0)::numeric, 3) AS slg,
    round(on_base / nullif(times_up, 0)::numeric + total_bases / nullif(at_bats, 0)::numeric, 3) AS ops
FROM (
    SELECT *, hits + base_on_balls + hit_by_pitch AS on_base, at_bats + base_on_balls + hit_by_pitch + sac_flies AS times_up
    FROM (
        SELECT
            season, game_type, player_id, max(player.full_name) AS player_name, sum(games_played) AS games_played,
            sum(coalesce(
                plate_appearances, -- which 2018 does not tell, but all that they are
                at_bats + base_on_balls + hit_by_pitch + sac_bunts + sac_flies + coalesce(catchers_interference, 0)
            )) AS plate_appearances,
            sum(at_bats) AS at_bats, sum(runs) AS runs, sum(hits) AS hits,
            sum(doubles) AS doubles, sum(triples) AS triples, sum(home_runs) AS home_runs, sum(rbi) AS rbi,
            sum(total_bases) AS total_bases, sum(base_on_balls) AS base_on_balls,
            sum(intentional_walks) AS intentional_walks, sum(strike_outs) AS strike_outs,
            sum(hit_by_pitch) AS hit_by_pitch, sum(sac_bunts) AS sac_bunts, sum(sac_flies) AS sac_flies,
            sum(stolen_bases) AS stolen_bases, sum(caught_stealing) AS caught_stealing,
            sum(ground_into_double_play) AS ground_into_double_play
        FROM game.live_game_boxscore_batting AS line
        JOIN (
            SELECT game_pk, season, game_type FROM game.live_game_metadata WHERE abstract_game_state = 'Final'
        ) AS game USING (game_pk)
        LEFT JOIN (SELECT game_pk, player_id, full_name FROM game.live_game_players) AS player USING (game_pk, player_id)
        GROUP BY season, game_type, player_id
    ) AS line
) AS line;
COMMENT ON VIEW game.season_batting IS
    'The batting of each player in the finals of a season that are loaded, by type of game (R: regular season).';

DROP VIEW IF EXISTS game.season_pitching;
CREATE VIEW game.season_pitching AS
SELECT
    *, format('%s.%s', outs / 3, outs % 3) AS innings_pitched,
    round(earned_runs * 27 / nullif(outs, 0)::numeric, 2) AS era,
    round((hits + base_on_balls) * 3 / nullif(outs, 0)::numeric, 2) AS whip
FROM (
    SELECT
        season, game_type, player_id, max(player.full_name) AS player_name, sum(games_pitched) AS games_pitched,
        sum(games_started) AS games_started, sum(games_finished) AS games_finished, sum(wins) AS wins,
        sum(losses) AS losses, sum(saves) AS saves, sum(holds) AS holds, sum(blown_saves) AS blown_saves,
        sum(outs) AS outs, sum(batters_faced) AS batters_faced, sum(number_of_pitches) AS number_of_pitches,
        sum(strikes) AS strikes, sum(hits) AS hits, sum(runs) AS runs, sum(earned_runs) AS earned_runs,
        sum(home_runs) AS home_runs, sum(base_on_balls) AS base_on_balls, sum(intentional_walks) AS intentional_walks,
        sum(strike_outs) AS strike_outs, sum(hit_batsmen) AS hit_batsmen, sum(balks) AS balks,
        sum(wild_pitches) AS wild_pitches
    FROM game.live_game_boxscore_pitching AS line
    JOIN (
        SELECT game_pk, season, game_type FROM game.live_game_metadata WHERE abstract_game_state = 'Final'
    ) AS game USING (game_pk)
    LEFT JOIN (SELECT game_pk, player_id, full_name FROM game.live_game_players) AS player USING (game_pk, player_id)
    GROUP BY season, game_type, player_id
) AS line;
COMMENT ON VIEW game.season_pitching IS
    'The pitching of each player in the finals of a season that are loaded, by type of game (R: regular season).';
