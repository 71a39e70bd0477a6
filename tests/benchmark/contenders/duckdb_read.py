"""Contender (e): DuckDB reads the same feeds from files, with an explicit schema, into tables of the same place.

Tables of its own file, without keys and indexes; that the feeds lie in files of its liking is not on its bill.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import duckdb

from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.paths import Each, Every, Members, Step
from mlb_data_platform.mapping.places import TableSet, places
from mlb_data_platform.mapping.provenance import stamp_columns
from tests.benchmark.contenders.queries import members, queries, scalar
from tests.benchmark.work import ENDPOINT, answer, feeds_folder

_CONNECTIONS = 2  # each takes files of its own: the rows of one file are too few for DuckDB to share out
_TYPES = {"text": "varchar", "double precision": "double"}


def main() -> None:
    """Load the files and say how long that took and how many rows there are."""
    mapping = load_mapping(ENDPOINT)
    files = sorted(feeds_folder().glob("*.ndjson"))
    started = time.perf_counter()
    with duckdb.connect(str(feeds_folder() / "tables.duckdb"), config={"threads": _CONNECTIONS}) as connection:
        for table in mapping.tables:
            connection.execute(_create(mapping, table))
        with ThreadPoolExecutor(_CONNECTIONS) as pool:
            parts = [files[start::_CONNECTIONS] for start in range(_CONNECTIONS)]
            list(pool.map(partial(_load, mapping), [connection.cursor() for _ in parts], parts))
        connection.execute("CHECKPOINT")
        seconds = time.perf_counter() - started
        rows = {table: _count(connection, table) for table in mapping.tables}
    answer(seconds, rows, version=duckdb.__version__)


def _create(mapping: Mapping, table: str) -> str:
    columns = {name: column.type for name, column in mapping.columns(table).items()} | stamp_columns(mapping, table)
    definitions = [f'"{name}" {_TYPES.get(type_, type_)}' for name, type_ in columns.items()]
    return f"CREATE TABLE {table} ({', '.join(definitions)})"


def _load(mapping: Mapping, connection: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> None:
    """Parse each file once and insert what each table takes from it."""
    dialect = DuckDb()
    inserts = [f"INSERT INTO {table} {query}" for table in mapping.tables for query in queries(mapping, table, dialect)]
    stamp = {"captured_at": "timestamptz", "raw_id": "bigint", "content_sha256": "varchar"}
    columns = ", ".join(f"{name}: '{type_}'" for name, type_ in {**stamp, "doc": dialect.type(places(mapping))}.items())
    for file in files:
        connection.execute(
            "CREATE OR REPLACE TEMPORARY TABLE feeds AS SELECT * FROM"
            f" read_json('{file}', format = 'newline_delimited', columns = {{{columns}}})"
        )
        for insert in inserts:
            connection.execute(insert)


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0


class DuckDb:
    """DuckDB's SQL."""

    def name(self, name: str) -> str:
        return f'"{name}"'

    def type(self, place: TableSet) -> str:
        if place.elements:
            return f"{self.type(place.elements)}[]"
        if place.values:
            return f"MAP(varchar, {self.type(place.values)})"
        if place.members:
            parts = [f"{self.name(name)} {self.type(child)}" for name, child in members(place).items()]
            return f"STRUCT({', '.join(parts)})"
        return _TYPES.get(scalar(place), scalar(place))

    def unnest(self, holder: str, step: Step, label: str, element: str) -> str:
        match step:
            case Each():
                labels, elements = f"generate_series(0, len({holder}) - 1)", holder
            case Every():
                labels, elements = f"map_keys({holder})", f"map_values({holder})"
            case Members(names):
                labels = str(list(names))
                elements = f"[{', '.join(f'{holder}.{self.name(name)}' for name in names)}]"
            case _:
                raise TypeError(f"{step} is no array or map")
        return f"unnest({labels}) AS {label}, unnest({elements}) AS {element}"

    def cast(self, value: str, type_: str) -> str:
        return f"TRY_CAST({value} AS {_TYPES.get(type_, type_)})"

    def whole(self, value: str, by: int) -> str:
        return f"({value} // {by})"


if __name__ == "__main__":
    main()
