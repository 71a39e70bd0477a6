"""The file of DuckDB that shows an export of Parquet: views over exactly the files of a manifest."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from fsspec import AbstractFileSystem
from pyarrow import parquet

from mlb_data_platform.export.duckdb_sql import comments, identifier, literal
from mlb_data_platform.export.manifest import Manifest, Table
from mlb_data_platform.export.schemas import arrow_type, duckdb_type


class _Named(AbstractFileSystem):  # type: ignore[misc]
    """What S3 has by what a manifest says of it: DuckDB looks into the files of a view that it makes, or for them."""

    protocol = "s3"
    content = b""

    def glob(self, path: str, **_: Any) -> list[str]:
        return [path]

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        return {"name": path, "size": len(self.content), "type": "file"}

    def modified(self, path: str) -> datetime:
        return datetime.fromtimestamp(0, UTC)

    def _open(self, *_: Any, **__: Any) -> io.BytesIO:
        return io.BytesIO(self.content)


def views_file(manifest: Manifest, folder: str) -> bytes:
    """Return a database of DuckDB with a view of each table of an export to `folder`, in schemas as in PostgreSQL."""
    files = _Named(skip_instance_cache=True)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "views.duckdb"
        with duckdb.connect(str(path)) as database:
            database.register_filesystem(files)
            database.begin()  # one transaction for all: to commit each comment takes longer than all the rest
            for schema in dict.fromkeys(name.partition(".")[0] for name in manifest.tables):
                database.execute(f"CREATE SCHEMA {identifier(schema)}")
            for name, table in manifest.tables.items():
                files.content = _empty(table)
                for statement in _statements(name, table, [f"{folder}/{file.key}" for file in table.files]):
                    database.execute(statement)
            database.commit()
        return path.read_bytes()


def _empty(table: Table) -> bytes:
    fields = [(name, arrow_type(each.type)) for name, each in table.columns.items() if name not in table.divided_by]
    file = io.BytesIO()
    parquet.write_table(pa.schema(fields).empty_table(), file)
    return file.getvalue()


def _statements(name: str, table: Table, urls: list[str]) -> Iterator[str]:
    schema, _, own = name.partition(".")
    view = identifier(schema, own)
    yield f"CREATE VIEW {view} AS {_rows(table, urls)}"
    yield from comments("VIEW", view, table.description, table.columns)
    for part, condition in table.views.items():
        yield f"CREATE VIEW {identifier(schema, part)} AS SELECT * FROM {view} WHERE {condition}"  # nosec B608


def _rows(table: Table, urls: list[str]) -> str:
    columns = table.all_columns
    if not urls:
        nothing = (f"NULL::{duckdb_type(each.type)} AS {identifier(name)}" for name, each in columns.items())
        return f"SELECT {', '.join(nothing)} WHERE false"
    types = ", ".join(f"{literal(name)}: {type_}" for name, type_ in table.divided_by.items())
    options = f"hive_partitioning = true, hive_types = {{{types}}}" if types else "hive_partitioning = false"
    names = ", ".join(map(identifier, columns))
    return f"SELECT {names} FROM read_parquet([{', '.join(map(literal, urls))}], {options})"  # nosec B608
