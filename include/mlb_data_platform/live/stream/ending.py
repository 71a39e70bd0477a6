"""When a stream has come to its end: all of its date is over, or what it waits for can no longer come."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from psycopg import Connection
from psycopg.sql import SQL, Composed, Identifier

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.live.cadence import FOLLOWERS_ARE_STARTED_WITHIN, FOLLOWERS_SETTLE_WITHIN
from mlb_data_platform.live.listing import Games, ListedGame, watched_schedule
from mlb_data_platform.live.lock import follow_lock, watch_lock
from mlb_data_platform.mapping import models
from mlb_data_platform.mapping.places import version_column
from mlb_data_platform.mapping.raw_endpoint import Follow
from mlb_data_platform.storage.advisory_locks import held
from mlb_data_platform.storage.capture import NaturalKey
from mlb_data_platform.storage.tables import PublishedTables
from mlb_data_platform.transform.shortfall import is_known, unknown_date


@dataclass(frozen=True)
class Ending:
    """How a stream ended; `unfinished` are those of which the tables do not say that they are over."""

    reason: str
    unfinished: tuple[str, ...] = ()


class EndOfDate:
    """Looks whether all that is listed under a date is over; `speed` is that of the API's clock."""

    def __init__(self, mapping: models.Mapping, day: date, speed: float = 1.0) -> None:
        """Raises BadInputError where the mapping does not say how its documents are followed, or when one is over."""
        if mapping.dates is None or mapping.dates.table is None or mapping.patches is None:
            raise BadInputError(f"{mapping.name} does not say what is listed under a date, or when it is over")
        self._mapping = mapping
        self._dates = mapping.dates
        self._day = day
        self._speed = speed
        self._had_games = False
        self._follow = mapping.patches.follow
        self._schedule = watched_schedule()
        self._query = _statuses(mapping, self._follow)
        self._nobody_since: float | None = None

    def check_date(self, connection: Connection) -> None:
        """Raise BadInputError for a date of which nobody knows whether something is listed under it."""
        if not is_known(connection, self._dates, self._day):
            raise unknown_date(self._mapping, self._day)

    def natural_keys(self, connection: Connection) -> list[NaturalKey]:
        """Return what is listed under the date."""
        (key,) = self._mapping.natural_key
        return [{key: game_pk} for game_pk in self._games(connection)]

    def look(self, connection: Connection) -> Ending | None:
        """Return how the date has ended, or that nothing more is to be waited for; None as long as neither is so.

        While somebody follows one of its games there is something to wait for: of a game that is over, the last feed.
        """
        games = self._games(connection)
        self._had_games |= bool(games)
        unfinished = self._unfinished(connection, games)
        watcher = watch_lock(self._day)
        at_work = held(connection, [watcher, *(follow_lock(self._mapping, game_pk) for game_pk in games)])
        are_said_to_be_over = all(game.is_over for game in unfinished)
        if at_work - {watcher} or (unfinished and watcher in at_work and not are_said_to_be_over):
            self._nobody_since = None
            return None
        if not games and self._had_games:
            return self._given_up(FOLLOWERS_ARE_STARTED_WITHIN, "no game is listed any more", ())
        if not unfinished:
            return Ending(f"all {len(games)} games of {self._day} are settled or parked")
        if are_said_to_be_over:
            return self._given_up(FOLLOWERS_SETTLE_WITHIN, "the schedule says that they are over", unfinished)
        return self._given_up(FOLLOWERS_ARE_STARTED_WITHIN, "nobody watches the schedule", unfinished)

    def _given_up(self, seconds: float, reason: str, unfinished: Sequence[ListedGame]) -> Ending | None:
        """Return that nothing more is to be waited for, once that has been so for so long."""
        now = time.monotonic()
        self._nobody_since = now if self._nobody_since is None else self._nobody_since
        if now - self._nobody_since < seconds / self._speed:
            return None
        return Ending(f"{reason}, and nobody follows them", tuple(str(game.game_pk) for game in unfinished))

    def _unfinished(self, connection: Connection, games: Games) -> list[ListedGame]:
        statuses = self._statuses(connection, games)
        return [game for game in games.values() if not self._is_finished(game, statuses)]

    def _games(self, connection: Connection) -> Games:
        return self._schedule.games(connection, self._day)

    def _is_finished(self, game: ListedGame, statuses: Mapping[int, str]) -> bool:
        """Whether nothing more comes, as the tables say; of what was called off before it began they say nothing.

        What was parked on another date, or postponed from there to this one, may go on though they say so.
        """
        status = statuses.get(game.game_pk)
        if status is None:
            return game.is_called_off
        if status in self._follow.settled and not game.was_moved_here:
            return True
        return status in (*self._follow.settled, *self._follow.parked) and game.is_over

    def _statuses(self, connection: Connection, games: Games) -> Mapping[int, str]:
        """What the tables say of each game, by game_pk."""
        return dict(connection.execute(self._query, {"games": list(games)}).fetchall())


def _statuses(mapping: models.Mapping, follow: Follow) -> Composed:
    (key,) = mapping.unit
    return SQL("SELECT {key}, {status} FROM {version} WHERE {key} = ANY(%(games)s)").format(
        key=Identifier(key),
        status=Identifier(version_column(mapping, follow.status)),
        version=PublishedTables(mapping).identifier(mapping.version_table),
    )
