"""Checks of all YAML of the project: each file through its typed model, then what one file says of another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TypeVar

from mlb_data_platform.definitions.tables_named import table_problems, unknown, written_views
from mlb_data_platform.errors import BadInputError, nearest
from mlb_data_platform.jobs.load import job_files, load_job
from mlb_data_platform.jobs.models import Job
from mlb_data_platform.mapping.consistency import relations
from mlb_data_platform.mapping.coverage import Leaves
from mlb_data_platform.mapping.load import load_mapping_file, mapping_files
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.raw_endpoint import Request
from mlb_data_platform.settings import DAGS_DIR, MAPPINGS_DIR
from mlb_data_platform.statsapi.catalogue import endpoint, target
from mlb_data_platform.yaml_models import Location, Problem, YamlProblems, read_yaml

Loaded = TypeVar("Loaded")


def lint(mappings: Path = MAPPINGS_DIR, dags: Path = DAGS_DIR) -> tuple[int, list[Problem]]:
    """Return how many mappings and jobs there are in the two folders, and everything that is wrong with them."""
    problems: list[Problem] = []
    loaded_mappings = dict(_load(load_mapping_file, mapping_files(mappings), problems))
    loaded_jobs = dict(_load(load_job, job_files(dags), problems))
    problems += _mapping_problems(loaded_mappings)
    # A mapping that does not load is reported once, not again by each job that uses it.
    names = {f"{file.parent.name}.{file.stem}" for file in mapping_files(mappings)}
    complete = len(loaded_mappings) == len(names)
    tables = {f"{each.endpoint}.{table}": each for each in loaded_mappings.values() for table in each.tables}
    for file, mapping in loaded_mappings.items():
        problems += _date_problems(file, mapping, tables if complete else None)
    for file, job in loaded_jobs.items():
        problems += _ingest_problems(file, job, names, {each.name: each for each in loaded_mappings.values()})
        problems += _argv_problems(file, job, names, {each.stem for each in job_files(dags)})
        if complete:
            problems += table_problems(file, job, tables)
        if len(loaded_jobs) == len(job_files(dags)):
            problems += _watch_problems(file, job, loaded_jobs.values())
    once = dict.fromkeys(problems)  # what is wrong with include/notifiers.yaml is told of each job that names one
    return len(names) + len(job_files(dags)), sorted(once, key=lambda problem: (problem.file, problem.line))


def linted_mappings(folder: Path = MAPPINGS_DIR) -> list[Mapping]:
    """Return all mappings of `folder`. Raises YamlProblems with all that is wrong with them and between them."""
    problems: list[Problem] = []
    loaded = dict(_load(load_mapping_file, mapping_files(folder), problems))
    problems += _mapping_problems(loaded)
    if problems:
        raise YamlProblems(problems)
    return list(loaded.values())


def _mapping_problems(mappings: dict[Path, Mapping]) -> Iterator[Problem]:
    """What is wrong with requests, and between mappings: what would be told by `db migrate` or by a run otherwise."""
    for file, mapping in mappings.items():
        yield from _request_problems(file, mapping)
        yield from _parameter_problems(file, mapping)
        yield from _start_problems(file, mapping)
    yield from _name_problems(mappings)


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
            found = endpoint(request, given, request.parameters)
        except BadInputError as error:
            yield read_yaml(file).problem(location, str(error))
            continue
        for name in found.in_path:
            if name not in given:
                message = f"{found.path}: no natural key gives the parameter '{name}'{nearest(name, given)}"
                yield read_yaml(file).problem(location, message)


def _parameter_problems(file: Path, mapping: Mapping) -> Iterator[Problem]:
    """Parameters of the natural key that the catalogue does not know, nor `parameters` of the request adds to it."""
    if mapping.request.catalogue is None:
        return
    with suppress(BadInputError):  # what is wrong with the request is told of the request
        given = [key.parameter for key in mapping.natural_key.values()]
        asked = endpoint(mapping.request, given, mapping.request.parameters)
        known = sorted({*asked.in_path, *asked.query})
        for column, key in mapping.natural_key.items():
            if key.parameter not in known:
                message = (
                    f"the catalogue knows no parameter '{key.parameter}' of {asked.path} (if the API takes it all the"
                    f" same, name it under 'parameters' of the request){nearest(key.parameter, known)}"
                )
                yield read_yaml(file).problem(("natural_key", column, "parameter"), message)


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
    first = {(view.partition(".")[0], view.partition(".")[2]): "a view of sql/views" for view in written_views()}
    for file, mapping in mappings.items():
        for name, location in relations(mapping):
            owner = f"{'.'.join(map(str, location))} of {mapping.name}"
            if (mapping.endpoint, name) in first:
                taken = first[mapping.endpoint, name]
                hint = f": that is the raw table, so call the table {name}_normalized" if name == mapping.method else ""
                message = f"the name {mapping.endpoint}.{name} is taken by {taken}{hint}"
                yield read_yaml(file).problem(location, message)
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
        listed = mapping.listed_in(mapping.dates).values()
        known, wanted = list(tables[table].columns(table.partition(".")[2])), [column, *chain(*listed)]
    else:
        yield unknown(file, ("dates", "table"), "table", table, set(tables))
        return
    for name in wanted:
        if name not in known:
            yield unknown(file, ("dates",), f"column of {table or mapping.name}", name, set(known))


def _ingest_problems(file: Path, job: Job, names: set[str], mappings: dict[str, Mapping]) -> Iterator[Problem]:
    """Mappings that do not exist, and parameters that their endpoint does not take, or lacks in its path."""
    for number, ingest in enumerate(job.ingests):
        at = ("ingests", number)
        if ingest.mapping not in names:
            yield unknown(file, (*at, "mapping"), "mapping", ingest.mapping, names)
        elif ingest.mapping in mappings:
            try:
                target(mappings[ingest.mapping], dict.fromkeys(ingest.parameters, 0))
            except BadInputError as error:
                yield read_yaml(file).problem((*at, "parameters"), str(error))
            path = ingest.settled.path if ingest.settled else None
            if path and not Leaves(mappings[ingest.mapping]).is_known(path):
                message = f"{ingest.mapping} has nothing at {path}: without it everything would be settled"
                yield read_yaml(file).problem((*at, "settled", "path"), message)


def _argv_problems(file: Path, job: Job, mappings: set[str], jobs: set[str]) -> Iterator[Problem]:
    """Jobs that a task is to ingest, and mappings that it is to transform, that do not exist."""
    for name, task in job.tasks.items():
        for program, kind, known in (("ingest", "job", jobs), ("transform", "mapping", mappings)):
            if task.argv[:1] == [program] and len(task.argv) > 1 and task.argv[1] not in known:
                yield unknown(file, ("tasks", name, "argv", 1), kind, task.argv[1], known)


def _watch_problems(file: Path, job: Job, jobs: Iterable[Job]) -> Iterator[Problem]:
    """Problem of a watched schedule: whose games these are."""
    readers = {other.name for other in jobs if other.each and other.each.table in job.produces}
    for number, ingest in enumerate(job.ingests):
        if ingest.watch and ingest.watch.games_of not in readers:
            kind = f"job with 'each' of {', '.join(job.produces)}"
            yield unknown(file, ("ingests", number, "watch", "games_of"), kind, ingest.watch.games_of, readers)
