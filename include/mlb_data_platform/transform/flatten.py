"""The one flatten function: the bytes of one response become the rows of all its tables, in a single parse.

It is compiled from the mapping once per process; batch and streaming, CLI and Spark use it (DESIGN section 8).
Rows leave it as text for COPY.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Mapping as Lookup
from functools import cache
from typing import Any

import msgspec

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.acceptance import Acceptance
from mlb_data_platform.mapping.models import Mapping, RowSource, Source
from mlb_data_platform.mapping.paths import Path
from mlb_data_platform.mapping.places import enclosing
from mlb_data_platform.storage.raw import unpacked
from mlb_data_platform.storage.tables import Lines, Rows
from mlb_data_platform.transform.decode import Decoder
from mlb_data_platform.transform.frames import Frame, levels, member
from mlb_data_platform.transform.raw_rows import RawRow

_TO_CLEAN = (b',""', b"{", b"[")  # what an empty text, an object and an array have; seldom anything else
_BETWEEN_ROWS = b"]\n["  # between two JSON arrays, and nowhere else: in a string a newline is escaped

_ENCODER = msgspec.json.Encoder()

Extract = Callable[[Frame, Lookup[str, Any]], list[Any]]


class Flattener:
    """`flatten` compiled for one mapping."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self._mapping_sha256 = _ENCODER.encode(mapping.sha256)
        self._decoder = Decoder(mapping)
        self._acceptance = Acceptance(mapping, member)
        self._tables = {
            name: [_TableSource(mapping, name, source) for source in table.row_sources]
            for name, table in mapping.tables.items()
        }

    def flatten(self, capture: RawRow) -> Rows:
        """Return the rows of all tables for one capture.

        Raises BadInputError naming the path where the response is not what the mapping says, or is not the one
        its natural key names, and the table where nothing is in it that was asked for.
        """
        document = self._decoder.decode(unpacked(capture.body) if capture.is_packed else capture.body)
        self._check(document, capture)
        root = Frame([document])
        rows = Rows()
        stamp = f"{capture.captured_at.isoformat()},{capture.raw_id},".encode()
        version_stamp = stamp + _ENCODER.encode(capture.content_sha256) + b"," + self._mapping_sha256 + b","
        for table, sources in self._tables.items():
            for source in sources:
                frame = root.expand(source.steps).where(source.conditions)
                if len(frame):
                    row_stamp = version_stamp if table == self.mapping.version_table else stamp
                    rows.add(table, Lines(row_stamp, source.lines(frame, capture.parameters), len(frame)))
        if self.mapping.version_table not in rows.lines:
            table = f"{self.mapping.endpoint}.{self.mapping.version_table}"
            raise BadInputError(f"the response holds no row of {table}: nothing it was asked for is in it")
        return rows

    def take_unseen(self) -> set[str]:
        """Return and forget the paths learnt since the last call that neither the mapping nor this process knew.

        A response that was refused has taught its paths as well.
        """
        return self._decoder.take_unseen()

    def _check(self, document: Any, capture: RawRow) -> None:
        if missing := self._acceptance.missing(document):
            raise BadInputError(f"the response has no {missing}")
        if stranger := self._acceptance.stranger(document, capture.natural_key):
            asked = f"asked for was {stranger.asked}"
            raise BadInputError(f"the response is of {stranger.column} {stranger.found}, {asked}")


@cache
def flattener(mapping: Mapping) -> Flattener:
    """Return this process's compiled flattener of `mapping`."""
    return Flattener(mapping)


class _TableSource:
    """One place of a response that gives rows of a table: where they are, and how each column is read."""

    def __init__(self, mapping: Mapping, table: str, source: RowSource) -> None:
        path = Path.parse(source.rows)
        self._table = table
        self.steps = path.steps
        self.conditions = source.where
        columns = mapping.columns(table)
        plain = mapping.plain_columns(table)
        self._types = {name: columns[name].type for name in mapping.copy_order(table)}
        given = {name: source.columns.get(name, columns[name]) for name in self._types}
        self._plain = [given[name].paths[0].keys for name in plain]
        self._extracts = [_extract(path, given[name]) for name in given if name not in plain]

    def lines(self, frame: Frame, parameters: Lookup[str, Any]) -> bytes:
        """Return the rows of `frame`, the mapped columns of each as a line (see Lines)."""
        rows = frame.rows(self._plain) if self._plain else [()] * len(frame)
        if self._extracts:
            worked_out = zip(*(extract(frame, parameters) for extract in self._extracts), strict=True)
            rows = list(map(tuple.__add__, worked_out, rows))
        text = _encoded(rows)
        if any(sign in text for sign in _TO_CLEAN):
            text = _encoded(self._cleaned(rows))
        return text

    def _cleaned(self, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        columns = zip(self._types.items(), zip(*rows, strict=True), strict=True)
        cleaned = ([self._clean(name, type_, value) for value in values] for (name, type_), values in columns)
        return list(zip(*cleaned, strict=True))

    def _clean(self, name: str, type_: str, value: Any) -> Any:
        """The value as the column takes it: "" is no number and no date. Raises where it is no single value."""
        if isinstance(value, dict | list | msgspec.Struct):
            found = msgspec.json.encode(value)[:60].decode(errors="replace")
            raise BadInputError(f"{self._table}.{name}: a single value was expected, found {found}")
        return None if value == "" and type_ != "text" else value


def _encoded(rows: Sequence[tuple[Any, ...]]) -> bytes:
    """The rows as JSON arrays without their brackets, a line each."""
    return _ENCODER.encode_lines(rows)[1:-2].replace(_BETWEEN_ROWS, b"\n")


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
