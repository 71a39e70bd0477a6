"""Fills the raw tier from the archive alone: what is missing, with the moments at which it was captured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import TypeVar

import psycopg
from psycopg import Connection
from psycopg.sql import SQL

from mlb_data_platform.errors import BadInputError, PlatformError, TransientError, one_line
from mlb_data_platform.mapping.load import load_raw_endpoint
from mlb_data_platform.mapping.raw_endpoint import RawEndpoint
from mlb_data_platform.settings import Settings
from mlb_data_platform.storage.archive_records import Kind, Record, can_leave_content, parsed
from mlb_data_platform.storage.database import KeptConnection, connect
from mlb_data_platform.storage.executions import Execution
from mlb_data_platform.storage.objects import RAW_BUCKET, ObjectStore
from mlb_data_platform.storage.partitions import make_months
from mlb_data_platform.storage.raw import raw_table
from mlb_data_platform.storage.restore_rows import add_missing
from mlb_data_platform.storage.retention import first_month_kept
from mlb_data_platform.worker_threads import in_threads

Item = TypeVar("Item")

_THREADS = 4
_OBJECTS_AT_ONCE = 20  # of one capture each: what a thread has in memory, and adds in one transaction
_RECORDS_AT_ONCE = 500
_FAILURES_THAT_END_IT = 5  # in a row, of one worker: then it is the object store that is away, not an object

_UNFIT = (psycopg.DataError, psycopg.IntegrityError, UnicodeDecodeError)


@dataclass
class _Part:
    """What became of some objects: how many there were, what they added, and what is wrong with which of them."""

    objects: int = 0
    added: Counter[str] = field(default_factory=Counter)
    errors: dict[str, PlatformError] = field(default_factory=dict)


def restore(
    names: Sequence[str],
    settings: Settings,
    execution: Execution,
    report: Callable[[int, int], None],
    *,
    contents: bool = True,
) -> dict[str, int]:
    """Add what the archive has of these endpoints (none given: of all) and the raw tier lacks; return how much it was.

    Rows of months that leave their content to the archive (`MLB_RAW_MONTHS`) do so; without `contents` so do all that
    have an object of their own, which is then read as far as it says where it comes from.

    `execution` counts objects, and as one a folder that cannot be restored: an object that is damaged or cannot be
    read is an error there, and keeps no other from being restored.
    `report` is called with (done, total). May be stopped at any point and run again, and add to a raw tier in use.
    Raises PlatformError where nothing can be restored, or no more of it.
    """
    objects = ObjectStore(settings)
    added = Counter(rows=0, contents=0, sightings=0)
    kept = first_month_kept(settings.mlb_raw_months) if contents else date.max
    found = []
    folders = [f"raw/{name.replace('.', '/')}/" for name in dict.fromkeys(names)] or _endpoints(objects, execution)
    for folder in folders:
        try:
            found.append((_mapping(folder), _keys(objects, folder, execution)))
        except BadInputError as error:
            execution.asked += 1
            execution.errors.append(error)
    for mapping, keys in found:
        for part in _restored(mapping, keys, objects, kept):
            execution.errors += part.errors.values()
            execution.done += part.objects - len(part.errors)
            added.update(part.added)
            report(execution.done + len(execution.errors), execution.asked)
            execution.save()
    return dict(added)


def _endpoints(objects: ObjectStore, execution: Execution) -> list[str]:
    """Return the folders `raw/ENDPOINT/METHOD/`; an object that lies beside one is an error."""
    found = [
        method for endpoint in _folders(objects, "raw/", execution) for method in _folders(objects, endpoint, execution)
    ]
    if not found and not execution.errors:
        raise BadInputError(f"the bucket {RAW_BUCKET} holds nothing below raw/: there is nothing to restore")
    return found


def _folders(objects: ObjectStore, prefix: str, execution: Execution) -> Iterator[str]:
    for key in objects.keys(prefix, below=False):
        if key.endswith("/") and key != prefix:
            yield key
        else:
            _counted(key, execution)


def _counted(key: str, execution: Execution) -> tuple[Kind, date] | None:
    """Count an object and return what its key says it holds; None where that is an error."""
    execution.asked += 1
    try:
        return parsed(key)
    except BadInputError as error:
        execution.errors.append(error)
        return None


def _mapping(folder: str) -> RawEndpoint:
    try:
        return load_raw_endpoint(".".join(folder.split("/")[1:3]))
    except BadInputError as error:
        raise BadInputError(f"s3://{RAW_BUCKET}/{folder}: {error}") from None


def _keys(objects: ObjectStore, folder: str, execution: Execution) -> dict[Kind, dict[str, date]]:
    """Return the keys of an endpoint's objects with their days, by kind; what has no place there is an error.

    Raises BadInputError where there is none.
    """
    found: dict[Kind, dict[str, date]] = {kind: {} for kind in Kind}
    for key in objects.keys(folder):
        if place := _counted(key, execution):
            kind, day = place
            found[kind][key] = day
    if not any(found.values()):
        raise BadInputError(f"s3://{RAW_BUCKET}/{folder} holds no object of the archive: there is nothing to restore")
    return found


def _restored(
    mapping: RawEndpoint, keys: dict[Kind, dict[str, date]], objects: ObjectStore, kept: date
) -> Iterator[_Part]:
    """Restore an endpoint and yield what became of its objects; what is there is not read again.

    From day `kept` on, rows have their content.
    """
    with connect(autocommit=True) as connection:
        months = {day.replace(day=1) for kind in (Kind.CAPTURE, Kind.ROWS) for day in keys[kind].values()}
        make_months(connection, mapping.name, months)
        there = _rows_there(connection, mapping, kept)
    yield _Part(objects=len(there & keys[Kind.CAPTURE].keys()))
    for kind in Kind:  # one after the other: a sighting needs the row of its content
        known = there if kind is Kind.CAPTURE else ()
        missing = [(key, day >= kept) for key, day in keys[kind].items() if key not in known]
        portions = list(_portions(missing, _OBJECTS_AT_ONCE if kind is Kind.CAPTURE else 1))
        worker = partial(_Worker, mapping, kind, objects)
        with closing(in_threads(portions, _Worker.restored, worker, _THREADS)) as parts:
            yield from parts


def _rows_there(connection: Connection, mapping: RawEndpoint, kept: date) -> set[str]:
    """The objects whose rows are there, from day `kept` on with their content."""
    query = SQL("SELECT object_key FROM {} WHERE object_key IS NOT NULL AND (data IS NOT NULL OR captured_at < %s)")
    return {key for (key,) in connection.execute(query.format(raw_table(mapping)), [kept])}


def _portions(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))


class _Worker:
    """Restores objects over a connection of its own. An unreadable object is an error; several in a row end it."""

    def __init__(self, mapping: RawEndpoint, kind: Kind, objects: ObjectStore) -> None:
        self._mapping = mapping
        self._kind = kind
        self._objects = objects
        self._kept = KeptConnection()
        self._failures_in_a_row = 0

    def close(self) -> None:
        """Close the connection."""
        self._kept.close()

    def restored(self, keys: Sequence[tuple[str, bool]]) -> _Part:
        """Restore the objects under `keys`, with their content or without.

        Raises TransientError where the object store or the database is away.
        """
        part = _Part(objects=len(keys))
        connection = self._kept.get()
        records = self._read(keys, part.errors)
        try:
            for some in _portions(records, _RECORDS_AT_ONCE):
                part.added += _added(connection, self._mapping, some, part.errors)
        except psycopg.OperationalError as error:
            raise TransientError(f"{self._mapping.name}: PostgreSQL: {one_line(error)}; run it again") from None
        return part

    def _read(self, keys: Sequence[tuple[str, bool]], errors: dict[str, PlatformError]) -> list[Record]:
        """Return the captures stored under `keys`, each with its key; what is wrong with an object goes to `errors`.

        Raises TransientError where the object store seems to be away.
        """
        records: list[Record] = []
        for key, with_content in keys:
            try:
                records += ({**record, "object_key": key} for record in self._records(key, with_content))
                self._failures_in_a_row = 0
            except PlatformError as error:
                errors[key] = error
                self._failures_in_a_row += isinstance(error, TransientError)
            if self._failures_in_a_row == _FAILURES_THAT_END_IT:
                raise TransientError(
                    f"{_FAILURES_THAT_END_IT} objects in a row could not be read; run it again, it goes on from here."
                    f" The last one: {errors[key]}"
                )
        return records

    def _records(self, key: str, with_content: bool) -> list[Record]:
        if self._kind is Kind.CAPTURE and not with_content:
            return [self._objects.provenance(key)]
        return [
            record if with_content or not can_leave_content(record) else {**record, "body": None, "data": None}
            for record in self._objects.records(key)
        ]


def _added(
    connection: Connection, mapping: RawEndpoint, records: Sequence[Record], errors: dict[str, PlatformError]
) -> Counter[str]:
    """Add what is missing of `records` and return how much that is; one that does not fit keeps out no other."""
    key = records[0]["object_key"]
    try:
        added = add_missing(connection, mapping, records)
    except _UNFIT as error:
        if len(records) > 1:
            return sum((_added(connection, mapping, [record], errors) for record in records), Counter())
        errors[key] = BadInputError(f"{key}: does not fit {mapping.name}: {one_line(error)}")
        return Counter()
    if added.without_row:  # the records are sightings, all of one object
        errors[key] = BadInputError(
            f"{key}: {added.without_row} of its sightings are of content that no row holds:"
            " the object with that content is lost or damaged"
        )
    return Counter(rows=added.rows, contents=added.contents, sightings=added.sightings)
