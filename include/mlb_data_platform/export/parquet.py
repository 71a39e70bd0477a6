"""The tables as Parquet: the files of one state of the database, and the views that show them in DuckDB."""

from __future__ import annotations

from collections.abc import Collection

from mlb_data_platform.export.destination import Destination
from mlb_data_platform.export.manifest import VIEWS, Kind, Manifest, Table, table_of
from mlb_data_platform.export.part_files import PartFiles, number_of
from mlb_data_platform.export.views_file import views_file
from mlb_data_platform.export.writing import Writing


class ParquetFiles:
    """An export to Parquet below `destination`."""

    kind: Kind = "parquet"

    def __init__(self, destination: Destination) -> None:
        self._destination = destination
        self._files = PartFiles(destination)

    def settle(self, before: Manifest | None, tables: Collection[str]) -> int:
        """Bring the folder to what its newest manifest says, where a run was killed; return the next export's number.

        The views first, then files of these tables that belong to nothing: no view shows what is gone. What is of no
        table is somebody else's.
        """
        stored = self._files.stored(tables)
        orphans = set(stored) - _keys(before)
        if before and (orphans or not self._views_are_of(before)):
            self._write_views(before)
        self._destination.remove(orphans)
        return 1 + max([before.number if before else 0, *map(number_of, stored)])

    def write(self, writing: Writing) -> dict[str, Table]:
        """Write the files of the changed parts, which no manifest names yet; return what the tables consist of then."""
        files = self._files.write(writing)
        return {
            name: table_of(change.division, table, files[name])
            for change in writing.changes
            for name, table in change.division.full_names.items()
        }

    def finish(self, manifest: Manifest, before: Manifest | None) -> None:
        """Let the views be of `manifest`, and remove the files that only the one before has."""
        self._write_views(manifest)
        self._destination.remove(_keys(before) - _keys(manifest))

    def _views_are_of(self, manifest: Manifest) -> bool:
        """Whether the views were written after a manifest, as they are at the end of each run."""
        of_both = (*self._destination.listed(manifest.key), *self._destination.listed(VIEWS))
        written = {each.key: each.written_at for each in of_both}  # what others have begins so too
        return VIEWS in written and written[VIEWS] >= written[manifest.key]

    def _write_views(self, manifest: Manifest) -> None:
        self._destination.write(VIEWS, views_file(manifest, str(self._destination)))


def _keys(manifest: Manifest | None) -> set[str]:
    return {file.key for table in manifest.tables.values() for file in table.files} if manifest else set()
