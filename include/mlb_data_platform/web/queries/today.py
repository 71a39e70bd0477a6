"""The games of a date: as the schedule lists them, and as far as they are known to be played."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from psycopg import AsyncConnection
from psycopg.sql import SQL

from mlb_data_platform.live.lock import follow_lock, stream_lock, watch_lock
from mlb_data_platform.storage.advisory_locks import is_held, is_held_as
from mlb_data_platform.web.followed import followed
from mlb_data_platform.web.queries import rows_of
from mlb_data_platform.web.queries.standing import LISTED_GAME, Standing


@dataclass(frozen=True)
class Game(Standing):
    """A game of a date. What is not known, or not yet, is None; moments are in UTC.

    `standing` is one of live, ahead, over and off (postponed, cancelled: not played on this date). `inning_state` is
    Top, Middle, Bottom or End. `captured_at` is of the newest capture that is in the tables; they were committed
    `lag_seconds` later (None where PostgreSQL does not keep that moment).
    """

    game_pk: int
    standing: str
    is_suspended: bool
    detailed_state: str
    status_reason: str | None
    game_date: datetime | None
    game_number: int | None
    is_of_two: bool
    venue_name: str | None
    away_name: str
    away_runs: int | None
    home_name: str
    home_runs: int | None
    inning: int | None
    inning_state: str | None
    balls: int | None
    strikes: int | None
    outs: int | None
    on_first: bool
    on_second: bool
    on_third: bool
    batter_id: int | None
    batter: str | None
    pitcher_id: int | None
    pitcher: str | None
    last_play: str | None
    captured_at: datetime | None
    lag_seconds: float | None

    @property
    def is_on(self) -> bool:
        """Whether it goes on now: one that is suspended, on another day perhaps, is live to the API all that time."""
        return self.standing == "live" and not self.is_suspended


@dataclass(frozen=True)
class Date:
    """A date: those next to it that have games, and whether somebody keeps its schedule and its tables up to date."""

    day: date
    before: date | None
    after: date | None
    is_watched: bool
    is_streamed: bool


@dataclass(frozen=True)
class Follower:
    """A program that follows a game: since when (UTC) and where, None where only its lock says that there is one."""

    game_pk: int
    since: datetime | None
    host: str | None


async def date_that_is_on(connection: AsyncConnection, first: date, last: date) -> date | None:
    """Return the newest date from `first` to `last` of which a game is on; None where none is."""
    query = SQL(
        """
        SELECT max(listed.schedule_date) FROM schedule.games AS listed {game}
        WHERE listed.schedule_date BETWEEN %s AND %s AND game.abstract_game_state = 'Live'
            AND (game.coded_game_state IN ('T', 'U')) IS NOT TRUE
        """
    ).format(game=LISTED_GAME)
    cursor = await connection.execute(query, [first, last])
    row = await cursor.fetchone()
    return row[0] if row else None


async def newest_date(connection: AsyncConnection, today: date) -> date | None:
    """Return the newest date up to today of which games are listed; None where there is none."""
    query = "SELECT max(schedule_date) FROM schedule.games WHERE schedule_date <= %s"
    cursor = await connection.execute(query, [today])
    row = await cursor.fetchone()
    return row[0] if row else None


async def newest_date_in_tables(connection: AsyncConnection, today: date) -> date | None:
    """Return the newest date up to today with a game that the tables of schema `game` know; None where none has."""
    query = """
        SELECT schedule_date FROM schedule.games AS listed
        WHERE schedule_date <= %s AND (coded_game_state IN ('C', 'D')) IS NOT TRUE
            AND EXISTS (SELECT FROM game.live_game_metadata AS game WHERE game.game_pk = listed.game_pk)
        ORDER BY schedule_date DESC LIMIT 1
    """
    cursor = await connection.execute(query, [today])
    row = await cursor.fetchone()
    return row[0] if row else None


async def date_of(connection: AsyncConnection, day: date) -> Date:
    """Return what there is to know of a date beside its games."""
    mapping = await followed()
    query = SQL(
        """
        SELECT
            %(day)s::date AS day,
            (SELECT max(schedule_date) FROM schedule.games WHERE schedule_date < %(day)s) AS before,
            (SELECT min(schedule_date) FROM schedule.games WHERE schedule_date > %(day)s) AS after,
            {watched} AS is_watched, {streamed} AS is_streamed
        """
    ).format(watched=is_held(watch_lock(day)), streamed=is_held(stream_lock(mapping, day)))
    return (await rows_of(connection, Date, query, day=day))[0]


_GAMES = SQL(
    """
    SELECT
        listed.game_pk, told.standing,
        coalesce(coalesce(game.coded_game_state, listed.coded_game_state) IN ('T', 'U'), false) AS is_suspended,
        coalesce(game.detailed_state, listed.detailed_state, '') AS detailed_state,
        coalesce(game.status_reason, listed.status_reason) AS status_reason,
        CASE WHEN listed.start_time_tbd IS NOT TRUE THEN listed.game_date END AS game_date,
        listed.game_number, coalesce(listed.double_header <> 'N', false) AS is_of_two, listed.venue_name,
        coalesce(game.away_name, listed.away_team_name, '') AS away_name,
        coalesce(game.away_runs, listed.away_score) AS away_runs,
        coalesce(game.home_name, listed.home_team_name, '') AS home_name,
        coalesce(game.home_runs, listed.home_score) AS home_runs,
        game.current_inning AS inning, game.inning_state, game.balls, game.strikes, game.outs,
        game.on_first_id IS NOT NULL AS on_first, game.on_second_id IS NOT NULL AS on_second,
        game.on_third_id IS NOT NULL AS on_third,
        game.offense_batter_id AS batter_id, batter.full_name AS batter,
        game.defense_pitcher_id AS pitcher_id, pitcher.full_name AS pitcher, play.description AS last_play,
        game.captured_at,
        CASE WHEN current_setting('track_commit_timestamp') = 'on' THEN extract(
            epoch FROM pg_xact_commit_timestamp(game.published_xid::xid) - game.captured_at
        )::double precision END AS lag_seconds
    FROM schedule.games AS listed {game}
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN coalesce(game.coded_game_state, listed.coded_game_state) IN ('C', 'D') THEN 'off'
            WHEN coalesce(game.abstract_game_state, listed.abstract_game_state) = 'Live' THEN 'live'
            WHEN coalesce(game.abstract_game_state, listed.abstract_game_state) = 'Final' THEN 'over'
            ELSE 'ahead'
        END AS standing
    ) AS told
    LEFT JOIN game.live_game_players AS batter
        ON batter.game_pk = game.game_pk AND batter.player_id = game.offense_batter_id
    LEFT JOIN game.live_game_players AS pitcher
        ON pitcher.game_pk = game.game_pk AND pitcher.player_id = game.defense_pitcher_id
    LEFT JOIN LATERAL (
        SELECT last.description FROM game.live_game_plays AS last
        WHERE last.game_pk = game.game_pk AND last.description IS NOT NULL
        ORDER BY last.at_bat_index DESC LIMIT 1
    ) AS play ON true
    WHERE listed.schedule_date = %(day)s
    ORDER BY array_position('{{live,ahead,over,off}}', told.standing), listed.game_date, listed.game_pk
"""
).format(game=LISTED_GAME)


async def games(connection: AsyncConnection, day: date) -> list[Game]:
    """Return the games that are listed for a date: those that are on come first, then by their time."""
    return await rows_of(connection, Game, _GAMES, day=day)


async def followers(connection: AsyncConnection, games: Iterable[int]) -> dict[int, Follower]:
    """Return who follows those of these games that are followed now."""
    mapping = await followed()
    locks = {game_pk: follow_lock(mapping, game_pk) for game_pk in games}
    query = SQL(
        """
        SELECT asked.game_pk, run.started_at AS since, run.host
        FROM unnest(%(games)s::bigint[], %(locks)s::text[]) AS asked (game_pk, lock)
        LEFT JOIN LATERAL (
            SELECT started_at, host FROM metadata.job_executions
            WHERE status = 'running' AND job = 'live follow' AND arguments ->> 'game_pk' = asked.game_pk::text
            ORDER BY started_at LIMIT 1
        ) AS run ON true
        WHERE {}
        """
    ).format(is_held_as(SQL("asked.lock")))
    found = await rows_of(connection, Follower, query, games=[*locks], locks=[*locks.values()])
    return {follower.game_pk: follower for follower in found}
