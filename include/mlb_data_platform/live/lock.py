"""Which of several programs does a piece of work: one, and the others stand by until it is gone."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from typing import TypeVar

from psycopg import Connection, OperationalError

from mlb_data_platform.errors import TransientError
from mlb_data_platform.live.patience import Patience
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.advisory_locks import take
from mlb_data_platform.storage.database import KeptConnection, errors_for_people

_SECONDS_BETWEEN_TRIES = 1.0

Begun = TypeVar("Begun")


def watch_lock(day: date) -> str:
    """Return the name of the lock of who keeps the schedule of a date fresh."""
    return f"watch {day}"


def follow_lock(mapping: Mapping, game_pk: int) -> str:
    """Return the name of the lock of who follows a game."""
    return f"follow {mapping.name} {game_pk}"


def stream_lock(mapping: Mapping, day: date) -> str:
    """Return the name of the lock of who turns what comes of a date into rows."""
    return f"stream {mapping.name} {day}"


class StandbyLock:
    """An advisory lock of the session of `kept`, which ends with it, however it ends: the hash of `name`.

    `database` is the patience that the program has with PostgreSQL, in all it does.
    """

    def __init__(self, kept: KeptConnection, name: str, say: Callable[[str], None], database: Patience) -> None:
        self._kept = kept
        self._name = name
        self._say = say
        self._database = database
        self._stands_by = False
        self._holder: Connection | None = None

    def take(self, begin: Callable[[], Begun]) -> Begun:
        """Wait until it is ours; return what `begin` does then, which may use PostgreSQL as well.

        Where PostgreSQL is away meanwhile, both are done again. Raises TransientError where that is for too long, and
        BadInputError of `begin`.
        """
        while True:
            try:
                is_ours = self._taken()
                self._tell(is_ours)
                if is_ours:
                    with errors_for_people():
                        begun = begin()
                    self._database.succeeded()
                    return begun
                self._database.succeeded()
            except TransientError as error:
                self._database.failed(error)
            time.sleep(_SECONDS_BETWEEN_TRIES)

    def _tell(self, is_ours: bool) -> None:
        if is_ours and self._stands_by:
            self._say("the other program is gone: going on from what it kept")
        elif not is_ours and not self._stands_by:
            self._say("another program does this: waiting until that one ends")
        self._stands_by = not is_ours

    def is_ours(self) -> bool:
        """Return whether it is still ours; if its session broke, whether it could be taken again at once.

        While PostgreSQL is away nobody else can take it, so that it is ours as far as anybody knows.
        """
        try:
            connection = self._kept.get()
            if connection is self._holder:
                connection.execute("SELECT")  # a session that broke is noticed by using it
                return True
            return self._taken()
        except (OperationalError, TransientError):
            return True

    def _taken(self) -> bool:
        connection = self._kept.get()
        with errors_for_people():
            is_taken = take(connection, self._name)
        self._holder = connection if is_taken else None
        return is_taken
