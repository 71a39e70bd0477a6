"""`mlb-etl export delta`: one version of a table for each change of it, all of one state of the database."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable
from psycopg import Connection

from mlb_data_platform.export import delta
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.settings import settings
from mlb_data_platform.storage.tables import PublishedTables
from mlb_data_platform.storage.unit_deletion import delete_unit, lock_units
from tests.conftest import Cli, Database
from tests.integration.bucket import passing
from tests.integration.exported import (
    FIRST,
    SECOND,
    THIRD,
    Exported,
    add_awkward_rows,
    game,
    in_postgres,
    load_games,
    of_arrow,
)
from tests.integration.support import GAME, Platform, at, insert_game, used

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("games")]

PLAYS, INNINGS = "game.live_game_plays", "game.live_game_linescore_innings"


@pytest.fixture
def exported(database: Database) -> Iterator[Exported]:
    """The folder that the tests of this database export to."""
    with used(database):
        yield Exported(database, "delta")


@pytest.fixture
def games(connection: Connection[Any], platform: Platform) -> None:
    """The games of three dates are in the tables."""
    load_games(connection, platform)


def table(exported: Exported, name: str, version: int | None = None) -> DeltaTable:
    return DeltaTable(f"{exported.copied(f'{name}/')}/{name}", version=version)


def equals_postgres(exported: Exported, connection: Connection[Any]) -> bool:
    """Whether the versions of the newest manifest have the rows of the tables, and later ones none but these."""
    folder = exported.copied()
    for name, said in exported.manifest()["tables"].items():
        found = DeltaTable(folder / name)
        files = set(found.file_uris())
        found.load_as_version(said["version"])
        assert set(found.file_uris()) == files, name
        rows = found.to_pyarrow_table()
        assert of_arrow(rows, said["columns"]) == in_postgres(connection, name, said["columns"]), name
    return True


def correct(connection: Connection[Any], platform: Platform) -> None:
    """Let the game of the second date be corrected."""
    insert_game(connection, game(991_003, SECOND, revision=1), at(1))
    platform.transform()


def test_the_tables_are_those_of_postgres(connection: Connection[Any], exported: Exported) -> None:
    add_awkward_rows(connection)
    exported.export()
    assert equals_postgres(exported, connection)
    assert exported.export() is None
    plays = table(exported, PLAYS)
    assert plays.metadata().partition_columns == ["season", "official_date"]
    comments = {field.name: field.metadata.get("comment") for field in plays.schema().fields}
    assert str(comments["at_bat_index"]).startswith("about.atBatIndex")


@pytest.mark.unmeasured
def test_polars_and_pandas_read_them(connection: Connection[Any], exported: Exported) -> None:
    exported.export()
    columns = exported.manifest()["tables"][PLAYS]["columns"]
    expected = in_postgres(connection, PLAYS, columns)
    by_polars = pl.read_delta(table(exported, PLAYS).table_uri)
    assert of_arrow(by_polars.to_arrow(), columns) == expected
    assert by_polars.schema["official_date"] == pl.Date
    by_pandas = table(exported, PLAYS).to_pandas(types_mapper=pd_arrow)
    assert of_arrow(pa.Table.from_pandas(by_pandas, preserve_index=False), columns) == expected


def pd_arrow(type_: pa.DataType) -> Any:
    import pandas as pd

    return pd.ArrowDtype(type_)


def test_only_what_changed_has_a_new_version_and_the_one_before_can_be_read(
    connection: Connection[Any], platform: Platform, exported: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delta, "_CHECKPOINT_EVERY", 1)
    exported.export()
    columns = exported.manifest()["tables"][PLAYS]["columns"]
    was = in_postgres(connection, PLAYS, columns)
    files = set(exported.files(PLAYS))
    correct(connection, platform)
    exported.export()
    assert equals_postgres(exported, connection)
    assert in_postgres(connection, PLAYS, columns) != was
    before, now = exported.manifest(1)["tables"], exported.manifest(2)["tables"]
    assert now[PLAYS]["version"] == before[PLAYS]["version"] + 1
    assert now["stats.season_batting"] == before["stats.season_batting"]
    assert of_arrow(table(exported, PLAYS, before[PLAYS]["version"]).to_pyarrow_table(), columns) == was
    assert not any("checkpoint" in key for key in log_of(exported, PLAYS))  # the next export could not read one here
    (changed,) = set(exported.files(PLAYS)) - files
    assert f"official_date={SECOND}/" in changed


@pytest.mark.slow
@pytest.mark.unmeasured
def test_games_that_moved_or_are_gone(connection: Connection[Any], platform: Platform, exported: Exported) -> None:
    exported.export()
    insert_game(connection, game(991_001, "2026-08-09"), at(1))
    platform.transform()
    target = PublishedTables(load_mapping(GAME))
    with connection.transaction():
        lock_units(connection, target.mapping, {"game_pk": 991_004})
        delete_unit(connection, target, {"game_pk": 991_004})
    connection.execute("UPDATE game.live_game_metadata SET official_date = NULL WHERE game_pk = 991003")
    exported.export()
    assert equals_postgres(exported, connection)
    parts = table(exported, PLAYS).partitions()
    assert {str(part["official_date"]) for part in parts} == {FIRST, "2026-08-09", "None"}
    assert THIRD not in str(parts)


@pytest.mark.slow
def test_what_a_killed_run_has_committed_is_taken_back(
    connection: Connection[Any], platform: Platform, exported: Exported
) -> None:
    """Some tables have a version more than the manifest says: their readers go by that, and the next run converges."""
    exported.export()
    was = exported.manifest()["tables"]
    correct(connection, platform)
    insert_game(connection, game(991_009, "2026-08-10"), at(1))
    platform.transform()
    exported.export()
    exported.bucket.remove([f"{exported.folder}/_exports/2.json"])  # killed right before it wrote that
    target = PublishedTables(load_mapping(GAME))
    with connection.transaction():
        lock_units(connection, target.mapping, {"game_pk": 991_009})
        delete_unit(connection, target, {"game_pk": 991_009})
    assert exported.manifest()["tables"] == was
    exported.export()
    assert equals_postgres(exported, connection)
    assert exported.manifest()["tables"][PLAYS]["version"] > was[PLAYS]["version"] + 1
    assert len(exported.files(PLAYS)) == len(set(exported.files(PLAYS)))


@pytest.mark.slow
@pytest.mark.unmeasured
def test_tables_with_other_columns_are_made_anew(connection: Connection[Any], exported: Exported) -> None:
    exported.export()
    said = exported.manifest()
    text = exported.read("_exports/1.json").decode()
    definition = said["divisions"][f"{GAME} by season, official_date"]["definition"]
    pl.DataFrame({"other": [1]}).write_delta(
        f"{exported.url}/{INNINGS}",
        mode="overwrite",
        storage_options=exported.storage_options,
        delta_write_options={"schema_mode": "overwrite", "partition_by": []},
    )
    exported.write("_exports/1.json", text.replace(definition, "another one").encode())
    exported.export()
    assert equals_postgres(exported, connection)
    assert table(exported, INNINGS).metadata().partition_columns == ["season", "official_date"]


@pytest.mark.slow
@pytest.mark.unmeasured
def test_a_table_whose_mapping_is_gone_has_no_rows_any_more_and_once_it_is_old_no_files(
    connection: Connection[Any], exported: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported.export()
    pl.DataFrame({"number": [1]}).write_delta(f"{exported.url}/game.gone", storage_options=exported.storage_options)
    (key,) = exported.files("game.gone/")
    said = exported.manifest()
    said["tables"]["game.gone"] = {
        "description": "", "columns": {"number": {"type": "bigint", "description": ""}}, "divided_by": {}, "views": {},
        "files": [{"key": key, "rows": 1, "bytes": len(exported.read(key))}], "version": 0,
    }  # fmt: skip
    exported.write("_exports/1.json", json.dumps(said).encode())
    connection.execute("UPDATE game.live_game_metadata SET venue_id = 7 WHERE game_pk = 991001")
    exported.export()
    assert "game.gone" not in exported.manifest()["tables"]
    assert table(exported, "game.gone").to_pyarrow_table().num_rows == 0
    assert equals_postgres(exported, connection)
    assert key in exported.files("game.gone/"), "who reads an older version has a week"
    monkeypatch.setattr(delta, "_KEPT_HOURS", 0)
    connection.execute("UPDATE game.live_game_metadata SET venue_id = 8 WHERE game_pk = 991001")
    exported.export()
    assert key not in exported.files("game.gone/")
    exported.bucket.remove(f"{exported.folder}/{each}" for each in exported.keys("game.gone/"))
    connection.execute("UPDATE game.live_game_metadata SET venue_id = 9 WHERE game_pk = 991001")
    exported.export()
    assert equals_postgres(exported, connection)


@pytest.mark.slow
def test_what_no_version_of_a_week_has_is_removed(
    connection: Connection[Any], platform: Platform, exported: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files, and of the log what a checkpoint stands for, where the object store answers ranges as most do."""
    monkeypatch.setattr(delta, "_KEPT_HOURS", 0)
    monkeypatch.setattr(delta, "_CHECKPOINT_EVERY", 2)
    exported.export()
    before = exported.files(PLAYS)
    correct(connection, platform)
    with passing(exported.access["MINIO_ENDPOINT"]) as endpoint, monkeypatch.context() as patch:
        patch.setenv("MINIO_ENDPOINT", endpoint)
        settings.cache_clear()
        exported.export()
        assert exported.export() is None  # it has read all tables
    settings.cache_clear()
    assert len(exported.files(PLAYS)) == len(before)
    first, *later = log_of(exported, PLAYS)
    assert first.endswith(f"{exported.manifest()['tables'][PLAYS]['version']}.checkpoint.parquet")
    assert not any("checkpoint" in key for key in later)
    assert equals_postgres(exported, connection)


