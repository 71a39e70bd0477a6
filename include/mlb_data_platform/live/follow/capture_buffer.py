"""Commits what was received, in the order it came; while PostgreSQL is away it is kept in memory."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass

from mlb_data_platform.errors import BadInputError, PlatformError, TransientError
from mlb_data_platform.live.patience import Patience
from mlb_data_platform.storage.capture import Capture
from mlb_data_platform.storage.database import KeptConnection, errors_for_people
from mlb_data_platform.storage.lost_content import store_or_bring_back
from mlb_data_platform.storage.raw import Ends, UnstorableError, store_patch

SECONDS_BETWEEN_TRIES = 1.0


@dataclass(frozen=True)
class ReceivedCapture:
    """A capture; of a patch also which documents it leads from and to."""

    capture: Capture
    ends: Ends | None = None


class CaptureBuffer:
    """Brings captures into the raw tier, over the connection of `kept`; `database` is the patience with PostgreSQL."""

    def __init__(self, kept: KeptConnection, database: Patience) -> None:
        self._kept = kept
        self._database = database
        self._waiting: deque[ReceivedCapture] = deque()

    @property
    def is_behind(self) -> bool:
        """Whether something waits to be committed."""
        return bool(self._waiting)

    def keep(self, received: ReceivedCapture) -> None:
        """Take what was received; `catch_up` commits it."""
        self._waiting.append(received)

    def catch_up(self) -> BadInputError | None:
        """Commit what waits, as far as PostgreSQL takes it.

        A capture that PostgreSQL cannot hold is dropped; returns what is wrong with the last such. Raises
        TransientError where PostgreSQL is away for too long.
        """
        dropped: BadInputError | None = None
        while self._waiting:
            try:
                self._store(self._waiting[0])
            except UnstorableError as error:
                dropped = error
            except PlatformError as error:  # it may not be our user's to write for a while, or the table be gone
                self._database.failed(TransientError(f"{error}; {len(self._waiting)} answers wait in memory"))
                break
            self._waiting.popleft()
            self._database.succeeded()
        return dropped

    def finish(self) -> BadInputError | None:
        """Return when all is committed what `catch_up` returns. Raises what it raises."""
        dropped = self.catch_up()
        while self._waiting:
            time.sleep(SECONDS_BETWEEN_TRIES)
            dropped = self.catch_up() or dropped
        return dropped

    def _store(self, received: ReceivedCapture) -> None:
        connection = self._kept.get()
        with errors_for_people():
            if received.ends:
                store_patch(connection, received.capture, received.ends)
            else:
                store_or_bring_back(connection, received.capture)
