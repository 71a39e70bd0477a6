"""Which endpoints are asked, by which jobs, and how often that is to be: what the YAML says of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise

from croniter import croniter

from mlb_data_platform.ingest.budget import label
from mlb_data_platform.jobs.load import all_jobs, load_job, starter_of
from mlb_data_platform.jobs.models import Job
from mlb_data_platform.mapping.load import all_mappings
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.settings import settings

_TICKS = 100  # of a cron: enough for its longest pause, be it once in a quarter of an hour or once a month
_MOST_TO_WAIT = timedelta(hours=1)  # for its turn, and until it is done


@dataclass(frozen=True)
class Endpoint:
    """An endpoint, which is its raw table; the runs of `mlb-etl ingest` that ask it, and how often one of them is to.

    `every` is None where no clock leads to it: it is asked while games are on. Of each way in which one does, `ways`
    has the DAG whose schedule it is and that which asks, often the same.
    """

    name: str
    asked_by: tuple[str, ...]
    every: timedelta | None
    ways: tuple[frozenset[str], ...]

    def is_late(self, asked_at: datetime | None, now: datetime) -> bool:
        """Whether it was last asked so long ago that a run is missing."""
        if self.every is None:
            return False
        return asked_at is None or now - asked_at > self.every + min(self.every, _MOST_TO_WAIT)

    def kept_by(self, paused: Set[str]) -> list[str]:
        """Return which of these DAGs keep it from being asked, none as long as one way is open."""
        on_ways = [way & paused for way in self.ways]
        return sorted(frozenset().union(*on_ways)) if all(on_ways) else []


@dataclass(frozen=True)
class Budget:
    """How many requests the runs of `asked_by` may make in 24 hours, and the setting that says so."""

    asked_by: str
    setting: str
    most: int


@dataclass(frozen=True)
class Expected:
    """What the YAML expects: of each endpoint and budget; and the mappings in force, by which captures are refused."""

    endpoints: tuple[Endpoint, ...]
    budgets: tuple[Budget, ...]
    mappings: tuple[Mapping, ...]
    per_second: float


async def expected() -> Expected:
    """Return it; others are answered while the YAML is read, once, which takes seconds."""
    return await asyncio.to_thread(_expected)


async def listing(job: str) -> Mapping:
    """Return the mapping of what a job asks for first."""
    return await asyncio.to_thread(_listing, job)


@cache
def _expected() -> Expected:
    jobs, mappings = all_jobs(), tuple(all_mappings())
    names = [endpoint.name for mapping in mappings for endpoint in mapping.raw_endpoints]
    limits = settings()
    return Expected(
        endpoints=tuple(_endpoint(name, jobs) for name in names),
        budgets=tuple(
            Budget(label(job), job.most_a_day.upper(), getattr(limits, job.most_a_day))
            for job in jobs if job.most_a_day
        ),
        mappings=mappings,
        per_second=limits.mlb_requests_per_second,
    )  # fmt: skip


@cache
def _listing(job: str) -> Mapping:
    name = load_job(job).ingests[0].mapping
    return next(mapping for mapping in _expected().mappings if mapping.name == name)


def _endpoint(name: str, jobs: Sequence[Job]) -> Endpoint:
    asking = [job for job in jobs if any(ingest.mapping == name for ingest in job.ingests)]
    started = [
        (job.name, starter.name, starter.schedule.cron)
        for job in asking if (starter := starter_of(job, jobs)) and starter.schedule and starter.schedule.cron
    ]  # fmt: skip
    return Endpoint(
        name, tuple(label(job) for job in asking),
        every=min((_longest_pause(cron) for *_, cron in started), default=None),
        ways=tuple(frozenset(names) for *names, _ in started),
    )  # fmt: skip


def _longest_pause(cron: str) -> timedelta:
    """The most that lies between two ticks."""
    clock = croniter(cron, datetime(2026, 1, 1, tzinfo=UTC), ret_type=datetime)
    ticks: list[datetime] = [clock.get_next() for _ in range(_TICKS)]
    return max(later - earlier for earlier, later in pairwise(ticks))
