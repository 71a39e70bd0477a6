"""What `mlb-etl export` has written, as others read it, and the tables of PostgreSQL to hold it against."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
from psycopg import Connection
from psycopg.sql import SQL, Identifier

from mlb_data_platform.export import run
from mlb_data_platform.export.delta import DeltaTables
from mlb_data_platform.export.destination import Destination
from mlb_data_platform.export.parquet import ParquetFiles
from mlb_data_platform.export.run import Format
from mlb_data_platform.mapping.provenance import PUBLISHED_XID
from mlb_data_platform.settings import Settings, settings
from mlb_data_platform.storage.bucket import Bucket
from mlb_data_platform.storage.executions import Execution
from tests.conftest import Database
from tests.integration.support import Platform, at, body, insert_game
from tests.synthetic import feed

Rows = list[tuple[Any, ...]]
Manifest = dict[str, Any]

BUCKET = "processed-data"
FIRST, SECOND, THIRD = "2026-07-01", "2026-07-02", "2026-07-03"
GAMES = {991_001: FIRST, 991_002: FIRST, 991_003: SECOND, 991_004: THIRD}


class Exported:
    """The folder of an export in the bucket `processed-data`, which is of one database alone."""

    def __init__(self, database: Database, kind: str) -> None:
        self.access = database.environment
        self.folder = f"{self.access['POSTGRES_DB']}/{kind}"
        self.path = f"{BUCKET}/{self.folder}"
        self.url = f"s3://{self.path}"
        self._copies: list[TemporaryDirectory[str]] = []
        names = ("minio_endpoint", "minio_access_key", "minio_secret_key")
        self.bucket = Bucket(Settings.model_validate({name: self.access[name.upper()] for name in names}), BUCKET)

    def export(self) -> Manifest | None:
        """Do what `mlb-etl export` does, without its start; return the manifest, None where nothing has changed."""
        destination = Destination(settings(), self.url)
        parquet = self.url.endswith("parquet")
        format_: Format = ParquetFiles(destination) if parquet else DeltaTables(destination, settings())
        return self.manifest() if run.export(format_, destination, Execution(), lambda *_: None) else None

    def keys(self, below: str = "") -> list[str]:
        """Return all keys below the folder."""
        return sorted(key.removeprefix(f"{self.folder}/") for key in self.bucket.keys(f"{self.folder}/{below}"))

    def files(self, below: str = "") -> list[str]:
        """Return the keys of all files of Parquet, but for checkpoints of a log."""
        return [key for key in self.keys(below) if key.endswith(".parquet") and "/_delta_log/" not in key]

    def read(self, key: str) -> bytes:
        """Return an object."""
        return self.bucket.get(f"{self.folder}/{key}")

    def write(self, key: str, content: bytes) -> None:
        """Write an object, or another in its place."""
        self.bucket.write(f"{self.folder}/{key}", content)

    def numbers(self) -> list[int]:
        """Return the numbers of all manifests."""
        return sorted(int(Path(key).stem) for key in self.keys("_exports/") if key.endswith(".json"))

    def manifest(self, number: int | None = None) -> Manifest:
        """Return the manifest of an export; the newest one."""
        found: Manifest = json.loads(self.read(f"_exports/{number or self.numbers()[-1]}.json"))
        return found

    def named(self) -> list[str]:
        """Return the keys of all files that the newest manifest names."""
        return sorted(file["key"] for table in self.manifest()["tables"].values() for file in table["files"])

    def copied(self, below: str = "") -> Path:
        """Return a copy on this machine: the S3 of the tests answers ranges as neither Polars nor delta-rs takes it."""
        self._copies.append(TemporaryDirectory())  # which goes with the last who holds it
        folder = Path(self._copies[-1].name)
        for key in self.keys(below):
            (folder / key).parent.mkdir(parents=True, exist_ok=True)
            (folder / key).write_bytes(self.read(key))
        return folder

    @property
    def storage_options(self) -> dict[str, str]:
        """What Polars and delta-rs have to know of the object store."""
        return {
            "aws_endpoint_url": f"http://{self.access['MINIO_ENDPOINT']}",
            "aws_access_key_id": self.access["MINIO_ACCESS_KEY"],
            "aws_secret_access_key": self.access["MINIO_SECRET_KEY"],
            "aws_region": "us-east-1",
            "aws_allow_http": "true",
        }


def game(game_pk: int, day: str, **changes: Any) -> bytes:
    """Return the feed of an invented game that was played on a date."""
    response = feed(game_pk, **changes)
    response["gameData"]["datetime"] |= {"officialDate": day, "originalDate": day}
    return body(response)


def load_games(connection: Connection[Any], platform: Platform) -> None:
    """Load the games of three dates."""
    for game_pk, day in GAMES.items():
        insert_game(connection, game(game_pk, day), at(0))
    platform.transform()


def add_awkward_rows(connection: Connection[Any]) -> None:
    """Insert rows with what is easily lost on the way: empty texts beside NULL, quotes, lines, digits, JSON."""
    connection.execute(
        """
        INSERT INTO stats.season_groups (season, stat_group, sport_id, captured_at, raw_id)
        VALUES (2026, 'hitting', 1, '2026-07-02 01:00:00.123456Z', 1);
        INSERT INTO stats.season_batting
            (season, stat_group, sport_id, player_id, player_name, team_name, avg, obp, slg, captured_at, raw_id)
        VALUES
            (2026, 'hitting', 1, 1, E'O''Neil, "Jr"\\n\\\\.\\tñ', '', .333, 1.000, NULL, '2026-07-02 01:00Z', 1),
            (2026, 'hitting', 1, 2, '', NULL, 0, -12345678901234567890.000000000000000001, NULL, '1999-12-31Z', 1);
        INSERT INTO game.context_metrics_normalized
            (game_pk, home_win_probability, left_field_sac_fly_probability, captured_at, raw_id)
        VALUES (1, 0.1, '{"a": [1, null, "x\\"y"]}', '2026-07-02Z', 1), (2, 'NaN', NULL, '2026-07-02Z', 1)
        """
    )


def in_postgres(connection: Connection[Any], name: str, columns: Iterable[str]) -> Rows:
    """Return these columns of a table or view, rows in some order of their own."""
    names = (SQL("{}::text::bigint" if each == PUBLISHED_XID else "{}").format(Identifier(each)) for each in columns)
    query = SQL("SELECT {} FROM {}").format(SQL(", ").join(names), Identifier(*name.split(".")))
    return ordered(connection.execute(query).fetchall())


def ordered(rows: Iterable[Iterable[Any]]) -> Rows:
    """Return rows as comparable values, in an order that all readers agree on."""
    return sorted((tuple(map(_comparable, row)) for row in rows), key=repr)


def of_arrow(rows: pa.Table, columns: Iterable[str]) -> Rows:
    """Return these columns of a table of Arrow as PostgreSQL would give them."""
    return ordered(zip(*(rows.column(name).to_pylist() for name in columns), strict=True))


def _comparable(value: Any) -> Any:
    if isinstance(value, float) and value != value:
        return "NaN"
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True)
    if isinstance(value, str) and value.startswith("{"):  # what is JSON in PostgreSQL
        return json.dumps(json.loads(value), sort_keys=True)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()  # Spark gives it as of this machine's clock
    if isinstance(value, Decimal):
        return f"{value:.18f}"
    return value


def httpfs() -> Path:
    """Return DuckDB's extension for S3, which its users fetch by `INSTALL httpfs`."""
    import duckdb_extension_httpfs

    (package,) = duckdb_extension_httpfs.__path__
    (found,) = Path(os.fspath(package)).rglob("*.duckdb_extension")
    return found
