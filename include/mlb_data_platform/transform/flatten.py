"""The one flatten function: the bytes of one response become the rows of all its tables, in a single parse.

It is compiled from the mapping once per process; batch and streaming, CLI and Spark use it (DESIGN section 8).
Rows leave it as text for COPY.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import msgspec

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.acceptance import Acceptance
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.raw import unpacked
from mlb_data_platform.storage.tables import Lines, Rows
from mlb_data_platform.transform.decode import Decoder
from mlb_data_platform.transform.decoded_objects import member
from mlb_data_platform.transform.raw_rows import RawRow
from mlb_data_platform.transform.walk import compiled
from mlb_data_platform.transform.walk_source import walk_source

# Two quotes that are an empty text: where a text ends with a quote (6' 1"), a backslash is before them. A pattern that
# begins with them finds them in half the time that `in` takes for a comma and them.
_EMPTY_TEXT = re.compile(rb'""(?<!\\"")')
_VALUES = msgspec.json.Decoder(list[msgspec.Raw])


class Flattener:
    """`flatten` compiled for one mapping."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self._mapping_sha256 = msgspec.json.encode(mapping.sha256)
        self._decoder = Decoder(mapping)
        self._acceptance = Acceptance(mapping, member)
        code = walk_source(mapping)
        self._walk = compiled(code, mapping.name, self._decoder.empty_at)
        self._tables = [_TableSource(mapping, table) for table in code.tables]

    def flatten(self, capture: RawRow) -> Rows:
        """Return the rows of all tables for one capture.

        Raises BadInputError naming the path where the response is not what the mapping says, or is not the one
        its natural key names, and the table where nothing is in it that was asked for.
        """
        document = self._decoder.decode(unpacked(capture.body) if capture.is_packed else capture.body)
        self._check(document, capture)
        rows = Rows()
        stamp = f"{capture.captured_at.isoformat()},{capture.raw_id},".encode()
        version_stamp = stamp + msgspec.json.encode(capture.content_sha256) + b"," + self._mapping_sha256 + b","
        for table, written in zip(self._tables, self._walk(document, capture.parameters), strict=True):
            if text := bytes(memoryview(written)[1:-1]):
                row_stamp = version_stamp if table.name == self.mapping.version_table else stamp
                rows.add(table.name, Lines(row_stamp, table.lines(text), text.count(b"\n") + 1))
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
    """One place of a response that gives rows of a table: what its columns take."""

    def __init__(self, mapping: Mapping, table: str) -> None:
        columns = mapping.columns(table)
        self.name = table
        self._columns = [(name, columns[name].type == "text") for name in mapping.copy_order(table)]

    def lines(self, text: bytes) -> bytes:
        """Return lines (see Lines) with each value as its column takes it. Raises BadInputError if one is not single."""
        if b"{" in text or b"[" in text or _EMPTY_TEXT.search(text):
            return b"\n".join([self._cleaned(line) for line in text.split(b"\n")])
        return text

    def _cleaned(self, line: bytes) -> bytes:
        values = _VALUES.decode(b"[%b]" % line)
        cleaned = (self._clean(*column, bytes(value)) for column, value in zip(self._columns, values, strict=True))
        return b",".join(cleaned)

    def _clean(self, name: str, is_text: bool, value: bytes) -> bytes:
        """The JSON of a value as the column takes it: "" is no number and no date."""
        if value.startswith((b"{", b"[")):
            found = value[:60].decode(errors="replace")
            raise BadInputError(f"{self.name}.{name}: a single value was expected, found {found}")
        return b"null" if value == b'""' and not is_text else value