@pytest.mark.slow
def test_what_a_table_was_within_a_week_can_be_read(
    connection: Connection[Any], platform: Platform, exported: Exported
) -> None:
    """However long ago that version was committed: here ten, nine and eight days, and three."""
    exported.export()
    for revision in range(1, 4):
        insert_game(connection, game(991_003, SECOND, revision=revision), at(revision))
        platform.transform()
        exported.export()
    versions = [exported.manifest(number)["tables"][PLAYS]["version"] for number in exported.numbers()]
    copy = table(exported, PLAYS)
    files = [of_version(copy, version) for version in versions]
    log = Path(urlsplit(copy.table_uri).path) / "_delta_log"
    for version, days in zip(versions, (10, 9, 8, 3), strict=True):
        copy.load_as_version(version)
        copy.create_checkpoint()
        for file in log.glob(f"{version:020}.*"):
            os.utime(file, 2 * (time.time() - days * 86_400,))
    os.utime(log / f"{0:020}.json", (0, 0))
    delta.forget(copy)
    assert [of_version(copy, version) for version in versions[2:]] == files[2:]
    assert not any((log / f"{version:020}.json").exists() for version in versions[:2])


def log_of(exported: Exported, name: str) -> list[str]:
    """The log of a table: its commits and checkpoints, the oldest first."""
    keys = exported.keys(f"{name}/_delta_log/")
    return [key for key in keys if not key.endswith("_last_checkpoint")]


def of_version(table: DeltaTable, version: int) -> list[str]:
    """The files of a version."""
    table.load_as_version(version)
    return sorted(table.file_uris())


def test_the_command(mlb_etl: Cli, exported: Exported) -> None:
    said = mlb_etl.ok("export", "delta", "--to", exported.url)
    assert f"manifest {exported.url}/_exports/1.json" in said.out
    assert exported.manifest()["kind"] == "delta"
