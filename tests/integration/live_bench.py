"""Where the histories of a streamed date happen: a database and a Redis for all of them, and who writes captures."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from redis import Redis

from mlb_data_platform.live import lock as lock_module
from mlb_data_platform.live.serve import live_state as serve_module
from mlb_data_platform.live.stream import ending as ending_module
from mlb_data_platform.live.stream import loop as stream_module
from mlb_data_platform.mapping.load import load_mapping_file
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.settings import MAPPINGS_DIR, settings
from mlb_data_platform.storage.tables import PublishedTables
from tests.checker import game
from tests.checker.compare import ExpectedTable
from tests.conftest import Database
from tests.integration.reused_sessions import reused_sessions
from tests.integration.support import Platform
from tests.live_histories import WRITERS, MappingName

Json = dict[str, Any]
TABLES = ("live_game_metadata", "live_game_plays", "live_game_pitch_events", "live_game_players",
          "live_game_linescore_innings")  # fmt: skip


def mappings() -> dict[MappingName, Mapping]:
    """Return the mapping of games with a few of its tables: those whose changes are told, and one that has rules.

    The lenient one has no such rules, and the text of a play is what kind of event it was (`expected`).
    """
    mapping = load_mapping_file(MAPPINGS_DIR / "game" / "live_game_v1.yaml")
    strict = mapping.model_copy(update={"tables": {name: mapping.tables[name] for name in TABLES}})
    innings, plays = strict.tables["live_game_linescore_innings"], strict.tables["live_game_plays"]
    columns = plays.columns | {"description": plays.columns["event"]}
    others = {
        "live_game_linescore_innings": innings.model_copy(update={"quality": []}),
        "live_game_plays": plays.model_copy(update={"columns": columns}),
    }
    return {"strict": strict, "lenient": strict.model_copy(update={"tables": strict.tables | others})}


def expected(content: Json, mapping: MappingName) -> Iterator[ExpectedTable]:
    """Yield the rows that a document becomes by one of the mappings."""
    for table in game.expected(content):
        if table.name == "live_game_plays" and mapping == "lenient":
            yield replace(table, rows=[{**row, "description": row["event"]} for row in table.rows])
        elif table.name in TABLES:
            yield table


class LiveBench:
    """One database and one Redis, a batch by each of the mappings, and the sessions of those who write rows."""

    def __init__(self, database: Database, redis: Redis) -> None:
        self.database = database
        self.redis = redis
        self.mappings = mappings()
        self.tables = {name: PublishedTables(mapping) for name, mapping in self.mappings.items()}
        self.connect()

    def connect(self) -> None:
        """Make the connections of the test itself, anew after a restart of PostgreSQL."""
        self.connection = self.database.connect()
        others = [self.database.connect(autocommit=False) for _ in range(WRITERS - 1)]
        self.writers = [self.connection, *others]
        self.batches = {
            name: Platform(self.database.connect(autocommit=False), mapping=mapping, remembers=2)
            for name, mapping in self.mappings.items()
        }

    def terminate(self, condition: str) -> None:
        """End sessions of this database; return when they are gone."""
        found = "FROM pg_stat_activity WHERE datname = current_database() AND " + condition
        self.connection.execute(f"SELECT pg_terminate_backend(pid) {found}")
        while self.connection.execute(f"SELECT {found} LIMIT 1").fetchone():
            time.sleep(0.001)

    def forget(self) -> None:
        """Let nothing of an earlier history be open, or in Redis."""
        for writer in self.writers[1:]:
            writer.rollback()
        self.redis.config_set("maxmemory", 0)
        self.redis.flushall()


@contextmanager
def live_bench(database: Database) -> Iterator[LiveBench]:
    """Let programs in this process use a database, without a pause where they would wait; give the block the bench."""
    with pytest.MonkeyPatch.context() as patch, reused_sessions():
        for name, value in database.environment.items():
            patch.setenv(name, value)
        settings.cache_clear()
        patch.setattr(stream_module, "_LOOKS_FOR_THE_END_EVERY", 0.0)
        patch.setattr(stream_module, "_SECONDS_BETWEEN_TRIES", 0.0)
        patch.setattr(lock_module, "_SECONDS_BETWEEN_TRIES", 0.001)
        patch.setattr(serve_module, "_TRIED_AGAIN_AFTER_SECONDS", 0.0)
        patch.setattr(ending_module, "watched_schedule", cache(ending_module.watched_schedule))
        mine = settings()
        redis = Redis(
            host=mine.redis_host,
            port=mine.redis_port,
            password=mine.redis_password.get_secret_value() or None,
            decode_responses=True,
        )
        yield LiveBench(database, redis)
    settings.cache_clear()
