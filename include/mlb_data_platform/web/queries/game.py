"""A game as of a moment: where it stands, its line score and its box score. None: as it is now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from psycopg import AsyncConnection

from mlb_data_platform.web.queries import rows_as_of, rows_of
from mlb_data_platform.web.queries.standing import Standing


@dataclass(frozen=True)
class Game(Standing):
    """Where a game stands. What the feed does not say, or not yet, is None; moments are in UTC.

    `standing` is one of live, ahead, over and off (postponed, cancelled). `inning_state` is Top, Middle, Bottom or End.
    `captured_at` is of the newest capture by the moment that is asked for. Temperature is in degrees Fahrenheit;
    `fence` are seven distances from home plate in feet, from the left line to the right one.
    """

    game_pk: int
    official_date: date | None
    date_time: datetime | None
    start_time_tbd: bool | None
    standing: str
    detailed_state: str
    status_reason: str | None
    resume_date: date | None
    scheduled_innings: int
    inning: int | None
    inning_state: str | None
    balls: int | None
    strikes: int | None
    outs: int | None
    on_first_id: int | None
    on_first: str | None
    on_second_id: int | None
    on_second: str | None
    on_third_id: int | None
    on_third: str | None
    batter_id: int | None
    batter: str | None
    pitcher_id: int | None
    pitcher: str | None
    away_name: str
    away_short: str
    away_runs: int | None
    away_hits: int | None
    away_errors: int | None
    home_name: str
    home_short: str
    home_runs: int | None
    home_hits: int | None
    home_errors: int | None
    venue_name: str | None
    fence: list[int | None]
    weather_condition: str | None
    weather_temp: str | None
    weather_wind: str | None
    attendance: int | None
    duration_minutes: int | None
    captured_at: datetime


@dataclass(frozen=True)
class Listed:
    """A game of which the schedule alone says something. `is_off`: it is not played on this date."""

    game_pk: int
    day: date
    away_name: str
    home_name: str
    detailed_state: str
    status_reason: str | None
    is_off: bool
    game_date: datetime | None
    venue_name: str | None


@dataclass(frozen=True)
class Inning:
    """What both sides did in an inning; None where a side has not batted in it, or its runs are not told."""

    inning: int
    away_runs: int | None
    home_runs: int | None


@dataclass(frozen=True)
class Batting:
    """The line of somebody in the batting order; all None before he has done anything. `slot` is 1 to 9."""

    side: str
    slot: int
    is_substitute: bool
    player_id: int | None
    name: str
    positions: str | None
    at_bats: int | None
    runs: int | None
    hits: int | None
    rbi: int | None
    base_on_balls: int | None
    strike_outs: int | None
    home_runs: int | None


@dataclass(frozen=True)
class Pitching:
    """The line of a pitcher, in the order they came in. `decision` is winner, loser or save."""

    side: str
    player_id: int | None
    name: str
    decision: str | None
    innings_pitched: str | None
    hits: int | None
    runs: int | None
    earned_runs: int | None
    base_on_balls: int | None
    strike_outs: int | None
    home_runs: int | None
    pitches: int | None


@dataclass(frozen=True)
class Challenges:
    """The challenges of a side, of a kind: abs, replay or mound_visit (visits, no challenges)."""

    side: str
    kind: str
    used: int | None
    used_successful: int | None
    used_failed: int | None
    remaining: int | None


_GAME = """
    SELECT
        game.game_pk, game.official_date, game.date_time, game.start_time_tbd,
        CASE
            WHEN game.coded_game_state IN ('C', 'D') THEN 'off'
            WHEN game.abstract_game_state = 'Live' THEN 'live'
            WHEN game.abstract_game_state = 'Final' THEN 'over'
            ELSE 'ahead'
        END AS standing,
        coalesce(game.detailed_state, game.abstract_game_state, '') AS detailed_state,
        nullif(game.status_reason, '') AS status_reason,
        CASE WHEN game.coded_game_state IN ('T', 'U') THEN game.resume_date END AS resume_date,
        coalesce(game.scheduled_innings, 9) AS scheduled_innings,
        game.current_inning AS inning, game.inning_state, game.balls, game.strikes, game.outs,
        game.on_first_id, who.on_first, game.on_second_id, who.on_second, game.on_third_id, who.on_third,
        game.offense_batter_id AS batter_id, who.batter, game.defense_pitcher_id AS pitcher_id, who.pitcher,
        coalesce(game.away_name, 'Away') AS away_name,
        coalesce(game.away_abbreviation, game.away_name, 'Away') AS away_short,
        game.away_runs, game.away_hits, game.away_errors,
        coalesce(game.home_name, 'Home') AS home_name,
        coalesce(game.home_abbreviation, game.home_name, 'Home') AS home_short,
        game.home_runs, game.home_hits, game.home_errors,
        venue.name AS venue_name,
        ARRAY[
            venue.left_line, venue.left_field, venue.left_center, venue.center_field, venue.right_center,
            venue.right_field, venue.right_line
        ] AS fence,
        game.weather_condition, game.weather_temp, game.weather_wind, game.attendance,
        game.game_duration_minutes AS duration_minutes, game.captured_at
    FROM game.live_game_metadata_as_of(%(at)s) AS game
    LEFT JOIN game.live_game_venue_details AS venue ON venue.game_pk = game.game_pk
    LEFT JOIN LATERAL (
        SELECT
            max(full_name) FILTER (WHERE player_id = game.on_first_id) AS on_first,
            max(full_name) FILTER (WHERE player_id = game.on_second_id) AS on_second,
            max(full_name) FILTER (WHERE player_id = game.on_third_id) AS on_third,
            max(full_name) FILTER (WHERE player_id = game.offense_batter_id) AS batter,
            max(full_name) FILTER (WHERE player_id = game.defense_pitcher_id) AS pitcher
        FROM game.live_game_players WHERE game_pk = game.game_pk
    ) AS who ON true
    WHERE game.game_pk = %(game_pk)s
