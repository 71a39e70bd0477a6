"""`simulated_ingest.py JOB FROM TO`: what `mlb-etl ingest JOB` would have kept of a simulated season, day after day.

The simulator's clock, not this machine's, says when each response was captured: a game when it is over, and again when
`mlb_corrections` would have asked for it. Weeks of captures, late corrections among them, thus take seconds. The raw
tables are an interface: a row that comes this way is as good as one that `ingest` has stored.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from urllib.parse import parse_qsl, urlsplit

import msgspec
from steps import SIMULATED, script

from mlb_data_platform.ingest.requests import ApiRequest, plan
from mlb_data_platform.ingest.scope import Scope
from mlb_data_platform.jobs.each import GAME
from mlb_data_platform.jobs.load import load_job
from mlb_data_platform.storage.capture import Capture, natural_key
from mlb_data_platform.storage.database import connect
from mlb_data_platform.storage.raw import store
from statsapi_simulator.api.clock import Clock
from statsapi_simulator.api.league import League

_PROCESSES = 2
_PARTS = 16  # of the requests: so many that the processes end together
_MORNING = time(10, tzinfo=UTC)  # when all games of the evening before are over
# How long after the end of a game it is asked for: at once, and when `game.due_again` has it.
_ASKED_AFTER = (
    timedelta(minutes=2),
    timedelta(hours=1),
    timedelta(hours=10),
    timedelta(days=1),
    timedelta(days=3),
    timedelta(days=7),
)


def main() -> None:
    """Store the captures of all dates and say how many they are."""
    job, first, last = sys.argv[1], date.fromisoformat(sys.argv[2]), date.fromisoformat(sys.argv[3])
    # There are no terms to accept: nobody is asked but the simulator.
    requests = plan(load_job(job), Scope(day=first, to=last), terms_accepted=True).requests
    with ProcessPoolExecutor(_PROCESSES) as pool:
        stored = sum(pool.map(ingest, (requests[part::_PARTS] for part in range(_PARTS))))
    print(f"{job}: {stored} captures of {len(requests)} requests")


def ingest(requests: Sequence[ApiRequest]) -> int:
    """Store the answer to each request at each moment at which it is another; return how many."""
    with connect(autocommit=True) as connection:
        return sum(
            store(connection, _answered(request, moment)).is_new for request in requests for moment in _moments(request)
        )


@cache
def _league() -> League:
    return League(SIMULATED.seed, SIMULATED.season, Clock(datetime(SIMULATED.season, 12, 1, tzinfo=UTC)))


def _moments(request: ApiRequest) -> Iterator[datetime]:
    """Yield when a request is made: of a game when it is over and after each correction, of a date the next morning."""
    game_pk = natural_key(request.mapping, request.parameters).get(GAME)
    if game_pk is None:
        day = date.fromisoformat(str(request.parameters["date"]))
        yield datetime.combine(day + timedelta(days=1), _MORNING)
        return
    course = _league().games.course(int(game_pk))
    asked = [course.statuses[-1].since + after for after in _ASKED_AFTER]
    yield asked[0]
    yield from (later for earlier, later in pairwise(asked) if course.changed(earlier, later))


def _answered(request: ApiRequest, moment: datetime) -> Capture:
    parts = urlsplit(request.target)
    body = msgspec.json.encode(_league().answer(parts.path, dict(parse_qsl(parts.query)), moment))
    return Capture(request.mapping, request.parameters, request.target, 200, moment, body)


if __name__ == "__main__":
    script(main)
