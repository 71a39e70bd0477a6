"""What an export consists of: the manifest that each run ends with, the newest one of a folder, and whose that is."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from mlb_data_platform.errors import BadInputError, one_line
from mlb_data_platform.export.destination import Destination
from mlb_data_platform.export.divisions import Division, table_types
from mlb_data_platform.mapping.ddl import comment
from mlb_data_platform.mapping.shape import views

FOLDER = "_exports"
Kind = Literal["parquet", "delta"]
VIEWS = "mlb.duckdb"
"""The file of views beside the tables of an export to Parquet, which one ATTACH of DuckDB opens."""

_FORMAT = 1
_KEPT = 30  # the older ones name files that are gone
_TAKEN = "_exported_as"  # a folder has it before its first manifest, and before anything else
_KEY = re.compile(rf"{FOLDER}/(\d+)\.json")


class File(msgspec.Struct, frozen=True, order=True):
    """A file of a table: its key below the folder of the export, its rows, its size in bytes."""

    key: str
    rows: int
    bytes: int


class Column(msgspec.Struct, frozen=True):
    """A column: its type in PostgreSQL, and what is said of it there."""

    type: str
    description: str


class Table(msgspec.Struct, frozen=True):
    """A table: what it consists of, and what it is. `version` is that of its log, in an export to Delta.

    `divided_by` are the columns that the paths of its files have, each with its type, and `views` the names under which
    some of its rows are known, each with the condition on them.
    """

    description: str
    columns: dict[str, Column]
    divided_by: dict[str, str]
    views: dict[str, str]
    files: list[File]
    version: int | None = None

    @property
    def all_columns(self) -> dict[str, Column]:
        """Its columns, and those that divide it where they are not among these."""
        return self.columns | {
            name: Column(type_, "") for name, type_ in self.divided_by.items() if name not in self.columns
        }


class Divided(msgspec.Struct, frozen=True):
    """What was exported of a division: by which definition, and the fingerprint of each part, by its path."""

    definition: str
    parts: dict[str, str]


class Manifest(msgspec.Struct, frozen=True):
    """All files, or versions, that belong together: one state of the database.

    `gone` are tables that exports had before: their folders may have files that nobody needs once they are old.
    """

    number: int
    kind: Kind
    exported_at: datetime
    database: str
    snapshot: str
    tables: dict[str, Table]
    divisions: dict[str, Divided]
    gone: list[str] = []
    format: int = _FORMAT

    @property
    def key(self) -> str:
        """Where it lies below the folder of the export."""
        return _key(self.number)


def table_of(division: Division, table: str, files: Sequence[File]) -> Table:
    """Return what a manifest says of a table that consists of these files."""
    mapping = division.mapping
    mapped = mapping.columns(table)
    return Table(
        mapping.tables[table].description,
        {
            name: Column(type_, comment(mapped[name]) if name in mapped else "")
            for name, type_ in table_types(mapping, table).items()
        },
        division.columns,
        views(mapping, table),
        list(files),
    )


def newest(destination: Destination, kind: Kind) -> Manifest | None:
    """Return the newest manifest below a folder; None where there is none.

    Raises BadInputError where it is that of something else, or none at all.
    """
    numbers = _numbers(destination)
    if not numbers:
        return None
    key = _key(max(numbers))
    try:
        manifest = msgspec.json.decode(destination.get(key), type=Manifest)
        if manifest.format != _FORMAT:
            raise BadInputError(f"{destination.url(key)} is of another version of the platform: take another folder")
    except msgspec.MsgspecError as error:
        raise BadInputError(f"{destination.url(key)} is no manifest of an export: {one_line(error)}") from None
    _check(destination, manifest.kind, kind)
    return manifest


def take(destination: Destination, kind: Kind, tables: Collection[str]) -> None:
    """Make a folder without a manifest one of exports of this kind, unless a run that was killed has done so.

    Raises BadInputError where somebody else's files lie where those of these tables would, or an export of another kind
    has begun.
    """
    keys = destination.keys("")
    if _TAKEN in keys:
        _check(destination, destination.get(_TAKEN).decode(errors="replace"), kind)
        return
    if others := [key for key in keys if key == VIEWS or key.partition("/")[0] in tables]:
        raise BadInputError(f"{destination.url(others[0])} is of no export: take another folder, by --to")
    destination.write(_TAKEN, kind.encode())


def write(destination: Destination, manifest: Manifest) -> None:
    """Write a manifest, and remove those that are older than the last ones."""
    destination.write(manifest.key, msgspec.json.encode(manifest))
    destination.remove(_key(number) for number in _numbers(destination)[:-_KEPT])


def _check(destination: Destination, found: str, kind: Kind) -> None:
    if found != kind:
        raise BadInputError(f"{destination} has an export to {found}: take another folder, by --to")


def _key(number: int) -> str:
    return f"{FOLDER}/{number}.json"


def _numbers(destination: Destination) -> list[int]:
    keys = (_KEY.fullmatch(key) for key in destination.keys(f"{FOLDER}/"))
    return sorted(int(match[1]) for match in keys if match)