"""


async def game(connection: AsyncConnection, game_pk: int, at: datetime | None = None) -> Game | None:
    """Return a game; None where the tables have, or had by then, nothing of it."""
    return next(iter(await rows_as_of(connection, Game, _GAME, game_pk, at)), None)


async def listed(connection: AsyncConnection, game_pk: int) -> Listed | None:
    """Return how the schedule lists a game, on the last of its dates; None where it does not."""
    query = """
        SELECT
            game_pk, schedule_date AS day, coalesce(away_team_name, 'Away') AS away_name,
            coalesce(home_team_name, 'Home') AS home_name,
            coalesce(detailed_state, abstract_game_state, '') AS detailed_state,
            nullif(status_reason, '') AS status_reason, coalesce(coded_game_state IN ('C', 'D'), false) AS is_off,
            CASE WHEN start_time_tbd IS NOT TRUE THEN game_date END AS game_date, venue_name
        FROM schedule.games WHERE game_pk = %(game_pk)s ORDER BY schedule_date DESC LIMIT 1
    """
    return next(iter(await rows_of(connection, Listed, query, game_pk=game_pk)), None)


async def innings(connection: AsyncConnection, game_pk: int, at: datetime | None = None) -> list[Inning]:
    """Return the innings that have begun, in order."""
    query = """
        SELECT inning, away_runs, home_runs FROM game.live_game_linescore_innings_as_of(%(at)s)
        WHERE game_pk = %(game_pk)s ORDER BY inning
    """
    return await rows_as_of(connection, Inning, query, game_pk, at)


async def batting(connection: AsyncConnection, game_pk: int, at: datetime | None = None) -> list[Batting]:
    """Return the batting lines of both sides, in the order in which they bat, each before who came in for him."""
    query = """
        SELECT
            place.side, place.batting_slot AS slot, place.slot_sequence > 0 AS is_substitute,
            place.player_id, coalesce(player.full_name, place.player_id::text, 'unknown') AS name, held.positions,
            line.at_bats, line.runs, line.hits, line.rbi, line.base_on_balls, line.strike_outs, line.home_runs
        FROM game.live_game_batting_order_as_of(%(at)s) AS place
        LEFT JOIN game.live_game_boxscore_batting_as_of(%(at)s) AS line USING (game_pk, side, player_id)
        LEFT JOIN game.live_game_players AS player USING (game_pk, player_id)
        LEFT JOIN (
            SELECT game_pk, side, player_id, string_agg(position_abbreviation, '-' ORDER BY ordinal) AS positions
            FROM game.live_game_boxscore_positions_as_of(%(at)s) WHERE game_pk = %(game_pk)s
            GROUP BY game_pk, side, player_id
        ) AS held USING (game_pk, side, player_id)
        WHERE place.game_pk = %(game_pk)s ORDER BY place.side, place.batting_slot, place.slot_sequence
    """
    return await rows_as_of(connection, Batting, query, game_pk, at)


async def pitching(connection: AsyncConnection, game_pk: int, at: datetime | None = None) -> list[Pitching]:
    """Return the pitching lines of both sides, in the order in which they came in."""
    query = """
        SELECT
            came.side, came.player_id, coalesce(player.full_name, came.player_id::text, 'unknown') AS name,
            decided.decision, line.innings_pitched, line.hits, line.runs, line.earned_runs, line.base_on_balls,
            line.strike_outs, line.home_runs, coalesce(line.pitches_thrown, line.number_of_pitches) AS pitches
        FROM game.live_game_pitchers_as_of(%(at)s) AS came
        LEFT JOIN game.live_game_boxscore_pitching_as_of(%(at)s) AS line USING (game_pk, side, player_id)
        LEFT JOIN game.live_game_players AS player USING (game_pk, player_id)
        LEFT JOIN game.live_game_decisions_as_of(%(at)s) AS decided USING (game_pk, player_id)
        WHERE came.game_pk = %(game_pk)s ORDER BY came.side, came.ordinal
    """
    return await rows_as_of(connection, Pitching, query, game_pk, at)


async def challenges(connection: AsyncConnection, game_pk: int, at: datetime | None = None) -> list[Challenges]:
    """Return how many challenges each side has used and has left, as far as the feed says so."""
    query = """
        SELECT side, kind, used, used_successful, used_failed, remaining
        FROM game.live_game_challenges_as_of(%(at)s) WHERE game_pk = %(game_pk)s ORDER BY kind, side
    """
    return await rows_as_of(connection, Challenges, query, game_pk, at)
