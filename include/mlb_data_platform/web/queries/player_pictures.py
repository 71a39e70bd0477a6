"""What the pictures of a player show: where he hit the ball, and what he threw."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from psycopg import AsyncConnection
from psycopg.sql import SQL

from mlb_data_platform.web.queries import rows_of


@dataclass(frozen=True)
class BattedBall:
    """A ball that the player hit: where it was fielded, in the coordinates of the API; what is not told is None."""

    game_pk: int
    official_date: date | None
    event: str | None
    event_type: str | None
    trajectory: str | None
    launch_speed: float | None
    launch_angle: float | None
    total_distance: float | None
    coord_x: float | None
    coord_y: float | None


@dataclass(frozen=True)
class Pitch:
    """A pitch where it crossed the plate, in feet, as the catcher sees it; `result` is ball, strike or in-play."""

    pitch_type: str | None
    plate_x: float | None
    plate_z: float | None
    zone_top: float | None
    zone_bottom: float | None
    result: str | None


@dataclass(frozen=True)
class PitchType:
    """All pitches of a type: how many, how fast (mph), how much spin (per minute), and what came of them."""

    name: str | None
    pitches: int
    speed: float | None
    fastest: float | None
    spin: float | None
    strikes: int
    in_play: int


# The plays of a season, each with its game, which is looked up as the pitches are.
_PLAYS = SQL(
    """
        game.live_game_plays AS play
        CROSS JOIN LATERAL (
            SELECT * FROM game.live_game_metadata AS game
            WHERE game.game_pk = play.game_pk AND game.season = %(season)s
            OFFSET 0
        ) AS game
    """
)


async def batted_balls(connection: AsyncConnection, player_id: int, season: int, limit: int) -> list[BattedBall]:
    """Return the balls that he put in play in a season, the newest first: 2018 tells where its fouls went too."""
    query = SQL(
        """
        SELECT
            play.game_pk, game.official_date, play.event, play.event_type, hit.trajectory, hit.launch_speed,
            hit.launch_angle, hit.total_distance, hit.coord_x, hit.coord_y
        FROM {plays}
        CROSS JOIN LATERAL (
            SELECT * FROM game.live_game_hit_data AS hit
            JOIN game.live_game_pitch_events AS pitch USING (game_pk, at_bat_index, event_index)
            WHERE hit.game_pk = play.game_pk AND hit.at_bat_index = play.at_bat_index AND pitch.is_in_play
            OFFSET 0  -- as the pitches are
        ) AS hit
        WHERE play.batter_id = %(player)s
        ORDER BY game.official_date DESC NULLS LAST, play.game_pk DESC, play.at_bat_index DESC, hit.event_index DESC
        LIMIT %(limit)s
        """
    ).format(plays=_PLAYS)
    return await rows_of(connection, BattedBall, query, player=player_id, season=season, limit=limit)


# What he threw: of a plate appearance that ended with him, what came after the last change of pitchers in it; and of
# one that he was taken out of, what came before that and after the change before. It is looked up play by play and game
# by game, whatever the planner believes of how many there are.
_THROWN = SQL(
    """
        (
            SELECT play.game_pk, game.official_date, play.at_bat_index, came.event_index AS after, 2147483647 AS until
            FROM {plays}
            CROSS JOIN LATERAL (
                SELECT coalesce(max(action.event_index), -1) AS event_index
                FROM game.live_game_play_actions AS action
                WHERE action.game_pk = play.game_pk AND action.at_bat_index = play.at_bat_index
                  AND action.event = 'Pitching Substitution'
            ) AS came
            WHERE play.pitcher_id = %(player)s
            UNION ALL
            SELECT change.game_pk, change.official_date, change.at_bat_index, change.after, change.until
            FROM (
                SELECT
                    game.game_pk, game.official_date, action.at_bat_index, action.event_index AS until,
                    coalesce(lag(action.event_index) OVER play, -1) AS after,
                    CASE
                        WHEN lag(action.event_index) OVER play IS NULL
                        THEN coalesce(earlier.pitcher_id, starter.player_id)
                        ELSE lag(action.player_id) OVER play  -- whom 2018 does not name
                    END AS pitcher_id
                FROM game.live_game_boxscore_pitching AS line
                CROSS JOIN LATERAL (
                    SELECT * FROM game.live_game_metadata AS game
                    WHERE game.game_pk = line.game_pk AND game.season = %(season)s
                    OFFSET 0
                ) AS game
                CROSS JOIN LATERAL (
                    SELECT action.at_bat_index, action.event_index, action.player_id, play.half_inning
                    FROM game.live_game_play_actions AS action
                    JOIN game.live_game_plays AS play USING (game_pk, at_bat_index)
                    WHERE action.game_pk = line.game_pk AND action.event = 'Pitching Substitution'
                      AND play.half_inning = CASE line.side WHEN 'home' THEN 'top' ELSE 'bottom' END
                    OFFSET 0
                ) AS action
                LEFT JOIN LATERAL (
                    SELECT play.pitcher_id FROM game.live_game_plays AS play
                    WHERE play.game_pk = line.game_pk AND play.at_bat_index < action.at_bat_index
                      AND play.half_inning = action.half_inning
                    ORDER BY play.at_bat_index DESC LIMIT 1
                ) AS earlier ON true
                LEFT JOIN game.live_game_pitchers AS starter
                    ON starter.game_pk = line.game_pk AND starter.side = line.side AND starter.ordinal = 0
                WHERE line.player_id = %(player)s
                WINDOW play AS (PARTITION BY game.game_pk, action.at_bat_index ORDER BY action.event_index)
            ) AS change
            WHERE change.pitcher_id = %(player)s
        ) AS stint
        CROSS JOIN LATERAL (
            SELECT * FROM game.live_game_pitch_events AS pitch
            WHERE pitch.game_pk = stint.game_pk AND pitch.at_bat_index = stint.at_bat_index
              AND pitch.event_index > stint.after AND pitch.event_index < stint.until
            OFFSET 0
        ) AS pitch
    """
).format(plays=_PLAYS)


async def pitches(connection: AsyncConnection, player_id: int, season: int, limit: int) -> list[Pitch]:
    """Return the pitches that he threw in a season, the newest first."""
    query = SQL(
        """
        SELECT
            pitch.pitch_type_code AS pitch_type, pitch.plate_x, pitch.plate_z, pitch.strike_zone_top AS zone_top,
            pitch.strike_zone_bottom AS zone_bottom,
            CASE WHEN pitch.is_in_play THEN 'in-play' WHEN pitch.is_strike THEN 'strike' WHEN pitch.is_ball THEN 'ball'
            END AS result
        FROM {thrown}
        ORDER BY
            stint.official_date DESC NULLS LAST, pitch.game_pk DESC, pitch.at_bat_index DESC, pitch.event_index DESC
        LIMIT %(limit)s
        """
    ).format(thrown=_THROWN)
    return await rows_of(connection, Pitch, query, player=player_id, season=season, limit=limit)


async def pitch_types(connection: AsyncConnection, player_id: int, season: int) -> list[PitchType]:
    """Return what he threw in a season by type, what he throws most first."""
    query = SQL(
        """
        SELECT
            coalesce(pitch.pitch_type_description, pitch.pitch_type_code) AS name, count(*) AS pitches,
            avg(pitch.start_speed) AS speed, max(pitch.start_speed) AS fastest, avg(pitch.spin_rate) AS spin,
            count(*) FILTER (WHERE pitch.is_strike AND pitch.is_in_play IS NOT TRUE) AS strikes,
            count(*) FILTER (WHERE pitch.is_in_play) AS in_play
        FROM {thrown}
        GROUP BY 1 ORDER BY pitches DESC, name
        """
    ).format(thrown=_THROWN)
    return await rows_of(connection, PitchType, query, player=player_id, season=season)
