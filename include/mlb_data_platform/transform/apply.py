"""Applies captures: flatten, stage, audit and publish as the steps of one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.pq import TransactionStatus

from mlb_data_platform.documents.known import KnownDocuments
from mlb_data_platform.errors import TransientError, one_line
from mlb_data_platform.mapping import models
from mlb_data_platform.quality.sql_audit import audit, audit_published
from mlb_data_platform.storage.publish import ROW_ERRORS, Publisher
from mlb_data_platform.storage.tables import PublishedTables, Rows
from mlb_data_platform.storage.unit_deletion import delete_unit, lock_units
from mlb_data_platform.storage.unit_versions import UnitVersions
from mlb_data_platform.storage.verdicts import Rejection
from mlb_data_platform.transform.captures import CaptureRef
from mlb_data_platform.transform.known_units import KnownUnits
from mlb_data_platform.transform.outcome import TransformOutcome
from mlb_data_platform.transform.pending import pending
from mlb_data_platform.transform.raw_rows import RawRow, load_raw_rows
from mlb_data_platform.transform.selection import Selection
from mlb_data_platform.transform.steps import (
    Refs,
    audited_units,
    flatten_all,
    lacks_content,
    lacks_raw_rows,
    notes_of,
    publisher_of,
    rejection,
    went_back,
)
from mlb_data_platform.transform.version_rows import move_version_rows


class Applier:
    """Applies captures of one mapping over one connection; staged tables are made when first needed, and used again.

    It remembers the documents of the last `remembers` units, to which it applies a patch, and what it published of
    those that came alone: of their next capture only what changed is written, as long as nobody else has published of
    the unit.
    """

    def __init__(
        self,
        connection: Connection,
        mapping: models.Mapping,
        *,
        force: bool = False,
        target: PublishedTables | None = None,
        remembers: int = 1,
    ) -> None:
        self._connection = connection
        self._mapping = mapping
        self._force = force
        self._published = target or PublishedTables(mapping)
        self._versions = UnitVersions(connection, self._published)
        self._memory = KnownUnits(self._published, remembers)
        self._documents = KnownDocuments(mapping, remembers)

    def apply(self, refs: Sequence[CaptureRef]) -> TransformOutcome:
        """Apply the captures of one batch in one transaction.

        A bad capture is a rejection of the outcome and keeps no other from being applied.
        Raises TransientError when the database fails.
        """
        if len(refs) == 1 and refs[0].anew:
            return self._made_anew(refs[0])
        if len(refs) == 1 and refs[0].earlier:
            return self._one_after_the_other(refs[0])
        try:
            same = [ref for ref in refs if ref.same]
            moved = self._move(same) if same else set()
            rest = [ref for ref in refs if ref.raw_id not in moved]
            outcome = TransformOutcome(in_place=moved)
            if rest:
                with self._connection.transaction():  # and none that has failed stays open
                    captures = load_raw_rows(self._connection, self._mapping, rest, self._documents)
                outcome.update(self.apply_captures(rest, captures))
            return outcome
        except psycopg.OperationalError as error:
            raise TransientError(f"{self._mapping.name}: PostgreSQL: {one_line(error)}") from error

    def _one_after_the_other(self, newest: CaptureRef) -> TransformOutcome:
        """Apply the captures of one unit, in order."""
        outcome = TransformOutcome()
        for ref in _in_order(newest):
            outcome.update(self.apply([ref]))
        return outcome

    def _made_anew(self, newest: CaptureRef) -> TransformOutcome:
        """Make the rows and the history of one unit from nothing but its captures, in one transaction.

        Where all of them are refused the tables stay as they are, and where they have something newer by this mapping:
        then one that is refused now stood in the way of another of its moment, which the next round takes.
        """
        unit = newest.unit
        outcome = TransformOutcome()
        _ = self._publisher  # its tables outlive a transaction that is rolled back
        try:
            with self._connection.transaction():
                lock_units(self._connection, self._mapping, unit)
                if missing := self._versions.missing_raw_rows([unit]):
                    outcome.left_alone[newest.natural_key] = lacks_raw_rows(self._mapping, unit, missing)
                    raise psycopg.Rollback
                held = self._versions.raw_ids([unit])
                before = delete_unit(self._connection, self._published, unit)
                refs = self._all_of(newest)
                for ref in refs:
                    outcome.update(self.apply([ref]))
                if lost := [each for each in outcome.rejections if each.is_lost and each.raw_id in held]:
                    outcome = TransformOutcome(
                        left_alone={newest.natural_key: lacks_content(self._mapping, unit, lost[0])}
                    )
                    raise psycopg.Rollback
                in_place = [ref.captured_at for ref in refs if ref.raw_id in outcome.in_place]
                goes_back = bool(before and in_place and max(in_place) < before.captured_at)
                if not in_place or (goes_back and before and before.holds):
                    outcome.in_place.clear()
                    raise psycopg.Rollback
                if goes_back:
                    outcome.notes.append(went_back(self._mapping, unit))
        except psycopg.OperationalError as error:
            raise TransientError(f"{self._mapping.name}: PostgreSQL: {one_line(error)}") from error
        return outcome

    def _all_of(self, newest: CaptureRef) -> Sequence[CaptureRef]:
        """All captures of a unit that is deleted, in order: there may be more by now than `newest` was asked with."""
        found = pending(self._connection, self._mapping, Selection(like=(newest.raw_id,)), self._published)
        mine = [ref for ref in found if ref.natural_key == newest.natural_key and not ref.alone]
        return [each for ref in mine for each in _in_order(ref)]

    def apply_captures(self, refs: Sequence[CaptureRef], captures: Sequence[RawRow]) -> TransformOutcome:
        """Apply captures whose bodies are at hand; `refs` are theirs.

        Raises psycopg.OperationalError when the database fails.
        """
        captures = sorted(captures, key=_natural_key)  # in order: no deadlock
        rows, rejections = flatten_all(self._connection, self._mapping, captures)
        alone = captures[0] if len(captures) == 1 and not rejections else None
        if alone and (outcome := self._memory.publish(self._connection, alone, rows)):
            return outcome
        by_raw_id = {ref.raw_id: ref for ref in refs}
        inserted = self._insert(captures, rows, rejections) if all(ref.first for ref in refs) else None
        outcome = inserted or self._stage(by_raw_id, captures, rows, rejections)
        if alone and alone.raw_id in outcome.in_place:
            self._memory.keep(self._connection, alone, rows, outcome.results)
        return outcome

    def _move(self, refs: Sequence[CaptureRef]) -> set[int]:
        """Move the version rows of captures whose content is published already; return those that were moved."""
        with self._connection.transaction():
            moved = move_version_rows(self._connection, self._mapping, self._published, refs)
        self._memory.follow(moved)
        return {each.raw_id for each in moved}

    def _insert(self, captures: Sequence[RawRow], rows: Rows, rejections: list[Rejection]) -> TransformOutcome | None:
        """Copy the rows of units that were never published straight into the tables; audit them before the commit.

        None, and no row kept, where one of them has been published meanwhile or has to be refused, or where the tables
        have other rows of these units (somebody deleted a version row): that takes the staged tables.
        """
        try:
            with self._connection.transaction():
                self._published.copy(self._connection, rows)
                results = audit_published(self._connection, self._published, [each.natural_key for each in captures])
                copied = rows.count
                if any(each.refuses or each.rows_checked != copied.get(each.table, 0) for each in results):
                    raise psycopg.Rollback
                bad = {each.raw_id for each in rejections}
                in_place = {capture.raw_id for capture in captures} - bad
                return TransformOutcome(in_place, sum(copied.values()), rejections, results)
        except ROW_ERRORS:
            return None
        return None

    def _stage(
        self, refs: Refs, captures: Sequence[RawRow], rows: Rows, rejections: Sequence[Rejection]
    ) -> TransformOutcome:
        publisher = self._publisher
        is_within = self._connection.info.transaction_status != TransactionStatus.IDLE
        try:
            with self._connection.transaction():
                if is_within:  # a transaction that has staged rows before, perhaps
                    publisher.staging.empty(self._connection)
                return self._replace(publisher, refs, rows, rejections)
        except ROW_ERRORS as error:
            if len(captures) == 1:
                return TransformOutcome(rejections=[rejection(captures[0], f"PostgreSQL: {one_line(error)}")])
        outcome = TransformOutcome()
        for capture in captures:  # one of them is bad: find it, and apply the others
            outcome.update(self._stage(refs, [capture], *flatten_all(self._connection, self._mapping, [capture])))
        return outcome

    @cached_property
    def _publisher(self) -> Publisher:
        return publisher_of(self._connection, self._published, force=self._force)

    def _replace(
        self, publisher: Publisher, refs: Refs, rows: Rows, rejections: Sequence[Rejection]
    ) -> TransformOutcome:
        publisher.staging.copy(self._connection, rows)
        results = audit(self._connection, publisher.staging)
        units, refused = audited_units(self._connection, publisher, results, refs)
        publication = publisher.publish(self._connection, units)
        return TransformOutcome(
            in_place=publication.in_place,
            rows=sum(rows.count.values()),
            rejections=[*rejections, *refused],
            results=results,
            notes=notes_of(self._mapping, publication),
        )


def _in_order(newest: CaptureRef) -> tuple[CaptureRef, ...]:
    return (*newest.earlier, replace(newest, earlier=(), anew=False))


def _natural_key(capture: RawRow) -> tuple[tuple[bool, Any], ...]:
    """What sorts captures as the publisher sorts units: numbers as numbers, NULL last."""
    return tuple((value is None, value) for value in capture.natural_key.values())
