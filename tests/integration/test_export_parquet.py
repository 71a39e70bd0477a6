"""`mlb-etl export parquet`: equal to PostgreSQL for every reader, no more than what changed, and never half of it."""

from __future__ import annotations

import io
import re
import signal
import time
from collections.abc import Iterator
from typing import Any, LiteralString

import pyarrow as pa
import pytest
from psycopg import Connection
from pyarrow import parquet

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.storage.advisory_locks import take
from mlb_data_platform.storage.tables import PublishedTables
from mlb_data_platform.storage.unit_deletion import delete_unit, lock_units
from tests.conftest import Cli, Database
from tests.integration.exported import (
    FIRST,
    GAMES,
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

pytestmark = [pytest.mark.services]

PLAYS = "game.live_game_plays"


@pytest.fixture
def exported(database: Database) -> Iterator[Exported]:
    """The folder that the tests of this database export to."""
    with used(database):
        yield Exported(database, "parquet")


@pytest.fixture
def games(connection: Connection[Any], platform: Platform) -> None:
    """The games of three dates are in the tables."""
    load_games(connection, platform)


def of_date(exported: Exported, day: str) -> list[str]:
    return [key for key in exported.files() if f"official_date={day}/" in key]


def equals_postgres(exported: Exported, connection: Connection[Any]) -> bool:
    """Whether the files that the manifest names, and no others, have the rows of the tables, each in its part."""
    assert exported.files() == exported.named()
    for name, table in exported.manifest()["tables"].items():
        parts = [
            parquet.read_table(io.BytesIO(exported.read(file["key"])), partitioning=None) for file in table["files"]
        ]
        assert [part.num_rows for part in parts] == [file["rows"] for file in table["files"]]
        columns = [column for column in table["columns"] if column not in table["divided_by"]]
        rows = pa.concat_tables(parts) if parts else pa.table({column: [] for column in columns})
        assert of_arrow(rows, columns) == in_postgres(connection, name, columns), name
    return True


@pytest.mark.usefixtures("games")
def test_the_files_have_what_the_tables_have(connection: Connection[Any], exported: Exported) -> None:
    add_awkward_rows(connection)
    exported.export()
    assert equals_postgres(exported, connection)
    assert exported.manifest()["number"] == 1
    assert of_date(exported, THIRD) == [
        key for key in exported.files() if key.endswith(f"official_date={THIRD}/1.parquet")
    ]
    assert f"{PLAYS}/season=2026/official_date={FIRST}/1.parquet" in exported.files()
    assert "game.context_metrics_normalized/1.parquet" in exported.files()
    # a table that says itself of which season it is lies below the date alone: it may say something else
    assert f"game.live_game_venue_details/official_date={FIRST}/1.parquet" in exported.files()


@pytest.mark.usefixtures("games")
def test_what_a_column_is_stands_in_the_file(exported: Exported) -> None:
    exported.export()
    (key,) = exported.files(f"{PLAYS}/season=2026/official_date={SECOND}/")
    file = parquet.ParquetFile(io.BytesIO(exported.read(key)))
    assert file.schema_arrow.field("at_bat_index").metadata[b"description"].startswith(b"about.atBatIndex")
    assert file.metadata.row_group(0).column(0).statistics.min == 991_003
    assert file.metadata.row_group(0).column(0).compression in ("ZSTD", "SNAPPY")


@pytest.mark.unmeasured
def test_a_changed_game_is_exported_anew_and_no_other_date(
    connection: Connection[Any], platform: Platform, games: None, exported: Exported
) -> None:
    exported.export()
    before = exported.files()
    insert_game(connection, game(991_003, SECOND, revision=1), at(1))
    platform.transform()
    exported.export()
    assert equals_postgres(exported, connection)
    assert {key for key in exported.files() if key not in before} == set(of_date(exported, SECOND))
    assert all(key.endswith("/2.parquet") for key in of_date(exported, SECOND))
    assert of_date(exported, FIRST) == [key for key in before if f"official_date={FIRST}/" in key]


@pytest.mark.unmeasured
def test_a_game_that_moved_leaves_its_date(
    connection: Connection[Any], platform: Platform, games: None, exported: Exported
) -> None:
    exported.export()
    insert_game(connection, game(991_001, SECOND), at(1))
    insert_game(connection, game(991_004, "2026-08-09"), at(1))
    platform.transform()
    exported.export()
    assert equals_postgres(exported, connection)
    assert of_date(exported, THIRD) == []
    assert len(of_date(exported, FIRST)) == len(of_date(exported, SECOND)) == len(of_date(exported, "2026-08-09"))


@pytest.mark.unmeasured
def test_a_deleted_game_is_gone(connection: Connection[Any], games: None, exported: Exported) -> None:
    exported.export()
    target = PublishedTables(load_mapping(GAME))
    for game_pk in (991_002, 991_004):
        with connection.transaction():
            lock_units(connection, target.mapping, {"game_pk": game_pk})
            delete_unit(connection, target, {"game_pk": game_pk})
    exported.export()
    assert equals_postgres(exported, connection)
    assert of_date(exported, THIRD) == []


def test_what_somebody_writes_by_hand_is_seen(connection: Connection[Any], games: None, exported: Exported) -> None:
    """A row without the transaction that published it, as one from before there was the column; and without a date."""
    exported.export()
    connection.execute(
        "UPDATE game.live_game_metadata SET published_xid = NULL, official_date = NULL WHERE game_pk = 991004"
    )
    exported.export()
    connection.execute("UPDATE game.live_game_metadata SET venue_id = 7 WHERE game_pk = 991004")
    exported.export()
    assert equals_postgres(exported, connection)
    assert exported.manifest()["number"] == 3
    assert f"{PLAYS}/season=2026/official_date=__HIVE_DEFAULT_PARTITION__/3.parquet" in exported.files()


@pytest.mark.usefixtures("games")
def test_a_date_that_no_path_can_have_is_refused(connection: Connection[Any], mlb_etl: Cli, exported: Exported) -> None:
    connection.execute("UPDATE game.live_game_metadata SET official_date = 'infinity' WHERE game_pk = 991001")
    refused = mlb_etl("export", "parquet", "--to", exported.url)
    said = "error: game.live_game_metadata cannot be exported: date too large (after year 10K): 'infinity'"
    assert (refused.exit_code, said in refused.err.splitlines()) == (2, True), refused.err
    assert exported.files() == exported.numbers() == []


@pytest.mark.usefixtures("games")
@pytest.mark.parametrize(
    ("change", "column", "said"),
    [
        ("UPDATE game.live_game_metadata SET date_time = 'infinity'", "date_time", "infinity, or a year after 9999"),
        ("UPDATE game.live_game_metadata SET resume_date = '-infinity'", "resume_date", "infinity, or a year after"),
        (
            "INSERT INTO stats.season_groups (season, stat_group, sport_id, captured_at, raw_id)"
            " VALUES (2026, 'hitting', 1, now(), 1);"
            "INSERT INTO stats.season_batting (season, stat_group, sport_id, player_id, avg, captured_at, raw_id)"
            " VALUES (2026, 'hitting', 1, 1, 'NaN', now(), 1)",
            "avg",
            "'NaN'",
        ),
    ],
)
def test_a_value_that_arrow_has_not_is_refused_with_its_column(
    change: LiteralString, column: str, said: str, connection: Connection[Any], exported: Exported
) -> None:
    connection.execute(change)
    with pytest.raises(BadInputError, match=f"{column} cannot be exported: .*{said}"):
        exported.export()
    assert exported.numbers() == []


@pytest.mark.usefixtures("games")
@pytest.mark.parametrize("key", [f"{PLAYS}/season=2026/99.parquet", "mlb.duckdb", f"{PLAYS}/_delta_log/0.json"])
def test_what_lies_in_a_folder_that_is_of_no_export_is_left_alone(exported: Exported, key: str) -> None:
    exported.write(key, b"somebody's")
    exported.write("of nobody", b"")
    with pytest.raises(BadInputError, match=f"{key} is of no export: take another folder, by --to"):
        exported.export()
    assert exported.keys() == sorted([key, "of nobody"])


def test_what_is_called_like_ours_is_not_ours(connection: Connection[Any], games: None, exported: Exported) -> None:
    exported.export()
    for key in ("_exports/1.json.bak", "mlb.duckdb.bak"):
        exported.write(key, b"")
    connection.execute("UPDATE game.live_game_metadata SET venue_id = 7 WHERE game_pk = 991004")
    exported.export()
    assert equals_postgres(exported, connection)


def test_where_nothing_changed_nothing_is_written(exported: Exported) -> None:
    exported.export()
    before = {key: exported.read(key) for key in exported.keys("")}
    assert exported.export() is None
    assert {key: exported.read(key) for key in exported.keys("")} == before


def test_an_empty_database_is_exported_too(connection: Connection[Any], exported: Exported) -> None:
    exported.export()
    assert equals_postgres(exported, connection)
    assert exported.files() == []
    assert exported.export() is None


@pytest.mark.slow
@pytest.mark.unmeasured
@pytest.mark.parametrize("what", ["database", "definition"])
def test_what_is_said_of_another_database_or_mapping_does_not_count(
    what: str, connection: Connection[Any], games: None, exported: Exported
) -> None:
    exported.export()
    text = exported.read("_exports/1.json").decode()
    said = exported.manifest()
    value = (
        said["database"] if what == "database" else said["divisions"][f"{GAME} by season, official_date"]["definition"]
    )
    exported.write("_exports/1.json", text.replace(value, "another one").encode())
    exported.export()
    assert equals_postgres(exported, connection)
    again = {key.partition("/")[0] for key in exported.files() if key.endswith("/2.parquet")}
    everything = {key.partition("/")[0] for key in exported.files()}
    assert again == (everything if what == "database" else everything - {"game.live_game_venue_details"})


@pytest.mark.slow
def test_a_killed_export_leaves_the_one_before_and_the_next_one_converges(
    connection: Connection[Any],
    platform: Platform,
    games: None,
    mlb_etl: Cli,
    exported: Exported,
) -> None:
    exported.export()
    before = exported.named()
    for number, (game_pk, day) in enumerate(GAMES.items()):
        insert_game(connection, game(game_pk, day, revision=1), at(1 + number))
    platform.transform()
    killed = mlb_etl.start("export", "parquet", "--to", exported.url)
    while killed.poll() is None and not any(key.endswith("/2.parquet") for key in exported.files()):
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert exported.numbers() == [1]
    assert set(before) < set(exported.files())
    exported.export()
    assert equals_postgres(exported, connection)
    assert not any(key.endswith("/2.parquet") for key in exported.files())  # no number is given twice


def test_what_a_run_left_that_was_killed_after_its_manifest_is_tidied_up(
    connection: Connection[Any], games: None, exported: Exported
) -> None:
    exported.export()
    exported.write(f"{PLAYS}/season=2026/official_date={FIRST}/0.parquet", b"superseded")
    exported.write("mlb.duckdb", b"the views of the manifest before")
    exported.write("a/file/of/somebody/else.parquet", b"")
    assert exported.export() is None
    assert exported.files() == ["a/file/of/somebody/else.parquet", *exported.named()]
    assert exported.read("mlb.duckdb")[8:12] == b"DUCK"


@pytest.mark.usefixtures("games")
def test_one_export_at_a_time(connection: Connection[Any], mlb_etl: Cli, exported: Exported) -> None:
    assert take(connection, f"export {exported.url}")
    refused = mlb_etl("export", "parquet", "--to", exported.url)
    assert refused.exit_code == 1
    assert f"error: another export {exported.url} is under way: try again when it has ended" in refused.err
    assert exported.keys() == []


@pytest.mark.usefixtures("games")
def test_each_run_is_recorded_and_says_what_it_did(
    connection: Connection[Any], mlb_etl: Cli, exported: Exported
) -> None:
    said = mlb_etl.ok("export", "parquet", "--to", exported.url)
    assert f"manifest {exported.url}/_exports/1.json" in said.out
    again = mlb_etl.ok("export", "parquet", "--to", exported.url)
    assert "nothing has changed since the last export" in again.err
    assert re.fullmatch(r"export parquet: 0 of 0 done, seconds [0-9.]+\n", again.out)
    rows = connection.execute(
        "SELECT status, asked = done, asked > 70 FROM metadata.job_executions WHERE job = 'export parquet' ORDER BY id"
    ).fetchall()
    assert rows == [("succeeded", True, True), ("succeeded", True, False)]


@pytest.mark.parametrize(
    ("to", "more", "code", "said"),
    [
        ("processed-data/parquet", {}, 2, "--to: 'processed-data/parquet' is not like s3://processed-data/parquet"),
        ("s3://processed-data", {}, 2, "is not like s3://processed-data/parquet, a folder in a bucket"),
        ("s3://processed-data/a/../b", {}, 2, "is not like"),
        ("s3://nobodys-bucket/parquet", {}, 2, "there is no bucket nobodys-bucket"),
        ("s3://processed-data/x", {"MINIO_SECRET_KEY": "wrong"}, 2, "s3://processed-data/ at 127.0.0.1"),
        ("s3://processed-data/x", {"MINIO_ENDPOINT": "127.0.0.1:1"}, 1, "s3://processed-data/ at 127.0.0.1:1"),
    ],
)
def test_where_it_cannot_go_is_said_before_any_work(
    to: str, more: dict[str, str], code: int, said: str, mlb_etl: Cli
) -> None:
    refused = mlb_etl("export", "parquet", "--to", to, **more)
    assert (refused.exit_code, said in refused.err.splitlines()[-1]) == (code, True), refused.err


def test_a_folder_with_something_else_is_left_alone(mlb_etl: Cli, exported: Exported) -> None:
    exported.export()
    before = exported.keys()
    refused = mlb_etl("export", "delta", "--to", exported.url)
    assert (refused.exit_code, "has an export to parquet" in refused.err) == (2, True)
    exported.write("_exports/2.json", b"{}")
    refused = mlb_etl("export", "parquet", "--to", exported.url)
    assert (refused.exit_code, "_exports/2.json is no manifest of an export" in refused.err) == (2, True)
    assert exported.keys() == sorted([*before, "_exports/2.json"])
