"""What a run of a job asks the Stats API for: its requests, decided before any of them is made."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.ingest.calendar import Days, end_of, require_schedule, schedule_job, season_days
from mlb_data_platform.ingest.terms import MOST_DATES, MOST_REQUESTS, require_terms
from mlb_data_platform.jobs.games import Listing, listings
from mlb_data_platform.jobs.models import FanOut, Ingest, Job, SeasonDates, Settled
from mlb_data_platform.jobs.placeholders import fill, placeholders
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.paths import Path
from mlb_data_platform.mapping.raw_endpoint import RawEndpoint
from mlb_data_platform.statsapi.catalogue import endpoint
from mlb_data_platform.storage.capture import Parameters
from mlb_data_platform.storage.database import session


@dataclass(frozen=True)
class Scope:
    """What the command line asks of a job: games, a date, the dates from `day` to `to`, or a season."""

    game_pks: tuple[int, ...] = ()
    day: date | None = None
    to: date | None = None
    season: int | None = None
    force: bool = False

    @property
    def given(self) -> dict[str, Any]:
        """The values by the placeholders they fill."""
        values = {"game_pk": self.game_pks, "date": self.day, "season": self.season}
        return {name: value for name, value in values.items() if value not in (None, ())}

    @property
    def several_dates(self) -> bool:
        """Whether a job of games or dates is asked for more than one date: the work of a backfill."""
        return self.season is not None or self.to is not None


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
    """The requests of one run, each once and in order of the dates; `ahead` games are left out: they did not begin."""

    requests: list[ApiRequest]
    ahead: int = 0

    @property
    def raw_endpoints(self) -> list[RawEndpoint]:
        """What has a raw table of the mappings of the requests, each once."""
        mappings = {request.mapping.name: request.mapping for request in self.requests}.values()
        return [each for mapping in mappings for each in mapping.raw_endpoints]


def plan(job: Job, scope: Scope, *, terms_accepted: bool = False) -> Plan:
    """Return what one run asks for. Reads the database only for the games of dates and the dates of a season.

    Raises BadInputError for a flag the job needs or has no use for, for dates whose schedule is not loaded or has no
    games, and for bulk use where the terms of the API are not accepted.
    """
    if job.ingest is None:
        raise BadInputError(f"job {job.name} has no 'ingest' block: it asks the Stats API for nothing")
    _check_flags(job, job.ingest, scope)
    if "game_pk" in job.ingest.needs:
        made = _plan_of_games(job, job.ingest, scope, accepted=terms_accepted)
    elif "date" in job.ingest.needs and scope.several_dates:
        made = _plan_of_dates(job.ingest, scope, accepted=terms_accepted)
    else:
        made = Plan([_request(job.ingest, scope.given)])
    if job.ingest.fresh_seconds and not scope.force:
        fresh_for = timedelta(seconds=job.ingest.fresh_seconds)
        made = replace(made, requests=[replace(each, fresh_for=fresh_for) for each in made.requests])
    require_terms(f"{len(made.requests)} requests", bulk=len(made.requests) > MOST_REQUESTS, accepted=terms_accepted)
    return made


def _check_flags(job: Job, ingest: Ingest, scope: Scope) -> None:
    flags = {"game_pk": "--game-pk", "date": "--date", "season": "--season"}
    needed, optional = ingest.needs, set(placeholders(str(ingest.expects.value)) if ingest.expects else ())
    if choices := _choices(job, ingest):
        if len(set(scope.given) & set(choices)) != 1:
            raise BadInputError(f"{job.name}: give one of {', '.join(flags[name] for name in choices)}")
        needed, optional = frozenset(), set(choices)
    if missing := [flags[name] for name in flags if name in needed and name not in scope.given]:
        raise BadInputError(f"{job.name} needs {' and '.join(missing)}")
    if useless := [flags[name] for name in scope.given if name not in needed and name not in optional]:
        raise BadInputError(f"{job.name} has no use for {' and '.join(useless)}")
    if scope.to and (scope.day is None or scope.to < scope.day):
        raise BadInputError(f"--to {scope.to} needs a --date up to it")


def _choices(job: Job, ingest: Ingest) -> tuple[str, ...]:
    """Of which flags a job takes exactly one."""
    if "game_pk" in ingest.needs and job.fan_out:
        return "game_pk", "date", "season"
    return ("date", "season") if "date" in ingest.needs and ingest.seasons else ()


def _plan_of_dates(ingest: Ingest, scope: Scope, *, accepted: bool) -> Plan:
    days = _days(scope, ingest.seasons, accepted=accepted)
    return Plan(
        [_request(ingest, {"date": day}, settled_from=None if scope.force else end_of(day)) for day in days],
    )


def _plan_of_games(job: Job, ingest: Ingest, scope: Scope, *, accepted: bool) -> Plan:
    if scope.game_pks or job.fan_out is None:
        return Plan([_request(ingest, {"game_pk": game_pk}) for game_pk in dict.fromkeys(scope.game_pks)])
    games = _games(job.fan_out, scope, accepted=accepted)
    if not scope.several_dates:
        return Plan([_request_of(ingest, game, scope, takes_old=True) for game in games])
    requests = [
        _request_of(ingest, game, scope, settled_from=None if scope.force else game.over_since)
        for game in games
        if game.has_begun
    ]
    return Plan(requests, ahead=len(games) - len(requests))


def _request_of(
    ingest: Ingest, game: Listing, scope: Scope, *, settled_from: datetime | None = None, takes_old: bool = False
) -> ApiRequest:
    made = _request(ingest, {"game_pk": game.game_pk}, settled_from=settled_from)
    return replace(made, is_over=game.is_over, takes_old=takes_old, unless_followed=not scope.force)


def _games(fan_out: FanOut, scope: Scope, *, accepted: bool) -> list[Listing]:
    """The games of the dates; of several dates only if the schedule of each is loaded, since nobody would miss one."""
    schedule = schedule_job(fan_out.table).ingest if scope.several_dates else None
    days = _days(scope, schedule.seasons if schedule else None, accepted=accepted)
    with session() as connection:
        games = listings(connection, fan_out, days.first, days.last)
        if scope.several_dates or not games:
            require_schedule(connection, fan_out.table, days)
    if not games:
        raise BadInputError(f"{fan_out.table} lists no game for {days}: there was none")
    return games


def _days(scope: Scope, seasons: SeasonDates | None, *, accepted: bool) -> Days:
    if scope.day:
        days = Days(scope.day, scope.to or scope.day)
        require_terms(f"{len(days)} dates", bulk=len(days) > MOST_DATES, accepted=accepted)
        return days
    require_terms(f"season {scope.season}", bulk=True, accepted=accepted)
    if seasons is None or scope.season is None:
        raise BadInputError("--season: no job says which dates a season has; give --date and --to")
    with session() as connection:
        return season_days(connection, seasons, scope.season)


def _request(ingest: Ingest, values: MappingType[str, Any], *, settled_from: datetime | None = None) -> ApiRequest:
    mapping = load_mapping(ingest.mapping)
    parameters: Parameters = ingest.request_parameters(dict(values))
    declared = {key.parameter for key in mapping.natural_key.values()} | set(mapping.request.parameters)
    target = endpoint(mapping.request, parameters, declared).target(parameters)
    return ApiRequest(mapping, parameters, target, _expectation(ingest, values), ingest.settled, settled_from)


def _expectation(ingest: Ingest, values: MappingType[str, Any]) -> tuple[Path, str] | None:
    if ingest.expects and all(name in values for name in placeholders(str(ingest.expects.value))):
        return Path.parse(ingest.expects.path), fill(str(ingest.expects.value), dict(values))
    return None
