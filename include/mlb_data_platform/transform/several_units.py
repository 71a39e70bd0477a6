"""Applies responses of several units: in order, each in a transaction; what comes late is put in its place.

Which units a response holds is known when it is flattened. Those of which it is the newest capture take its rows. Of
the others rows and history are made anew, from all captures that hold them: where it is older than what the tables
have, of the same moment, or where another mapping made the rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.rows import class_row
from psycopg.sql import SQL

from mlb_data_platform.documents.known import KnownDocuments
from mlb_data_platform.errors import BadInputError, TransientError, one_line
from mlb_data_platform.mapping import models
from mlb_data_platform.quality.results import Result
from mlb_data_platform.quality.sql_audit import audit
from mlb_data_platform.storage.publish import ROW_ERRORS, Publisher, StagedUnit, Unit
from mlb_data_platform.storage.raw_lookup import as_object
from mlb_data_platform.storage.stored_body import LostContentError
from mlb_data_platform.storage.tables import PublishedTables, Rows
from mlb_data_platform.storage.unit_deletion import delete_unit, lock_units
from mlb_data_platform.storage.unit_versions import UnitVersions
from mlb_data_platform.storage.verdicts import Rejection
from mlb_data_platform.transform.captures import CaptureRef
from mlb_data_platform.transform.outcome import TransformOutcome
from mlb_data_platform.transform.raw_rows import load_raw_rows
from mlb_data_platform.transform.selection import Selection, is_refused, parameters, selected_captures
from mlb_data_platform.transform.steps import (
    audited_units,
    flatten_all,
    lacks_content,
    lacks_raw_rows,
    publisher_of,
    went_back,
)

UnitKey = tuple[str, ...]


@dataclass(frozen=True)
class _Flattened:
    """A capture as the rows of its units."""

    ref: CaptureRef
    rows: Rows
    rejections: list[Rejection]


def one_by_one(
    connection: Connection,
    mapping: models.Mapping,
    refs: Sequence[CaptureRef],
    *,
    force: bool,
    target: PublishedTables | None = None,
) -> Iterator[tuple[Sequence[CaptureRef], TransformOutcome]]:
    """Apply responses of several units, in this order; yield each and what became of it.

    Raises TransientError when the database fails.
    """
    applier = _SeveralUnits(connection, target or PublishedTables(mapping), force=force)
    for ref in refs:
        yield [ref], applier.apply(ref)


class _SeveralUnits:
    """Applies responses of several units over one connection; with `force` it makes each unit anew, once."""

    def __init__(self, connection: Connection, target: PublishedTables, *, force: bool) -> None:
        self._connection = connection
        self._target = target
        self._mapping = target.mapping
        self._versions = UnitVersions(connection, target)
        self._force = force
        self._made_anew: set[UnitKey] = set()

    def apply(self, ref: CaptureRef) -> TransformOutcome:
        """Apply one capture."""
        try:
            flattened = self._flattened(ref)
            with self._connection.transaction():
                # One at a time of an endpoint: whether a capture comes late is asked of what others have published.
                lock_units(self._connection, self._mapping)
                return self._published(flattened)
        except ROW_ERRORS as error:
            return TransformOutcome(rejections=[self._rejected(ref, error)])
        except psycopg.OperationalError as error:
            raise TransientError(f"{self._mapping.name}: PostgreSQL: {one_line(error)}") from error

    @cached_property
    def _publisher(self) -> Publisher:
        return publisher_of(self._connection, self._target, force=False)

    def _flattened(self, ref: CaptureRef) -> _Flattened:
        with self._connection.transaction():
            captures = load_raw_rows(self._connection, self._mapping, [ref], KnownDocuments(self._mapping, 0))
        return _Flattened(ref, *flatten_all(self._connection, self._mapping, captures))

    def _published(self, flattened: _Flattened) -> TransformOutcome:
        ref = flattened.ref
        units, refused, results = self._staged(flattened)
        doubted = self._doubted(units)
        self._publisher.publish(self._connection, [each for each in units if self._key(each.unit) not in doubted])
        late = self._versions.without(ref.raw_id, ref.captured_at, [each.unit for each in units])
        anew = [each.unit for each in units if self._key(each.unit) in doubted or each.unit in late]
        outcome = TransformOutcome(
            rows=sum(flattened.rows.count.values()), rejections=[*flattened.rejections, *refused], results=results
        )
        if anew:
            outcome.update(self._make_anew(anew, ref))
        behind = self._versions.behind(ref.captured_at, [each.unit for each in units])
        if not behind and all(each.raw_id != ref.raw_id for each in outcome.rejections):
            outcome.in_place.add(ref.raw_id)
        return outcome

    def _staged(self, flattened: _Flattened) -> tuple[list[StagedUnit], list[Rejection], list[Result]]:
        """Stage and audit a capture; return its units that may be published, and why the others may not."""
        publisher = self._publisher
        publisher.staging.empty(self._connection)
        publisher.staging.copy(self._connection, flattened.rows)
        results = audit(self._connection, publisher.staging)
        units, refused = audited_units(self._connection, publisher, results, {flattened.ref.raw_id: flattened.ref})
        return units, refused, results

    def _doubted(self, units: Sequence[StagedUnit]) -> set[UnitKey]:
        """The units that this capture cannot simply be published of."""
        if self._force:
            return {self._key(each.unit) for each in units} - self._made_anew
        return {self._key(unit) for unit in self._versions.doubted(self._publisher.staging)}

    def _make_anew(self, units: list[Unit], ref: CaptureRef) -> TransformOutcome:
        """Make rows and history of these units from nothing but the captures that hold them, `ref` one of them.

        Those of which no capture is acceptable stay as they are. Raises BadInputError where the raw tier lacks some.
        """
        for unit in units:
            if lacking := self._versions.missing_raw_rows([unit]):
                raise BadInputError(lacks_raw_rows(self._mapping, unit, lacking))
        captures = [self._flattened(each) for each in self._holding(units, ref)]
        for lost in (each for capture in captures for each in capture.rejections if each.is_lost):
            raise LostContentError(lacks_content(self._mapping, units[0], lost))
        before = self._versions.moments(units)
        outcome = TransformOutcome()
        while units:
            with self._connection.transaction():
                outcome = self._from_nothing(units, captures)
                after = self._versions.moments(units)
                missing = [unit for unit in units if self._key(unit) not in after]
                if missing:
                    raise psycopg.Rollback
            if not missing:
                outcome.notes += self._gone_back(units, before, after)
                break
            units = [unit for unit in units if unit not in missing]
        self._made_anew |= {self._key(unit) for unit in units}
        return outcome

    def _from_nothing(self, units: Sequence[Unit], captures: Sequence[_Flattened]) -> TransformOutcome:
        for unit in units:
            delete_unit(self._connection, self._target, unit)
        outcome = TransformOutcome()
        for capture in captures:
            outcome.rejections += self._replayed(units, capture)
        return outcome

    def _replayed(self, units: Sequence[Unit], capture: _Flattened) -> list[Rejection]:
        """Publish what `capture` holds of these units; return what is refused of it."""
        try:
            with self._connection.transaction():
                held, refused, _ = self._staged(capture)
                self._publisher.publish(self._connection, [each for each in held if each.unit in units])
        except ROW_ERRORS as error:
            return [self._rejected(capture.ref, error)]
        return [*capture.rejections, *(each for each in refused if each.unit in units)]

    def _holding(self, units: Sequence[Unit], ref: CaptureRef) -> list[CaptureRef]:
        """The captures that the tables and their history have of these units, and this one, each time they were seen.

        Of those that were asked for alike and seen at one moment, the one that counts.
        """
        raw_ids = (*self._versions.raw_ids(units), ref.raw_id)
        selection = Selection(raw_ids=raw_ids)
        query = SQL(
            """
            SELECT DISTINCT ON (c.captured_at, {natural_key}::text)
                   c.id AS raw_id, c.stored_at, c.captured_at AS valid_from, c.captured_at, true AS alone, c.is_patch,
                   {natural_key}::text AS natural_key
            FROM ({captures}) c WHERE NOT {refused}
            ORDER BY c.captured_at, {natural_key}::text, c.content_sha256 DESC
            """
        ).format(
            natural_key=as_object(self._mapping.natural_key, "c"),
            captures=selected_captures(self._mapping, selection, each_time=True),
            refused=is_refused(self._mapping),
        )
        cursor = self._connection.cursor(row_factory=class_row(CaptureRef))
        return list(cursor.execute(query, parameters(self._mapping, selection)))

    def _gone_back(
        self, units: Sequence[Unit], before: Mapping[UnitKey, datetime], after: Mapping[UnitKey, datetime]
    ) -> list[str]:
        keys = [(unit, self._key(unit)) for unit in units]
        return [went_back(self._mapping, unit) for unit, key in keys if key in before and after[key] < before[key]]

    def _rejected(self, ref: CaptureRef, error: Any) -> Rejection:
        return Rejection(ref.raw_id, ref.captured_at, f"PostgreSQL: {one_line(error)}")

    def _key(self, unit: Unit) -> UnitKey:
        return tuple(str(value) for value in unit.values())
