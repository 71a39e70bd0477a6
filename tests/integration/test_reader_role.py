"""The role `mlb_reader`: it reads what was published, and can do nothing else, whoever of its sessions tries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import Connection
from psycopg.sql import SQL, Identifier, Literal

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.load import load_mapping_file, mapping_files
from mlb_data_platform.storage.migrate import migrate
from tests.conftest import Database

pytestmark = pytest.mark.services

_MAPPINGS = [load_mapping_file(file) for file in mapping_files()]
PUBLISHED = [f"{mapping.name.partition('.')[0]}.{table}" for mapping in _MAPPINGS for table in mapping.tables]
RAW = [mapping.name for mapping in _MAPPINGS]


@pytest.fixture
def owner(database: Database) -> Iterator[Connection[Any]]:
    """A connection of who migrated `database`, which is no copy: what is said of a database itself is not copied."""
    with database.connect() as connection:
        migrate(connection)
        yield connection


@pytest.fixture
def reader(owner: Connection[Any]) -> Connection[Any]:
    """The same as the role, without the session's promise to read only: that is not what holds it back."""
    owner.execute("SET ROLE mlb_reader")
    return owner


def test_it_reads_every_table_that_mappings_make_and_their_history(reader: Connection[Any]) -> None:
    assert len(PUBLISHED) > 50
    for table in PUBLISHED:
        schema, name = table.split(".")
        reader.execute(SQL("SELECT * FROM {} LIMIT 1").format(Identifier(schema, name)))
        reader.execute(SQL("SELECT * FROM {} LIMIT 1").format(Identifier("history", f"{schema}_{name}")))
    for view in ("game.corrections", "game.latest_live", "schedule.today", "game.pitch_by_pitch"):
        reader.execute(SQL("SELECT * FROM {} LIMIT 1").format(Identifier(*view.split("."))))


def test_it_sees_when_something_was_asked_for_and_not_what_was_answered(reader: Connection[Any]) -> None:
    for table in RAW:
        raw = Identifier(*table.split("."))
        reader.execute(SQL("SELECT id, captured_at, ingested_at, status_code, source_url FROM {}").format(raw))
        for column in ("data", "body"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(SQL("SELECT {} FROM {}").format(Identifier(column), raw))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(SQL("SELECT data FROM {}").format(Identifier(*f"{table}_default".split("."))))


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO metadata.raw_sightings VALUES (1, now())",
        "UPDATE game.live_game_plays SET rbi = 0",
        "DELETE FROM history.game_live_game_plays",
        "TRUNCATE schedule.games",
        "CREATE TEMPORARY TABLE mine (a integer)",
        "CREATE TABLE game.mine (a integer)",
        "CREATE TABLE public.mine (a integer)",
        "CREATE SCHEMA mine",
        "CREATE ROLE mine",
        "SELECT metadata.refresh_all_views()",
        "SELECT nextval('metadata.raw_id_seq')",
        "SELECT * FROM metadata.stream_offsets",
        "SELECT * FROM pg_authid",
        "SELECT pg_read_file('/etc/hostname')",
        "COPY game.live_game_plays TO PROGRAM 'cat'",
    ],
)
def test_it_can_do_nothing_else(reader: Connection[Any], statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute(statement.encode())


def test_what_comes_later_is_read_after_the_next_migration(owner: Connection[Any]) -> None:
    owner.execute("CREATE TABLE game.later (a integer); ALTER TABLE game.live_game_v1 ADD COLUMN later integer")
    owner.execute("CREATE TABLE metadata.keys_of_somebody (secret text)")
    migrate(owner)
    owner.execute("SET ROLE mlb_reader")
    owner.execute("SELECT * FROM game.later")
    owner.execute("SELECT later FROM game.live_game_v1")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute("SELECT * FROM metadata.keys_of_somebody")


def test_staging_goes_on_for_who_migrates(owner: Connection[Any]) -> None:
    owner.execute("CREATE TEMPORARY TABLE staged (a integer)")


@pytest.fixture
def tenant(database: Database) -> Iterator[Connection[Any]]:
    """Who owns a database, its tables included, on a server of others: no role may be made there."""
    name = f"tenant_of_{database.environment['POSTGRES_DB']}"
    with database.connect() as connection:
        user, secret = Identifier(name), database.environment["POSTGRES_PASSWORD"]
        connection.execute(SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(user, Literal(secret)))
        connection.execute(SQL("CREATE DATABASE {} OWNER {}").format(user, user))
    theirs = Database({**database.environment, "POSTGRES_USER": name, "POSTGRES_DB": name})
    with theirs.connect() as connection:
        yield connection


def test_where_the_role_is_not_to_be_made_it_is_said_who_has_to_do_what(
    tenant: Connection[Any], database: Database
) -> None:
    user = tenant.info.user
    with pytest.raises(BadInputError, match=f'every migration is applied.*`GRANT mlb_reader TO "{user}"`.*migrate'):
        migrate(tenant)
    with database.connect() as administrator:
        administrator.execute(SQL("GRANT mlb_reader TO {}").format(Identifier(user)))
    migrate(tenant)
    tenant.execute("SET ROLE mlb_reader")
    tenant.execute("SELECT * FROM game.live_game_plays")
