"""How far a unit (a game) has been told, what its tables say now, and the changes that lead from one to the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.serve import Kind, Serve

Row = dict[str, Any]
Key = tuple[Any, ...]


def serve_of(mapping: Mapping) -> Serve:
    """Return what the mapping says of what is served. Raises BadInputError where it says nothing."""
    if mapping.serve is None:
        raise BadInputError(f"{mapping.name} does not say under 'serve' what is told of it")
    return mapping.serve


class Checkpoint(msgspec.Struct, frozen=True):
    """How far a unit has been told: to which capture, and by kind the columns or the rows told of it.

    Of a row it has the key and a hash of its content. A capture that came late changes nothing of that, but the version
    row: that is another state.
    """

    captured_at: str
    raw_id: int
    content_sha256: str | None
    mapping_sha256: str | None
    published_xid: str | None
    columns: dict[str, Row]
    rows: dict[str, list[tuple[Key, int]]]

    @property
    def token(self) -> str:
        """What tells this version from any other."""
        by = f"{self.content_sha256} {self.mapping_sha256} {self.published_xid}"
        return f"{self.captured_at} {self.raw_id} {by}"


@dataclass(frozen=True)
class Now:
    """What the tables say of a unit: its version row, and by kind all of its rows as told, and those changed."""

    state: Row
    rows: dict[str, list[tuple[Key, int]]]
    changed: dict[str, list[Row]]

    def checkpoint(self, serve: Serve) -> Checkpoint:
        """Return how far the unit has been told once all of this is."""
        return Checkpoint(
            captured_at=self.state["captured_at"],
            raw_id=self.state["raw_id"],
            content_sha256=self.state["content_sha256"],
            mapping_sha256=self.state["mapping_sha256"],
            published_xid=self.state["published_xid"],
            columns={name: self.columns(kind) for name, kind in serve.kinds.items() if kind.columns},
            rows=self.rows,
        )

    def columns(self, kind: Kind) -> Row:
        """Return the columns of the version row that are of this kind."""
        return {column: self.state[column] for column in kind.columns}


@dataclass(frozen=True)
class Change:
    """One change: a row or some columns as they are now, None where the row is gone, and the capture that says so."""

    kind: str
    key: Row
    data: Row | None
    captured_at: str
    raw_id: int


def changes(mapping: Mapping, serve: Serve, before: Checkpoint | None, now: Now) -> list[Change]:
    """Return what has changed since `before`, in the order of captures and kinds; nothing if nothing was told yet."""
    if before is None:
        return []
    found = [
        change
        for name, kind in serve.kinds.items()
        for change in (
            _of_rows(name, mapping.tables[kind.table].key, before, now)
            if kind.table
            else _of_columns(name, kind, before, now)
        )
    ]
    return sorted(found, key=lambda change: datetime.fromisoformat(change.captured_at))


def _of_rows(kind: str, key: list[str], before: Checkpoint, now: Now) -> Iterator[Change]:
    if kind not in before.rows:  # nobody was told of this kind
        return
    kept = {each for each, _ in now.rows[kind]}
    for gone, _ in before.rows[kind]:
        if gone not in kept:
            yield Change(kind, dict(zip(key, gone, strict=True)), None, now.state["captured_at"], now.state["raw_id"])
    for row in now.changed[kind]:
        yield Change(kind, {name: row[name] for name in key}, row, row["captured_at"], row["raw_id"])


def _of_columns(name: str, kind: Kind, before: Checkpoint, now: Now) -> Iterator[Change]:
    if name in before.columns and before.columns[name] != now.columns(kind):
        yield Change(name, {}, now.columns(kind), now.state["captured_at"], now.state["raw_id"])
