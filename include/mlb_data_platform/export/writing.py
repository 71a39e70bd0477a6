"""What a run of an export is to write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mlb_data_platform.export.changes import Change
from mlb_data_platform.export.manifest import Manifest
from mlb_data_platform.export.snapshot import Snapshot


@dataclass(frozen=True)
class Writing:
    """Export `number`: what changed since the manifest `before`, of the state of the database in `snapshot`.

    `report` is told of how many parts of tables more are done.
    """

    number: int
    snapshot: Snapshot
    changes: Sequence[Change]
    before: Manifest | None
    report: Callable[[int], None]
