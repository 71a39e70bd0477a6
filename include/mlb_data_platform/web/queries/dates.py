"""The dates of a season, and what of their games is in the tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from psycopg import AsyncConnection
from psycopg.sql import SQL, Composed, Identifier

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.web.followed import followed
from mlb_data_platform.web.queries import rows_of
from mlb_data_platform.web.queries.standing import LISTED_GAME


@dataclass(frozen=True)
class Day:
    """A date: whether its schedule is loaded, and how many of its games are.

    `games` are those that are listed, but for the cancelled and postponed; `there` are in the tables, `final` are final
    there. Of `refused` ones the newest capture was refused, or of the date's schedule; `changed` are those of which the
    API has said something else after they were final. `is_over` says that the date is.
    """

    day: date
    is_over: bool
    is_listed: bool
    games: int
    there: int
    final: int
    refused: int
    changed: int

    @property
    def state(self) -> str:
        """Return what is most worth to know: refused, missing, partial, corrected, loaded; ahead, or without games."""
        if self.refused:
            return "refused"
        if not self.is_over:
            return "ahead"
        if not self.is_listed or (self.games and not self.there):
            return "missing"
        if self.final < self.games:
            return "partial"
        if self.changed:
            return "corrected"
        return "loaded" if self.games else "empty"


@dataclass(frozen=True)
class DayGame:
    """A game that is listed for a date, as the calendar counts it; moments are in UTC.

    `is_off`: cancelled or postponed, so that nothing is expected. `refusal` is why its newest capture was refused.
    """

    game_pk: int
    away_name: str | None
    home_name: str | None
    detailed_state: str | None
    is_off: bool
    is_there: bool
    is_final: bool
    is_changed: bool
    captured_at: datetime | None
    refusal: str | None


async def seasons(connection: AsyncConnection) -> list[int]:
    """Return the seasons of which a date is loaded, the newest first."""
    cursor = await connection.execute(
        """
        SELECT s.season_id FROM season.seasons_normalized AS s WHERE EXISTS (
            SELECT FROM schedule.daily_summary AS d
            WHERE d.schedule_date BETWEEN make_date(s.season_id, 1, 1) AND make_date(s.season_id, 12, 31)
        )
        UNION
        SELECT extract(year FROM max(schedule_date))::integer FROM schedule.daily_summary HAVING count(*) > 0
        ORDER BY 1 DESC
        """
    )
    return [season for (season,) in await cursor.fetchall()]


# The newest capture that was refused by the mapping in force, of each game that the tables do not have newer: whole
# feeds and patches. And what is counted: a game is corrected where what it was before it became what it is was final.
_REFUSED = SQL(
    """
    SELECT DISTINCT ON (raw.game_pk) raw.game_pk, x.reason
    FROM metadata.rejected_captures AS x
    JOIN (
        SELECT id, game_pk FROM {documents} UNION ALL SELECT id, game_pk FROM {patches}
    ) AS raw ON raw.id = x.raw_id
    LEFT JOIN game.live_game_metadata AS game ON game.game_pk = raw.game_pk
    WHERE x.endpoint = %(followed)s AND x.mapping_sha256 = %(followed_sha)s
      AND (game.captured_at < x.captured_at) IS NOT FALSE
    ORDER BY raw.game_pk, x.captured_at DESC
    """
)
_GAME = SQL(
    """
    {game}
    LEFT JOIN refused ON refused.game_pk = listed.game_pk
    LEFT JOIN LATERAL (
        SELECT was.coded_game_state IN ('F', 'R') AND game.coded_game_state IN ('F', 'R') AS is_changed
        FROM history.game_live_game_metadata AS was
        WHERE was.game_pk = game.game_pk ORDER BY upper(was.valid) DESC LIMIT 1
    ) AS before ON true
    """
).format(game=LISTED_GAME)
_CALENDAR = """
    WITH refused AS MATERIALIZED ({refused}),
    refused_schedule AS MATERIALIZED (
        SELECT coalesce(x.unit ->> 'schedule_date', raw.request_params ->> 'date') AS day, x.captured_at
        FROM metadata.rejected_captures AS x JOIN {schedules} AS raw ON raw.id = x.raw_id
        WHERE x.endpoint = %(listing)s AND x.mapping_sha256 = %(listing_sha)s
    ),
    season AS (
        SELECT min(season_start_date) AS first, max(coalesce(post_season_end_date, season_end_date)) AS last
        FROM season.seasons_normalized WHERE season_id = %(season)s AND sport_id = 1
    ),
    loaded AS (
        SELECT min(schedule_date) AS first, max(schedule_date) AS last FROM schedule.daily_summary
        WHERE schedule_date BETWEEN make_date(%(season)s, 1, 1) AND make_date(%(season)s, 12, 31)
    )
    SELECT
        date.day, date.day < %(today)s AS is_over, listed.captured_at IS NOT NULL AS is_listed,
        found.games, found.there, found.final, found.changed,
        found.refused + (
            SELECT count(*) FROM refused_schedule AS x
            WHERE x.day = date.day::text AND (listed.captured_at < x.captured_at) IS NOT FALSE
        ) AS refused
    FROM season CROSS JOIN loaded
    CROSS JOIN LATERAL (
        SELECT day::date AS day FROM generate_series(
            least(season.first, loaded.first)::timestamp, greatest(season.last, loaded.last)::timestamp, '1 day'
        ) AS day
    ) AS date
    CROSS JOIN LATERAL (
        SELECT max(captured_at) AS captured_at FROM schedule.daily_summary WHERE schedule_date = date.day
    ) AS listed
    CROSS JOIN LATERAL (
        SELECT
            count(*) AS games, count(game.game_pk) AS there,
            count(*) FILTER (WHERE game.abstract_game_state = 'Final') AS final,
            count(*) FILTER (WHERE before.is_changed) AS changed, count(refused.game_pk) AS refused
        FROM schedule.games AS listed {game}
        WHERE listed.schedule_date = date.day AND (listed.coded_game_state IN ('C', 'D')) IS NOT TRUE
    ) AS found
    WHERE (date.day = %(day)s::date OR %(day)s::date IS NULL)
      AND (listed.captured_at IS NOT NULL OR (date.day BETWEEN season.first AND season.last) IS NOT FALSE)
    ORDER BY day
