"""The tables as Delta: the files of parts, and for each table a log whose versions say which of them it consists of."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import pyarrow as pa
from deltalake import DeltaTable, PostCommitHookProperties, Schema
from deltalake.exceptions import DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction
from msgspec import structs

from mlb_data_platform.errors import TransientError, one_line
from mlb_data_platform.export.destination import Destination
from mlb_data_platform.export.divisions import NO_VALUE
from mlb_data_platform.export.manifest import Kind, Manifest, Table, table_of
from mlb_data_platform.export.part_files import PartFiles, number_of
from mlb_data_platform.export.schemas import arrow_type
from mlb_data_platform.export.writing import Writing
from mlb_data_platform.settings import Settings

# Not as the library would have it: a checkpoint is Parquet, and that is read by ranges (`finish`).
_HOOKS = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)
_CHECKPOINT_EVERY = 10  # versions: who opens a table reads its newest checkpoint, and what was committed since
_KEPT_HOURS = 7 * 24  # what a table no longer consists of, and what says so: for who reads an older version


class DeltaTables:
    """An export to Delta below `destination`."""

    kind: Kind = "delta"

    def __init__(self, destination: Destination, settings: Settings) -> None:
        self._destination = destination
        self._files = PartFiles(destination)
        self._access = _access(settings)

    def settle(self, before: Manifest | None, tables: Collection[str]) -> int:
        """Bring the tables to what their newest manifest says, where a run was killed; return the next one's number."""
        for name, table in (before.tables if before else {}).items():
            self._commit(name, table)
        return 1 + max([before.number if before else 0, *map(number_of, self._files.stored(tables))])

    def write(self, writing: Writing) -> dict[str, Table]:
        """Let each table have one version more where it changed; return what the tables consist of then."""
        files = self._files.write(writing)
        found = {}
        for change in writing.changes:
            for name, table in change.division.full_names.items():
                found[name] = self._commit(name, table_of(change.division, table, files[name]))
        for name, table_before in (writing.before.tables if writing.before else {}).items():
            if name not in found:  # its mapping is gone: who reads the folder is not to take it for what is
                self._commit(name, structs.replace(table_before, files=[]))
        return found

    def finish(self, manifest: Manifest, before: Manifest | None) -> None:
        """Remove the files that tables no longer consist of for a week, and what their logs need no more.

        No commit may go that no checkpoint stands for, and where the object store does not answer ranges as readers of
        Parquet want it, a laptop's does not, a checkpoint would make a table unreadable: there, logs stay whole.
        """
        ranges = self._destination.answers_ranges(manifest.key)
        known = before.tables if before else {}
        for name, table in manifest.tables.items():
            if known.get(name) != table:
                with self._errors_named(name):
                    log = self._open(name)
                    is_due = ranges and _checkpoints(table) != _checkpoints(known.get(name))
                    if is_due:
                        log.create_checkpoint()
                    _vacuum(log)
                    if is_due:
                        forget(log)
        for name in manifest.gone:
            with self._errors_named(name), suppress(TableNotFoundError):  # somebody may have removed all of it
                _vacuum(self._open(name))

    def _commit(self, name: str, wanted: Table) -> Table:
        """Let a table consist of exactly these files, by one version more where it does not; return it so.

        What it consists of already stays, so that nothing is written twice.
        """
        with self._errors_named(name):
            table = self._with_columns(name, wanted)
            is_there = pa.table(table.get_add_actions())
            current = dict(zip(*(is_there.column(each).to_pylist() for each in ("path", "size_bytes")), strict=True))
            files = {file.key.removeprefix(f"{name}/"): file for file in wanted.files}
            now = round(time.time() * 1000)
            actions: list[AddAction | RemoveAction] = [
                RemoveAction(path, True, now, size, _values(path))
                for path, size in current.items()
                if path not in files
            ]
            actions += [
                AddAction(path, file.bytes, _values(path), now, True, json.dumps({"numRecords": file.rows}))
                for path, file in files.items()
                if path not in current
            ]
            if actions:
                table.create_write_transaction(
                    actions, "append", table.schema(), list(wanted.divided_by), post_commithook_properties=_HOOKS
                )
                table.update_incremental()
            return structs.replace(wanted, version=table.version())

    def _with_columns(self, name: str, wanted: Table) -> DeltaTable:
        """A table with these columns, divided by these: made, or made anew, where it is not there or has others."""
        fields = [
            pa.field(
                column, arrow_type(each.type), metadata={"comment": each.description} if each.description else None
            )
            for column, each in wanted.all_columns.items()
        ]
        schema = Schema.from_arrow(pa.schema(fields))
        try:
            table = self._open(name)
            if _shape(table.schema()) == _shape(schema) and _divided_by(table) == list(wanted.divided_by):
                return table
        except TableNotFoundError:
            pass  # it is made
        return DeltaTable.create(
            self._destination.url(name),
            schema,
            mode="overwrite",
            partition_by=list(wanted.divided_by),
            configuration={"delta.logRetentionDuration": f"interval {_KEPT_HOURS} hours"},
            storage_options=self._access,
            post_commithook_properties=_HOOKS,
        )

    def _open(self, name: str) -> DeltaTable:
        return DeltaTable(self._destination.url(name), storage_options=self._access)

    @contextmanager
    def _errors_named(self, name: str) -> Iterator[None]:
        try:
            yield
        except (DeltaError, OSError) as error:
            raise TransientError(f"{self._destination.url(name)}: {one_line(error)}") from None


def forget(log: DeltaTable) -> None:
    """Remove the commits of a log that no version of the last week needs, if checkpoints stand for them."""
    # Of a table as it was then, whenever that was committed: of the newest one the library would keep no version from
    # before the week, not even the one that its first days had.
    log.load_as_version(datetime.now(UTC) - timedelta(hours=_KEPT_HOURS))
    log.cleanup_metadata()


def _vacuum(log: DeltaTable) -> None:
    log.vacuum(
        _KEPT_HOURS, dry_run=False, enforce_retention_duration=False, post_commithook_properties=_HOOKS, full=True
    )


def _access(settings: Settings) -> dict[str, str]:
    """What delta-rs has to know of the object store."""
    return {
        "AWS_ENDPOINT_URL": f"http{'s' if settings.minio_secure else ''}://{settings.minio_endpoint}",
        "AWS_ALLOW_HTTP": str(not settings.minio_secure).lower(),
        "AWS_ACCESS_KEY_ID": settings.minio_access_key,
        "AWS_SECRET_ACCESS_KEY": settings.minio_secret_key.get_secret_value(),
        "AWS_REGION": "us-east-1",
        # A commit as every S3 can do it. Two who commit at once would not see each other: the lock sees to it that
        # nobody does.
        "AWS_S3_ALLOW_UNSAFE_RENAME": "true",
    }


def _shape(schema: Schema) -> list[tuple[str, object]]:
    """What makes the columns of a table other ones: a description does not."""
    return [(field.name, field.type) for field in schema.fields]


def _divided_by(table: DeltaTable) -> list[str]:
    return list(table.metadata().partition_columns)


def _checkpoints(table: Table | None) -> int:
    """How many checkpoints are due up to the version of a table."""
    return (table.version or 0) // _CHECKPOINT_EVERY if table else 0


def _values(path: str) -> dict[str, str | None]:
    pieces = (piece.split("=", 1) for piece in path.split("/")[:-1])
    return {name: None if value == NO_VALUE else value for name, value in pieces}
