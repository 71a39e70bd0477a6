"""When a stream has come to its end: all of its date is over, or what it waits for can no longer come."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from psycopg import Connection
from psycopg.sql import SQL, Identifier

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.live.watch.listing import ListedGame, watched_schedule
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.places import version_column
from mlb_data_platform.storage.advisory_locks import is_held
from mlb_data_platform.storage.capture import NaturalKey
from mlb_data_platform.storage.tables import PublishedTables
from mlb_data_platform.transform.shortfall import is_known, unknown_date

NOBODY_SECONDS = 60.0  # of the API's clock: a follower that broke may be started again meanwhile


@dataclass(frozen=True)
class Ending:
    """How a stream ended; `unfinished` are those of which the tables do not say that they are over."""

    reason: str
    unfinished: tuple[str, ...] = ()


class EndOfDate:
    """Looks whether all that is listed under a date is over; `speed` is that of the API's clock."""

    def __init__(self, mapping: Mapping, day: date, speed: float = 1.0) -> None:
        """Raises BadInputError where the mapping does not say how its documents are followed, or when one is over."""
        if mapping.dates is None or mapping.patches is None or len(mapping.natural_key) != 1:
            raise BadInputError(f"{mapping.name} does not say what is listed under a date, or when it is over")
        self._mapping = mapping
        self._dates = mapping.dates
        self._day = day
        self._schedule = watched_schedule()
        self._patience = NOBODY_SECONDS / speed
        self._follow = mapping.patches.follow
        (self._key,) = mapping.natural_key
        self._query = SQL("SELECT {key}, {status} FROM {version} WHERE {key} = ANY(%s)").format(
            key=Identifier(self._key),
            status=Identifier(version_column(mapping, self._follow.status)),
            version=PublishedTables(mapping).identifier(mapping.version_table),
        )
        self._nobody_since: float | None = None

    def check_date(self, connection: Connection) -> None:
        """Raise BadInputError for a date of which nobody knows whether something is listed under it."""
        if not is_known(connection, self._dates, self._day):
            raise unknown_date(self._mapping, self._day)

    def natural_keys(self, connection: Connection) -> list[NaturalKey]:
        """Return what is listed under the date."""
        return [{self._key: game_pk} for game_pk in self._schedule.games(connection, self._day)]

    def look(self, connection: Connection) -> Ending | None:
        """Return how the date has ended, or that nothing more is to be waited for; None as long as neither is so.

        While somebody follows one of its games there is something to wait for: of a game that is over, the last feed.
        """
        listed = self._schedule.games(connection, self._day)
        unfinished = self._unfinished(connection, listed.values())
        watcher = f"watch {self._day}"
        followers = [f"follow {self._mapping.name} {game_pk}" for game_pk in listed]
        at_work = _held(connection, [watcher, *followers])
        all_said_to_be_over = all(game.is_over for game in unfinished)
        if at_work - {watcher} or (watcher in at_work and not all_said_to_be_over):
            self._nobody_since = None
            return None
        if not unfinished:
            return Ending(f"all {len(listed)} games of {self._day} are settled or parked")
        now = time.monotonic()
        self._nobody_since = now if self._nobody_since is None else self._nobody_since
        if now - self._nobody_since < self._patience:
            return None
        who = "the schedule says that they are over" if all_said_to_be_over else "nobody watches the schedule"
        return Ending(f"{who}, and nobody follows them", tuple(str(game.game_pk) for game in unfinished))

    def _unfinished(self, connection: Connection, games: Collection[ListedGame]) -> list[ListedGame]:
        statuses: dict[int, str] = dict(connection.execute(self._query, ([game.game_pk for game in games],)).fetchall())
        return [game for game in games if not self._is_over(game, statuses.get(game.game_pk))]

    def _is_over(self, game: ListedGame, status: str | None) -> bool:
        """Whether nothing more comes of a game with this status in the tables; None: they have nothing of it.

        What was called off before it began nobody follows. What is parked in the tables may have been so since another
        date: it is over if this date's listing says so, too.
        """
        if status is None:
            return game.is_called_off
        return status in self._follow.settled or (status in self._follow.parked and game.is_over)


def _held(connection: Connection, names: Sequence[str]) -> set[str]:
    """Those of these locks that somebody holds."""
    row = connection.execute(SQL("SELECT {}").format(SQL(", ").join(map(is_held, names)))).fetchone()
    return {name for name, somebody in zip(names, row or (), strict=True) if somebody}
