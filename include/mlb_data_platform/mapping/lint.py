"""Checks of all YAML of the project: each file through its typed model, then what one file says of another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.jobs.load import job_files, load_job
from mlb_data_platform.jobs.models import Job
from mlb_data_platform.mapping.load import load_mapping_file, mapping_files
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.settings import DAGS_DIR, MAPPINGS_DIR
from mlb_data_platform.statsapi.catalogue import endpoint
from mlb_data_platform.yaml_models import Location, Problem, YamlProblems, key_line, nearest

Loaded = TypeVar("Loaded")


def lint(mappings: Path = MAPPINGS_DIR, dags: Path = DAGS_DIR) -> tuple[int, list[Problem]]:
    """Return how many mappings and jobs there are in the two folders, and everything that is wrong with them."""
    problems: list[Problem] = []
    loaded_mappings = dict(_load(load_mapping_file, mapping_files(mappings), problems))
    loaded_jobs = dict(_load(load_job, job_files(dags), problems))
    for file, mapping in loaded_mappings.items():
        problems += _request_problems(file, mapping)
    # A mapping that does not load is reported once, not again by each job that uses it.
    names = {f"{file.parent.name}.{file.stem}" for file in mapping_files(mappings)}
    complete = len(loaded_mappings) == len(names)
    tables = {f"{each.endpoint}.{table}" for each in loaded_mappings.values() for table in each.tables}
    for file, job in loaded_jobs.items():
        problems += _reference_problems(file, job, names, tables if complete else None)
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
    try:
        endpoint(mapping.request, parameters, parameters)
    except BadInputError as error:
        yield Problem(file, key_line(file, ("request",)), f"request: {error}")


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
    message = f"{'.'.join(map(str, location))}: there is no {kind} '{name}'{nearest(name, sorted(known))}"
    return Problem(file, key_line(file, location), message)
