"""Applies captures: flatten, stage, audit and publish as the steps of one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import psycopg
from psycopg import Connection

from mlb_data_platform.documents.known import KnownDocuments
from mlb_data_platform.documents.patch import MisfitError
from mlb_data_platform.errors import BadInputError, TransientError, one_line
from mlb_data_platform.mapping import models
from mlb_data_platform.quality.results import Refusal, Result, refused_units
from mlb_data_platform.quality.sql_audit import audit, audit_published
from mlb_data_platform.storage.publish import ROW_ERRORS, Publication, Publisher, StagedUnit, Unit
from mlb_data_platform.storage.tables import PublishedTables, Rows, StagingTables
from mlb_data_platform.storage.verdicts import Rejection
from mlb_data_platform.transform.flatten import flattener
from mlb_data_platform.transform.known_units import KnownUnits
from mlb_data_platform.transform.outcome import TransformOutcome
from mlb_data_platform.transform.raw_rows import RawRow, load_raw_rows
from mlb_data_platform.transform.selection import CaptureRef
from mlb_data_platform.transform.shortfall import described
from mlb_data_platform.transform.version_rows import move_version_rows

Refs = Mapping[int, CaptureRef]


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
        remembers: int = 0,
    ) -> None:
        self._connection = connection
        self._mapping = mapping
        self._force = force
        self._published = target or PublishedTables(mapping)
        self._memory = KnownUnits(self._published, remembers)
        self._documents = KnownDocuments(mapping, remembers)

    def apply(self, refs: Sequence[CaptureRef]) -> TransformOutcome:
        """Apply the captures of one batch in one transaction.

        A bad capture is a rejection of the outcome and keeps no other from being applied.
        Raises TransientError when the database fails.
        """
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
        try:
            with self._connection.transaction():
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
        """The publisher of staged rows; its tables are made in a transaction that no bad row rolls back."""
        staging = StagingTables(self._mapping)
        with self._connection.transaction():
            staging.create(self._connection)
        return Publisher(staging, self._published, force=self._force)

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


def _natural_key(capture: RawRow) -> tuple[tuple[bool, Any], ...]:
    """What sorts captures as the publisher sorts units: numbers as numbers, NULL last."""
    return tuple((value is None, value) for value in capture.natural_key.values())


def flatten_all(
    connection: Connection, mapping: models.Mapping, captures: Sequence[RawRow]
) -> tuple[Rows, list[Rejection]]:
    """Return the rows of all captures, and a rejection of each that could not be flattened.

    Paths nobody has seen before, those of what is rejected too, are recorded in metadata.schema_drift, in a transaction
    of its own: a process tells of a path once, so a caller that rolls back must not take the record along. Call it
    before the one for the rows.
    """
    rows, rejections = Rows(), list[Rejection]()
    unseen: dict[str, int] = {}
    for capture in captures:
        try:
            if capture.misfit:
                raise MisfitError(capture.misfit)
            rows.update(flattener(mapping).flatten(capture))
        except BadInputError as error:
            rejections.append(rejection(capture, str(error)))
        unseen = dict.fromkeys(flattener(mapping).take_unseen(), capture.raw_id) | unseen
    if unseen:
        with connection.transaction():
            _record_drift(connection, mapping, unseen)
    return rows, rejections


def rejection(capture: RawRow, reason: str) -> Rejection:
    """Return the rejection of a capture as a whole."""
    return Rejection(capture.raw_id, capture.captured_at, reason, seen=capture.seen, judged_at=capture.judged_at)


def audited_units(
    connection: Connection, publisher: Publisher, results: Sequence[Result], refs: Refs
) -> tuple[list[StagedUnit], list[Rejection]]:
    """Return the staged units that the audit lets pass, and a rejection of each whose rows break an error-level rule.

    `refs` are the staged captures by raw_id.
    """
    refused = refused_units(connection, publisher.staging, results)
    unwanted = [refusal.unit for refusal in refused]
    units = [staged for staged in publisher.staged_units(connection) if staged.unit not in unwanted]
    return units, [unit_rejection(refs[each.raw_id], each.unit, _audited(each)) for each in refused]


def _audited(refusal: Refusal) -> str:
    return f"the audit refused {', '.join(refusal.rules)} (see metadata.data_quality_results)"


def unit_rejection(ref: CaptureRef, unit: Unit, reason: str) -> Rejection:
    """Return the rejection of one unit of a capture: of the capture as a whole where that is all it has."""
    return Rejection(ref.raw_id, ref.captured_at, reason, unit if ref.alone else None)


def notes_of(mapping: models.Mapping, publication: Publication) -> list[str]:
    """Return a line for each unit whose rows went back to an older capture."""
    return [
        f"{mapping.name}: {described(unit)}: went back to an older capture: the mapping in force refuses the newer one"
        for unit in publication.went_back
    ]


def _record_drift(connection: Connection, mapping: models.Mapping, unseen: dict[str, int]) -> None:
    connection.cursor().executemany(
        "INSERT INTO metadata.schema_drift (endpoint, path, raw_id) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        [(mapping.name, path, raw_id) for path, raw_id in sorted(unseen.items())],  # sorted: no deadlock
    )
