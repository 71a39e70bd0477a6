"""What the page has to show: dates of a simulated season, captured as often as somebody looked, and in the tables.

The simulator's clock, not this machine's, says when each response was captured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from urllib.parse import parse_qsl, urlsplit

import msgspec

from mlb_data_platform.ingest.requests import ApiRequest, plan
from mlb_data_platform.ingest.scope import Scope
from mlb_data_platform.jobs.each import GAME
from mlb_data_platform.jobs.load import load_job
from mlb_data_platform.storage.capture import Capture, natural_key
from mlb_data_platform.storage.database import connect
from mlb_data_platform.storage.raw import store
from statsapi_simulator.api.clock import Clock
from statsapi_simulator.api.league import League

_NEXT_MORNING = timedelta(days=1, hours=10)  # after its midnight, when all games of a date are over


@dataclass(frozen=True)
class SimulatedDates:
    """Dates of the season of a seed, up to `evening`, which is in the midst of the games of the last one."""

    seed: int
    evening: datetime
    days: int = 2

    @property
    def last(self) -> date:
        """The date of the evening, in the ballparks."""
        return (self.evening - timedelta(hours=12)).date()

    @property
    def first(self) -> date:
        """The first date that is loaded."""
        return self.last - timedelta(days=self.days - 1)

    @cached_property
    def _league(self) -> League:
        return League(self.seed, self.last.year, Clock(self.evening))

    def capture(self, job: str, moments: Sequence[datetime] = ()) -> None:
        """Store what the requests of a job are answered: those of a date the next morning, or as the evening has it.

        With moments, it is only of the last date, and at each of these.
        """
        scope = Scope(day=self.last) if moments else Scope(day=self.first, to=self.last)
        if job == "mlb_season":
            scope = Scope(season=self.last.year)
        # There are no terms to accept: nobody is asked but the simulator.
        requests = plan(load_job(job), scope, terms_accepted=True).requests
        with connect(autocommit=True) as connection:
            for request in requests:
                for moment in moments or [self._asked(request)]:
                    store(connection, self._answered(request, moment))

    def capture_again(self, job: str) -> None:
        """Ask once more in the evening for what was captured of the dates before: scorers have corrected some of it."""
        requests = plan(load_job(job), Scope(day=self.first, to=self.last - timedelta(days=1)), terms_accepted=True)
        with connect(autocommit=True) as connection:
            for request in requests.requests:
                store(connection, self._answered(request, self.evening))

    def _asked(self, request: ApiRequest) -> datetime:
        game_pk = natural_key(request.mapping, request.parameters).get(GAME)
        if game_pk is not None:
            return min(self._league.games.course(int(game_pk)).statuses[-1].since + timedelta(minutes=2), self.evening)
        day = date.fromisoformat(str(request.parameters.get("date", self.first)))
        return min(datetime.combine(day, time(tzinfo=UTC)) + _NEXT_MORNING, self.evening)

    def _answered(self, request: ApiRequest, moment: datetime) -> Capture:
        parts = urlsplit(request.target)
        body = msgspec.json.encode(self._league.answer(parts.path, dict(parse_qsl(parts.query)), moment))
        return Capture(request.mapping, request.parameters, request.target, 200, moment, body)
