-- Which games to ask the chances to win of, while they are on: those of which a play is over whose chances are not known.
DROP VIEW IF EXISTS game.chances_due;
CREATE VIEW game.chances_due AS
SELECT game.game_pk, game.away_name, game.home_name
FROM (
    SELECT game_pk, away_name, home_name FROM game.live_game_metadata
    WHERE official_date >= now() - interval '2 days'
      -- of one that was asked for while it was on, its last plays too; mlb_win_probability asks on the morning after
      AND (abstract_game_state = 'Live' OR (abstract_game_state = 'Final' AND captured_at > now() - interval '1 hour'
           AND EXISTS (SELECT FROM game.win_probability_games AS asked WHERE asked.game_pk = live_game_metadata.game_pk)))
) AS game
CROSS JOIN LATERAL (
    SELECT max(at_bat_index) AS at_bat_index FROM game.live_game_plays AS play
    WHERE play.game_pk = game.game_pk AND play.is_complete
) AS last
WHERE last.at_bat_index IS NOT NULL AND NOT EXISTS (
    SELECT FROM game.win_probability_plays AS known
    WHERE known.game_pk = game.game_pk AND known.at_bat_index = last.at_bat_index
      AND known.home_team_win_probability IS NOT NULL
);
COMMENT ON VIEW game.chances_due IS
    'The games that are on, or ended within the last hour after they were asked for, of which the last play that is over has no chances to win yet.';