"""
_DAY_GAMES = """
    WITH refused AS MATERIALIZED ({refused})
    SELECT
        listed.game_pk, coalesce(game.away_name, listed.away_team_name) AS away_name,
        coalesce(game.home_name, listed.home_team_name) AS home_name,
        coalesce(game.detailed_state, listed.detailed_state) AS detailed_state,
        coalesce(listed.coded_game_state IN ('C', 'D'), false) AS is_off, game.game_pk IS NOT NULL AS is_there,
        coalesce(game.abstract_game_state = 'Final', false) AS is_final,
        coalesce(before.is_changed, false) AS is_changed, game.captured_at, refused.reason AS refusal
    FROM schedule.games AS listed {game}
    WHERE listed.schedule_date = %(day)s
    ORDER BY listed.game_date, listed.game_pk
"""


async def calendar(connection: AsyncConnection, listing: Mapping, season: int, today: date) -> list[Day]:
    """Return the dates of a season, from its first to its last, as far as it is known; none where nothing is.

    `listing` is the mapping of the schedule; a date is over that lies before `today`.
    """
    return await _days(connection, listing, season, today, None)


async def season_of(connection: AsyncConnection, day: date) -> int:
    """Return the season that a date lies in, which may have begun the year before; else that of its year."""
    cursor = await connection.execute(
        """
        SELECT max(season_id) FROM season.seasons_normalized
        WHERE sport_id = 1 AND %s BETWEEN season_start_date AND coalesce(post_season_end_date, season_end_date)
        """,
        (day,),
    )
    (season,) = await cursor.fetchone() or (None,)
    return season or day.year


async def one_day(connection: AsyncConnection, listing: Mapping, season: int, day: date, today: date) -> Day | None:
    """Return one date of a season; None where it lies outside."""
    return next(iter(await _days(connection, listing, season, today, day)), None)


async def day_games(connection: AsyncConnection, day: date) -> list[DayGame]:
    """Return the games that are listed for a date, in the order they begin."""
    mapping = await followed()
    query = SQL(_DAY_GAMES).format(refused=_refused(mapping), game=_GAME)
    return await rows_of(connection, DayGame, query, day=day, followed=mapping.name, followed_sha=mapping.sha256)


async def _days(connection: AsyncConnection, listing: Mapping, season: int, today: date, day: date | None) -> list[Day]:
    mapping = await followed()
    query = SQL(_CALENDAR).format(
        refused=_refused(mapping), schedules=Identifier(listing.endpoint, listing.method), game=_GAME
    )
    return await rows_of(
        connection, Day, query, season=season, today=today, day=day, followed=mapping.name,
        followed_sha=mapping.sha256, listing=listing.name, listing_sha=listing.sha256,
    )  # fmt: skip


def _refused(mapping: Mapping) -> Composed:
    assert mapping.patch_endpoint  # nosec B101  # what is followed has patches
    documents, patches = (Identifier(*name.split(".")) for name in (mapping.name, mapping.patch_endpoint.name))
    return _REFUSED.format(documents=documents, patches=patches)
