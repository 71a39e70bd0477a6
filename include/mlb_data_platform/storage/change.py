"""Publishes what changed of one unit since this process published it: some rows instead of all of a game's.

The version row's `published_xid` says whether somebody else has published of the unit meanwhile. Then nothing is
published, and the caller takes the way of staged rows, which asks the tables themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import msgspec
from psycopg import Connection
from psycopg.sql import SQL, Composed, Identifier, Placeholder

from mlb_data_platform.mapping import models
from mlb_data_platform.mapping.provenance import PUBLISHED_XID, stamp_columns
from mlb_data_platform.storage.publish import same, upsert, version
from mlb_data_platform.storage.tables import PublishedTables, Rows, columns

Row = tuple[Any, ...]
TableLines = dict[str, frozenset[bytes]]

_EXACT = 2**53  # below it a float and an integer that are equal are one number


@dataclass(frozen=True)
class Change:
    """What differs in one table: rows that are new or other than they were, and the keys of those that are gone."""

    rows: list[bytes]
    gone: list[Row]


def lines_of(rows: Rows) -> TableLines | None:
    """Return the rows of one response, by table; None where two of a table are the same, which has to be refused."""
    found = {}
    for table, parts in rows.lines.items():
        texts = [text for part in parts for text in part.text.split(b"\n")]
        found[table] = frozenset(texts)
        if len(found[table]) != len(texts):
            return None
    return found


def changes(mapping: models.Mapping, before: TableLines, now: TableLines) -> dict[str, Change]:
    """Return what differs, by table, the version table's one row apart; tables without a difference are left out."""
    none: frozenset[bytes] = frozenset()
    found = {}
    for table in mapping.tables:
        old, new = before.get(table, none), now.get(table, none)
        if old != new and table != mapping.version_table:
            change = _change(_key_getter(mapping, table), old - new, new - old)
            if change.rows or change.gone:
                found[table] = change
    return found


def _change(key_of: Callable[[bytes], Row], old: frozenset[bytes], new: frozenset[bytes]) -> Change:
    """What differs between lines that one side has and the other has not."""
    spelled_before = {_spelled(line) for line in old}
    changed = sorted(line for line in new if _spelled(line) not in spelled_before)
    kept = {key_of(line) for line in new}
    return Change(changed, [key for line in sorted(old) if (key := key_of(line)) not in kept])


def _spelled(line: bytes) -> bytes:
    """A line with its whole numbers as integers: a feed has 95.0 where the document that patches lead to has 95.

    Else each of a game's pitches would be written anew with the first patch of a whole document.
    """
    if b".0" not in line:
        return line
    values = msgspec.json.decode(b"[" + line + b"]")
    return msgspec.json.encode([_integer(value) if isinstance(value, float) else value for value in values])[1:-1]


def _integer(value: float) -> int | float:
    return int(value) if value.is_integer() and abs(value) < _EXACT else value


class ChangePublisher:
    """The statements that publish changes into `target`, built once."""

    def __init__(self, target: PublishedTables) -> None:
        self._target = target
        self._mapping = target.mapping
        self._upserts: dict[str, bytes] = {}
        self._deletes: dict[str, bytes] = {}

    def publish(
        self, connection: Connection, stamp: Mapping[str, Any], xid: str, line: bytes, changed: Mapping[str, Change]
    ) -> str | None:
        """Write the changes in the caller's transaction, and `line` as the version row; return its published_xid.

        `stamp` are the stamp columns of the version row, `xid` is the published_xid it had. None, and nothing is
        written, if the tables hold something else by now, or something newer.
        """
        stamp_of_rows = {**stamp, "captured_at": stamp["valid_from"]}
        with connection.pipeline():
            written = connection.execute(self._update_version, {**stamp, "xid": xid, "rows": _json([line])}).fetchone()
            if written is None:  # without the lock on the version row, to touch the others would invite a deadlock
                return None
            for table, change in changed.items():
                if change.gone:
                    keys = msgspec.json.encode(change.gone).decode()
                    connection.execute(self._delete(table), {"keys": keys})
                if change.rows:
                    connection.execute(self._upsert(table), {**stamp_of_rows, "rows": _json(change.rows)})
            return str(written[0])

    @cached_property
    def _update_version(self) -> bytes:
        table = self._mapping.version_table
        names = self._mapping.copy_order(table)
        stamps = stamp_columns(self._mapping, table)
        return (
            SQL(
                """
            UPDATE {target} t SET ({names}, {stamps}, {xid}) = ({new}, {stamp}, pg_current_xact_id())
            FROM (SELECT {typed} FROM json_array_elements(%(rows)s::json) AS e (r)) s
            WHERE {same_unit} AND t.{xid} = %(xid)s::xid8
              AND {version} < (%(captured_at)s, coalesce(%(content_sha256)s, ''))
            RETURNING t.{xid}::text
            """
            )
            .format(
                target=self._target.identifier(table),
                names=columns(names),
                stamps=columns(stamps),
                xid=Identifier(PUBLISHED_XID),
                new=columns(names, "s"),
                stamp=SQL(", ").join(map(Placeholder, stamps)),
                typed=self._typed(table, names),
                same_unit=same("s", "t", self._mapping.unit),
                version=version("t"),
            )
            .as_bytes()
        )

    def _upsert(self, table: str) -> bytes:
        if table not in self._upserts:
            stamp = SQL(", ").join(
                SQL("{}::{} AS {}").format(Placeholder(name), SQL(type_), Identifier(name))
                for name, type_ in stamp_columns(self._mapping, table).items()
            )
            rows = SQL("SELECT {}, {} FROM json_array_elements(%(rows)s::json) AS e (r)").format(
                stamp, self._typed(table, self._mapping.copy_order(table))
            )
            self._upserts[table] = upsert(self._target, table, rows).as_bytes()
        return self._upserts[table]

    def _delete(self, table: str) -> bytes:
        if table not in self._deletes:
            key = _key_columns(self._mapping, table)
            statement = SQL(
                "DELETE FROM {target} t"
                " USING (SELECT {typed} FROM json_array_elements(%(keys)s::json) AS e (r)) s WHERE {same_row}"
            ).format(
                target=self._target.identifier(table),
                typed=self._typed(table, key),
                same_row=same("s", "t", key, self._mapping.tables[table].nullable_key),
            )
            self._deletes[table] = statement.as_bytes()
        return self._deletes[table]

    def _typed(self, table: str, names: Sequence[str]) -> Composed:
        """The elements of JSON array `r` as columns of these names, read as COPY reads them: from their text."""
        types = self._mapping.columns(table)
        return SQL(", ").join(
            SQL("(r ->> {})::{} AS {}").format(position, SQL(types[name].type), Identifier(name))
            for position, name in enumerate(names)
        )


def _key_columns(mapping: models.Mapping, table: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*mapping.unit, *mapping.key(table))))


@cache
def _key_getter(mapping: models.Mapping, table: str) -> Callable[[bytes], Row]:
    """What reads the key of a line of `table`, as text: 5 and "5" (what 5.0 becomes) are one key."""
    order = mapping.copy_order(table)
    positions = [order.index(name) for name in _key_columns(mapping, table)]

    def key(line: bytes) -> Row:
        values = msgspec.json.decode(b"[" + line + b"]")
        return tuple([None if values[position] is None else str(values[position]) for position in positions])

    return key


def _json(lines: Sequence[bytes]) -> str:
    """The lines as one JSON array of arrays."""
    return (b"[[" + b"],[".join(lines) + b"]]").decode()
