"""A date of the simulator whose clock goes on as its schedule is asked for, and who watches it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from subprocess import Popen
from typing import Any

from statsapi_simulator.api.clock import Clock
from statsapi_simulator.api.games import Games
from statsapi_simulator.api.http import Answer, Request, running
from statsapi_simulator.api.league import League
from statsapi_simulator.api.server import LeagueServer
from tests.conftest import Cli
from tests.waiting import until

Json = dict[str, Any]
SCHEDULE = "/api/v1/schedule"
_GAMES = Games(seed=7)  # played once for all tests


class SteppedApi(LeagueServer):
    """A league whose clock stands still, but goes on by `step` with each answer about the schedule.

    `instead` are answers, one after the other, in the place of its own; None: its own.
    """

    def __init__(self, now: datetime, step: timedelta) -> None:
        league = League(_GAMES.seed, now.year, Clock(now))
        league.games = _GAMES
        super().__init__(league)
        self.step = step
        self.instead: list[Json | None] = []

    def answer(self, request: Request) -> Answer:
        """Answer, then let the clock go on."""
        answer = super().answer(request)
        if request.path != SCHEDULE:
            return answer
        clock = self.league.clock
        clock.set(clock.now() + self.step, 0)
        instead = self.instead.pop(0) if self.instead else None
        return answer if instead is None else Answer(body=json.dumps(instead).encode())


@dataclass
class WatchedDate:
    """A date, the API that lists its games, and the programs that watch it."""

    day: date
    api: SteppedApi
    watches: list[Popen[str]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """Settings with which a program asks it, without waiting between two questions."""
        return {"MLB_STATSAPI_BASE_URL": self.api.url, "MLB_CLOCK_SPEED": "1e6", "MLB_REQUESTS_PER_SECOND": "1000"}

    def watch(self, mlb_etl: Cli, **environment: str) -> tuple[Json, str]:
        """Watch it until that ends well; return the summary and what was said."""
        finished = mlb_etl.ok(*self._command, **{**self.environment, **environment})
        return json.loads(finished.out), finished.err

    def start(self, mlb_etl: Cli, **environment: str) -> Popen[str]:
        """Start to watch it."""
        self.watches.append(mlb_etl.start(*self._command, **{**self.environment, **environment}))
        return self.watches[-1]

    @property
    def _command(self) -> tuple[object, ...]:
        return "live", "watch", "--date", self.day, "--json"

    @property
    def asked(self) -> int:
        """How often its schedule was asked for."""
        return int(self.api.traffic.report()["paths"].get(SCHEDULE, 0))

    def until_asked(self, times: int) -> None:
        """Return when it was asked for so often."""
        until(lambda: self.asked >= times, f"{times} questions", 60)

    def now(self) -> Json:
        """Return the schedule as it is now."""
        listed: Json = self.api.league.answer(
            SCHEDULE, {"sportId": "1", "date": str(self.day)}, self.api.league.clock.now()
        )
        return listed


@contextmanager
def watched_date(day: str, begins: float, step: timedelta = timedelta(minutes=10)) -> Iterator[WatchedDate]:
    """Give a date whose clock stands so many hours after its midnight, UTC, until somebody asks."""
    api = SteppedApi(datetime.fromisoformat(f"{day}T00:00Z") + timedelta(hours=begins), step)
    with running(api):
        watched = WatchedDate(date.fromisoformat(day), api)
        try:
            yield watched
        finally:
            for watch in watched.watches:
                watch.kill()
