"""The data dictionary as Markdown: a page for each table, and an index with a diagram of each endpoint's tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Lookup
from typing import NamedTuple

from mlb_data_platform.jobs.models import Job
from mlb_data_platform.mapping import paths
from mlb_data_platform.mapping.ddl import origin
from mlb_data_platform.mapping.models import Mapping, Table
from mlb_data_platform.mapping.paths import Path, Steps
from mlb_data_platform.mapping.provenance import added_types
from mlb_data_platform.mapping.quality_rules import Between, Complete, Expression, OneOf, Rule

INDEX = "README.md"
_LONGEST_EXAMPLE = 48
_OF_EVERY_ROW = {
    "captured_at": "When the capture that last changed the row (a version row: the newest) was asked for (UTC).",
    "raw_id": "The row of the raw table that holds it.",
    "content_sha256": "The content of the newest capture that was applied.",
    "mapping_sha256": "The mapping that made the rows from it.",
    "valid_from": "When the first of the captures in a row that have this content was asked for (UTC).",
    "published_xid": "The transaction that published them.",
}
MARK = "<!-- Written by `make generate` from include/mappings: change those. -->"
"""What each page begins with: a file that does not is somebody else's."""
_HEAD = f"""\
{MARK}
# The tables

What each table holds, column by column, with the path of the response that it comes from. Examples are of a simulated
season. Every row names the capture that last changed it (`captured_at`, `raw_id`); `mlb-etl raw show RAW_ID` prints it.
"""


class Column(NamedTuple):
    """A column of a table of the database."""

    table: str
    name: str


def pages(mappings: Sequence[Mapping], jobs: Sequence[Job], examples: Lookup[Column, str]) -> dict[str, str]:
    """Return the text of each page by its path below the dictionary's folder; `examples` are what columns may hold."""
    found = {INDEX: _index(mappings, jobs)}
    for mapping in mappings:
        for table in mapping.tables:
            found[_file(mapping, table)] = _page(mapping, table, examples)
    return found


def _file(mapping: Mapping, table: str) -> str:
    return f"{mapping.endpoint}/{table}.md"


def _index(mappings: Sequence[Mapping], jobs: Sequence[Job]) -> str:
    return "\n".join([_HEAD, *(line for mapping in mappings for line in _section(mapping, jobs))])


def _section(mapping: Mapping, jobs: Iterable[Job]) -> Iterator[str]:
    loaded_by = [job.name for job in jobs if any(ingest.mapping == mapping.name for ingest in job.ingests)]
    yield f"## {mapping.name}\n"
    yield f"{mapping.description}\n"
    if loaded_by:
        yield f"Loaded by {' and '.join(f'`{name}`' for name in loaded_by)}.\n"
    yield "| table | key | holds |"
    yield "| --- | --- | --- |"
    for name, table in mapping.tables.items():
        link = f"[{mapping.endpoint}.{name}]({_file(mapping, name)})"
        yield f"| {link} | {', '.join(mapping.key(name))} | {_cell(table.description)} |"
    yield ""
    yield from _diagram(mapping)


def _diagram(mapping: Mapping) -> Iterator[str]:
    lines = [f"    {line}" for name in mapping.tables for line in _relation(mapping, name)]
    if lines:
        yield from ("```mermaid", "erDiagram", *lines, "```", "")


def _relation(mapping: Mapping, table: str) -> Iterator[str]:
    parent = _parent(mapping, table)
    if parent is not None:
        many = "|" if len(mapping.key(parent)) == len(mapping.key(table)) else "{"
        yield f'{parent} ||--o{many} {table} : "{", ".join(mapping.key(parent))}"'


def _parent(mapping: Mapping, table: str) -> str | None:
    """Return the table to whose rows those of `table` belong: the one that shares most of the key.

    A table with the same key is one where the rows stand below its rows in the response.
    """
    key = _meanings(mapping, table)
    around = [
        other
        for other in mapping.tables
        if other != table
        and (found := _meanings(mapping, other)).items() <= key.items()
        and (len(found) < len(key) or _is_below(mapping, table, other))
    ]
    return max(around, key=lambda other: len(mapping.key(other)), default=None)


def _meanings(mapping: Mapping, table: str) -> dict[str, str]:
    """The columns of a key, each with the array it counts, if it does: a position in another one is another thing."""
    columns, (rows, *_) = mapping.columns(table), _rows(mapping.tables[table])
    return {name: _counted(rows, columns[name].position) for name in mapping.key(table)}


def _counted(rows: Steps, label: str | None) -> str:
    if label is None:
        return ""
    path = Path(paths.text(rows), absolute=True, steps=rows)
    return paths.text(rows[: path.elements_of(label)])


def _is_below(mapping: Mapping, table: str, other: str) -> bool:
    """Whether the rows of a table stand below those of another one in the response."""
    outer = _rows(mapping.tables[other])
    return any(steps != each and steps[: len(each)] == each for steps in _rows(mapping.tables[table]) for each in outer)


def _rows(table: Table) -> list[Steps]:
    return [Path.parse(source.rows).steps for source in table.row_sources]


def _page(mapping: Mapping, name: str, examples: Lookup[Column, str]) -> str:
    table, full_name = mapping.tables[name], f"{mapping.endpoint}.{name}"
    return "\n".join(
        [
            MARK,
            f"# {full_name}\n",
            f"{table.description}\n",
            f"From {' and '.join(f'`{source.rows}`' for source in table.row_sources)} of "
            f"[{mapping.name}](../{INDEX}#{mapping.name.replace('.', '')}); key: {', '.join(mapping.key(name))}.\n",
            "| column | type | comes from | meaning | example |",
            "| --- | --- | --- | --- | --- |",
            *_columns(mapping, name, examples),
            "",
            *_quality(table.quality),
        ]
    )


def _columns(mapping: Mapping, table: str, examples: Lookup[Column, str]) -> Iterator[str]:
    full_name = f"{mapping.endpoint}.{table}"
    sources = mapping.tables[table].row_sources
    for name, model in mapping.columns(table).items():
        origins = dict.fromkeys(origin(source.columns.get(name, model)) for source in sources)
        where = " or ".join(f"`{_cell(text)}`" for text in origins if text)
        example = _shortened(examples.get(Column(full_name, name), ""))
        yield f"| {name} | {model.type} | {where} | {_cell(model.description)} | {example} |"
    for name, type_ in added_types(mapping, table).items():
        yield f"| {name} | {type_} | the platform | {_OF_EVERY_ROW[name]} | |"


def _shortened(text: str) -> str:
    short = text if len(text) <= _LONGEST_EXAMPLE else f"{text[: _LONGEST_EXAMPLE - 1]}…"
    return f"`{_cell(short)}`" if short else ""


def _quality(rules: Sequence[Rule]) -> Iterator[str]:
    for level, meaning in (("error", "Nothing is published unless"), ("warning", "It is noted unless")):
        said = [_said(rule) for rule in rules if rule.level == level]
        if said:
            yield f"{meaning}: {'; '.join(said)}.\n"


def _said(rule: Rule) -> str:
    match rule:
        case Complete(columns=columns):
            return f"{', '.join(columns)} {'is' if len(columns) == 1 else 'are'} there"
        case Between(column=column, low=low, high=high):
            bounds = [f"{low:g} ≤ "] if low is not None else []
            return "".join([*bounds, column, f" ≤ {high:g}" if high is not None else ""])
        case OneOf(column=column, values=values):
            return f"{column} is one of {', '.join(map(str, values))}"
        case Expression(expression=expression):
            return f"`{expression}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
