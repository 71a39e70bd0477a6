"""What jobs say of tables: that there are such tables, with such columns."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from mlb_data_platform.errors import nearest
from mlb_data_platform.jobs.each import Each, Rows
from mlb_data_platform.jobs.models import Ingest, Job
from mlb_data_platform.mapping.models import Mapping as TableMapping
from mlb_data_platform.mapping.provenance import RAW_COLUMNS, STAMP, VERSION_STAMP
from mlb_data_platform.mapping.shape import views
from mlb_data_platform.settings import SQL_DIR
from mlb_data_platform.yaml_models import Location, Problem, read_yaml

_CREATED_VIEW = re.compile(r"CREATE (?:MATERIALIZED )?VIEW (?:IF NOT EXISTS )?([a-z_.]+)")
_CREATED_MATERIALIZED_VIEW = re.compile(r"CREATE MATERIALIZED VIEW (?:IF NOT EXISTS )?([a-z_.]+)")
_REFRESH = ["db", "refresh"]

Tables = Mapping[str, TableMapping]  # by schema.table: the mapping that fills it
Named = tuple[Location, str, Iterable[tuple[Location, str]]]  # a table, and the columns of it that are named where


def table_problems(file: Path, job: Job, tables: Tables) -> Iterator[Problem]:
    """Yield what is wrong with the tables and columns that a job names."""
    for location, table in _announced(job):
        if table not in tables:
            yield unknown(file, location, "table", table, tables)
    for location, table, columns in _read(job):
        if known := _columns(table, tables):
            for where, column in columns:
                if column not in known:
                    yield unknown(file, where, f"column of {table}", column, known)
        elif table not in written_views():
            yield unknown(file, location, "table", table, {*tables, *written_views()})
    for location, view in _refreshed(job):
        if view not in _materialized_views():
            yield unknown(file, location, "materialized view", view, _materialized_views())
    for location, table, column in _dates(job):
        type_ = _type(table, column, tables)
        if type_ not in (None, "date"):
            message = f"{table}.{column} is {type_}: only what is of type date is the date of a run"
            yield read_yaml(file).problem(location, message)
    if job.each and job.each.unless:
        yield from _youth_problems(file, job.each.unless.table, tables)


def unknown(file: Path, location: Location, kind: str, name: str, known: Collection[str]) -> Problem:
    """Return the problem that there is no such thing, with the nearest that there is."""
    return read_yaml(file).problem(location, f"there is no {kind} '{name}'{nearest(name, sorted(known))}")


def _youth_problems(file: Path, table: str, tables: Tables) -> Iterator[Problem]:
    """Only the row of a unit in its version table has the time of its newest capture; others that of their change."""
    if table in tables and tables[table].version_table != table.partition(".")[2]:
        message = f"{table} does not say when its rows were captured last, as the version table of a mapping does"
        yield read_yaml(file).problem(("each", "unless", "table"), message)


@cache
def written_views() -> frozenset[str]:
    """Return the views that are written in SQL; which columns they have, PostgreSQL knows."""
    return _created(_CREATED_VIEW)


@cache
def _materialized_views() -> frozenset[str]:
    return _created(_CREATED_MATERIALIZED_VIEW)


def _created(pattern: re.Pattern[str]) -> frozenset[str]:
    texts = (file.read_text(encoding="utf-8") for file in (SQL_DIR / "views").glob("*.sql"))
    return frozenset(name for text in texts for name in pattern.findall(text))


def _columns(table: str, tables: Tables) -> set[str]:
    """The columns of a table, raw ones included, or of a view of a part of one; none if there is no such."""
    for name, mapping in tables.items():
        if table == mapping.name:
            return {*mapping.natural_key, *RAW_COLUMNS}
        own = name.partition(".")[2]
        if table == name or table in {f"{mapping.endpoint}.{view}" for view in views(mapping, own)}:
            return {*mapping.columns(own), *STAMP, *(VERSION_STAMP if own == mapping.version_table else ())}
    return set()


def _type(table: str, column: str, tables: Tables) -> str | None:
    """The type of a mapped column; None of others."""
    found = tables[table].columns(table.partition(".")[2]).get(column) if table in tables else None
    return found.type if found else None


def _dates(job: Job) -> Iterator[tuple[Location, str, str]]:
    """Where a job names the column that has the date of a row: its table and its name."""
    for number, ingest in enumerate(job.ingests):
        if seasons := ingest.seasons:
            for position, name in enumerate(seasons.dates):
                yield ("ingests", number, "seasons", "dates", position), seasons.table, name
    if job.each:
        if job.each.date:
            yield ("each", "date"), job.each.table, job.each.date
        for column, rows in job.each.where.items():
            if isinstance(rows, Rows) and rows.date:
                yield ("each", "where", column, "date"), rows.table, rows.date


def _announced(job: Job) -> Iterator[tuple[Location, str]]:
    lists: list[tuple[Location, list[str]]] = [
        (("schedule", "assets"), job.schedule.assets if job.schedule else []),
        (("consumes",), job.consumes),
        (("produces",), job.produces),
    ]
    for location, names in lists:
        for position, table in enumerate(names):
            yield (*location, position), table


def _refreshed(job: Job) -> Iterator[tuple[Location, str]]:
    for number, ingest in enumerate(job.ingests):
        for position, view in enumerate(ingest.watch.views if ingest.watch else ()):
            yield ("ingests", number, "watch", "views", position), view
    for name, task in job.tasks.items():
        if task.argv[:2] == _REFRESH:
            yield from ((("tasks", name, "argv", position), view) for position, view in enumerate(task.argv[2:], 2))


def _read(job: Job) -> Iterator[Named]:
    if job.check:
        yield ("check", "table"), job.check.table, [(("check", "columns", name), name) for name in job.check.columns]
    for number, ingest in enumerate(job.ingests):
        yield from _read_by_ingest(("ingests", number), ingest)
    if job.each:
        yield from _read_by_each(("each",), job.each)


def _read_by_ingest(at: Location, ingest: Ingest) -> Iterator[Named]:
    if seasons := ingest.seasons:
        here = (*at, "seasons")
        dates = [((*here, "dates", position), name) for position, name in enumerate(seasons.dates)]
        yield (*here, "table"), seasons.table, [((*here, "season"), seasons.season), *dates]


def _read_by_each(at: Location, each: Each) -> Iterator[Named]:
    keys = [((*at, "key"), name) for names in each.columns for name in names]
    dates = [((*at, "date"), each.date)] if each.date else []
    labels = [((*at, "label", position), name) for position, name in enumerate(each.label)]
    values = [
        ((*at, block, name), name) for block in ("where", "without", "ahead", "over") for name in getattr(each, block)
    ]
    yield (*at, "table"), each.table, [*dates, *keys, *values, *labels]
    for column, rows in each.where.items():
        if isinstance(rows, Rows):
            here = (*at, "where", column)
            named = [rows.column, *([rows.date] if rows.date else []), *rows.where]
            yield (*here, "in"), rows.table, [(here, name) for name in named]
    if each.unless:
        here = (*at, "unless")
        yield (*here, "table"), each.unless.table, [((*here, "columns", name), name) for name in each.unless.columns]
