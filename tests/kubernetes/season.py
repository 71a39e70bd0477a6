"""The simulated season that the pods ask for, and whether the tables hold exactly what it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import httpx
from psycopg import Connection

from tests.checker import game, schedule, season

SEED, SEASON = 7, 2026
CLOCK = datetime(2026, 8, 5, 12, tzinfo=UTC)  # all games of the dates below are over by then


class League:
    """Asks the simulator, as the platform does, and steers it."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def schedule(self, day: date) -> dict[str, Any]:
        """Return the schedule of a date, as the API answers it."""
        return dict(self._http.get(f"/api/v1/schedule?sportId=1&date={day}").raise_for_status().json())

    def played(self, *days: date) -> list[int]:
        """Return the games of these dates that were played."""
        games = (each for day in days for dates in self.schedule(day)["dates"] for each in dates["games"])
        return sorted({each["gamePk"] for each in games if each["status"]["codedGameState"] not in "CD"})

    def content_sha256(self, game_pk: int) -> str:
        """Return the hash of a game's feed, as the raw tier has it."""
        return sha256(self._http.get(f"/api/v1.1/game/{game_pk}/feed/live").content).hexdigest()

    @contextmanager
    def fault(self, **fault: Any) -> Iterator[None]:
        """Let requests fail, or crawl, while the block runs."""
        self._http.put("/_simulator/faults", json=[fault]).raise_for_status()
        try:
            yield
        finally:
            self._http.delete("/_simulator/faults").raise_for_status()

    @contextmanager
    def clock(self, now: datetime) -> Iterator[Callable[[datetime], None]]:
        """Let the clock stand at a moment while the block runs; give what moves it on."""
        self._set_clock(now)
        try:
            yield self._set_clock
        finally:
            self._set_clock(CLOCK)

    def _set_clock(self, now: datetime) -> None:
        self._http.put("/_simulator/clock", json={"now": now.isoformat(), "speed": 0}).raise_for_status()

    def differences(self, connection: Connection[Any], day: date) -> list[str]:
        """Return where season, schedule and game tables differ from what the API answers for a date."""
        seasons = self._http.get("/api/v1/seasons/all?sportId=1").json()
        return [
            *season.compare(connection, seasons, sport_id=1),
            *schedule.compare(connection, self.schedule(day)),
            *self.game_differences(connection, self.played(day)),
        ]

    def game_differences(self, connection: Connection[Any], game_pks: Sequence[int]) -> list[str]:
        """Return where the tables of these games differ from their feeds."""
        feeds = (self._http.get(f"/api/v1.1/game/{game_pk}/feed/live").json() for game_pk in game_pks)
        return [line for feed in feeds for line in game.compare(connection, feed)]
