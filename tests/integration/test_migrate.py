"""Migrations: applied once, in order, whole or not at all, whoever starts them and however often."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import Connection
from psycopg.sql import SQL, Identifier

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping import migrations
from mlb_data_platform.mapping.ddl import create
from mlb_data_platform.mapping.load import load_mapping, load_mapping_file, mapping_files
from mlb_data_platform.settings import SQL_DIR
from mlb_data_platform.storage.migrate import migrate, status
from mlb_data_platform.storage.schema_diff import schema_differences
from tests.conftest import Cli, Database
from tests.integration.support import drop_schemas, endpoint_schemas, one
from tests.sample_mapping import sample

pytestmark = pytest.mark.services


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the project's SQL, to add to and to change."""
    return Path(shutil.copytree(SQL_DIR, tmp_path / "sql"))


def _add(folder: Path, name: str, sql: str) -> Path:
    file = folder / name
    file.write_text(sql)
    return file


def test_the_database_has_what_the_mappings_ask_for(connection: Connection[Any]) -> None:
    for file in mapping_files():
        assert schema_differences(connection, load_mapping_file(file)) == []


def test_the_migrations_end_where_the_mappings_would_begin(connection: Connection[Any]) -> None:
    migrated = _catalogue(connection)
    drop_schemas(connection)
    for file in mapping_files():
        connection.execute(SQL(create(load_mapping_file(file))))  # type: ignore[arg-type]
    for file in sorted((SQL_DIR / "views").glob("*.sql")):
        connection.execute(file.read_bytes())
    assert _catalogue(connection) == migrated


def _catalogue(connection: Connection[Any]) -> set[tuple[Any, ...]]:
    """Columns, keys, indexes, views and triggers of the endpoints' tables; months and materialized views left out."""
    return set(
        connection.execute(
            """
            WITH ours AS (
                SELECT c.oid, c.oid::regclass::text AS name FROM pg_class c
                JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'p', 'v')
                  AND c.relname !~ '_y[0-9]{4}m[0-9]{2}$'
            )
            SELECT name, attname, format_type(atttypid, atttypmod), attnotnull::text, attstorage::text
            FROM ours JOIN pg_attribute ON attrelid = ours.oid WHERE attnum > 0 AND NOT attisdropped
            UNION ALL SELECT name, conname, pg_get_constraintdef(c.oid), '', ''
            FROM ours JOIN pg_constraint c ON conrelid = ours.oid
            UNION ALL SELECT name, '', pg_get_indexdef(indexrelid), '', ''
            FROM ours JOIN pg_index ON indrelid = ours.oid
            UNION ALL SELECT name, tgname, pg_get_triggerdef(t.oid), '', ''
            FROM ours JOIN pg_trigger t ON tgrelid = ours.oid
            UNION ALL SELECT name, '', col_description(ours.oid, attnum), '', ''
            FROM ours JOIN pg_attribute ON attrelid = ours.oid
            """,
            (endpoint_schemas(),),
        )
    )


@pytest.mark.parametrize("table", ["game.live_game_v1", "metadata.raw_sightings"])
def test_a_database_with_a_capture_of_no_moment_is_not_migrated_before_that_is_mended(
    connection: Connection[Any], table: str
) -> None:
    drop_schemas(connection, "metadata", "staging")
    files = sorted((SQL_DIR / "migrations").glob("000[1-8]_*.sql"))
    for file in files[:-1]:
        connection.execute(file.read_bytes())
    connection.execute(
        "INSERT INTO game.live_game_v1 (id, game_pk, captured_at, data) VALUES (1, 1, '2026-07-01', '{}')"
    )
    connection.execute("INSERT INTO metadata.raw_sightings (raw_id, captured_at) VALUES (1, '2026-07-02')")
    connection.execute(SQL("UPDATE {} SET captured_at = 'infinity'").format(Identifier(*table.split("."))))
    with pytest.raises(psycopg.errors.CheckViolation, match=f"^{table} has a captured_at outside .* correct or delete"):
        connection.execute(files[-1].read_bytes())
    connection.execute(SQL("UPDATE {} SET captured_at = '2026-07-03'").format(Identifier(*table.split("."))))
    connection.execute(files[-1].read_bytes())


