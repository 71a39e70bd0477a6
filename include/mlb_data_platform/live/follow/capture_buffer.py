"""Commits what was received, in the order it came; while PostgreSQL is away it is kept in memory."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from mlb_data_platform.errors import BadInputError, TransientError
from mlb_data_platform.live.patience import DATABASE_SECONDS
from mlb_data_platform.storage.capture import Capture
from mlb_data_platform.storage.database import KeptConnection, errors_for_people
from mlb_data_platform.storage.raw import Ends, store, store_patch

_SECONDS_BETWEEN_TRIES = 1.0


@dataclass(frozen=True)
class ReceivedCapture:
    """A capture; of a patch also which documents it leads from and to."""

    capture: Capture
    ends: Ends | None = None


class CaptureBuffer:
    """Brings captures into the raw tier, over the connection of `kept`."""

    def __init__(self, kept: KeptConnection, say: Callable[[str], None], patience: float = DATABASE_SECONDS) -> None:
        self._kept = kept
        self._say = say
        self._patience = patience
        self._waiting: deque[ReceivedCapture] = deque()
        self._away_since: float | None = None

    def keep(self, received: ReceivedCapture) -> None:
        """Commit what was received, after what waits; where PostgreSQL is away it waits as well.

        Raises BadInputError for a capture that PostgreSQL cannot hold: it is dropped. Raises what `catch_up` raises.
        """
        self._waiting.append(received)
        self.catch_up()

    def catch_up(self) -> None:
        """Commit what waits, as far as PostgreSQL takes it. Raises TransientError where it is away for too long."""
        while self._waiting:
            try:
                self._store(self._waiting[0])
            except TransientError as error:
                return self._is_away(error)
            except BadInputError:
                self._waiting.popleft()
                raise
            self._waiting.popleft()
            self._is_back()
        return None

    def finish(self) -> None:
        """Return when all is committed. Raises what `catch_up` raises."""
        self.catch_up()
        while self._waiting:
            time.sleep(_SECONDS_BETWEEN_TRIES)
            self.catch_up()

    def _store(self, received: ReceivedCapture) -> None:
        connection = self._kept.get()
        with errors_for_people():
            if received.ends:
                store_patch(connection, received.capture, received.ends)
            else:
                store(connection, received.capture)

    def _is_away(self, error: TransientError) -> None:
        now = time.monotonic()
        if self._away_since is None:
            self._away_since = now
            self._say(f"{error}; what comes is kept in memory")
        if now - self._away_since > self._patience:
            seconds = f"{now - self._away_since:.0f} s"
            raise GivenUpError(
                f"{error}; away for {seconds}, {len(self._waiting)} answers are lost: they are asked anew"
            )

    def _is_back(self) -> None:
        if self._away_since is not None:
            self._say(f"PostgreSQL is back after {time.monotonic() - self._away_since:.0f} s")
            self._away_since = None


class GivenUpError(TransientError):
    """Something was away for so long that the follower ends; another one goes on where it stopped."""
