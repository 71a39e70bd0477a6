"""What an export has to write: the parts that have changed since the one before, those that are gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from psycopg import Connection

from mlb_data_platform.export.divisions import Division, Part
from mlb_data_platform.export.manifest import Divided, Manifest

# Of so many units the rows are in memory at once. A game has some hundred pitches.
_UNITS_AT_ONCE = 300


@dataclass(frozen=True)
class Change:
    """What changed of a division: the parts whose rows are other ones, with their units, and those that are gone.

    `whole`: it is exported anew, whatever was there before. `now` is what the next manifest has of it.
    """

    division: Division
    changed: Mapping[Part, int]
    gone: frozenset[Part]
    whole: bool
    now: Divided

    def __bool__(self) -> bool:
        return bool(self.changed or self.gone or self.whole)

    @property
    def count(self) -> int:
        """How many parts of tables are to be written."""
        return len(self.changed) * len(self.division.tables)

    def work(self) -> Iterator[tuple[str, list[Part]]]:
        """Yield what is to be written: tables, and as many of the changed parts at once as may be in memory."""
        for batch in self.batches():
            for table in self.division.tables:
                yield table, batch

    def batches(self) -> Iterator[list[Part]]:
        """Yield the changed parts, as many at once as may be in memory."""
        batch: list[Part] = []
        units = 0
        for part, count in self.changed.items():
            if batch and units + count > _UNITS_AT_ONCE:
                yield batch
                batch, units = [], 0
            batch.append(part)
            units += count
        if batch:
            yield batch


def changes(
    connection: Connection, divisions: Iterable[Division], before: Manifest | None, database: str
) -> list[Change]:
    """Return for each division what is other than in the manifest `before`, which counts if it is of this database."""
    known = before.divisions if before and before.database == database else {}
    return [_change(connection, division, known.get(division.name)) for division in divisions]


def _change(connection: Connection, division: Division, before: Divided | None) -> Change:
    states = division.states(connection)
    fingerprints = {part.path: state.fingerprint for part, state in states.items()}
    whole = before is None or before.definition != division.definition
    known = before.parts if before and not whole else {}
    return Change(
        division,
        {part: state.units for part, state in states.items() if known.get(part.path) != state.fingerprint},
        frozenset(division.part(path) for path in known if path not in fingerprints),
        whole,
        Divided(division.definition, fingerprints),
    )
