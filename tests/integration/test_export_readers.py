"""Exports as others read them: DuckDB by one ATTACH, Polars, pandas and Spark by the folder of a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from psycopg import Connection
from pyarrow import dataset

from tests.conftest import Database
from tests.integration import spark_reader
from tests.integration.exported import (
    SECOND,
    Exported,
    Rows,
    add_awkward_rows,
    game,
    httpfs,
    in_postgres,
    load_games,
    of_arrow,
    ordered,
)
from tests.integration.support import Platform, at, insert_game, used

pytestmark = [pytest.mark.services, pytest.mark.unmeasured]

PLAYS = "game.live_game_plays"
# A table by season and date, one by the date alone, one by the season (numeric), one that nothing divides (JSON).
TABLES = (PLAYS, "game.live_game_metadata", "game.live_game_venue_details", "stats.season_batting",
    "game.context_metrics_normalized")  # fmt: skip
_HIVE = {"integer": pa.int32(), "date": pa.date32()}


@dataclass(frozen=True)
class Read:
    """An export, a copy of it on this machine, and the tables that it is of."""

    exported: Exported
    folder: Path
    connection: Connection[Any]

    def divided_by(self, name: str) -> dict[str, str]:
        divided: dict[str, str] = self.exported.manifest()["tables"][name]["divided_by"]
        return divided

    def columns(self, name: str) -> list[str]:
        return [*self.exported.manifest()["tables"][name]["columns"]]

    def expected(self, name: str) -> Rows:
        return in_postgres(self.connection, name, self.columns(name))


@pytest.fixture(scope="module")
def read(module_database: Database) -> Iterator[Read]:
    """An export of the games of three dates, one of them without its date, and of what is easily lost."""
    with module_database.connect() as connection, module_database.connect(autocommit=False) as other:
        load_games(connection, Platform(other))
        add_awkward_rows(connection)
        connection.execute("UPDATE game.live_game_metadata SET official_date = NULL WHERE game_pk = 991004")
        with used(module_database):
            exported = Exported(module_database, "parquet")
            exported.export()
            yield Read(exported, exported.copied(), connection)


@pytest.fixture(scope="module")
def attached(read: Read) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB that has attached the views of the export, where they lie in the bucket."""
    access = read.exported.access
    with duckdb.connect() as session:
        session.load_extension(str(httpfs()))
        session.execute(
            f"CREATE SECRET (TYPE s3, ENDPOINT '{access['MINIO_ENDPOINT']}', KEY_ID '{access['MINIO_ACCESS_KEY']}',"
            f" SECRET '{access['MINIO_SECRET_KEY']}', URL_STYLE 'path', USE_SSL false, REGION 'us-east-1')"
        )
        session.execute(f"ATTACH '{read.exported.url}/mlb.duckdb' AS mlb (READ_ONLY)")
        yield session


@pytest.mark.parametrize("name", TABLES)
def test_duckdb_by_one_attach(name: str, read: Read, attached: duckdb.DuckDBPyConnection) -> None:
    attached.execute("SET TimeZone = 'UTC'")
    names = ", ".join(read.columns(name))
    assert ordered(attached.execute(f"SELECT {names} FROM mlb.{name}").fetchall()) == read.expected(name)
    types = dict(attached.execute(f"SELECT column_name, column_type FROM (DESCRIBE mlb.{name})").fetchall())
    assert {types[column].lower() for column in read.divided_by(name)} == set(read.divided_by(name).values())


def test_duckdb_knows_all_tables_and_what_is_said_of_them(read: Read, attached: duckdb.DuckDBPyConnection) -> None:
    tables = read.exported.manifest()["tables"]
    for name in tables:
        (count,) = attached.execute(f"SELECT count(*) FROM mlb.{name}").fetchone() or (None,)
        assert count == len(read.expected(name)), name
    said = attached.execute(
        "SELECT comment FROM duckdb_columns() WHERE table_name = 'live_game_plays' AND column_name = 'at_bat_index'"
    ).fetchall()
    assert said == [(tables[PLAYS]["columns"]["at_bat_index"]["description"],)]
    assert attached.execute("SELECT DISTINCT side FROM mlb.game.live_game_home_pitchers").fetchall() == [("home",)]


@pytest.mark.parametrize("name", TABLES)
def test_polars(name: str, read: Read) -> None:
    hive = {column: pl.Int32 if type_ == "integer" else pl.Date for column, type_ in read.divided_by(name).items()}
    found = pl.read_parquet(read.folder / name / "**/*.parquet", hive_partitioning=True, hive_schema=hive)
    assert of_arrow(found.to_arrow(), read.columns(name)) == read.expected(name)


@pytest.mark.parametrize("name", TABLES)
def test_pandas(name: str, read: Read) -> None:
    schema = pa.schema((column, _HIVE[type_]) for column, type_ in read.divided_by(name).items())
    partitioning = dataset.partitioning(schema, flavor="hive") if schema.names else None
    found = pd.read_parquet(read.folder / name, dtype_backend="pyarrow", partitioning=partitioning)
    rows = pa.Table.from_pandas(found, preserve_index=False)
    assert of_arrow(rows, read.columns(name)) == read.expected(name)


@pytest.mark.spark
@pytest.mark.slow
def test_spark(read: Read, module_database: Database) -> None:
    delta = Exported(module_database, "delta")
    delta.export()
    versions = {name: str(delta.manifest()["tables"][name]["version"]) for name in TABLES}
    wanted = [
        *(spark_reader.Table("parquet", f"s3a://{read.exported.path}/{name}", read.columns(name)) for name in TABLES),
        *(
            spark_reader.Table("delta", f"s3a://{delta.path}/{name}", read.columns(name), {"versionAsOf": version})
            for name, version in versions.items()
        ),
    ]
    for table, found in zip(wanted, spark_reader.read(wanted, delta.access), strict=True):
        name = table.url.rpartition("/")[2]
        assert ordered(found.rows) == read.expected(name), table
        types = found.types
        assert {types[column] for column in read.divided_by(name) if column in types} <= {"int", "date"}


def test_who_has_attached_an_export_reads_it_or_nothing(
    read: Read, module_database: Database, attached: duckdb.DuckDBPyConnection
) -> None:
    """Its files go once the next export is there: a query fails then, and never sees the one and the other."""
    with module_database.connect() as connection, module_database.connect(autocommit=False) as other:
        insert_game(connection, game(991_003, SECOND, revision=1), at(1))
        Platform(other).transform()
    read.exported.export()
    with pytest.raises(duckdb.Error, match=r"HTTP|ETag"):
        attached.execute(f"SELECT sum(rbi) FROM mlb.{PLAYS}").fetchall()
