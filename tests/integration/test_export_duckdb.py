"""`mlb-etl export duckdb FILE`: one file with all tables, the rows of the views, and what is said of them."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from psycopg import Connection

from mlb_data_platform.mapping.load import all_mappings
from mlb_data_platform.storage.advisory_locks import take
from tests.conftest import Cli, Database
from tests.integration.exported import add_awkward_rows, in_postgres, load_games, ordered
from tests.integration.support import Platform, used

pytestmark = [pytest.mark.services]


@pytest.fixture(scope="module")
def filled(module_database: Database) -> Iterator[Connection[Any]]:
    """Games of three dates are in the tables, and what is easily lost on the way."""
    with module_database.connect() as connection, module_database.connect(autocommit=False) as other:
        load_games(connection, Platform(other))
        add_awkward_rows(connection)
        connection.execute("SELECT metadata.refresh_all_views()")
        connection.execute(  # by somebody who looks after himself, and types that no table has
            """
            CREATE VIEW game.of_ones_own AS SELECT 1::smallint AS small, 0.5::real AS half, 'name'::name AS called,
                'some'::varchar(9) AS words, '{"a": 1}'::json AS said
            """
        )
        yield connection


@pytest.fixture(scope="module")
def file(module_database: Database, filled: Connection[Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that is made of them."""
    from mlb_data_platform.export.duckdb_file import export
    from mlb_data_platform.storage.executions import Execution

    found = tmp_path_factory.mktemp("export") / "season.duckdb"
    with used(module_database):
        assert export(found, Execution(), lambda *_: None) > 0
    return found


