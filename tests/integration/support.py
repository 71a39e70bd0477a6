"""What the integration tests share: raw rows as a stranger inserts them, and the tables as comparable values."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection
from psycopg.sql import SQL, Identifier

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.load import load_mapping, load_raw_endpoint, mapping_files
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.services.access import ensure_access
from mlb_data_platform.services.environment import services_folder
from mlb_data_platform.services.postgres import Postgres
from mlb_data_platform.settings import settings
from mlb_data_platform.storage.archive import archive
from mlb_data_platform.storage.objects import ObjectStore
from mlb_data_platform.storage.raw import raw_table
from mlb_data_platform.storage.tables import PublishedTables
from mlb_data_platform.transform.apply import Applier
from mlb_data_platform.transform.captures import CaptureRef, batches
from mlb_data_platform.transform.outcome import TransformOutcome
from mlb_data_platform.transform.pending import pending
from mlb_data_platform.transform.run import rounds
from mlb_data_platform.transform.selection import Selection
from mlb_data_platform.transform.shortfall import forget, refused
from tests.checker.game import KEYS
from tests.conftest import Database

GAME = "game.live_game_v1"
PATCHES = "game.live_game_diff_patch_v1"
Contents = dict[str, list[tuple[str, ...]]]

_FIRST_CAPTURE = datetime(2026, 7, 2, 1, 0, tzinfo=UTC)
_OUTSIDE_COMPARISON = ("captured_at", "raw_id", "content_sha256", "mapping_sha256", "valid_from", "published_xid")


class Platform:
    """Applies what is pending over one connection, as `mlb-etl transform` does, without starting a program."""

    def __init__(
        self,
        connection: Connection[Any],
        endpoint: str = GAME,
        mapping: Mapping | None = None,
        remembers: int = 0,
        schema: str | None = None,
    ) -> None:
        self._connection = connection
        self._mapping = mapping or load_mapping(endpoint)
        self._target = PublishedTables(self._mapping, schema=schema)
        self._appliers = {
            force: Applier(connection, self._mapping, force=force, remembers=remembers, target=self._target)
            for force in (False, True)
        }
        self.notes: list[str] = []
        self.rows = self.rounds = 0
        connection.commit()

    def transform(self, *game_pks: int, force: bool = False) -> None:
        """Apply the newest captures of these games (none given: of all) that are not applied yet; fail on any error."""
        assert self.errors_of_transform(*game_pks, force=force) == []

    def errors_of_transform(self, *game_pks: int, force: bool = False) -> list[BadInputError]:
        """Do the same, and return an error for each game whose newest capture is refused."""
        selection = Selection(keys={"game_pk": game_pks} if game_pks else {}, force=force)
        if force:
            forget(self._connection, self._mapping, selection)
        refs = pending(self._connection, self._mapping, selection, self._target)
        self._connection.commit()
        self.rows = self.rounds = 0
        left_alone = []
        for _, outcome in rounds(self._connection, self._mapping, selection, refs, self._engine, self._target):
            left_alone += map(BadInputError, outcome.left_alone.values())
            self.notes += outcome.notes
            self.rows += outcome.rows
        errors: list[BadInputError] = [*refused(self._connection, self._mapping, selection, self._target)]
        self._connection.commit()
        return errors + left_alone

    def _engine(
        self, _: Connection[Any], mapping: Mapping, refs: Sequence[CaptureRef], *, force: bool
    ) -> Iterator[tuple[Sequence[CaptureRef], TransformOutcome]]:
        self.rounds += 1
        for batch in batches(refs, len(refs)):
            yield batch, self._appliers[force].apply(batch)


@dataclass(frozen=True)
class Bench:
    """Where the examples run: one database for all, and two programs, of which one remembers what it published."""

    connection: Connection[Any]
    platforms: tuple[Platform, Platform]


def at(minutes: float) -> datetime:
    """Return a moment of capture: `minutes` after an arbitrary first one."""
    return _FIRST_CAPTURE + timedelta(minutes=minutes)


def body(response: dict[str, Any]) -> bytes:
    """Return a response as bytes."""
    return json.dumps(response).encode()


def insert_game(connection: Connection[Any], content: bytes, captured_at: datetime, game_pk: int | None = None) -> int:
    """Insert a feed as somebody would who knows only DESIGN section 5; return the row's id."""
    game_pk = game_pk or json.loads(content)["gamePk"]
    return insert_raw(
        connection,
        GAME,
        content,
        captured_at,
        url=f"https://statsapi.mlb.com/api/v1.1/game/{game_pk}/feed/live",
        request_params={"game_pk": game_pk},
        game_pk=game_pk,
    )


