"""What the command line asks of a job, and whether that is what the job needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.jobs.each import GAME
from mlb_data_platform.jobs.models import Job
from mlb_data_platform.jobs.placeholders import RUN_VALUES, placeholders


@dataclass(frozen=True)
class Scope:
    """Items by their keys, a date, the dates from `day` to `to`, or a season."""

    keys: Mapping[str, tuple[int | str, ...]] = field(default_factory=dict)
    day: date | None = None
    to: date | None = None
    season: int | None = None
    force: bool = False

    @property
    def given(self) -> list[str]:
        """The names of the values that are given."""
        values = {"date": self.day, "season": self.season}
        return [*self.keys, *(name for name, value in values.items() if value is not None)]

    @property
    def several_dates(self) -> bool:
        """Whether a job is asked for more than one date: the work of a backfill."""
        return self.season is not None or self.to is not None

    @property
    def year(self) -> int | None:
        """The season: the one that is given, else that of the date."""
        return self.season or (self.day.year if self.day else None)


def check_scope(job: Job, scope: Scope) -> None:
    """Raise BadInputError for a flag that the job needs and has not been given, or has no use for."""
    wanted = _wanted(job)
    if wanted.one_of:
        chosen = [names for names in wanted.one_of if set(names) & set(scope.given)]
        if len(chosen) != 1:
            flags = ", ".join(" and ".join(map(_flag, names)) for names in wanted.one_of)
            raise BadInputError(f"{job.name}: give one of {flags}")
        wanted.all_of.extend(chosen[0])
    if missing := [_flag(name) for name in wanted.all_of if name not in scope.given]:
        raise BadInputError(f"{job.name} needs {' and '.join(missing)}")
    if useless := [_flag(name) for name in scope.given if name not in {*wanted.all_of, *wanted.optional}]:
        raise BadInputError(f"{job.name} has no use for {' and '.join(useless)}")
    if scope.to and (scope.day is None or scope.to < scope.day):
        raise BadInputError(f"--to {scope.to} needs a --date up to it")


@dataclass
class _Wanted:
    """The names of the values that a job takes: of `one_of` exactly one group is given."""

    all_of: list[str] = field(default_factory=list)
    one_of: list[tuple[str, ...]] = field(default_factory=list)
    optional: set[str] = field(default_factory=set)


def _wanted(job: Job) -> _Wanted:
    needed = frozenset[str]().union(*(ingest.needs for ingest in job.ingests))
    listed = tuple(name for name in (job.each.key if job.each else ()) if name in needed)
    wanted = _Wanted()
    for name in sorted(needed.difference(listed, RUN_VALUES)):
        wanted.optional.add(name) if job.keys[name].default else wanted.all_of.append(name)
    if listed and needed.isdisjoint(RUN_VALUES):
        wanted.one_of = [listed, ("date",), ("season",)]
    elif listed or ("date" in needed and any(ingest.seasons for ingest in job.ingests)):
        wanted.one_of = [("date",), ("season",)]
        wanted.optional.update(listed)
    elif "date" in needed:
        wanted.all_of.append("date")
    elif "season" in needed:
        wanted.one_of = [("season",), ("date",)]
    for ingest in job.ingests:
        if ingest.expects:
            wanted.optional.update(placeholders(str(ingest.expects.value)))
    return wanted


def _flag(name: str) -> str:
    if name == GAME:
        return "--game-pk"
    return f"--{name}" if name in RUN_VALUES else f"--key {name}=…"
