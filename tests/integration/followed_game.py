"""What the follower's tests share: a simulated game, whose clock goes on as it is asked, and what is kept of it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from subprocess import Popen
from threading import Event, Thread
from typing import Any

from psycopg import Connection

from mlb_data_platform.documents.document import canonical_sha256
from mlb_data_platform.documents.moment import History, document_at
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.storage.capture import NaturalKey
from statsapi_simulator.api.clock import Clock
from statsapi_simulator.api.games import Course
from statsapi_simulator.api.http import Request, running
from statsapi_simulator.api.league import League
from statsapi_simulator.api.server import LeagueServer
from statsapi_simulator.model import Fate
from tests.conftest import Cli
from tests.integration.support import GAME, one
from tests.waiting import until

Json = dict[str, Any]
SEED, SEASON = 7, 2026
SPEED = 300.0  # what the followers are told: they ask again after a thirtieth of a second
_A_QUESTION_TAKES = timedelta(seconds=10)  # on the API's clock, so that a busy machine misses nothing of the game


@dataclass
class SimulatedGame:
    """A game of the simulator, and the server that plays it."""

    game_pk: int
    server: LeagueServer
    url: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()  # of the followers
    followers: list[Popen[str]] = field(default_factory=list)
    _goes: Event = field(default_factory=Event)
    _over: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        """Let the clock wait for questions."""
        Thread(target=self._go_on, daemon=True).start()

    def _go_on(self) -> None:
        asked = self._asked
        while not self._over.wait(0.002):
            before, asked = asked, self._asked
            if self._goes.is_set() and asked > before:
                clock = self.server.league.clock
                clock.set(clock.now() + (asked - before) * _A_QUESTION_TAKES, 0)

    @property
    def course(self) -> Course:
        return self.server.league.games.course(self.game_pk)

    @property
    def date(self) -> str:
        """The date it is listed under."""
        return self.server.league.games.scheduled(self.game_pk).official_date.isoformat()

    def until_kept(self, connection: Connection[Any], captures: int) -> None:
        """Return when so many captures of it are kept."""
        query = "SELECT (SELECT count(*) FROM game.live_game_v1) + (SELECT count(*) FROM game.live_game_diff_patch_v1)"
        until(lambda: one(connection, query) >= captures, f"{captures} captures", 120)

    def start(self, mlb_etl: Cli, **environment: str) -> Popen[str]:
        """Start a follower; once it has asked, the clock goes."""
        self.pause()
        asked = self._asked
        process = self.start_another(mlb_etl, **environment)
        while self._asked == asked and process.poll() is None:
            time.sleep(0.01)
        self.play()
        return process

    def start_another(self, mlb_etl: Cli, **environment: str) -> Popen[str]:
        """Start a follower and do no more."""
        arguments = ("live", "follow", "--game-pk", self.game_pk, "--json", *self.options)
        self.followers.append(mlb_etl.start(*arguments, **{**self.environment, **environment}))
        return self.followers[-1]

    def play(self) -> None:
        """Let the clock go on with each question."""
        self._goes.set()

    def pause(self) -> None:
        """Let the clock stand still."""
        self._goes.clear()

    def end(self, connection: Connection[Any], captures: int = 12) -> None:
        """Let the game be over, once so many captures of it are kept."""
        self.until_kept(connection, captures)
        self.pause()
        self.server.league.clock.set(self.course.revisions[-1], 0)

    def correct(self) -> None:
        """Let the scorer change a play in place."""
        response = self.server.answer(
            Request("/_simulator/corrections", "PUT", body=json.dumps({"game_pk": self.game_pk}).encode())
        )
        assert response.status == HTTPStatus.OK, response.body

    def asked_for(self) -> list[str]:
        """Return the paths of this game that were asked for since the traffic was reset."""
        return [path for path in self.server.traffic.report()["paths"] if str(self.game_pk) in path]

    @property
    def _asked(self) -> int:
        return int(self.server.traffic.report()["total"])

    def feed(self, revision: str) -> Json:
        """Return the feed at a revision, as it is shown now."""
        at = datetime.strptime(f"{revision}+0000", "%Y%m%d_%H%M%S%z")
        return self.server.league.games.feed(self.game_pk, at, self.server.league.clock.now())

    def last_feed(self) -> Json:
        """Return the feed as it is now."""
        now = self.server.league.clock.now()
        return self.server.league.games.feed(self.game_pk, now, now)


def _final_soon(course: Course) -> bool:
    """Whether it is final soon after its end, so that there is play in its last half hour."""
    over, final = course.statuses[-2:]
    return final.since - over.since < timedelta(minutes=10)


@contextmanager
def simulated_game(begins: timedelta, fate: Fate = Fate.PLAYED, code: str = "F") -> Iterator[SimulatedGame]:
    """Give a game whose clock stands `begins` before a status with this code, until a follower is there."""
    league = League(SEED, SEASON, Clock(datetime.fromisoformat("2026-04-01T00:00Z")))
    games = league.games
    pks = (game.game_pk for game in games.world(SEASON).schedule if game.fate is fate and game.game_type == "R")
    game_pk = next(pk for pk in pks if fate is not Fate.PLAYED or _final_soon(games.course(pk)))
    server = LeagueServer(league)
    with running(server) as url:
        game = SimulatedGame(
            game_pk,
            server,
            url,
            {
                "MLB_STATSAPI_BASE_URL": url,
                "MLB_CLOCK_SPEED": str(SPEED),
                "MLB_REQUESTS_PER_SECOND": "1000",
            },
        )
        since = next(status.since for status in game.course.statuses if status.code.startswith(code))
        league.clock.set(since - begins, 0)
        try:
            yield game
        finally:
            game._over.set()
            for follower in game.followers:
                follower.kill()


def summary(process: Popen[str], seconds: float = 180) -> tuple[Json, str]:
    """Wait for a follower to end well and return its summary and what it said."""
    out, err = process.communicate(timeout=seconds)
    assert process.returncode == 0, f"exit {process.returncode}\n{out}\n{err}"
    counts: Json = json.loads(out)
    return counts, err


def check_kept(connection: Connection[Any], game: SimulatedGame, every: int = 1) -> int:
    """Fail unless what is kept leads to the document of each moment, and the last one is the final feed.

    Returns how many captures there are; each `every`-th one and the last one are compared.
    """
    mapping = load_mapping(GAME)
    key: NaturalKey = {"game_pk": game.game_pk}
    last = document_at(connection, mapping, key)
    assert last is not None
    assert last.sha256 == canonical_sha256(game.last_feed())
    assert not last.link.is_patch
    history = History(connection, mapping, key)
    for link in history.links[::every]:
        document = history.document(link)
        assert document.sha256 == canonical_sha256(game.feed(document.content["metaData"]["timeStamp"]))
    return len(history.links)
