"""The YAML of a DAG that asks for what a draft is of, and the stub beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mlb_data_platform.drafting.names import singular
from mlb_data_platform.drafting.request import DraftKey, DraftRequest
from mlb_data_platform.drafting.tables import DraftTable
from mlb_data_platform.drafting.text import scalar
from mlb_data_platform.jobs.models import Job, param_of
from mlb_data_platform.mapping.models import Mapping as TableMapping

STUB = '''"""The Airflow DAG {job}: all it is stands in {job}.yaml beside this file."""

from pathlib import Path

from mlb_data_platform.orchestration.dag import build_dag

dag = build_dag(Path(__file__).with_suffix(".yaml"))
'''
_OF_A_RUN = {"date": "{date}", "start_date": "{date}", "end_date": "{date}", "season": "{season}"}
_BATCH = 50


@dataclass(frozen=True)
class KnownItems:
    """A table that jobs read the items of a date from: the column of the date, and all others."""

    table: str
    date: str
    columns: Sequence[str]


@dataclass(frozen=True)
class _Parameter:
    """The value of a request's parameter; of an item's, the name of its key and the columns that have it."""

    value: str
    key: str = ""
    columns: Sequence[str] = ()
    is_guessed: bool = True


def known_items(jobs: Sequence[Job], tables: Mapping[str, TableMapping]) -> list[KnownItems]:
    """Return what jobs read their items of a date from."""
    dated = {job.each.table: job.each.date for job in jobs if job.each and job.each.date}
    return [
        KnownItems(table, date, _of_responses(tables[table], table.partition(".")[2]))
        for table, date in dated.items()
        if table in tables
    ]


def _of_responses(mapping: TableMapping, table: str) -> list[str]:
    """The columns of a table that responses list, and nobody has asked for."""
    return [name for name, column in mapping.columns(table).items() if column.parameter is None]


def job_text(
    name: str, job: str, request: DraftRequest, tables: Sequence[DraftTable], known: Sequence[KnownItems]
) -> str:
    """Return the file dags/JOB.yaml of a draft: what it asks for each date is guessed."""
    source = next((each for each in known if any(_item(key, each) for key in request.keys)), None)
    parameters = {key.parameter: _parameter(key, source) for key in request.keys}
    items = [each for each in parameters.values() if each.columns]
    given = {key.parameter: key for key in request.keys if parameters[key.parameter].key not in ("", *_names(items))}
    first = f"{name.partition('.')[0]}.{tables[0].name}"
    return (
        "\n".join(
            [
                *_head(name, job, first, [parameters[parameter].key for parameter in given]),
                *_keys(parameters, given),
                *_asked(name, parameters | {each: _Parameter(value) for each, value in request.content.items()}),
                *(_each(source, items, request) if source and items else ()),
                *_tasks(name, job, parameters, given),
                f"check: {{table: {first}, columns: {{{_checked(request, tables[0], parameters)}}}}}",
            ]
        )
        + "\n"
    )


def _head(name: str, job: str, table: str, given: Sequence[str]) -> Iterator[str]:
    yield "# A draft by `mlb-etl schema draft`: go over what it asks for, and when."
    yield "# yaml-language-server: $schema=../include/schemas/job.schema.json"
    yield f"name: {job}"
    yield f"description: What {name} answers, into {table}"
    yield "doc: |"
    yield f"  ### {job}"
    yield f"  Asks the Stats API for {name} and keeps `{table}` up to date."
    yield ""
    yield "  | param | meaning |"
    yield "  | --- | --- |"
    yield "  | `date` | default: the partition key, else the date of the logical date |"
    yield "  | `force` | write the tables again even where this capture was applied before |"
    yield from (f"  | `{param_of(key)}` | of these; default: as the YAML says |" for key in given)
    yield ""
    yield "  **Repair:** clear the failed task with its downstream; nothing is written twice."
    yield "owner: data-platform"
    yield "tags: [mlb]"
    yield 'schedule: {cron: "0 11 * * *", partition: previous_date}  # guessed: an hour after mlb_schedule'
    yield "params: [date, force]"
    yield f"produces: [{table}]"
    yield ""


def _names(items: Sequence[_Parameter]) -> list[str]:
    return [item.key for item in items]


def _keys(parameters: Mapping[str, _Parameter], given: Mapping[str, DraftKey]) -> Iterator[str]:
    """What somebody has to name, since no table is known to list it: as it was in the responses, if it is not."""
    if not given:
        return
    yield "keys:  # guessed: a table may list them, under `each`"
    for parameter, key in given.items():
        name = parameters[parameter].key
        described = f"title: {name}, description: 'One {name} a line. Empty: the default of the YAML.'"
        type_ = "integer" if key.example.replace(",", "").isdecimal() else "string"
        yield f"  {name}: {{{described}, type: {type_}, default: [{', '.join(key.example.split(','))}]}}"
    yield ""


def _asked(name: str, parameters: Mapping[str, _Parameter]) -> Iterator[str]:
    yield "ingests:"
    yield f"  - mapping: {name}"
    yield "    parameters:" if parameters else "    parameters: {}"
    for parameter, given in parameters.items():
        yield f"      {parameter}: {scalar(given.value)}" + ("  # guessed" if given.is_guessed else "")
    yield ""


def _each(source: KnownItems, items: Sequence[_Parameter], request: DraftRequest) -> Iterator[str]:
    yield "each:"
    yield f"  table: {source.table}  # guessed"
    yield f"  date: {source.date}"
    keys = (f"{each.key}: {each.columns[0] if len(each.columns) == 1 else _list(each.columns)}" for each in items)
    yield f"  key: {{{', '.join(keys)}}}"
    yield "  if_none: skip"
    if len(items) == 1 and _is_batch(request.keys, items[0]):
        yield f"  batch: {_BATCH}"
    yield ""


def _tasks(name: str, job: str, parameters: Mapping[str, _Parameter], given: Mapping[str, DraftKey]) -> Iterator[str]:
    values = [each.value for each in parameters.values()]
    if "{date}" in values or any(each.columns for each in parameters.values()):
        flags = ', --date, "{date}"'
    else:
        flags = ', --season, "{season}"' if "{season}" in values else ""
    flags += ', "{keys}"' if given else ""
    yield "tasks:"
    yield "  ingest:"
    yield f"    argv: [ingest, {job}{flags}]"
    yield "    pool: mlb_api"
    yield "    retries: 3"
    yield "    timeout_minutes: 15"
    yield "    pod: {cpu: 100m, memory: 256Mi}"
    yield "  transform:"
    yield f'    argv: [transform, {name}, --all, "{{force}}"]  # what is applied already is not applied again'
    yield "    pool: mlb_database"
    yield "    retries: 2"
    yield "    timeout_minutes: 30"
    yield "    pod: {cpu: 100m, memory: 512Mi}"
    yield ""


def _checked(request: DraftRequest, table: DraftTable, parameters: Mapping[str, _Parameter]) -> str:
    """What must be there: a row of what each request asked for, by the columns of the table that name it."""
    found = {}
    columns = [column.name for column in (*table.inherited, *table.columns)]
    for key in request.keys:
        if key.column in columns:
            found[key.column] = parameters[key.parameter].value
    for given in parameters.values():
        if given.key in columns:
            found[given.key] = f"{{{given.key}}}"
    return ", ".join(f"{column}: {scalar(value)}" for column, value in found.items())


def _parameter(key: DraftKey, source: KnownItems | None) -> _Parameter:
    if key.column in _OF_A_RUN:
        return _Parameter(_OF_A_RUN[key.column], is_guessed=key.column not in ("date", "season"))
    if source and (columns := _item(key, source)):
        name = singular(key.column)
        return _Parameter(f"{{{name}}}", name, columns)
    name = singular(key.column)
    is_item = key.example and _is_id(name) and (key.is_plural or "," not in key.example)
    return _Parameter(f"{{{name}}}", name) if is_item else _Parameter(key.example)


def _item(key: DraftKey, source: KnownItems) -> list[str]:
    """The columns of a table that have what a parameter asks for: `venue_id`, or `home_team_id` and `away_team_id`."""
    name = singular(key.column)
    if not _is_id(name):
        return []
    return [name] if name in source.columns else [each for each in source.columns if each.endswith(f"_{name}")]


def _is_id(name: str) -> bool:
    return name.rpartition("_")[2] in ("id", "pk")


def _is_batch(keys: Sequence[DraftKey], item: _Parameter) -> bool:
    return any(key.is_plural and singular(key.column) == item.key for key in keys)


def _list(columns: Sequence[str]) -> str:
    return f"[{', '.join(columns)}]"
