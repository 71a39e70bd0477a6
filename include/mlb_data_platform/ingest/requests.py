"""What a run of a job asks the Stats API for: its requests, decided before any of them is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.ingest.budget import Budget, budget_of
from mlb_data_platform.ingest.calendar import Days, end_of, require_loaded, season_days, seasons_of
from mlb_data_platform.ingest.scope import Scope, check_scope
from mlb_data_platform.ingest.terms import MOST_DATES, MOST_REQUESTS, require_terms
from mlb_data_platform.jobs.each import Each
from mlb_data_platform.jobs.items import Item, items
from mlb_data_platform.jobs.models import Ingest, Job, Settled
from mlb_data_platform.jobs.placeholders import fill, placeholders
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.paths import Path
from mlb_data_platform.mapping.raw_endpoint import RawEndpoint
from mlb_data_platform.statsapi.catalogue import target
from mlb_data_platform.storage.capture import Parameters
from mlb_data_platform.storage.database import session


@dataclass(frozen=True)
class ApiRequest:
    """One request: where it goes, and what its answer must contain.

    It need not be made where a capture is younger than `fresh_for`, where one of `settled_from` or later is `settled`,
    nor, with `unless_followed`, where all that led there was kept, patch by patch. With `is_over` an answer that is not
    settled is one from before the end, and is asked for again; `takes_old` then takes it all the same.
    """

    mapping: Mapping
    parameters: Parameters
    target: str
    expects: tuple[Path, str] | None = None
    settled: Settled | None = None
    settled_from: datetime | None = None
    fresh_for: timedelta | None = None
    is_over: bool = False
    takes_old: bool = False
    unless_followed: bool = False

    def __str__(self) -> str:
        return " ".join([self.mapping.name, *(f"{name}={value}" for name, value in self.parameters.items())])


@dataclass(frozen=True)
class Plan:
    """The requests of one run, each once and in order of the dates; `ahead` items are left out: they did not begin.

    `budget` is that of a job that has one.
    """

    requests: list[ApiRequest]
    ahead: int = 0
    budget: Budget | None = None

    @property
    def raw_endpoints(self) -> list[RawEndpoint]:
        """What has a raw table of the mappings of the requests, each once."""
        mappings = {request.mapping.name: request.mapping for request in self.requests}.values()
        return [each for mapping in mappings for each in mapping.raw_endpoints]


@dataclass(frozen=True)
class _Asked:
    """What the placeholders of one request stand for, and the item that it is for, where the tables list it."""

    values: dict[str, Any]
    item: Item | None = None


def plan(job: Job, scope: Scope, *, terms_accepted: bool = False) -> Plan:
    """Return what one run asks for. Reads the database only for the items of dates and the dates of a season.

    Raises BadInputError for a flag the job needs or has no use for, for dates that are not loaded, or have no items
    where the job wants some, and for bulk use where the terms of the API are not accepted.
    """
    if not job.ingests:
        raise BadInputError(f"job {job.name} has no 'ingests': it asks the Stats API for nothing")
    check_scope(job, scope)
    asked = [(ingest, each) for ingest in job.ingests for each in _asked(job, ingest, scope, accepted=terms_accepted)]
    begun = [(ingest, each) for ingest, each in asked if not _is_left_for_later(each, scope)]
    budget = None if scope.keys else budget_of(job, len(begun))
    if budget:
        begun = begun[: budget.most_now]
    require_terms(f"{len(begun)} requests", bulk=len(begun) > MOST_REQUESTS, accepted=terms_accepted)
    ahead = sum(_is_left_for_later(each, scope) for _, each in asked)
    return Plan([_request(ingest, each, scope) for ingest, each in begun], ahead, budget)


def _asked(job: Job, ingest: Ingest, scope: Scope, *, accepted: bool) -> Iterator[_Asked]:
    """Yield what an ingest asks for: once for each date, item and given key that it needs, in order of the dates."""
    keys = list(_given_keys(job, ingest, scope))
    each = None if job.each is None or ingest.needs.isdisjoint(job.each.key) else job.each
    lists_items = each is not None and not set(each.key) <= set(scope.keys)
    by_date = "date" in ingest.needs
    if not (lists_items or by_date):
        yield from (_Asked({"season": scope.year, **key}) for key in keys)
        return
    days = _days(job, scope, accepted=accepted) if by_date or (each and each.dated_tables) else _year(scope)
    spans = [Days(day, day) for day in days] if by_date else [days]
    found: list[Sequence[Item | None]] = [[None]] * len(spans)
    if each and lists_items:
        found = [_in_batches(each, listed) for listed in _items(each, scope, days, spans)]
    for span, listed in zip(spans, found, strict=True):
        dates = {"date": span.first, "season": span.first.year} if by_date else {"season": scope.year}
        for item, key in product(listed, keys):
            yield _Asked(dates | key | (dict(item.key) if item else {}), item)


def _given_keys(job: Job, ingest: Ingest, scope: Scope) -> Iterator[dict[str, int | str]]:
    """Yield the keys that a request is made for without looking into the tables: what is given, else the defaults."""
    given: dict[str, Sequence[int | str]] = {**job.default_keys, **scope.keys}
    values: dict[str, list[int | str]] = {}
    for name in sorted(ingest.needs.intersection(given)):
        values[name] = list(dict.fromkeys(given[name]))
        if job.each and job.each.batch and name in job.each.key:
            values[name] = [*_joined(values[name], job.each.batch)]
    return (dict(zip(values, combination, strict=True)) for combination in product(*values.values()))


def _items(each: Each, scope: Scope, days: Days, spans: Sequence[Days]) -> list[list[Item]]:
    """The items of each span; of several dates only if each of them is loaded, since nobody would miss an item."""
    with session() as connection:
        found = [items(connection, each, span.first, span.last, known_too=scope.force) for span in spans]
        nothing = not any(found)
        if scope.several_dates or nothing:
            require_loaded(connection, each, days)
    if nothing and each.if_none == "fail":
        raise BadInputError(f"{each.table} lists no {' and '.join(each.key)} for {days}: there was none")
    return found


def _in_batches(each: Each, listed: Sequence[Item]) -> Sequence[Item]:
    """The items, or where they are asked for together, one in the place of so many."""
    if each.batch is None:
        return listed
    (name,) = each.key
    return [Item({name: text}, text) for text in _joined([item.key[name] for item in listed], each.batch)]


def _joined(values: Sequence[int | str], size: int) -> list[str]:
    """The values, so many in each text and joined by commas: in one order, so that the same ones are one request."""
    ordered = sorted(values, key=lambda value: (isinstance(value, str), value))
    return [",".join(map(str, ordered[start : start + size])) for start in range(0, len(ordered), size)]


def _days(job: Job, scope: Scope, *, accepted: bool) -> Days:
    if scope.day:
        days = Days(scope.day, scope.to or scope.day)
        require_terms(f"{len(days)} dates", bulk=len(days) > MOST_DATES, accepted=accepted)
        return days
    require_terms(f"season {scope.season}", bulk=True, accepted=accepted)
    seasons = seasons_of(job)
    if seasons is None or scope.season is None:
        raise BadInputError("--season: no job says which dates a season has; give --date and --to")
    with session() as connection:
        return season_days(connection, seasons, scope.season)


def _year(scope: Scope) -> Days:
    """The date, or the year of a season, for items that no table lists by date."""
    if scope.day:
        return Days(scope.day, scope.to or scope.day)
    year = scope.year or 0
    return Days(date(year, 1, 1), date(year, 12, 31), year)


def _is_left_for_later(asked: _Asked, scope: Scope) -> bool:
    return scope.several_dates and asked.item is not None and not asked.item.has_begun


def _request(ingest: Ingest, asked: _Asked, scope: Scope) -> ApiRequest:
    mapping = load_mapping(ingest.mapping)
    parameters: Parameters = mapping.canonical(ingest.request_parameters(asked.values))
    item = asked.item
    return ApiRequest(
        mapping,
        parameters,
        target(mapping, parameters),
        _expectation(ingest, asked.values),
        ingest.settled,
        settled_from=_settled_from(ingest, asked) if scope.several_dates and not scope.force else None,
        fresh_for=timedelta(seconds=ingest.fresh_seconds) if ingest.fresh_seconds and not scope.force else None,
        is_over=item is not None and item.is_over,
        takes_old=item is not None and not scope.several_dates,
        unless_followed=item is not None and not scope.force,
    )


def _settled_from(ingest: Ingest, asked: _Asked) -> datetime | None:
    """From when on what is asked for may be settled: the end of its item, else of its date, and as long as it takes."""
    ended = asked.item.over_since if asked.item else None
    if ended is None and "date" in asked.values:
        ended = end_of(asked.values["date"])
    return ended + ingest.settled.after if ended and ingest.settled else None


def _expectation(ingest: Ingest, values: dict[str, Any]) -> tuple[Path, str] | None:
    if ingest.expects and all(values.get(name) is not None for name in placeholders(str(ingest.expects.value))):
        return Path.parse(ingest.expects.path), fill(str(ingest.expects.value), values)
    return None