def test_differences_are_named(connection: Connection[Any]) -> None:
    connection.execute("ALTER TABLE season.seasons_normalized DROP COLUMN has_wildcard, ADD COLUMN mascot text")
    connection.execute("ALTER TABLE season.seasons_normalized ALTER COLUMN all_star_date TYPE text")
    connection.execute("ALTER TABLE season.seasons_normalized DROP CONSTRAINT seasons_normalized_pkey")
    (file,) = (each for each in mapping_files() if each.stem == "seasons")
    assert schema_differences(connection, load_mapping_file(file)) == [
        "season.seasons_normalized.has_wildcard: is missing in the database",
        "season.seasons_normalized.all_star_date: is text in the database, date in the mapping",
        "season.seasons_normalized.mascot: is in the database only",
        "season.seasons_normalized: has no unique key (season_id, sport_id) in the database",
    ]


def test_missing_indexes_keys_and_views_are_named(connection: Connection[Any]) -> None:
    connection.execute("DROP INDEX game.live_game_metadata_official_date")
    connection.execute("CREATE INDEX ON game.live_game_metadata (official_date) WHERE season = 2026")
    connection.execute("DROP VIEW game.live_game_away_bench")
    connection.execute("DROP VIEW game.live_game_home_bench")
    connection.execute("CREATE VIEW game.live_game_home_bench AS SELECT game_pk, side FROM game.live_game_bench")
    constraint = one(
        connection,
        "SELECT conname FROM pg_constraint WHERE conrelid = 'game.live_game_reviews'::regclass AND contype = 'u'",
    )
    connection.execute(SQL("ALTER TABLE game.live_game_reviews DROP CONSTRAINT {}").format(Identifier(constraint)))
    connection.execute(
        "ALTER TABLE game.live_game_reviews ADD UNIQUE (game_pk, at_bat_index, event_index, review_index)"
    )
    assert schema_differences(connection, load_mapping("game.live_game_v1")) == [
        "game.live_game_metadata: has no index (official_date) in the database",
        "game.live_game_home_bench.ordinal: is missing in the database",
        "game.live_game_home_bench.player_id: is missing in the database",
        "game.live_game_home_bench.captured_at: is missing in the database",
        "game.live_game_home_bench.raw_id: is missing in the database",
        "game.live_game_away_bench: is missing in the database",
        "game.live_game_reviews: has no unique key (game_pk, at_bat_index, event_index, review_index) in the database",
    ]


def test_a_missing_index_of_what_is_searched_is_named(connection: Connection[Any]) -> None:
    """One that sorts as the language does finds nothing by how it begins, nor does one of some of the rows."""
    connection.execute("DROP INDEX person.people_full_name_searched, person.people_last_name_searched")
    connection.execute("CREATE INDEX ON person.people (metadata.searched(full_name))")
    connection.execute("CREATE INDEX ON person.people (metadata.searched(last_name) text_pattern_ops) WHERE active")
    assert schema_differences(connection, load_mapping("person.person")) == [
        "person.people: has no index (metadata.searched(full_name) text_pattern_ops) in the database",
        "person.people: has no index (metadata.searched(last_name) text_pattern_ops) in the database",
    ]


def test_a_natural_key_of_another_kind_is_named(connection: Connection[Any]) -> None:
    connection.execute("ALTER TABLE schedule.schedule ALTER COLUMN schedule_date DROP EXPRESSION")
    assert schema_differences(connection, load_mapping("schedule.schedule")) == [
        "schedule.schedule.schedule_date: is a plain column in the database, generated from the request in the mapping"
    ]


