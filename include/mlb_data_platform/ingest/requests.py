"""What a run of a job asks the Stats API for: its requests, decided before any of them is made."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as MappingType
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import psycopg

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.jobs.games import games_of_date
from mlb_data_platform.jobs.models import Ingest, Job, fill, placeholders
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.paths import Path
from mlb_data_platform.statsapi.catalogue import endpoint
from mlb_data_platform.storage.capture import Parameters
from mlb_data_platform.storage.database import connect

MOST_REQUESTS_WITHOUT_TERMS = 60

NOTICE = (
    "The Stats API is MLB Advanced Media's and allows individual, non-commercial, non-bulk use only"
    " (http://gdx.mlb.com/components/copyright.txt)."
)


@dataclass(frozen=True)
class Scope:
    """What the command line asks of a job: games, or the date or season whose games are meant."""

    game_pks: tuple[int, ...] = ()
    day: date | None = None
    season: int | None = None

    @property
    def given(self) -> dict[str, Any]:
        """The values by the placeholders they fill."""
        values = {"game_pk": self.game_pks, "date": self.day, "season": self.season}
        return {name: value for name, value in values.items() if value not in (None, ())}


@dataclass(frozen=True)
class ApiRequest:
    """One request: where it goes, and what its answer must contain."""

    mapping: Mapping
    parameters: Parameters
    target: str
    expects: tuple[Path, str] | None = None

    def __str__(self) -> str:
        return " ".join([self.mapping.name, *(f"{name}={value}" for name, value in self.parameters.items())])


def requests_of(job: Job, scope: Scope, *, terms_accepted: bool = False) -> list[ApiRequest]:
    """Return the requests of one run, each once. Reads the database only for the games of a date or season.

    Raises BadInputError for a flag the job needs or has no use for, for a date without games, and for a season or
    more than 60 requests where the terms of the API are not accepted (DESIGN section 11).
    """
    if job.ingest is None:
        raise BadInputError(f"job {job.name} has no 'ingest' block: it asks the Stats API for nothing")
    _check_flags(job, job.ingest, scope)
    mapping = load_mapping(job.ingest.mapping)
    values = {name: value for name, value in scope.given.items() if name != "game_pk"}
    if "game_pk" not in job.ingest.needs:
        return [_request(job.ingest, mapping, values)]
    game_pks = list(dict.fromkeys(scope.game_pks)) or _games(job, scope)
    if not terms_accepted and (len(game_pks) > MOST_REQUESTS_WITHOUT_TERMS or not (scope.game_pks or scope.day)):
        raise BadInputError(f"{len(game_pks)} requests are bulk use. {NOTICE} If you may do this, add --accept-terms")
    return [_request(job.ingest, mapping, {**values, "game_pk": game_pk}) for game_pk in game_pks]


def _check_flags(job: Job, ingest: Ingest, scope: Scope) -> None:
    flags = {"game_pk": "--game-pk", "date": "--date", "season": "--season"}
    of_games = "game_pk" in ingest.needs
    needed, optional = ingest.needs, set(placeholders(str(ingest.expects.value)) if ingest.expects else ())
    if of_games and job.fan_out:
        if len(scope.given) != 1:
            raise BadInputError(f"{job.name}: give one of --game-pk, --date, --season")
        needed, optional = frozenset(), {"game_pk", "date", "season"}
    if missing := [flags[name] for name in flags if name in needed and name not in scope.given]:
        raise BadInputError(f"{job.name} needs {' and '.join(missing)}")
    if useless := [flags[name] for name in scope.given if name not in needed and name not in optional]:
        raise BadInputError(f"{job.name} has no use for {' and '.join(useless)}")


def _request(ingest: Ingest, mapping: Mapping, values: MappingType[str, Any]) -> ApiRequest:
    parameters: Parameters = ingest.request_parameters(dict(values))
    declared = {key.parameter for key in mapping.natural_key.values()} | set(mapping.request.parameters)
    target = endpoint(mapping.request, parameters, declared).target(parameters)
    expects = None
    if ingest.expects and all(name in values for name in placeholders(str(ingest.expects.value))):
        expects = Path.parse(ingest.expects.path), fill(str(ingest.expects.value), dict(values))
    return ApiRequest(mapping, parameters, target, expects)


def _games(job: Job, scope: Scope) -> list[int]:
    """The games of the date or season, each once, as the fan-out's table lists them."""
    if job.fan_out is None:
        raise BadInputError(f"{job.name} needs --game-pk")
    try:
        with connect() as connection:
            games = [game for day in _days(scope) for game in games_of_date(connection, job.fan_out, day.isoformat())]
    except psycopg.errors.UndefinedTable:
        raise BadInputError(f"the table {job.fan_out.table} does not exist; run: mlb-etl db migrate") from None
    if not games:
        when = scope.day or scope.season
        raise BadInputError(
            f"{job.fan_out.table} lists no game for {when}: there was none, or its schedule is not loaded yet"
        )
    return list(dict.fromkeys(game.game_pk for game in games))


def _days(scope: Scope) -> Iterator[date]:
    if scope.day:
        yield scope.day
    if scope.season:  # a season never leaves its calendar year
        day = date(scope.season, 1, 1)
        while day.year == scope.season:
            yield day
            day += timedelta(days=1)
