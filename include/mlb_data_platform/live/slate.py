"""The games of a date before they begin: which are still ahead, and whether anybody would notice that one begins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from psycopg.sql import SQL, Composed

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.jobs.each import Each
from mlb_data_platform.live.cadence import SCHEDULE_IS_FRESH_FOR
from mlb_data_platform.live.listing import Games, ListedGame, watched_schedule
from mlb_data_platform.live.lock import watch_lock
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.advisory_locks import is_held
from mlb_data_platform.storage.raw import raw_table
from mlb_data_platform.storage.raw_lookup import of_date


@dataclass(frozen=True)
class Slate:
    """The games of a date; `is_kept_fresh` tells whether the schedule's table would say that one has begun."""

    day: date
    games: Games
    is_kept_fresh: bool

    def nothing_to_wait_for(self, game_pk: int | None) -> str | None:
        """Return why nobody has to wait for the start of this game (None: of the date's first); None while one has."""
        if not self.games:
            return self._for_want_of_games()
        reason = self._first_is_not_ahead() if game_pk is None else self._is_not_ahead(game_pk)
        if reason is None and not self.is_kept_fresh:
            return f"still ahead, but nobody keeps the schedule of {self.day} fresh"
        return reason

    def _for_want_of_games(self) -> str | None:
        """Where there were games, that there are none is most likely a bad answer: who keeps it fresh asks again."""
        return None if self.is_kept_fresh else f"no game is listed for {self.day}, and nobody asks again"

    def _is_not_ahead(self, game_pk: int) -> str | None:
        game = self.games.get(game_pk)
        if game is None:
            return f"not listed for {self.day}"
        if game.is_called_off:
            return f"not played on {self.day}: {game.standing}"
        return None if game.is_ahead else f"no longer ahead: {game.standing}"

    def _first_is_not_ahead(self) -> str | None:
        played = [game for game in self.games.values() if not game.is_called_off]
        if not played:
            return f"no game is played on {self.day}"
        return next((f"no longer ahead: {game}" for game in played if not game.is_ahead), None)


class SlateQuestion:
    """What to ask PostgreSQL for the slate of a date: one query, whoever waits for how many of its games.

    Raises BadInputError where no job asks the Stats API for the schedule that `each` reads.
    """

    def __init__(self, each: Each, day: date, *, clock_speed: float) -> None:
        watched = watched_schedule()
        if each.table not in watched.job.produces:
            raise BadInputError(f"{watched.job.name} does not produce {each.table}: who keeps it fresh is not known")
        self._day = day
        self.query = _query(replace(watched, each=each).query, load_mapping(watched.ingest.mapping), day)
        self.parameters: dict[str, Any] = {"day": day, "fresh_seconds": SCHEDULE_IS_FRESH_FOR / clock_speed}

    def answer(self, rows: Iterable[tuple[Any, ...]]) -> Slate:
        """Return the slate that the rows of the query stand for: of a date without games, there is one."""
        (is_kept_fresh, *first), *others = rows
        listed = [game for game in (first, *(row[1:] for row in others)) if game[0] is not None]
        return Slate(self._day, {game[0]: ListedGame(*game) for game in listed}, is_kept_fresh)


def _query(games: Composed, schedule: Mapping, day: date) -> Composed:
    """The rows of the date, and in each, also where there are none, whether somebody keeps them fresh.

    That is so while `mlb-etl live watch` holds its lock, and as long as the newest capture is so young that it may be
    about to start, or to start again.
    """
    return SQL(
        """
        SELECT kept.*, game.*
        FROM (
            -- a capture that is far ahead of now is of a clock that is wrong: it says nothing
            SELECT {watched} OR coalesce({captured_at} BETWEEN now() - fresh AND now() + fresh, false)
            FROM make_interval(secs => %(fresh_seconds)s) AS fresh
        ) AS kept
        LEFT JOIN ({games}) AS game ON true
        ORDER BY game.game_pk
        """
    ).format(watched=is_held(watch_lock(day)), captured_at=_newest_capture(schedule), games=games)


def _newest_capture(schedule: Mapping) -> Composed:
    """When the schedule of the date was last captured: the same content again is a sighting of the newest row."""
    if schedule.dates is None:
        raise BadInputError(f"{schedule.name} has no dates: nobody can tell whether it is fresh")
    return SQL(
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
