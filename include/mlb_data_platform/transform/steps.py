"""The steps that captures go through, whoever applies them: flatten, stage, audit; and what is said of the refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from psycopg import Connection

from mlb_data_platform.documents.patch import MisfitError
from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping import models
from mlb_data_platform.quality.results import Refusal, Result, refused_units
from mlb_data_platform.storage.publish import Publication, Publisher, StagedUnit, Unit
from mlb_data_platform.storage.stored_body import LostContentError
from mlb_data_platform.storage.tables import PublishedTables, Rows, StagingTables
from mlb_data_platform.storage.verdicts import Rejection
from mlb_data_platform.transform.captures import CaptureRef
from mlb_data_platform.transform.flatten import flattener
from mlb_data_platform.transform.raw_rows import RawRow
from mlb_data_platform.transform.shortfall import described

Refs = Mapping[int, CaptureRef]


def publisher_of(connection: Connection, target: PublishedTables, *, force: bool) -> Publisher:
    """Return a publisher of staged rows; its tables are made in a transaction that no bad row rolls back."""
    staging = StagingTables(target.mapping)
    with connection.transaction():
        staging.create(connection)
    return Publisher(staging, target, force=force)


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
        except LostContentError as error:
            rejections.append(Rejection(capture.raw_id, capture.captured_at, str(error), is_lost=True))
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
    return [went_back(mapping, unit) for unit in publication.went_back]


def went_back(mapping: models.Mapping, unit: Unit) -> str:
    """Return what to say of a unit whose rows went back."""
    return (
        f"{mapping.name}: {described(unit)}: went back to an older capture: the mapping in force refuses the newer one"
    )


def lacks_content(mapping: models.Mapping, unit: Unit, lost: Rejection) -> str:
    """Return what to say of a unit that cannot be made anew, since content that its rows or history are of is lost."""
    return f"{mapping.name}: {described(unit)}: left as it is: {lost}"


def lacks_raw_rows(mapping: models.Mapping, unit: Unit, missing: Sequence[int]) -> str:
    """Return what to say of a unit that cannot be made anew, since the raw tier lacks rows that its history is of."""
    rows = ", ".join(map(str, missing[:3])) + (", …" if len(missing) > 3 else "")
    return (
        f"{mapping.name}: {described(unit)}: left as it is: its rows or its history are of raw rows that the raw tier"
        f" lacks ({rows}); fill it with `mlb-etl raw restore` and run this again"
    )


def _record_drift(connection: Connection, mapping: models.Mapping, unseen: dict[str, int]) -> None:
    connection.cursor().executemany(
        "INSERT INTO metadata.schema_drift (endpoint, path, raw_id) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        [(mapping.name, path, raw_id) for path, raw_id in sorted(unseen.items())],  # sorted: no deadlock
    )
