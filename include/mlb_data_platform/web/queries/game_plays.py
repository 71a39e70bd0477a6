"""The plays of a game as of a moment, what happened in them, and where the balls went. None: as they are now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg import AsyncConnection

from mlb_data_platform.web.queries import rows_as_of


@dataclass(frozen=True)
class Play:
    """A play, with score, outs and count after it. `half_inning` is top or bottom; None is what the feed lacks.

    `home_chance` is the chance of the home team after it, in percent, where game.win_probability has it.
    """

    at_bat_index: int
    inning: int
    half_inning: str
    is_complete: bool
    is_scoring: bool
    event: str | None
    description: str | None
    away_score: int | None
    home_score: int | None
    outs: int | None
    balls: int | None
    strikes: int | None
    batter_id: int | None
    batter: str | None
    bat_side: str | None
    pitcher_id: int | None
    pitcher: str | None
    home_chance: float | None


@dataclass(frozen=True)
class Event:
    """A pitch (`is_pitch`), or what else happened in a play, with the count after it.

    Speed in mph, spin in revolutions a minute; where it crossed the plate, and the batter's zone, in feet, as the
    catcher sees it.
    """

    at_bat_index: int
    event_index: int
    is_pitch: bool
    pitch_number: int | None
    what: str | None
    pitch_type: str | None
    is_in_play: bool
    is_strike: bool
    balls: int | None
    strikes: int | None
    start_speed: float | None
    plate_x: float | None
    plate_z: float | None
    zone_top: float | None
    zone_bottom: float | None


@dataclass(frozen=True)
class Review:
    """A review of an event of a play, or of the play itself (`event_index` None). `kind` is the API's reviewType."""

    at_bat_index: int
    event_index: int | None
    kind: str | None
    is_overturned: bool | None
    in_progress: bool
    team: str | None
    player: str | None


@dataclass(frozen=True)
class BattedBall:
    """A ball in play. mph, degrees, feet; coordinates as the API draws them. `came_to` is hit, home-run or out."""

    at_bat_index: int
    event_index: int
    inning: int
    half_inning: str
    batter_id: int | None
    batter: str | None
    event: str | None
    came_to: str
    launch_speed: float | None
    launch_angle: float | None
    total_distance: float | None
    trajectory: str | None
    coord_x: float | None
    coord_y: float | None


async def plays(connection: AsyncConnection, game_pk: int, at: datetime | None = None) -> list[Play]:
    """Return the plays in order, as far as they are of an inning."""
    query = """
        SELECT
            play.at_bat_index, play.inning, play.half_inning, coalesce(play.is_complete, false) AS is_complete,
            coalesce(play.is_scoring_play, false) AS is_scoring, play.event, play.description,
            play.away_score, play.home_score, play.outs, play.balls, play.strikes,
            play.batter_id, batter.full_name AS batter, play.bat_side_code AS bat_side,
            play.pitcher_id, pitcher.full_name AS pitcher,
            CASE WHEN play.is_complete THEN chance.home_team_win_probability END AS home_chance
        FROM game.live_game_plays_as_of(%(at)s) AS play
        LEFT JOIN game.live_game_players AS batter
            ON batter.game_pk = play.game_pk AND batter.player_id = play.batter_id
        LEFT JOIN game.live_game_players AS pitcher
            ON pitcher.game_pk = play.game_pk AND pitcher.player_id = play.pitcher_id
        LEFT JOIN game.win_probability_plays AS chance
            ON chance.game_pk = play.game_pk AND chance.at_bat_index = play.at_bat_index
        WHERE play.game_pk = %(game_pk)s AND play.inning IS NOT NULL AND play.half_inning IS NOT NULL
        ORDER BY play.at_bat_index
    """
    return await rows_as_of(connection, Play, query, game_pk, at)


async def events(connection: AsyncConnection, game_pk: int, at: datetime | None = None) -> list[Event]:
    """Return all pitches, and all else that happened in the plays, in order."""
    query = """
        SELECT
            at_bat_index, event_index, true AS is_pitch, pitch_number, coalesce(call_description, description) AS what,
            coalesce(pitch_type_description, pitch_type_code) AS pitch_type, coalesce(is_in_play, false) AS is_in_play,
            coalesce(is_strike, false) AS is_strike, balls, strikes, start_speed, plate_x, plate_z,
            strike_zone_top AS zone_top, strike_zone_bottom AS zone_bottom
        FROM game.live_game_pitch_events_as_of(%(at)s) WHERE game_pk = %(game_pk)s
        UNION ALL
        SELECT
            at_bat_index, event_index, false, pitch_number, coalesce(description, call_description, event, type),
            NULL, false, coalesce(is_strike, false), balls, strikes, NULL, NULL, NULL, NULL, NULL
        FROM game.live_game_play_actions_as_of(%(at)s) WHERE game_pk = %(game_pk)s
        ORDER BY at_bat_index, event_index
    """
    return await rows_as_of(connection, Event, query, game_pk, at)


async def reviews(connection: AsyncConnection, game_pk: int, at: datetime | None = None) -> list[Review]:
    """Return the reviews in order: of umpires, of managers, and of players about balls and strikes."""
    query = """
        SELECT
            review.at_bat_index, review.event_index, review.review_type AS kind, review.is_overturned,
            coalesce(review.in_progress, false) AS in_progress, challenger.name AS team, player.full_name AS player
        FROM game.live_game_reviews_as_of(%(at)s) AS review
        LEFT JOIN game.live_game_players AS player
            ON player.game_pk = review.game_pk AND player.player_id = review.player_id
        LEFT JOIN game.live_game_metadata AS game ON game.game_pk = review.game_pk
        LEFT JOIN LATERAL (
            SELECT CASE review.challenge_team_id
                WHEN game.home_team_id THEN game.home_name WHEN game.away_team_id THEN game.away_name
            END AS name
        ) AS challenger ON true
        WHERE review.game_pk = %(game_pk)s
        ORDER BY review.at_bat_index, review.event_index NULLS LAST, review.review_index
    """
    return await rows_as_of(connection, Review, query, game_pk, at)


async def batted_balls(connection: AsyncConnection, game_pk: int, at: datetime | None = None) -> list[BattedBall]:
    """Return the balls in play of which the feed tells something, in order: 2018 tells it of fouls too."""
    query = """
        SELECT
            hit.at_bat_index, hit.event_index, play.inning, play.half_inning,
            play.batter_id, batter.full_name AS batter, play.event,
            CASE
                WHEN play.event = 'Home Run' THEN 'home-run'
                WHEN play.event IN ('Single', 'Double', 'Triple') THEN 'hit'
                ELSE 'out'
            END AS came_to,
            hit.launch_speed, hit.launch_angle, hit.total_distance, hit.trajectory, hit.coord_x, hit.coord_y
        FROM game.live_game_hit_data_as_of(%(at)s) AS hit
        JOIN game.live_game_pitch_events_as_of(%(at)s) AS pitch USING (game_pk, at_bat_index, event_index)
        JOIN game.live_game_plays_as_of(%(at)s) AS play USING (game_pk, at_bat_index)
        LEFT JOIN game.live_game_players AS batter
            ON batter.game_pk = play.game_pk AND batter.player_id = play.batter_id
        WHERE hit.game_pk = %(game_pk)s AND pitch.is_in_play AND play.inning IS NOT NULL
        ORDER BY hit.at_bat_index, hit.event_index
    """
    return await rows_as_of(connection, BattedBall, query, game_pk, at)
