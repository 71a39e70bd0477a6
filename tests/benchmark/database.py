"""The bench's own database on the embedded PostgreSQL: made, emptied, counted, dumped, dropped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from psycopg import Connection
from psycopg.sql import SQL, Composed, Identifier

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.settings import settings
from mlb_data_platform.storage.database import connect
from mlb_data_platform.storage.migrate import migrate
from mlb_data_platform.storage.tables import PublishedTables

_GAMES_IN_CHUNK = 25
_FEEDS_IN_FILE = 25


@contextmanager
def scratch_database() -> Iterator[str]:
    """Make a migrated database that this process and its children use in the block, and drop it afterwards."""
    name, usual = f"bench_{uuid4().hex[:8]}", settings().postgres_db
    with connect(autocommit=True) as server:
        server.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    _use(name)
    try:
        with connect(autocommit=True) as connection:
            migrate(connection)
        yield name
    finally:
        _use(usual)
        with connect(autocommit=True) as server:  # another session: the server may have been restarted since
            server.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def _use(name: str) -> None:
    os.environ["POSTGRES_DB"] = name
    settings.cache_clear()


def empty(connection: Connection, mapping: Mapping) -> None:
    """Empty the tables of `mapping`, and have written what is due, so that nobody pays for another's rows."""
    published = PublishedTables(mapping)
    places = [place for table in mapping.tables for place in (published.identifier(table), published.history(table))]
    connection.execute(SQL("TRUNCATE {}").format(SQL(", ").join(places)))
    connection.execute("CHECKPOINT")


def count(connection: Connection, mapping: Mapping) -> dict[str, int]:
    """Return the number of rows of each table."""
    found = {}
    for table in mapping.tables:
        row = connection.execute(SQL("SELECT count(*) FROM {}").format(_name(mapping, table))).fetchone()
        found[table] = row[0] if row else 0
    return found


def dump_rows(connection: Connection, mapping: Mapping, folder: Path) -> None:
    """Write the tables' rows as COPY text: a folder for each chunk of games, in it a file for each table."""
    version = _name(mapping, mapping.version_table)
    games = [game for (game,) in connection.execute(SQL("SELECT game_pk FROM {} ORDER BY 1").format(version))]
    for start in range(0, len(games), _GAMES_IN_CHUNK):
        chunk = folder / f"{start:06}"
        chunk.mkdir(parents=True)
        first, last = games[start], games[min(start + _GAMES_IN_CHUNK, len(games)) - 1]
        for table in mapping.tables:
            query = SQL("COPY (SELECT * FROM {} WHERE game_pk BETWEEN {} AND {}) TO STDOUT").format(
                _name(mapping, table), first, last
            )
            _copy_out(connection, query, chunk / f"{table}.copy")


def dump_feeds(connection: Connection, mapping: Mapping, folder: Path) -> None:
    """Write the raw rows as JSON, one object a line, some files of them."""
    folder.mkdir(parents=True)
    query = SQL(
        "SELECT json_build_object('captured_at', captured_at, 'raw_id', id, 'content_sha256', content_sha256,"
        " 'doc', data)::text FROM {} ORDER BY id"
    ).format(Identifier(mapping.endpoint, mapping.method))
    with connection.transaction(), connection.cursor("feeds") as cursor:
        cursor.itersize = _FEEDS_IN_FILE
        cursor.execute(query)
        number = 0
        while rows := cursor.fetchmany(_FEEDS_IN_FILE):
            (folder / f"{number:04}.ndjson").write_text("".join(f"{line}\n" for (line,) in rows), encoding="utf-8")
            number += 1


def _copy_out(connection: Connection, query: Composed, file: Path) -> None:
    with file.open("wb") as out, connection.cursor().copy(query) as copy:
        for block in copy:
            out.write(block)


def _name(mapping: Mapping, table: str) -> Identifier:
    return Identifier(mapping.endpoint, table)
