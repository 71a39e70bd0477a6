"""A run of an export: what changed since the one before, written, and then named by a manifest, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Protocol

from mlb_data_platform.errors import TransientError
from mlb_data_platform.export import manifest as manifests
from mlb_data_platform.export.changes import Change, changes
from mlb_data_platform.export.destination import Destination
from mlb_data_platform.export.divisions import divisions
from mlb_data_platform.export.manifest import Kind, Manifest, Table
from mlb_data_platform.export.snapshot import Snapshot, snapshot
from mlb_data_platform.export.writing import Writing
from mlb_data_platform.mapping.load import all_mappings
from mlb_data_platform.storage.advisory_locks import take
from mlb_data_platform.storage.database import KeptConnection, errors_for_people
from mlb_data_platform.storage.executions import Execution

Progress = Callable[[int, int], None]


class Format(Protocol):
    """What tables are exported as, to a folder of its own."""

    kind: Kind

    def settle(self, before: Manifest | None, tables: Collection[str]) -> int:
        """Take back what a killed run has left of these tables; return the number of the next export."""

    def write(self, writing: Writing) -> dict[str, Table]:
        """Write what changed where no manifest names it yet; return what the tables consist of then."""

    def finish(self, manifest: Manifest, before: Manifest | None) -> None:
        """Tidy up once `manifest` is the newest one."""


def export(format_: Format, destination: Destination, execution: Execution, report: Progress) -> Manifest | None:
    """Bring the export below `destination` to the tables as they are; return its manifest, None where nothing changed.

    Raises TransientError where another export to the same place is under way, or a service does not answer,
    BadInputError where the place has something else or a value does not fit.
    """
    wanted = divisions(all_mappings())
    destination.ensure()
    with _alone(f"export {destination}") as still_alone:
        before = manifests.newest(destination, format_.kind)
        names = {name for division in wanted for name in division.full_names}
        if before is None:
            manifests.take(destination, format_.kind, names)
        number = format_.settle(before, {*before.tables, *names} if before else names)
        with snapshot() as state:
            found = changes(state.connection, wanted, before, state.database)
            if before and not any(found) and before.divisions.keys() == {division.name for division in wanted}:
                return None
            execution.asked = sum(change.count for change in found)

            def done(parts: int) -> None:
                execution.done += parts
                execution.save()
                report(execution.done, execution.asked)

            tables = format_.write(Writing(number, state, found, before, done))
            manifest = _manifest(format_.kind, number, state, found, before, tables)
        still_alone()
        manifests.write(destination, manifest)
        format_.finish(manifest, before)
    return manifest


def _manifest(
    kind: Kind,
    number: int,
    state: Snapshot,
    found: Sequence[Change],
    before: Manifest | None,
    tables: dict[str, Table],
) -> Manifest:
    return Manifest(
        number=number,
        kind=kind,
        exported_at=datetime.now(UTC),
        database=state.database,
        snapshot=state.visible,
        tables=dict(sorted(tables.items())),
        divisions={change.division.name: change.now for change in found},
        gone=sorted({*before.tables, *before.gone} - tables.keys()) if before else [],
    )


@contextmanager
def _alone(name: str) -> Iterator[Callable[[], None]]:
    """Hold the lock `name` for the block, which is given what raises TransientError once somebody else may have it."""
    with closing(KeptConnection()) as kept:
        connection = kept.get()
        with errors_for_people():
            if not take(connection, name):
                raise TransientError(f"another {name} is under way: try again when it has ended")

        def check() -> None:
            with errors_for_people():
                connection.execute("SELECT")  # a session that broke has lost its locks

        yield check
