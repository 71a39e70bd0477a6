"""A date with two games: what a Stats API of synthetic games says of it, and the programs that load it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from statsapi_simulator.replay import Answer, serve
from tests.conftest import Cli, Finished

DAY = "2026-07-01"
SCHEDULE, GAME = "schedule.schedule", "game.live_game_v1"
Feeds = dict[int, dict[str, Any]]


@dataclass
class Api:
    """What the Stats API says at the moment; `broken` answers come in place of feeds."""

    schedule: dict[str, Any] = field(default_factory=dict)
    feeds: Feeds = field(default_factory=dict)
    broken: dict[int, Answer] = field(default_factory=dict)

    def answers(self) -> dict[str, list[Answer]]:
        """Return the answers by URL."""
        games = {game_pk: Answer(body=json.dumps(response).encode()) for game_pk, response in self.feeds.items()}
        return {
            "/api/v1/schedule": [Answer(body=json.dumps(self.schedule).encode())],
            **{path(game_pk): [answer] for game_pk, answer in (games | self.broken).items()},
        }


@dataclass
class Day:
    """Loads the day with the programs of a DAG's tasks; `said` is what the API said at each load, oldest first."""

    mlb_etl: Cli
    api: Api
    said: list[Feeds] = field(default_factory=list)
    ingested: Finished | None = None
    transformed: Finished | None = None

    def load(self) -> None:
        """Load the schedule, then its games; both may fail, which is for the steps to look at."""
        with self._served() as api:
            self.mlb_etl.ok("ingest", "mlb_schedule", "--date", DAY, **api)
            self.mlb_etl.ok("transform", SCHEDULE, "--date", DAY)
            self.ingested = self.mlb_etl("ingest", "mlb_game", "--date", DAY, **api)
            self.transformed = self.mlb_etl("transform", GAME, "--date", DAY)

    def load_game(self, game_pk: int) -> None:
        """Load one game; fail the test if that does."""
        with self._served() as api:
            self.ingested = self.mlb_etl.ok("ingest", "mlb_game", "--game-pk", game_pk, **api)
            self.transformed = self.mlb_etl.ok("transform", GAME, "--game-pk", game_pk)

    @contextmanager
    def _served(self) -> Iterator[dict[str, str]]:
        self.said.append(deepcopy(self.api.feeds))
        with serve(answers=self.api.answers()) as url:
            yield {"MLB_STATSAPI_BASE_URL": url}


def path(game_pk: int) -> str:
    """Return the path of a game's feed."""
    return f"/api/v1.1/game/{game_pk}/feed/live"


def listed(game_pk: int, code: str) -> dict[str, Any]:
    """Return a game of the day as the schedule lists it, final or postponed."""
    return {
        "gamePk": game_pk,
        "link": path(game_pk),
        "gameType": "R",
        "season": "2026",
        "gameDate": f"{DAY}T23:10:00Z",
        "officialDate": DAY,
        "status": {
            "abstractGameState": "Final",
            "codedGameState": code,
            "detailedState": "Postponed" if code == "D" else "Final",
            "statusCode": code,
        },
        "teams": {
            "away": {"team": {"id": 990_200, "name": "Club 990200", "link": "/api/v1/teams/990200"}},
            "home": {"team": {"id": 990_100, "name": "Club 990100", "link": "/api/v1/teams/990100"}},
        },
        "venue": {"id": 990_700, "name": "Nowhere Park", "link": "/api/v1/venues/990700"},
        "gameNumber": 1,
        "doubleHeader": "N",
    }
