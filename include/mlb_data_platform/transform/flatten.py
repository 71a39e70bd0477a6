"""The one flatten function: the bytes of one response become the rows of all its tables, in a single parse.

It is compiled from the mapping once per process; batch and streaming, CLI and Spark use it (DESIGN section 8).
Rows leave it as text for COPY, built column by column.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Mapping as Lookup
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import msgspec

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.mapping.models import Mapping, RowSource, Source
from mlb_data_platform.mapping.paths import Path
from mlb_data_platform.mapping.places import enclosing
from mlb_data_platform.storage.staging import NULL, Rows
from mlb_data_platform.transform.decode import Decoder
from mlb_data_platform.transform.frames import Frame, has_content, levels

_SPECIAL = re.compile(r"[\\\n\r\t\x1f]")
_MAY_HOLD_SPECIAL = re.compile(rb'\\[^"/]')  # JSON spells each special character with a backslash
_ESCAPES = {"\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t", NULL: r"\x1f"}

Extract = Callable[[Frame, Lookup[str, Any]], list[Any]]


@dataclass(frozen=True)
class Capture:
    """One raw row as the transform sees it. `captured_at` is that of its newest sighting, in UTC."""

    raw_id: int
    captured_at: datetime
    content_sha256: str
    source_url: str
    parameters: dict[str, Any]
    natural_key: dict[str, Any]
    body: bytes


@dataclass(frozen=True)
class Flattened:
    """What one response became: its rows, and the paths in it that the mapping does not know."""

    rows: Rows
    unseen_paths: set[str]


class Flattener:
    """`flatten` compiled for one mapping."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self._decoder = Decoder(mapping)
        self._required = [Path.parse(text) for text in mapping.require]
        self._natural_key = {
            name: Path.parse(key.path).keys for name, key in mapping.natural_key.items() if key.path is not None
        }
        self._tables = {
            name: [_TableSource(mapping, name, source) for source in table.row_sources]
            for name, table in mapping.tables.items()
        }

    def flatten(self, capture: Capture) -> Flattened:
        """Return the rows of all tables for one capture.

        Raises BadInputError naming the path where the response is not what the mapping says, or is not the one
        its natural key names.
        """
        document, unseen_paths = self._decoder.decode(capture.body)
        root = Frame([document])
        self._check(root, capture)
        rows = Rows()
        escape = _MAY_HOLD_SPECIAL.search(capture.body) is not None
        stamp = [capture.captured_at.isoformat(), str(capture.raw_id)]
        for table, sources in self._tables.items():
            constants = [*stamp, capture.content_sha256] if table == self.mapping.version_table else stamp
            for source in sources:
                frame = root.expand(source.steps).where(source.conditions)
                if len(frame):
                    text = source.copy_text(frame, capture.parameters, constants, escape=escape)
                    rows.add(table, text, len(frame))
        return Flattened(rows, unseen_paths)

    def _check(self, root: Frame, capture: Capture) -> None:
        for path in self._required:
            if _missing(root.values(path.keys)[0]):
                raise BadInputError(f"the response has no {path}")
        for name, keys in self._natural_key.items():
            found = root.values(keys)[0]
            if str(found) != str(capture.natural_key[name]):
                raise BadInputError(f"the response is of {name} {found}, asked for was {capture.natural_key[name]}")


@cache
def flattener(endpoint: str) -> Flattener:
    """Return this process's compiled flattener of the mapping `endpoint.method`."""
    return Flattener(load_mapping(endpoint))


class _TableSource:
    """One place of a response that gives rows of a table: where they are, and how each column is read."""

    def __init__(self, mapping: Mapping, table: str, source: RowSource) -> None:
        path = Path.parse(source.rows)
        self._table = table
        self.steps = path.steps
        self.conditions = source.where
        columns = mapping.columns(table)
        sources = {name: source.columns.get(name, column) for name, column in columns.items()}
        self._renders = {name: _RENDER.get(column.type, _others) for name, column in columns.items()}
        self._plain = {name: given.paths[0].keys for name, given in sources.items() if _is_plain(given)}
        self._extracts = {name: _extract(path, given) for name, given in sources.items() if name not in self._plain}

    def copy_text(self, frame: Frame, parameters: Lookup[str, Any], constants: Sequence[str], *, escape: bool) -> str:
        """Return the rows of `frame` as COPY text: the mapped columns, then `constants`."""
        values: dict[str, Sequence[Any]] = {
            name: extract(frame, parameters) for name, extract in self._extracts.items()
        }
        if self._plain:
            values |= zip(self._plain, zip(*frame.rows(list(self._plain.values())), strict=True), strict=True)
        if escape:
            values = {name: _escaped(column) for name, column in values.items()}
        columns = [self._rendered(name, values[name]) for name in self._renders]
        end = "\t" + "\t".join(constants) + "\n"
        return end.join(map("\t".join, zip(*columns, strict=True))) + end

    def _rendered(self, name: str, values: Sequence[Any]) -> list[str]:
        try:
            return self._renders[name](values)
        except BadInputError as error:
            raise BadInputError(f"{self._table}.{name}: {error}") from None


