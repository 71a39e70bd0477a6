"""Applies captures: flatten, stage, audit and publish as the steps of one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import Connection

from mlb_data_platform.errors import BadInputError, PlatformError, TransientError, one_line
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.quality.results import Refusal, Result, combined, refused_units
from mlb_data_platform.quality.sql_audit import audit, audit_published
from mlb_data_platform.storage.publish import ROW_ERRORS, Publisher, Unit
from mlb_data_platform.storage.staging import Published, Rows, Staging
from mlb_data_platform.transform.flatten import Capture, flattener
from mlb_data_platform.transform.select import CaptureRef, load


@dataclass
class Outcome:
    """What has become of some captures: how many are in place, why the others are not, what the audit found."""

    done: int = 0
    rows: int = 0
    errors: list[PlatformError] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)

    def update(self, other: Outcome) -> None:
        """Add the outcome of other captures."""
        self.done += other.done
        self.rows += other.rows
        self.errors += other.errors
        self.results = combined([*self.results, *other.results])


class Applier:
    """Applies captures of one mapping over one connection; staged tables are made once and used again."""

    def __init__(self, connection: Connection, mapping: Mapping, *, force: bool = False) -> None:
        self._connection = connection
        self._mapping = mapping
        self._published = Published(mapping)
        self._staging = Staging(mapping)
        self._publisher = Publisher(self._staging, force=force)
        with connection.transaction():
            self._staging.create(connection)

    def apply(self, refs: Sequence[CaptureRef]) -> Outcome:
        """Apply the captures of one batch in one transaction.

        A bad capture is an error of the outcome and keeps no other from being applied.
        Raises TransientError when the database fails.
        """
        try:
            captures = sorted(load(self._connection, self._mapping, refs), key=_natural_key)  # in order: no deadlock
            self._connection.commit()
            rows, errors = flatten_all(self._connection, self._mapping, captures)
            if all(ref.first for ref in refs) and (outcome := self._insert(captures, rows, errors)):
                return outcome
            return self._apply(captures, rows, errors)
        except psycopg.OperationalError as error:
            raise TransientError(f"{self._mapping.name}: PostgreSQL: {one_line(error)}") from error

    def _insert(self, captures: Sequence[Capture], rows: Rows, errors: list[PlatformError]) -> Outcome | None:
        """Copy the rows of units that were never published straight into the tables; audit them before the commit.

        None, and no row kept, where one of them has been published meanwhile or has to be refused, or where a response
        is of another unit than it was asked for, whose rows the audit did not see: that takes the staged tables.
        """
        try:
            with self._connection.transaction():
                self._published.copy(self._connection, rows)
                results = audit_published(self._connection, self._published, [each.natural_key for each in captures])
                if any(each.refuses or each.rows_checked != rows.count.get(each.table, 0) for each in results):
                    raise psycopg.Rollback
                return Outcome(len(captures) - len(errors), sum(rows.count.values()), errors, results)
        except ROW_ERRORS:
            return None
        return None

    def _apply(self, captures: Sequence[Capture], rows: Rows, errors: list[PlatformError]) -> Outcome:
        try:
            with self._connection.transaction():
                return self._replace(captures, rows, errors)
        except ROW_ERRORS as error:
            if len(captures) == 1:
                return Outcome(errors=[rejection(self._mapping, captures[0], one_line(error))])
        outcome = Outcome()
        for capture in captures:  # one of them is bad: find it, and apply the others
            outcome.update(self._apply([capture], *flatten_all(self._connection, self._mapping, [capture])))
        return outcome

    def _replace(self, captures: Sequence[Capture], rows: Rows, errors: list[PlatformError]) -> Outcome:
        self._staging.copy(self._connection, rows)
        results = audit(self._connection, self._staging)
        units, refusals = audited_units(self._connection, self._staging, self._publisher, results)
        errors += refusals
        self._publisher.publish(self._connection, units)
        done = max(0, len(captures) - len(errors))  # one response of many units may have as many errors
        return Outcome(done, sum(rows.count.values()), errors, results)


def _natural_key(capture: Capture) -> tuple[tuple[bool, Any], ...]:
    """What sorts captures as the publisher sorts units: numbers as numbers, NULL last."""
    return tuple((value is None, value) for value in capture.natural_key.values())


def flatten_all(
    connection: Connection, mapping: Mapping, captures: Sequence[Capture]
) -> tuple[Rows, list[PlatformError]]:
    """Return the rows of all captures, and an error for each that could not be flattened.

    Paths nobody has seen before are recorded in metadata.schema_drift, in a transaction of its own: a process tells
    of a path once, so a caller that rolls back must not take the record along. Call it before the one for the rows.
    """
    rows, errors = Rows(), list[PlatformError]()
    unseen: dict[str, int] = {}
    for capture in captures:
        try:
            flattened = flattener(mapping.name).flatten(capture)
        except BadInputError as error:
            errors.append(rejection(mapping, capture, str(error)))
            continue
        rows.update(flattened.rows)
        unseen = dict.fromkeys(flattened.unseen_paths, capture.raw_id) | unseen
    if unseen:
        with connection.transaction():
            _record_drift(connection, mapping, unseen)
    return rows, errors


def rejection(mapping: Mapping, capture: Capture, reason: str) -> BadInputError:
    """Return the error of a capture that cannot become rows."""
    asked = described(capture.natural_key)
    return BadInputError(f"{mapping.name}: {asked}: raw row {capture.raw_id} from {capture.source_url}: {reason}")


def audited_units(
    connection: Connection, staging: Staging, publisher: Publisher, results: Sequence[Result]
) -> tuple[list[Unit], list[PlatformError]]:
    """Return the staged units that the audit lets pass, and an error for each whose rows break an error-level rule."""
    refused = refused_units(connection, staging, results)
    unwanted = [refusal.unit for refusal in refused]
    units = [unit for unit in publisher.staged_units(connection) if unit not in unwanted]
    return units, [_refusal_error(staging.mapping, refusal) for refusal in refused]


def described(values: Unit) -> str:
    """Return a unit or natural key as words for a message: "game_pk 822750"."""
    return " ".join(f"{name} {value}" for name, value in values.items() if value is not None)


def _refusal_error(mapping: Mapping, refusal: Refusal) -> BadInputError:
    return BadInputError(
        f"{mapping.name}: {described(refusal.unit)}: not published, the audit refused {', '.join(refusal.rules)}"
        " (see metadata.data_quality_results)"
    )


def _record_drift(connection: Connection, mapping: Mapping, unseen: dict[str, int]) -> None:
    connection.cursor().executemany(
        "INSERT INTO metadata.schema_drift (endpoint, path, raw_id) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        [(mapping.name, path, raw_id) for path, raw_id in sorted(unseen.items())],  # sorted: no deadlock
    )