def test_generated_migrations_lead_to_what_the_grown_mapping_would_create(
    connection: Connection[Any], tmp_path: Path
) -> None:
    """Indexes come, views go and come, and a column comes, which the views must show."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    person = "      person_id: {type: integer, path: id}"
    for old, new in [
        ("    indexes: [[started_on]]\n", ""),
        ("    searched: [text]\n", ""),
        ("    views_by: side\n", ""),
        ("", ""),
        (person, f"{person}\n      helps: {{type: boolean, path: helps}}"),
    ]:
        mapping = sample(tmp_path, old, new)
        (file,), _ = migrations.generate([mapping], folder)
        connection.execute(file.read_bytes())
        assert schema_differences(connection, mapping) == []
    connection.execute("INSERT INTO chess.live_match_seconds VALUES (1, 'white', 1, 2, now(), 3, true)")
    assert one(connection, "SELECT helps FROM chess.live_match_white_seconds") is True


def test_schema_diff_ends_with_1_where_something_differs(mlb_etl: Cli, connection: Connection[Any]) -> None:
    assert json.loads(mlb_etl.ok("schema", "diff", "--json").out) == []
    connection.execute("DROP TABLE game.live_game_umpires CASCADE")
    finished = mlb_etl("schema", "diff", "game.live_game_v1")
    assert finished.exit_code == 1, finished.output
    assert "game.live_game_umpires: is missing in the database" in finished.out


def test_a_second_time_applies_nothing(connection: Connection[Any]) -> None:
    assert migrate(connection) == []
    assert all(step.applied_at for step in status(connection))


def test_what_is_new_is_applied_in_order(connection: Connection[Any], folder: Path) -> None:
    _add(folder, "migrations/0901_second.sql", "ALTER TABLE game.marbles ADD COLUMN colour text;")
    _add(
        folder,
        "migrations/0900_first.sql",
        "CREATE TABLE game.marbles (id integer); CREATE INDEX ON game.marbles (id);",
    )
    assert [step.name for step in status(connection, folder) if step.applied_at is None] == [
        "0900_first.sql",
        "0901_second.sql",
    ]
    assert migrate(connection, folder) == ["0900_first.sql", "0901_second.sql"]
    assert migrate(connection, folder) == []


def test_a_migration_is_applied_whole_or_not_at_all(connection: Connection[Any], folder: Path) -> None:
    _add(folder, "migrations/0900_good.sql", "CREATE TABLE game.marbles (id integer);")
    bad = _add(folder, "migrations/0901_bad.sql", "CREATE TABLE game.dice (id integer); SELECT 1 / 0;")
    with pytest.raises(BadInputError, match=r"0901_bad\.sql: division by zero"):
        migrate(connection, folder)
    assert one(connection, "SELECT to_regclass('game.marbles') IS NOT NULL AND to_regclass('game.dice') IS NULL")
    bad.write_text("CREATE TABLE game.dice (id integer);")
    assert migrate(connection, folder) == ["0901_bad.sql"]


def test_an_applied_migration_may_not_change_or_vanish(connection: Connection[Any], folder: Path) -> None:
    file = _add(folder, "migrations/0900_first.sql", "CREATE TABLE game.marbles (id integer);")
    migrate(connection, folder)
    file.write_text("CREATE TABLE game.marbles (id bigint);")
    with pytest.raises(BadInputError, match=r"0900_first\.sql was changed after it was applied"):
        migrate(connection, folder)
    file.unlink()
    with pytest.raises(BadInputError, match=r"missing from .*: 0900_first\.sql"):
        migrate(connection, folder)


def test_a_view_is_made_again_when_its_text_changed(connection: Connection[Any], folder: Path) -> None:
    view = folder / "views" / "latest_live.sql"
    view.write_text(view.read_text() + "\nCOMMENT ON MATERIALIZED VIEW game.latest_live IS 'Made again.';\n")
    assert migrate(connection, folder) == ["latest_live.sql"]
    comment = "SELECT obj_description('game.latest_live'::regclass)"
    assert one(connection, comment) == "Made again."


def test_who_may_read_a_view_may_read_it_when_it_is_made_again(connection: Connection[Any], folder: Path) -> None:
    readers = [f"Reader {uuid4()}", f"reader_{uuid4().hex}"]
    for reader in readers:
        connection.execute(SQL("CREATE ROLE {}").format(Identifier(reader)))
    connection.execute(
        SQL(
            "GRANT SELECT ON game.season_batting TO {0}; GRANT SELECT ON game.season_batting TO {1} WITH GRANT OPTION;"
            "GRANT SELECT ON game.season_pitching TO PUBLIC"
        ).format(*map(Identifier, readers))
    )
    granted = """
        SELECT relname, relacl::text FROM pg_class WHERE relnamespace = 'game'::regnamespace AND relkind IN ('v', 'm')
        AND relacl IS NOT NULL ORDER BY relname
    """
    before = connection.execute(granted).fetchall()
    view = folder / "views" / "season_lines.sql"
    view.write_text(view.read_text() + "-- changed\n")
    assert migrate(connection, folder) == ["season_lines.sql"]
    assert connection.execute(granted).fetchall() == before
    assert [name for name, rights in before if readers[0] in rights] == ["season_batting"]
    assert [name for name, rights in before if "{=r/" in rights or ",=r/" in rights] == ["season_pitching"]


def test_two_at_once_apply_each_file_once(database: Database, folder: Path) -> None:
    _add(folder, "migrations/0900_slow.sql", "CREATE TABLE game.marbles (id integer); SELECT pg_sleep(0.5);")
    applied: list[str] = []

    def run() -> None:
        with database.connect() as own:
            applied.extend(migrate(own, folder))

    threads = [Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert applied == ["0900_slow.sql"]


def test_the_coming_months_have_partitions(connection: Connection[Any]) -> None:
    made = one(
        connection,
        """
        SELECT count(*) FROM pg_inherits WHERE inhparent = 'game.live_game_v1'::regclass
        AND inhrelid::regclass::text = ANY(ARRAY(
            SELECT to_char(now() AT TIME ZONE 'UTC' + make_interval(months => n), '"game.live_game_v1_y"YYYY"m"MM')
            FROM generate_series(0, 2) AS n))
        """,
    )
    assert made == 3


def test_views_by_side_show_their_side(connection: Connection[Any]) -> None:
    for table in ("batting_order", "pitchers", "bench", "bullpen"):
        for side in ("home", "away"):
            definition = one(connection, "SELECT pg_get_viewdef(%s::regclass)", f"game.live_game_{side}_{table}")
            assert f"side = '{side}'" in definition


def test_a_view_that_somebody_made_on_ours_is_named_where_ours_change(
    connection: Connection[Any], folder: Path
) -> None:
    connection.execute("CREATE VIEW public.mine AS SELECT * FROM game.play_states")
    views = folder / "views" / "plays.sql"
    _add(folder / "views", "plays.sql", views.read_text() + "-- changed\n")
    with pytest.raises(BadInputError, match=r"plays\.sql: cannot drop view .*: view mine depends on .*: drop those"):
        migrate(connection, folder)
    connection.execute("DROP VIEW public.mine")
    assert migrate(connection, folder) == ["plays.sql"]


def test_refresh_renews_every_materialized_view(mlb_etl: Cli, connection: Connection[Any]) -> None:
    mlb_etl.ok("db", "refresh")
    unique = """
        SELECT count(*) FROM pg_class v WHERE v.relkind = 'm'
        AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = v.oid AND i.indisunique)
    """
    assert one(connection, unique) == 0, "a view without a unique index cannot be refreshed while it is read"


def test_the_commands_before_and_after_the_first_migration(
    services: dict[str, str], new_database: Callable[[], Database]
) -> None:
    name = "mlb_empty"
    with new_database().connect() as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    empty = Cli(services | {"POSTGRES_DB": name})
    assert set(json.loads(empty.ok("db", "status", "--json").out).values()) == {None}
    refused = empty("db", "refresh")
    assert refused.exit_code == 2
    assert "mlb-etl db migrate" in refused.err
    applied = json.loads(empty.ok("db", "migrate", "--json").out)["applied"]
    assert applied == [*json.loads(empty.ok("db", "status", "--json").out)]
    assert "0 files applied" in empty.ok("db", "migrate").out


def test_dsn_is_what_libpq_reads_and_shell_asks_the_same_database(mlb_etl: Cli) -> None:
    with psycopg.connect(mlb_etl.ok("db", "dsn").out.splitlines()[-1]) as connection:
        name = one(connection, "SELECT current_database()")
    assert mlb_etl.ok("db", "shell", "-Atc", "SELECT current_database()").out.strip() == name
