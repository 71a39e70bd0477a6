"""The whole date at sixty times real time while all goes wrong: what is kept at the end is checked, nothing timed."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from random import Random

from mlb_data_platform.storage.database import connect
from mlb_data_platform.storage.migrate import migrate
from statsapi_simulator.api.faults import Fault, Kind
from tests.benchmark.follow.day import BEFORE_THE_FIRST, REQUESTS_PER_SECOND, SPEED
from tests.benchmark.follow.stage import Stage, note_commits
from tests.slate import checks
from tests.slate.programs import Programs

_FAULTS = [Fault(kind=kind, rate=0.05, seconds=0.2) for kind in Kind]
_BETWEEN_KILLS = (1.0, 5.0)
_CORRECTIONS = 5
_PATIENCE_SECONDS = 600.0
_EVERY = 4  # moment is compared with the simulator's feed: that takes longer than the games


@dataclass(frozen=True)
class Killed:
    """What was done to the followers, how much was kept, and what is wrong at the end.

    `retries` are those that ended with 1, as something was away, and were started again.
    """

    games: int
    kills: int
    retries: int
    corrections: int
    captures: int
    requests: int
    wrong: list[str]


def play(stage: Stage, rng: Random) -> Killed:
    """Follow the date, every other game by the push channel, and check it.

    In the database that the services came with: PostgreSQL is restarted, which ends all sessions.
    """
    with connect(autocommit=True) as connection:
        migrate(connection)
    note_commits()
    api, slate, folder = stage.api, stage.slate, stage.folder / "kill"
    folder.mkdir()
    os.environ |= {"MLB_CLOCK_SPEED": str(SPEED), "MLB_REQUESTS_PER_SECOND": str(REQUESTS_PER_SECOND)}
    os.environ |= {"MLB_PUSH_URL": ""}
    begins = slate.begins - BEFORE_THE_FIRST
    api.stop(begins)
    api.log.clear()
    api.faults.set(_FAULTS)
    followers = Programs(os.environ, folder)
    part = (slate.ends - begins).total_seconds() / SPEED / (_CORRECTIONS + 1)
    try:
        followers.follow(slate.game_pks[::2], MLB_PUSH_URL=api.url.replace("http", "ws"))
        followers.follow(slate.game_pks[1::2])
        api.go(SPEED)
        corrected = 0
        for number in range(_CORRECTIONS):
            followers.kill_at_random(rng, _BETWEEN_KILLS, part)
            corrected += _correct(stage, rng)
            if number == _CORRECTIONS // 2:
                stage.postgres.stop()
                time.sleep(1)
                stage.postgres.start()
        followers.kill_at_random(rng, _BETWEEN_KILLS, part)
        followers.wait(_PATIENCE_SECONDS)
    finally:
        followers.close()
        api.faults.set([])
    with connect(autocommit=True) as connection:
        said = {game_pk: followers.said(game_pk) for game_pk in slate.game_pks}
        wrong = [
            *followers.failed(),
            *checks.wrong_endings(connection, api, slate.game_pks),
            *(line for game_pk in slate.game_pks for line in checks.wrong_moments(connection, api, game_pk, _EVERY)),
            *checks.asked_twice(connection, api, said),
        ]
        row = connection.execute("SELECT count(*) FROM bench.commits").fetchone()
    return Killed(
        games=len(slate.game_pks),
        kills=followers.killed,
        retries=followers.retried,
        corrections=corrected,
        captures=row[0] if row else 0,
        requests=len(api.log),
        wrong=wrong,
    )


def _correct(stage: Stage, rng: Random) -> int:
    """Let the scorer of a game that is on change a play in place; return how many games that were."""
    api, now = stage.api, stage.api.clock.now()
    on = [game_pk for game_pk in stage.slate.game_pks if api.course(game_pk).status(now).code[0] == "I"]
    return int(bool(on and api.league.games.correct(rng.choice(on), now)))
