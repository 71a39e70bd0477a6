"""What scripts and people may rely on: help with examples, exit codes, one-line errors, answers for machines."""

from __future__ import annotations

import json
import subprocess
import time
from typing import Any

import psycopg
import pytest
from psycopg import Connection
from psycopg.sql import SQL

from tests.conftest import Cli, Database
from tests.integration.support import GAME, at, body, insert_game
from tests.synthetic import feed

COMMANDS = (
    "services up",
    "services down",
    "services status",
    "services env",
    "services login",
    "simulator serve",
    "db migrate",
    "db status",
    "db shell",
    "db dsn",
    "db refresh",
    "ingest",
    "live follow",
    "live watch",
    "transform",
    "raw list",
    "raw show",
    "raw restore",
    "export parquet",
    "export delta",
    "export duckdb",
    "schema list",
    "schema lint",
    "schema show",
    "schema generate",
    "schema coverage",
    "schema avro",
    "schema diff",
    "schema draft",
    "schema drift",
    "schema promote",
    "schema dictionary",
    "workflow list",
    "workflow trigger",
    "workflow backfill",
    "workflow status",
    "workflow wait",
    "workflow missing",
    "workflow clear",
    "workflow unpause",
    "version",
)
# Bad input: a retry is useless.
BAD_INPUT = (
    "nonsense",
    "ingest no_such_job",
    "ingest mlb_game",
    "ingest mlb_game --game-pk many",
    "ingest mlb_schedule --date 2026-13-01",
    "live follow",
    "live follow --game-pk many",
    "live watch",
    "live watch --date 2026-13-01",
    "transform no.such_mapping --all",
    f"transform {GAME}",
    f"transform {GAME} --date yesterday",
    f"transform {GAME} --all --engine abacus",
    f"transform {GAME} --key game_pk=99999999999999999999",
    f"transform {GAME} --key game_pk=\u0663",
    "raw list no.such_mapping",
    "raw list --date yesterday",
    "raw list season.seasons --game-pk 1",
    "raw show 123456789",
    "raw restore no.such_mapping",
    "export parquet --to /somewhere",
    "export delta --to s3://processed-data",
    "export duckdb no_such_folder/season.duckdb",
    "schema show no.such_mapping",
    f"schema show {GAME} live_game_plays --code",
    "schema lint no_such_file.yaml",
    "schema drift no.such_mapping",
    "schema drift --days 0",
    "schema promote no.such_mapping $.x --as t.c",
    f"schema promote {GAME} $.x --as live_game_plays.x --type abacus",
    f"schema promote {GAME} $.gamePk --as live_game_plays.x --type integer",
    f"schema promote {GAME} $.x --as x --type integer",
    "schema coverage no_such_folder",
)
# Each with another way to the database.
READERS = (
    "db refresh",
    "ingest mlb_game --game-pk 7",
    "ingest mlb_game --date 2026-04-19",
    f"raw list {GAME}",
    "raw show 1",
    f"transform {GAME} --all",
)


@pytest.fixture
def database(module_database: Database) -> Database:
    """All tests share one database."""
    return module_database


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command: str, mlb_etl: Cli) -> None:
    finished = mlb_etl.ok(*command.split(), "--help", COLUMNS="200")
    assert "Example" in finished.out
    assert f"mlb-etl {command}" in finished.out


@pytest.mark.parametrize("arguments", BAD_INPUT)
def test_bad_input_is_exit_code_2_without_traceback(arguments: str, mlb_etl: Cli) -> None:
    finished = mlb_etl(*arguments.split())
    assert finished.exit_code == 2, finished.output
    assert "Traceback" not in finished.err
    assert finished.err.strip()


def test_services_that_do_not_answer_are_worth_a_retry(mlb_etl: Cli) -> None:
    finished = mlb_etl("transform", GAME, "--all", POSTGRES_PORT="1")
    assert finished.exit_code == 1, finished.output
    assert "127.0.0.1:1" in finished.err
    assert len(finished.err.strip().splitlines()) == 1


@pytest.mark.parametrize("command", ["ingest mlb_game", f"transform {GAME}", "raw list", "workflow trigger mlb_game"])
def test_an_empty_date_is_no_date_and_not_no_option(command: str, mlb_etl: Cli) -> None:
    finished = mlb_etl(*command.split(), "--date", "")
    assert finished.exit_code == 2, finished.output
    assert "'' is not a date like 2026-04-19" in finished.err


@pytest.mark.parametrize("arguments", READERS)
def test_a_database_that_was_not_migrated_is_told_in_one_line(arguments: str, mlb_etl: Cli) -> None:
    finished = mlb_etl(*arguments.split(), POSTGRES_DB="template1")
    assert finished.exit_code == 2, finished.output
    (line,) = finished.err.splitlines()
    assert line.startswith("error: PostgreSQL: ")
    assert line.endswith(" does not exist; run: mlb-etl db migrate")


