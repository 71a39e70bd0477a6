"""What a process published of some units, so that their next capture is published as a change."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import psycopg
from psycopg import Connection
from psycopg.sql import SQL, Identifier

from mlb_data_platform.mapping.provenance import PUBLISHED_XID
from mlb_data_platform.quality.results import Result
from mlb_data_platform.quality.sql_audit import audit_published
from mlb_data_platform.storage.change import Change, ChangePublisher, TableLines, changes, lines_of
from mlb_data_platform.storage.publish import ROW_ERRORS
from mlb_data_platform.storage.tables import PublishedTables, Rows, columns
from mlb_data_platform.transform.outcome import TransformOutcome
from mlb_data_platform.transform.raw_rows import RawRow
from mlb_data_platform.transform.version_rows import Moved

_Unit = tuple[str, ...]


@dataclass(frozen=True)
class _KnownUnit:
    """A unit as this process left it: its version row's published_xid, its rows, and how they keep the rules."""

    xid: str
    lines: TableLines
    results: dict[str, list[Result]]


class KnownUnits:
    """The last `size` units that were published one at a time into `target`; it works for mappings of single units."""

    def __init__(self, target: PublishedTables, size: int) -> None:
        self._target = target
        self._mapping = target.mapping
        self._size = size
        self._known: OrderedDict[_Unit, _KnownUnit] = OrderedDict()
        self._publisher = ChangePublisher(target)

    def keep(self, connection: Connection, capture: RawRow, rows: Rows, results: Sequence[Result]) -> None:
        """Remember what was published of `capture`, if the tables hold it."""
        unit = self._unit(capture)
        lines = lines_of(rows) if self._size and unit else None
        if lines is None or unit is None:
            return
        xid = self._published_by(connection, capture)
        if xid:
            self._keep(unit, _KnownUnit(xid, lines, _by_table(results)))

    def follow(self, moved: Iterable[Moved]) -> None:
        """Take note that this process moved version rows: the rows of their units are what they were."""
        for each in moved:
            known = self._known.get(each.unit)
            if known and known.xid == each.xid_before:
                self._known[each.unit] = replace(known, xid=each.xid)

    def publish(self, connection: Connection, capture: RawRow, rows: Rows) -> TransformOutcome | None:
        """Publish what `capture` changes of its unit, audited before the commit.

        None, and nothing is written, where the unit is not known, the tables hold something else by now, or its rows
        have to be refused: that takes the staged tables.
        """
        unit = self._unit(capture)
        known = self._known.pop(unit, None) if unit else None
        lines = lines_of(rows) if known else None
        if unit is None or known is None or lines is None or len(lines[self._mapping.version_table]) > 1:
            return None
        changed = changes(self._mapping, known.lines, lines)
        try:
            written = self._written(connection, capture, known, lines, changed)
        except ROW_ERRORS:
            return None
        if written is None:
            return None
        xid, results = written
        known = _KnownUnit(xid, lines, known.results | _by_table(results))
        self._keep(unit, known)
        count = sum(len(change.rows) for change in changed.values())
        return TransformOutcome(
            {capture.raw_id}, count, [], [each for results in known.results.values() for each in results]
        )

    def _written(
        self,
        connection: Connection,
        capture: RawRow,
        known: _KnownUnit,
        lines: TableLines,
        changed: Mapping[str, Change],
    ) -> tuple[str, list[Result]] | None:
        """Write and audit; return the version row's published_xid, and how the changed tables keep the rules."""
        stamp = capture.stamp(self._mapping)
        (version_line,) = lines[self._mapping.version_table]
        with connection.transaction():
            xid = self._publisher.publish(connection, stamp, known.xid, version_line, changed)
            results = audit_published(connection, self._target, [capture.natural_key], changed)
            as_flattened = all(each.rows_checked == len(lines.get(each.table, ())) for each in results)
            if xid is None or not as_flattened or any(each.refuses for each in results):
                raise psycopg.Rollback
            return xid, results
        return None

    def _unit(self, capture: RawRow) -> _Unit | None:
        """The unit of a capture that is all of one; None of others."""
        key = capture.natural_key
        if set(key) != set(self._mapping.unit) or None in key.values():
            return None
        return tuple(str(key[name]) for name in self._mapping.unit)

    def _keep(self, unit: _Unit, known: _KnownUnit) -> None:
        self._known[unit] = known
        while len(self._known) > self._size:
            self._known.popitem(last=False)

    def _published_by(self, connection: Connection, capture: RawRow) -> str | None:
        """The published_xid of the version row, if that names this capture."""
        query = SQL(
            "SELECT {}::text FROM {} WHERE raw_id = %s AND captured_at = %s AND mapping_sha256 = %s AND ({}) = ({})"
        ).format(
            Identifier(PUBLISHED_XID),
            self._target.identifier(self._mapping.version_table),
            columns(self._mapping.unit),
            SQL(", ").join(SQL("%s") * len(self._mapping.unit)),
        )
        unit = [capture.natural_key[name] for name in self._mapping.unit]
        with connection.transaction():
            row = connection.execute(
                query, [capture.raw_id, capture.captured_at, self._mapping.sha256, *unit]
            ).fetchone()
        return row[0] if row else None


def _by_table(results: Sequence[Result]) -> dict[str, list[Result]]:
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(result.table, []).append(result)
    return found