@pytest.fixture
def season(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The file, opened."""
    with duckdb.connect(str(file), read_only=True) as database:
        database.execute("SET TimeZone = 'UTC'")
        yield database


def relations(season: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    query = "SELECT schema_name || '.' || table_name, column_name FROM duckdb_columns() WHERE NOT internal"
    for name, column in season.execute(f"{query} ORDER BY column_index").fetchall():
        found.setdefault(name, []).append(column)
    return found


def test_it_has_all_tables_and_views_of_postgres(season: duckdb.DuckDBPyConnection, filled: Connection[Any]) -> None:
    schemas = list({mapping.endpoint for mapping in all_mappings()})
    tables = {f"{mapping.endpoint}.{table}" for mapping in all_mappings() for table in mapping.tables}
    views = filled.execute(
        "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('v', 'm') AND n.nspname = ANY (%s)",
        [schemas],
    )
    assert relations(season).keys() - {"metadata.export"} == tables | {name for (name,) in views}


def test_every_table_and_view_has_the_rows_of_postgres(
    season: duckdb.DuckDBPyConnection, filled: Connection[Any]
) -> None:
    compared = 0
    for name, columns in relations(season).items():
        if name in ("metadata.export", "game.changes_due"):  # the one is its own, the other of this moment
            continue
        names = ", ".join(f'"{column}"' for column in columns)
        found = ordered(season.execute(f"SELECT {names} FROM season.{name}").fetchall())
        expected = in_postgres(filled, name, columns)
        assert [*map(rounded, found)] == [*map(rounded, expected)], name
        compared += bool(found)
    assert compared > 35


def rounded(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a view computes is numeric in PostgreSQL, and a double here."""
    return tuple(f"{float(value):.9g}" if is_number(value) else value for value in row)


def is_number(value: Any) -> bool:
    return isinstance(value, float) or (isinstance(value, str) and value.replace(".", "").lstrip("-").isdigit())


def test_what_is_said_of_tables_and_columns_is_in_it(season: duckdb.DuckDBPyConnection) -> None:
    said = season.execute("SELECT comment FROM duckdb_tables() WHERE table_name = 'pitch_by_pitch'").fetchone()
    assert said is not None
    assert said[0].startswith("Each pitch in a row")
    said = season.execute(
        "SELECT comment FROM duckdb_columns() WHERE table_name = 'live_game_plays' AND column_name = 'at_bat_index'"
    ).fetchone()
    assert said is not None
    assert said[0].startswith("about.atBatIndex")


def test_types_are_those_of_postgres(season: duckdb.DuckDBPyConnection) -> None:
    types = dict(
        season.execute(
            "SELECT DISTINCT column_name, data_type FROM duckdb_columns() WHERE table_name IN ('season_batting',"
            " 'context_metrics_normalized', 'live_game_metadata') AND schema_name <> 'main'"
        ).fetchall()
    )
    assert types["obp"] in ("DECIMAL(38,18)", "DOUBLE")
    assert types["left_field_sac_fly_probability"] == "JSON"
    assert (types["official_date"], types["valid_from"]) == ("DATE", "TIMESTAMP WITH TIME ZONE")


def test_older_versions_open_it(season: duckdb.DuckDBPyConnection) -> None:
    """DuckDB says from which version of its own on a file can be read."""
    (tags,) = season.execute("SELECT tags FROM duckdb_databases() WHERE database_name = 'season'").fetchone() or ({},)
    assert tags["storage_version"] == "v1.0.0+"


@pytest.mark.slow
def test_an_export_is_replaced_and_nothing_else(module_database: Database, file: Path, tmp_path: Path) -> None:
    mlb_etl = Cli(module_database.environment)
    before = file.stat().st_ino
    said = mlb_etl.ok("export", "duckdb", file)
    assert "export duckdb: " in said.out
    assert file.stat().st_ino != before
    mine = tmp_path / "mine.duckdb"
    with duckdb.connect(str(mine)) as database:
        database.execute("CREATE TABLE precious AS SELECT 1")
    content = mine.read_bytes()
    notes = tmp_path / "notes.txt"
    notes.write_text("precious")
    for each in (mine, notes):
        refused = mlb_etl("export", "duckdb", each)
        assert (refused.exit_code, "is no export: it is left alone" in refused.err) == (2, True), refused.err
    assert (mine.read_bytes(), notes.read_text()) == (content, "precious")
    refused = mlb_etl("export", "duckdb", tmp_path / "nowhere" / "x.duckdb")
    assert (refused.exit_code, "there is no folder" in refused.err) == (2, True)
    refused = mlb_etl("export", "duckdb", tmp_path / f"{300 * 'x'}.duckdb")
    assert (refused.exit_code, "cannot be written: " in refused.err) == (2, True)


def test_what_somebody_writes_to_an_export_is_not_applied_to_the_next_one(
    module_database: Database, file: Path, tmp_path: Path
) -> None:
    mlb_etl = Cli(module_database.environment)
    export = tmp_path / "season.duckdb"
    export.write_bytes(file.read_bytes())
    write = f"import duckdb; it = duckdb.connect({str(export)!r}); it.execute('DELETE FROM game.live_game_plays')"
    writing = subprocess.Popen(
        [sys.executable, "-c", f"{write}; print('written', flush=True); input()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert writing.stdout is not None
    assert writing.stdout.readline() == "written\n"
    refused = mlb_etl("export", "duckdb", export)
    assert (refused.exit_code, "somebody has opened" in refused.err) == (1, True), refused.err
    writing.kill()
    writing.communicate()
    refused = mlb_etl("export", "duckdb", export)
    assert refused.exit_code == 2
    assert f"{export}.wal has what somebody wrote to an export: remove it" in refused.err


def test_of_two_exports_to_a_file_the_second_leaves_the_draft_of_the_first_alone(
    module_database: Database, filled: Connection[Any], tmp_path: Path
) -> None:
    file = tmp_path / "season.duckdb"
    (tmp_path / ".season.duckdb.new").write_text("what the first has written so far")
    with module_database.connect() as first:
        assert take(first, f"export {file}")
        refused = Cli(module_database.environment)("export", "duckdb", file)
    assert refused.exit_code == 1
    assert f"error: another export {file} is under way: try again when it has ended" in refused.err
    assert [each.read_text() for each in tmp_path.iterdir()] == ["what the first has written so far"]


def test_rows_that_do_not_go_on_are_an_error_for_people(
    module_database: Database, filled: Connection[Any], tmp_path: Path
) -> None:
    filled.execute("CREATE VIEW game.ends_early AS SELECT 1 / (90000 - each) FROM generate_series(1, 90001) each")
    try:
        failed = Cli(module_database.environment)("export", "duckdb", tmp_path / "season.duckdb")
    finally:
        filled.execute("DROP VIEW game.ends_early")
    assert failed.exit_code == 1
    assert failed.err.splitlines()[-1].startswith('error: PostgreSQL, rows of "game"."ends_early": ')
    assert failed.err.endswith("division by zero\n")
    assert [*tmp_path.iterdir()] == []


@pytest.mark.usefixtures("filled")
def test_an_interrupted_export_leaves_nothing(module_database: Database, tmp_path: Path) -> None:
    mlb_etl = Cli(module_database.environment)
    file = tmp_path / "season.duckdb"
    interrupted = mlb_etl.start("export", "duckdb", file)
    while interrupted.poll() is None and not [*tmp_path.iterdir()]:
        time.sleep(0.01)
    interrupted.send_signal(signal.SIGTERM)
    said = interrupted.communicate()
    assert interrupted.returncode == 1, said
    assert [*tmp_path.iterdir()] == []
