"""The files of parts of tables: Parquet, under names that no other export has, so that nothing is ever overwritten."""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Sequence
from functools import partial

import pyarrow as pa
from pyarrow import parquet

from mlb_data_platform.export.arrow_session import ArrowSession
from mlb_data_platform.export.changes import Change
from mlb_data_platform.export.destination import Destination
from mlb_data_platform.export.divisions import Division, Part
from mlb_data_platform.export.manifest import File, Manifest
from mlb_data_platform.export.rows import read
from mlb_data_platform.export.writing import Writing
from mlb_data_platform.worker_threads import in_threads

Files = dict[str, list[File]]
"""By the full name of their table."""

_ENOUGH_FOR_ZSTD = 8_000  # bytes of a column: a season is encoded in 70 % of the time, into 7 % more bytes
_THREADS = 3  # one waits for PostgreSQL, one computes, one waits for the object store
_OURS = re.compile(r"\w+\.\w+/(?:\w+=[\w-]+/)*(\d+)\.parquet")

Work = tuple[Division, str, Sequence[Part]]


class PartFiles:
    """The files of parts below `destination`."""

    def __init__(self, destination: Destination) -> None:
        self._destination = destination

    def stored(self, tables: Collection[str]) -> list[str]:
        """Return the keys of the files of these tables that lie there, whichever export has written them."""
        keys = self._destination.keys("")
        return [key for key in keys if _OURS.fullmatch(key) and key.partition("/")[0] in tables]

    def write(self, writing: Writing) -> Files:
        """Write the changed parts as files; return all files that the tables have then.

        Raises what `rows.read` and `Bucket.write` raise.
        """
        files = _unchanged(writing.changes, writing.before)
        work = [(change.division, table, batch) for change in writing.changes for table, batch in change.work()]
        write = partial(self._write, writing.number)
        for name, more, parts in in_threads(work, write, writing.snapshot.session, _THREADS):
            files[name] += more
            writing.report(parts)
        return {name: sorted(of_table) for name, of_table in files.items()}

    def _write(self, number: int, session: ArrowSession, work: Work) -> tuple[str, list[File], int]:
        division, table, parts = work
        name = division.full_name(table)
        files = []
        for part, rows in read(session, division, table, parts):
            key = "/".join(filter(None, (name, part.path, f"{number}.parquet")))
            content = _encoded(rows.drop_columns([each for each in division.columns if each in rows.column_names]))
            self._destination.write(key, content)
            files.append(File(key, rows.num_rows, len(content)))
        return name, files, len(parts)


def number_of(key: str) -> int:
    """Return the number of the export that has written a file."""
    match = _OURS.fullmatch(key)
    return int(match[1]) if match else 0


def part_path(table: str, file: File) -> str:
    """Return the path of the part that a file of `table` has."""
    return file.key.removeprefix(f"{table}/").rpartition("/")[0]


def _encoded(rows: pa.Table) -> bytes:
    # To make zstd ready for a column takes longer than to compress the few values of one.
    compression = "zstd" if rows.nbytes >= _ENOUGH_FOR_ZSTD * rows.num_columns else "snappy"
    file = io.BytesIO()
    # A dictionary for each of the columns would take as long as all the rest, and save nothing in files so small.
    parquet.write_table(rows, file, compression=compression, use_dictionary=False)
    return file.getvalue()


def _unchanged(changes: Sequence[Change], before: Manifest | None) -> Files:
    """The files that stay: those of parts that are neither changed nor gone."""
    tables = before.tables if before else {}
    found = {}
    for change in changes:
        other = {part.path for part in (*change.changed, *change.gone)}
        for table in change.division.tables:
            name = change.division.full_name(table)
            kept = tables[name].files if name in tables and not change.whole else []
            found[name] = [file for file in kept if part_path(name, file) not in other]
    return found
