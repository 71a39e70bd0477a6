"""Which of several programs does a piece of work: one, and the others stand by until it is gone."""

from __future__ import annotations

import time
from collections.abc import Callable

from psycopg import Connection, OperationalError

from mlb_data_platform.errors import TransientError
from mlb_data_platform.live.patience import DATABASE_SECONDS
from mlb_data_platform.storage.database import KeptConnection, errors_for_people

_SECONDS_BETWEEN_TRIES = 1.0


class StandbyLock:
    """An advisory lock of the session of `kept`, which ends with it, however it ends: the hash of `name`."""

    def __init__(self, kept: KeptConnection, name: str, say: Callable[[str], None]) -> None:
        self._kept = kept
        self._name = name
        self._say = say
        self._holder: Connection | None = None

    def take(self) -> None:
        """Return when it is ours. Raises TransientError where PostgreSQL is away for too long."""
        waits = False
        answered_at = time.monotonic()
        while True:
            try:
                if self._taken():
                    break
                answered_at = time.monotonic()
                if not waits:
                    self._say("another program follows it: waiting until that one ends")
                    waits = True
            except TransientError:
                if time.monotonic() - answered_at > DATABASE_SECONDS:
                    raise
            time.sleep(_SECONDS_BETWEEN_TRIES)
        if waits:
            self._say("the other program is gone: going on from what it kept")

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
            row = connection.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", (self._name,)).fetchone()
        is_taken = bool(row and row[0])
        self._holder = connection if is_taken else None
        return is_taken
