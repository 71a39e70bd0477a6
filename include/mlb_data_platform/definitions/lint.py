"""Checks of all YAML of the project: each file through its typed model, then what one file says of another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from mlb_data_platform.errors import BadInputError, nearest
from mlb_data_platform.jobs.load import job_files, load_job
from mlb_data_platform.jobs.models import Job
from mlb_data_platform.mapping.consistency import relations
from mlb_data_platform.mapping.load import load_mapping_file, mapping_files
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.raw_endpoint import Request
from mlb_data_platform.settings import DAGS_DIR, MAPPINGS_DIR
from mlb_data_platform.statsapi.catalogue import endpoint
from mlb_data_platform.yaml_models import Location, Problem, YamlProblems, read_yaml

Loaded = TypeVar("Loaded")


def lint(mappings: Path = MAPPINGS_DIR, dags: Path = DAGS_DIR) -> tuple[int, list[Problem]]:
    """Return how many mappings and jobs there are in the two folders, and everything that is wrong with them."""
    problems: list[Problem] = []
    loaded_mappings = dict(_load(load_mapping_file, mapping_files(mappings), problems))
    loaded_jobs = dict(_load(load_job, job_files(dags), problems))
    for file, mapping in loaded_mappings.items():
        problems += _request_problems(file, mapping)
        problems += _start_problems(file, mapping)
    problems += _name_problems(loaded_mappings)
    # A mapping that does not load is reported once, not again by each job that uses it.
    names = {f"{file.parent.name}.{file.stem}" for file in mapping_files(mappings)}
    complete = len(loaded_mappings) == len(names)
    tables = {f"{each.endpoint}.{table}": each for each in loaded_mappings.values() for table in each.tables}
    for file, mapping in loaded_mappings.items():
        problems += _date_problems(file, mapping, tables if complete else None)
    for file, job in loaded_jobs.items():
        problems += _reference_problems(file, job, names, set(tables) if complete else None)
    return len(names) + len(job_files(dags)), sorted(problems, key=lambda problem: (problem.file, problem.line))


def _load(
    load: Callable[[Path], Loaded], files: Iterable[Path], problems: list[Problem]
) -> Iterator[tuple[Path, Loaded]]:
    for file in files:
        try:
            yield file, load(file)
        except YamlProblems as error:
            problems += error.problems


def _request_problems(file: Path, mapping: Mapping) -> Iterator[Problem]:
    parameters = [key.parameter for key in mapping.natural_key.values()]
    asked: list[tuple[Location, Request, list[str]]] = [(("request",), mapping.request, parameters)]
    if mapping.patches:
        asked.append((("patches", "request"), mapping.patches.request, [*parameters, mapping.patches.start]))
        if mapping.patches.revisions:
            asked.append((("patches", "revisions"), mapping.patches.revisions, parameters))
    for location, request, given in asked:
        try:
            endpoint(request, given, given)
        except BadInputError as error:
            yield read_yaml(file).problem(location, str(error))


def _start_problems(file: Path, mapping: Mapping) -> Iterator[Problem]:
    """The parameter that names where patches start is one that their request takes."""
    if mapping.patches is None or mapping.patches.request.catalogue is None:
        return
    with suppress(BadInputError):  # what is wrong with the request is told of the request
        start = mapping.patches.start
        known = endpoint(mapping.patches.request, (), mapping.patches.request.parameters).query
        if start not in known:
            message = f"its request takes no parameter '{start}'{nearest(start, sorted(known))}"
            yield read_yaml(file).problem(("patches", "start"), message)


def _name_problems(mappings: dict[Path, Mapping]) -> Iterator[Problem]:
    """Tables, views and indexes that would have the name of another one in their schema."""
    first: dict[tuple[str, str], str] = {}
    for file, mapping in mappings.items():
        for name, location in relations(mapping):
            owner = f"{'.'.join(map(str, location))} of {mapping.name}"
            if (mapping.endpoint, name) in first:
                taken = first[mapping.endpoint, name]
                yield read_yaml(file).problem(location, f"the name {mapping.endpoint}.{name} is taken by {taken}")
            first.setdefault((mapping.endpoint, name), owner)


def _date_problems(file: Path, mapping: Mapping, tables: dict[str, Mapping] | None) -> Iterator[Problem]:
    """Columns that `dates` names and neither the raw table nor (if all mappings could be read) its table has."""
    if mapping.dates is None:
        return
    table, column = mapping.dates.table, mapping.dates.column
    if table is None:
        known, wanted = list(mapping.natural_key), [column]
    elif tables is None:
        return
    elif table in tables:
        known, wanted = list(tables[table].columns(table.partition(".")[2])), [column, *mapping.natural_key]
    else:
        yield _unknown(file, ("dates", "table"), "table", table, set(tables))
        return
    for name in wanted:
        if name not in known:
            yield _unknown(file, ("dates",), f"column of {table or mapping.name}", name, set(known))


def _reference_problems(file: Path, job: Job, names: set[str], tables: set[str] | None) -> Iterator[Problem]:
    """Problems of what a job names elsewhere: its mapping, and (if all mappings could be read) tables."""
    if job.ingest and job.ingest.mapping not in names:
        yield _unknown(file, ("ingest", "mapping"), "mapping", job.ingest.mapping, names)
    for location, table in _tables_named(job):
        if tables is not None and table not in tables:
            yield _unknown(file, location, "table", table, tables)


def _tables_named(job: Job) -> Iterator[tuple[Location, str]]:
    yield ("check", "table"), job.check.table
    if job.fan_out:
        yield ("fan_out", "table"), job.fan_out.table
    assets = job.schedule.assets if job.schedule else []
    lists: list[tuple[Location, list[str]]] = [
        (("schedule", "assets"), assets),
        (("consumes",), job.consumes),
        (("produces",), job.produces),
    ]
    for location, tables in lists:
        for position, table in enumerate(tables):
            yield (*location, position), table


def _unknown(file: Path, location: Location, kind: str, name: str, known: set[str]) -> Problem:
    return read_yaml(file).problem(location, f"there is no {kind} '{name}'{nearest(name, sorted(known))}")