@pytest.fixture(scope="module")
def stranger(module_database: Database) -> dict[str, str]:
    """A user of the database who may do nothing in it."""
    with module_database.connect() as connection:
        connection.execute(
            SQL("CREATE ROLE stranger LOGIN PASSWORD {}").format(module_database.environment["POSTGRES_PASSWORD"])
        )
    return {"POSTGRES_USER": "stranger"}


@pytest.mark.parametrize("arguments", [*READERS, "db migrate", "db status"])
def test_a_right_that_is_missing_is_told_in_one_line(arguments: str, mlb_etl: Cli, stranger: dict[str, str]) -> None:
    finished = mlb_etl(*arguments.split(), **stranger)
    assert finished.exit_code == 2, finished.output
    (line,) = finished.err.splitlines()
    assert line.startswith("error: PostgreSQL: permission denied")


def test_bad_setting_is_named(mlb_etl: Cli) -> None:
    finished = mlb_etl("transform", GAME, "--all", MLB_REQUESTS_PER_SECOND="many")
    assert finished.exit_code == 2, finished.output
    assert "MLB_REQUESTS_PER_SECOND" in finished.err


def test_dsn_is_the_last_line(mlb_etl: Cli) -> None:
    dsn = mlb_etl.ok("db", "dsn").out.splitlines()[-1]
    with psycopg.connect(dsn) as connection:
        assert connection.info.dbname == mlb_etl.environment["POSTGRES_DB"]


def test_no_secret_is_printed_elsewhere(mlb_etl: Cli) -> None:
    password = mlb_etl.environment.get("POSTGRES_PASSWORD")
    if not password:
        pytest.skip("the services have no password to give away")
    for command in ("db status", "services status", "schema list"):
        finished = mlb_etl(*command.split())
        assert password not in finished.out + finished.err


def test_environment_can_be_evaluated(mlb_etl: Cli) -> None:
    exports = mlb_etl.ok("services", "env").out
    assert all(line.startswith("export ") for line in exports.splitlines() if line)
    evaluated = subprocess.run(
        ["/bin/sh", "-euc", f'{exports}\nprintf %s "$POSTGRES_PORT"'], capture_output=True, text=True, check=True
    )
    assert evaluated.stdout == mlb_etl.environment["POSTGRES_PORT"]


def test_version_answers_at_once(mlb_etl: Cli) -> None:
    started = time.monotonic()
    assert mlb_etl.ok("version").out.strip()
    assert time.monotonic() - started < 3


def test_migrate_again_changes_nothing(connection: Connection[Any], mlb_etl: Cli) -> None:
    before = connection.execute("SELECT * FROM metadata.schema_migrations ORDER BY 1").fetchall()
    mlb_etl.ok("db", "migrate")
    mlb_etl.ok("db", "status")
    assert connection.execute("SELECT * FROM metadata.schema_migrations ORDER BY 1").fetchall() == before != []


def test_transform_answers_in_json(connection: Connection[Any], mlb_etl: Cli) -> None:
    insert_game(connection, body(feed(970_001)), at(0))
    answer = json.loads(mlb_etl.ok("transform", GAME, "--game-pk", 970_001, "--json").out)
    assert (answer["asked"], answer["done"], answer["errors"]) == (1, 1, [])
    recorded = connection.execute(
        "SELECT status, exit_code FROM metadata.job_executions WHERE run_id = %s", (answer["run_id"],)
    ).fetchone()
    assert recorded == ("succeeded", 0)


def test_refresh_fills_the_views(connection: Connection[Any], mlb_etl: Cli) -> None:
    insert_game(connection, body(feed(970_002, state="In Progress")), at(0))
    mlb_etl.ok("transform", GAME, "--game-pk", 970_002)
    mlb_etl.ok("db", "refresh")
    mlb_etl.ok("db", "refresh")
    views = connection.execute(
        "SELECT schemaname || '.' || matviewname, ispopulated FROM pg_matviews ORDER BY 1"
    ).fetchall()
    assert ("game.latest_live", True) in views
    assert ("schedule.today", True) in views
    assert connection.execute("SELECT 1 FROM game.latest_live WHERE game_pk = 970002").fetchone() == (1,)


def test_refresh_fills_the_views_that_are_named_and_no_other(connection: Connection[Any], mlb_etl: Cli) -> None:
    insert_game(connection, body(feed(970_003, state="In Progress")), at(0))
    mlb_etl.ok("transform", GAME, "--game-pk", 970_003)
    shown = "SELECT count(*) FROM game.latest_live WHERE game_pk = 970003"
    mlb_etl.ok("db", "refresh", "schedule.today")
    assert connection.execute(shown).fetchone() == (0,)
    mlb_etl.ok("db", "refresh", "schedule.today", "game.latest_live")
    assert connection.execute(shown).fetchone() == (1,)
    refused = mlb_etl("db", "refresh", "game.latest_live", "game.latest")
    assert refused.exit_code == 2
    assert "there is no materialized view 'game.latest'; did you mean 'game.latest_live'?" in refused.err
