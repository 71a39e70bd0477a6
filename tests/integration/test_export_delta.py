"""`mlb-etl export delta`: one version of a table for each change of it, all of one state of the database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable
from psycopg import Connection

from mlb_data_platform.export import delta
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.storage.tables import PublishedTables
from mlb_data_platform.storage.unit_deletion import delete_unit, lock_units
from tests.conftest import Cli, Database
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
    connection: Connection[Any], platform: Platform, exported: Exported
) -> None:
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
    (changed,) = set(exported.files(PLAYS)) - files
    assert f"official_date={SECOND}/" in changed


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


def test_what_no_version_of_a_week_has_is_removed(
    connection: Connection[Any], platform: Platform, exported: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported.export()
    before = exported.files(PLAYS)
    correct(connection, platform)
    exported.export()
    assert set(exported.files(PLAYS)) > set(before)
    monkeypatch.setattr(delta, "_KEPT_HOURS", 0)
    monkeypatch.setattr(delta, "_COMPACTED_AFTER", 3)
    insert_game(connection, game(991_003, SECOND), at(2))
    platform.transform()
    exported.export()
    assert equals_postgres(exported, connection)
    assert len(exported.files(PLAYS)) == 3
    assert any(key.endswith("3.compacted.json") for key in exported.keys(f"{PLAYS}/_delta_log/"))


def test_the_command(mlb_etl: Cli, exported: Exported) -> None:
    said = mlb_etl.ok("export", "delta", "--to", exported.url)
    assert f"manifest {exported.url}/_exports/1.json" in said.out
    assert exported.manifest()["kind"] == "delta"
