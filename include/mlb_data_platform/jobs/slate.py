"""The games of a date before they begin: which are still ahead, and whether anybody would notice when they begin."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg import sql

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.jobs.games import has_one_of
from mlb_data_platform.jobs.load import producer_of
from mlb_data_platform.jobs.models import FanOut
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.advisory_locks import is_held
from mlb_data_platform.storage.raw import raw_table
from mlb_data_platform.storage.raw_lookup import of_date

# How old the schedule of a date may be, in seconds of the API's clock, before nobody seems to ask for it any more.
FRESH_SECONDS = 180.0


@dataclass(frozen=True)
class SlateGame:
    """A game as the schedule has it for a date; `state` is what its columns say, `moved_to` its new date, if any."""

    is_ahead: bool
    is_played: bool
    state: str
    moved_to: date | None

    def __str__(self) -> str:
        return f"{self.state}; its new date is {self.moved_to}" if self.moved_to else self.state


@dataclass(frozen=True)
class Slate:
    """The games of a date by their keys; `is_kept_fresh` tells whether the schedule would say that one has begun."""

    date: str
    games: dict[int, SlateGame]
    is_kept_fresh: bool

    def nothing_to_wait_for(self, game_pk: int | None) -> str | None:
        """Return why nobody has to wait for the start of this game (None: of the date's first); None while one has."""
        reason = self._first_is_not_ahead() if game_pk is None else self._is_not_ahead(game_pk)
        if reason is None and not self.is_kept_fresh:
            return f"still ahead, but nobody keeps the schedule of {self.date} fresh"
        return reason

    def _is_not_ahead(self, game_pk: int) -> str | None:
        game = self.games.get(game_pk)
        if game is None:
            return f"not listed for {self.date}"
        if not game.is_played:
            return f"not played on {self.date}: {game}"
        return None if game.is_ahead else f"no longer ahead: {game}"

    def _first_is_not_ahead(self) -> str | None:
        played = {game_pk: game for game_pk, game in self.games.items() if game.is_played}
        if not played:
            return f"no game is played on {self.date}"
        begun = (f"{game_pk} is no longer ahead: {game}" for game_pk, game in played.items() if not game.is_ahead)
        return next(begun, None)


class SlateQuestion:
    """What to ask PostgreSQL for the slate of a date: one query, whoever waits for how many of its games.

    Raises BadInputError where no job asks the Stats API for the schedule that `fan_out` reads.
    """

    def __init__(self, fan_out: FanOut, day: str, *, clock_speed: float) -> None:
        self._day = day
        self.query = _query(fan_out, _schedule(fan_out), day)
        self.parameters: dict[str, Any] = {"day": day, "fresh_seconds": FRESH_SECONDS / clock_speed}

    def answer(self, rows: Iterable[tuple[Any, ...]]) -> Slate:
        """Return the slate that the rows of the query stand for: of a date without games, there is one."""
        (is_kept_fresh, *first), *others = rows
        games = {game_pk: SlateGame(*game) for game_pk, *game in [first, *(row[1:] for row in others)] if game_pk}
        return Slate(self._day, games, is_kept_fresh)


def _schedule(fan_out: FanOut) -> Mapping:
    job = producer_of(fan_out.table)
    if job is None or job.ingest is None:
        raise BadInputError(f"no job of dags/ produces {fan_out.table}: nobody would notice that a game begins")
    return load_mapping(job.ingest.mapping)


def _query(fan_out: FanOut, schedule: Mapping, day: str) -> sql.Composed:
    """The rows of the date, and in each, also where there are none, whether somebody keeps them fresh.

    That is so while `mlb-etl live watch` holds its lock, and as long as the newest capture is so young that it may be
    about to start, or to start again.
    """
    return sql.SQL(
        """
        SELECT kept.*, game.*
        FROM (
            SELECT {watched} OR coalesce({captured_at} > now() - make_interval(secs => %(fresh_seconds)s), false)
        ) AS kept
        LEFT JOIN (
            SELECT {key}, {ahead}, NOT {without}, concat_ws(', ', {state}), coalesce({moved_to})::date
            FROM {table} WHERE {date} = %(day)s
        ) AS game ON true
        ORDER BY game.{key}
        """
    ).format(
        watched=is_held(f"watch {day}"),
        captured_at=_newest_capture(schedule),
        key=sql.Identifier(fan_out.key),
        ahead=has_one_of(fan_out.ahead),
        without=has_one_of(fan_out.without),
        state=_listed(
            sql.SQL("{} || {}").format(sql.Literal(f"{column} "), sql.Identifier(column))
            for column in {**fan_out.ahead, **fan_out.without}
        ),
        moved_to=_listed(map(sql.Identifier, fan_out.moved_to)),
        table=sql.Identifier(*fan_out.table.split(".")),
        date=sql.Identifier(fan_out.date),
    )


def _listed(values: Iterable[sql.Composable]) -> sql.Composed:
    """The values with commas between; NULL, which the functions that take them pass over, where there are none."""
    return sql.SQL(", ").join([*values, sql.SQL("NULL")])


def _newest_capture(schedule: Mapping) -> sql.Composed:
    """When the schedule of the date was last captured: the same content again is a sighting of the newest row."""
    if schedule.dates is None:
        raise BadInputError(f"{schedule.name} has no dates: nobody can tell whether it is fresh")
    return sql.SQL(
        """
        (
            SELECT greatest(
                captured_at, (SELECT max(captured_at) FROM metadata.raw_sightings WHERE raw_id = newest.id)
            )
            FROM (
                SELECT id, captured_at FROM {raw} AS raw WHERE {of_date} ORDER BY captured_at DESC LIMIT 1
            ) AS newest
        )
        """
    ).format(raw=raw_table(schedule), of_date=of_date(schedule, schedule.dates, "raw"))