def _is_plain(source: Source) -> bool:
    """Whether the value stands at one path below the row, as most do: those of a table are read in one call."""
    computed = source.of or source.plus or source.divide_by or source.modulo
    return not computed and len(source.paths) == 1 and source.paths[0].steps != () and not source.paths[0].absolute


def _extract(rows: Path, source: Source) -> Extract:
    """Compile where a column's values come from."""
    extract = _plain_extract(rows, source)
    if source.plus or source.divide_by or source.modulo:
        return lambda frame, parameters: [_arithmetic(source, value) for value in extract(frame, parameters)]
    return extract


def _plain_extract(rows: Path, source: Source) -> Extract:
    if source.paths:
        extracts = [_path_extract(rows, path, source.of) for path in source.paths]
        return extracts[0] if len(extracts) == 1 else _first_with_value(extracts)
    if label := source.position or source.member:
        out = _levels_to(rows, label)
        return lambda frame, parameters: frame.labels(out)
    if (parameter := source.parameter) is not None:
        return lambda frame, parameters: [parameters.get(parameter, source.default)] * len(frame)
    return lambda frame, parameters: [source.value] * len(frame)


def _path_extract(rows: Path, path: Path, of: str | None) -> Extract:
    keys = path.keys
    out = levels(rows.steps) if path.absolute else _levels_to(rows, of) if of else 0
    if out == levels(rows.steps):  # of the response: one value for all rows
        return lambda frame, parameters: frame.around(out)[0].values(keys) * len(frame)
    if out == 0:
        return lambda frame, parameters: frame.values(keys)

    def extract(frame: Frame, parameters: Lookup[str, Any]) -> list[Any]:
        outer, found = frame.around(out)
        values = outer.values(keys)
        return [values[row] for row in found]

    return extract


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, msgspec.Struct) and not has_content(value))


def _first_with_value(extracts: Sequence[Extract]) -> Extract:
    def extract(frame: Frame, parameters: Lookup[str, Any]) -> list[Any]:
        alternatives = zip(*(extract(frame, parameters) for extract in extracts), strict=True)
        return [next((value for value in values if value is not None), None) for values in alternatives]

    return extract


def _levels_to(rows: Path, label: str) -> int:
    """Return how many levels out of a row the elements of its array or map called `label` lie."""
    return levels(rows.steps[enclosing(rows.steps, label) :])


def _arithmetic(source: Source, value: Any) -> int | None:
    if value is None:
        return None
    try:
        number = int(value) + source.plus
    except (TypeError, ValueError):
        raise BadInputError(f"{source.path}: a whole number was expected, found {str(value)[:60]!r}") from None
    if source.divide_by:
        number //= source.divide_by
    return number % source.modulo if source.modulo else number


def _texts(values: Iterable[Any]) -> list[str]:
    return [NULL if value is None else value if type(value) is str else _text(value) for value in values]


def _numbers(values: Iterable[Any]) -> list[str]:
    return [NULL if value is None else str(value) if type(value) is int else _number(value) for value in values]


def _others(values: Iterable[Any]) -> list[str]:
    return [NULL if value is None else value or NULL if type(value) is str else _text(value) for value in values]


def _number(value: Any) -> str:
    """An integer in another spelling: '901', '5.0' (fractions are decoded as text; FEED item 26), or '' for none."""
    text = _text(value)
    return text.removesuffix(".0") or NULL


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        raise BadInputError(f"a single value was expected, found {str(value)[:60]}")
    return str(value)


_RENDER = {"text": _texts, "integer": _numbers, "bigint": _numbers}


def _escaped(values: Iterable[Any]) -> list[Any]:
    return [_SPECIAL.sub(_escape, value) if type(value) is str else value for value in values]


def _escape(match: re.Match[str]) -> str:
    return _ESCAPES[match[0]]
