"""A Redis of a test's own, which it may stop, and what a consumer of what is served finds there."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import redis as client

from mlb_data_platform.live.serve.live_state import LiveState
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.services.access import ensure_access
from mlb_data_platform.services.redis import Redis
from mlb_data_platform.settings import Settings
from tests.integration.support import GAME

Json = dict[str, Any]


class RedisServer:
    """A Redis of the test's own, and what a consumer finds there."""

    def __init__(self, home: Path) -> None:
        self.service = Redis(home, ensure_access(home)["redis"])
        self.service.start()
        access = self.service.access
        self.settings = Settings.model_validate(
            {"redis_host": access.host, "redis_port": access.port, "redis_password": access.password}
        )
        self.redis = client.Redis(
            host=access.host, port=access.port, password=access.password, decode_responses=True, socket_timeout=10
        )
        self.said: list[str] = []

    def stream(self) -> LiveState:
        """Return what a stream serves with."""
        return LiveState(load_mapping(GAME), self.settings, self.said.append)

    def state(self, game_pk: int) -> Json | None:
        """Return the state of a game."""
        text = self.redis.get(f"game:live:{game_pk}")
        return None if text is None else json.loads(str(text))

    def changes(self, game_pk: int) -> list[Json]:
        """Return all changes of a game, in order."""
        entries: Any = self.redis.xrange("game:changes")
        return [entry for _, entry in entries if entry["game_pk"] == str(game_pk)]

    def empty(self) -> None:
        """Lose everything, as a Redis without a disk does."""
        self.redis.flushall()

    def restart(self) -> None:
        """Let it come back empty, after half a second."""
        self.service.stop()
        time.sleep(0.5)
        self.service.start()

    @property
    def environment(self) -> dict[str, str]:
        """Return what a program needs to find it."""
        access = self.service.access
        return {"REDIS_HOST": access.host, "REDIS_PORT": str(access.port), "REDIS_PASSWORD": access.password}
