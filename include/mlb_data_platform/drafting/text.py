"""A draft as the YAML of a mapping, with comments where somebody has to decide."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from mlb_data_platform.drafting.columns import DraftColumn, dotted
from mlb_data_platform.drafting.names import one_of
from mlb_data_platform.drafting.request import DraftRequest
from mlb_data_platform.drafting.tables import DraftTable
from mlb_data_platform.mapping.shorthand import as_in_the_feed

_PLAIN = re.compile(r"[A-Za-z_/$][\w/$@.{}-]*")
_WORDS_OF_YAML = ("null", "true", "false", "yes", "no", "on", "off", "y", "n", "~")
_WIDTH = 118


def mapping_text(
    name: str, request: DraftRequest, tables: Sequence[DraftTable], ignored: Mapping[str, str], responses: int
) -> str:
    """Return the file include/mappings/ENDPOINT/METHOD.yaml of a draft."""
    return "\n".join([*_head(name, request, tables, responses), "", *_tables(tables), *_ignored(ignored)]) + "\n"


def _head(name: str, request: DraftRequest, tables: Sequence[DraftTable], responses: int) -> Iterator[str]:
    endpoint, _, method = name.partition(".")
    yield f"# A draft by `mlb-etl schema draft` from {responses} responses, with every path of theirs. Go over it:"
    yield "# names and descriptions, what is `guessed`, and what nobody needs (move it to `ignore`, with the reason)."
    yield "# The format: mlb_data_platform/mapping/models.py and shorthand.py."
    yield "# yaml-language-server: $schema=../../schemas/mapping.schema.json"
    yield f"endpoint: {endpoint}"
    yield f"method: {method}"
    yield "schema_version: 1"
    yield f"description: What {name} answers.  # say what a response is, and what makes a row of it go away"
    how = {"catalogue": request.catalogue} if request.catalogue else {"path": request.path}
    more = f", parameters: [{', '.join(request.more_parameters)}]" if request.more_parameters else ""
    yield f"request: {{{_pairs(how)}{more}}}"
    yield "natural_key:"
    for key in request.keys:
        repeated = {"path": key.path} if key.path else {}
        if key.unit in [column.name for column in tables[0].whole_key]:
            repeated["many"] = key.unit
        yield f"  {key.column}: {{{_pairs({'type': key.type, 'parameter': key.parameter, **repeated})}}}"
    first = tables[0]
    if first.rows != "$":
        yield "require:"
        yield f"  - {scalar(first.rows.removesuffix('[*]').removesuffix('.*'))}"
    yield f"version_table: {first.name}  # guessed: what its key names is replaced as a whole, in one transaction"


def _tables(tables: Sequence[DraftTable]) -> Iterator[str]:
    yield "tables:"
    for table in tables:
        yield from _table(table)
        yield ""


def _table(table: DraftTable) -> Iterator[str]:
    yield f"  {table.name}:"
    yield f"    description: {_described(table)}"
    yield f"    rows: {scalar(table.rows)}"
    key = ", ".join(column.name for column in table.whole_key)
    yield f"    key: [{key}]" + ("  # guessed" if table.key_is_guessed else "")
    yield "    columns:"
    for column in (*table.inherited, *table.columns):
        yield f"      {column.name}: {_column(column)}"
    complete = [each.name for each in table.columns if each.is_always_there and each.name not in table.key]
    if complete:
        yield "    quality:"
        yield from _wrapped("      - {rule: complete, level: warning, columns: [", complete, "]}")


def _described(table: DraftTable) -> str:
    one = one_of(table.name).replace("_", " ")
    return f"One row per {one}." if table.rows != "$" else "One row per response."


def _column(column: DraftColumn) -> str:
    if column.source:
        return f"{{{_pairs({'type': column.type, **column.source})}}}"
    if column.path == (as_in_the_feed(column.name),):
        return column.type
    return f"{{{_pairs({'type': column.type, 'path': dotted(column.path).removeprefix('.')})}}}"


def _ignored(ignored: Mapping[str, str]) -> Iterator[str]:
    if ignored:
        yield "ignore:"
    for path, reason in ignored.items():
        yield f"  - {{{_pairs({'path': path, 'reason': reason})}}}"


def _wrapped(start: str, words: Sequence[str], end: str) -> Iterator[str]:
    """The words between start and end, over several lines where one is too long."""
    line, indent = start, " " * 10
    for number, word in enumerate(words):
        piece = word + (", " if number + 1 < len(words) else "")
        if len(line) + len(piece) > _WIDTH:
            yield line.rstrip()
            line = indent
        line += piece
    yield line + end


def _pairs(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name}: {scalar(value)}" for name, value in values.items())


def scalar(value: object) -> str:
    """Return a value as YAML has it, in quotes where it would be something else without them."""
    text = str(value)
    if isinstance(value, int) or (_PLAIN.fullmatch(text) and text.lower() not in _WORDS_OF_YAML and "{" not in text):
        return text
    if re.fullmatch(r"[\w ]+", text) and text.lower() not in _WORDS_OF_YAML and not text[0].isdigit():
        return text
    return json.dumps(text, ensure_ascii=False)
