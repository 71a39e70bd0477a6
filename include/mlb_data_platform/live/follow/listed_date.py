"""What the schedule says of a followed game on the date of a run: it may have been moved to that date, or away from it.

The document of a game alone does not tell: it has one state, whichever of its dates is meant.
"""

from __future__ import annotations

import time
from datetime import date

from psycopg import OperationalError

from mlb_data_platform.errors import TransientError
from mlb_data_platform.live.cadence import BELIEVES_IT_IS_ELSEWHERE_AFTER, READS_THE_SCHEDULE_EVERY
from mlb_data_platform.live.listing import Games, watched_schedule
from mlb_data_platform.storage.database import KeptConnection


class ListedDate:
    """A game as the schedule's table lists it under `day`; `speed` is that of the API's clock."""

    def __init__(self, kept: KeptConnection, game_pk: int, day: date, speed: float) -> None:
        self._kept = kept
        self._game_pk = game_pk
        self._day = day
        self._speed = speed
        self._schedule = watched_schedule()
        self._looked_at = float("-inf")  # on the monotonic clock
        self._elsewhere_since: float | None = None

    @property
    def is_elsewhere(self) -> bool:
        """Whether the table said at last that it is not played here any more."""
        return self._elsewhere_since is not None

    def goes_on_here(self) -> bool:
        """Return whether the game was moved to this date, so that it is waited for however long it is parked.

        Raises what psycopg raises, and TransientError, where PostgreSQL is away.
        """
        game = self._games().get(self._game_pk)
        return game is not None and game.was_moved_here and not game.is_over

    def elsewhere(self) -> str | None:
        """Return where the game stands, once the table has said for a while that it is not played here any more."""
        now = time.monotonic()
        if (now - self._looked_at) * self._speed < READS_THE_SCHEDULE_EVERY:
            return None
        self._looked_at = now
        reason = self._reason()
        if reason is None:
            self._elsewhere_since = None
            return None
        self._elsewhere_since = self._elsewhere_since or now
        return reason if (now - self._elsewhere_since) * self._speed >= BELIEVES_IT_IS_ELSEWHERE_AFTER else None

    def _reason(self) -> str | None:
        """Why nothing more comes of the game here; None as long as something may, or nobody knows."""
        try:
            games = self._games()
        except (OperationalError, TransientError):  # who keeps what comes waits for PostgreSQL, and gives up in time
            return None
        game = games.get(self._game_pk)
        if game is None:
            return f"not listed on {self._day} any more" if games else None
        return f"{game.standing}, as listed on {self._day}" if game.is_over and not game.is_final else None

    def _games(self) -> Games:
        return self._schedule.games(self._kept.get(), self._day)