def insert_raw(
    connection: Connection[Any],
    table: str,
    content: bytes,
    captured_at: datetime,
    *,
    url: str,
    request_params: dict[str, Any],
    **natural_key: object,
) -> int:
    """Insert a response with plain SQL, naming only the columns of DESIGN section 5; return the row's id."""
    values = {
        **natural_key,
        "captured_at": captured_at,
        "schema_version": 1,
        "source_url": url,
        "request_params": json.dumps(request_params),
        "status_code": 200,
        "content_sha256": sha256(content).hexdigest(),
        "data": content.decode(),
    }
    query = SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING id").format(
        Identifier(*table.split(".")),
        SQL(", ").join(map(Identifier, values)),
        SQL(", ").join(SQL("%s") for _ in values),
    )
    row = connection.execute(query, list(values.values())).fetchone()
    assert row is not None
    return int(row[0])


def insert_patch(
    connection: Connection[Any], answer: object, captured_at: datetime, game_pk: int, **columns: str | None
) -> int:
    """Insert what diffPatch answered, with start_timecode, base_sha256, result_sha256 as given; return the row's id."""
    start = columns.get("start_timecode") or ""
    return insert_raw(
        connection,
        PATCHES,
        json.dumps(answer).encode(),
        captured_at,
        url=f"https://statsapi.mlb.com/api/v1.1/game/{game_pk}/feed/live/diffPatch?startTimecode={start}",
        request_params={"game_pk": game_pk, "startTimecode": start},
        game_pk=game_pk,
        **columns,
    )


def endpoint_schemas() -> list[str]:
    """Return the schemas that the mappings have tables in."""
    return sorted({file.parent.name for file in mapping_files()})


def drop_schemas(connection: Connection[Any], *further: str) -> None:
    """Drop the schemas that the mappings have tables in, with their history, and these."""
    names = map(Identifier, (*endpoint_schemas(), "history", *further))
    connection.execute(SQL("DROP SCHEMA {} CASCADE; CREATE SCHEMA history").format(SQL(", ").join(names)))


def leave_content(connection: Connection[Any], endpoint: str, raw_id: int) -> None:
    """Let a raw row leave its content to the archive, as `mlb-etl raw detach` does of a month; wants `used`."""
    mapping = load_raw_endpoint(endpoint)
    archive(connection, mapping, ObjectStore(settings()).write)
    query = SQL("UPDATE {} SET data = NULL, body = NULL WHERE id = %s").format(raw_table(mapping))
    connection.execute(query, [raw_id])


def see_again(connection: Connection[Any], raw_id: int, captured_at: datetime) -> None:
    """Record that a response was captured again with the same content."""
    connection.execute(
        "INSERT INTO metadata.raw_sightings (raw_id, captured_at) VALUES (%s, %s)", (raw_id, captured_at)
    )


def contents(connection: Connection[Any]) -> Contents:
    """Return all rows of all game tables, without what names the capture that last changed them."""
    with connection.transaction():
        return {table: sorted(_rows(connection, table)) for table in KEYS}


def _rows(connection: Connection[Any], table: str) -> Iterator[tuple[str, ...]]:
    names = [
        name
        for (name,) in connection.execute(
            "SELECT attname::text FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attname",
            (f"game.{table}",),
        )
        if name not in _OUTSIDE_COMPARISON
    ]
    for row in connection.execute(
        SQL("SELECT {} FROM game.{}").format(SQL(", ").join(map(Identifier, names)), Identifier(table))
    ):
        yield tuple(repr(value) for value in row)


def applied(connection: Connection[Any], game_pk: int) -> tuple[datetime, int] | None:
    """Return captured_at and raw_id of the newest capture that was applied for a game."""
    return connection.execute(
        "SELECT captured_at, raw_id FROM game.live_game_metadata WHERE game_pk = %s", (game_pk,)
    ).fetchone()


def one(connection: Connection[Any], query: str, *parameters: object) -> Any:
    """Return the single value that `query` gives."""
    row = connection.execute(query, parameters).fetchone()
    assert row is not None
    (value,) = row
    return value


def executors_environment(database: Database) -> dict[str, str]:
    """Return the settings that lead Spark's workers to a database, whatever environment their JVM began with."""
    names = (name for name in database.environment if name.startswith("POSTGRES_"))
    return {f"spark.executorEnv.{name}": database.environment[name] for name in names}


@contextmanager
def used(database: Database) -> Iterator[None]:
    """Let this process use a database and its object store, as programs do by their environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in database.environment.items():
            if name.startswith(("POSTGRES_", "MINIO_")):
                patch.setenv(name, value)
        settings.cache_clear()
        yield
    settings.cache_clear()


def restart_postgres(database: Database) -> None:
    """Restart the server of a database; it is away for half a second."""
    folder = services_folder(Path(database.environment["MLB_STATE_DIR"]))
    server = Postgres(folder, ensure_access(folder)[Postgres.name])
    server.stop()
    time.sleep(0.5)
    server.start()
