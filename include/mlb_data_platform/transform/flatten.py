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
from mlb_data_platform.storage.tables import Lines, Rows
from mlb_data_platform.transform.decode import Decoder
from mlb_data_platform.transform.decoded_objects import member
from mlb_data_platform.transform.raw_rows import RawRow
from mlb_data_platform.transform.walk import compiled
from mlb_data_platform.transform.walk_source import walk_source

# An empty text, not the end of one like 6' 1", which has a backslash before two quotes. The pattern begins with what is
# rare, so the search takes half as long as that of `in` for a comma and two quotes.
_EMPTY_TEXT = re.compile(rb'""(?<!\\"")')
_VALUES = msgspec.json.Decoder(list[msgspec.Raw])


class Flattener:
    """`flatten` compiled for one mapping."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self._mapping_sha256 = msgspec.json.encode(mapping.sha256)
        self._acceptance = Acceptance(mapping, member)
        source = walk_source(mapping)
        self._decoder = Decoder(mapping, source.parts.values())
        self._walk = compiled(source, mapping.name, self._decoder)
        self._columns = [_Columns(mapping, table) for table in source.tables]

    def flatten(self, capture: RawRow) -> Rows:
        """Return the rows of all tables for one capture.

        Raises BadInputError naming the path where the response is not what the mapping says, or is not the one
        its natural key names, and the table where nothing is in it that was asked for.
        """
        body = capture.body.exact
        try:
            return self._rows(self._decoder.outline(body), capture)
        except (BadInputError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            self._decoder.check(body)  # whatever it is, and what else is new in it: all of the response is looked at
            return self._rows(self._decoder.outline(body), capture)

    def _rows(self, document: Any, capture: RawRow) -> Rows:
        self._check(document, capture)
        rows = Rows()
        since, raw_id = capture.valid_from.isoformat().encode(), str(capture.raw_id).encode()
        stamp = b"%b,%b," % (since, raw_id)
        sha256 = msgspec.json.encode(capture.content_sha256)
        seen = capture.captured_at.isoformat().encode()
        version_stamp = b"%b,%b,%b,%b,%b," % (seen, raw_id, sha256, self._mapping_sha256, since)
        for columns, written in zip(self._columns, self._walk(document, capture.parameters), strict=True):
            if text := bytes(memoryview(written)[1:-1]):
                row_stamp = version_stamp if columns.table == self.mapping.version_table else stamp
                rows.add(columns.table, Lines(row_stamp, columns.cleaned(text), text.count(b"\n") + 1))
        if self.mapping.version_table not in rows.lines and not self.mapping.may_be_empty:
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


class _Columns:
    """The columns of a table, and what each of them takes."""

    def __init__(self, mapping: Mapping, table: str) -> None:
        columns = mapping.columns(table)
        self.table = table
        self._takes_empty = {name: columns[name].type == "text" for name in mapping.copy_order(table)}

    def cleaned(self, text: bytes) -> bytes:
        """Return the lines of `text` with NULL for "" where the column is no text.

        Raises BadInputError where a column would have an object or an array.
        """
        if b"{" in text or b"[" in text or _EMPTY_TEXT.search(text):
            return b"\n".join([self._cleaned(line) for line in text.split(b"\n")])
        return text

    def _cleaned(self, line: bytes) -> bytes:
        values = [bytes(value) for value in _VALUES.decode(b"[%b]" % line)]
        for position, (name, takes_empty) in enumerate(self._takes_empty.items()):
            value = values[position]
            if value.startswith((b"{", b"[")):
                found = value[:60].decode(errors="replace")
                raise BadInputError(f"{self.table}.{name}: a single value was expected, found {found}")
            if value == b'""' and not takes_empty:
                values[position] = b"null"
        return b",".join(values)
