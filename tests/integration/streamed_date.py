"""What the stream's tests share: a listed date, its games' captures as a follower keeps them, and the program."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from subprocess import Popen
from typing import Any

from psycopg import Connection

from tests import simulated
from tests.checker import game
from tests.conftest import Cli
from tests.histories import answer, ends
from tests.integration.support import applied, at, body, insert_game, insert_patch

Json = dict[str, Any]
DAY = date(2026, 7, 2)
SPEED = 600.0  # a minute of the API's clock takes a tenth of a second


def list_game(connection: Connection[Any], game_pk: int, code: str = "I", day: date = DAY) -> None:
    """List a game under a date, and let the date be known."""
    connection.execute(
        "INSERT INTO schedule.daily_summary (schedule_date, sport_id, total_games, captured_at, raw_id)"
        " VALUES (%s, 1, 1, now(), 1) ON CONFLICT DO NOTHING",
        [day],
    )
    connection.execute(
        "INSERT INTO schedule.games (game_pk, schedule_date, sport_id, coded_game_state, captured_at, raw_id)"
        " VALUES (%s, %s, 1, %s, now(), 1)",
        [game_pk, day, code],
    )


@cache
def feeds(game_pk: int, count: int) -> list[Json]:
    """Return so many states of a simulated game, only the last one final."""
    *moments, _ = simulated.revisions(2026, game_pk, count)
    return [*(simulated.feed(2026, game_pk, moment) for moment in moments), simulated.last_feed(2026, game_pk)]


@cache
def game_pks() -> list[int]:
    """Return some games that were played."""
    schedule = simulated.world(2026).schedule
    return [each.game_pk for each in schedule if each.fate is simulated.Fate.PLAYED and each.game_type == "R"][:6]


@dataclass
class KeptGame:
    """A game whose captures are kept: the first as a whole, then patches, as a follower does."""

    connection: Connection[Any]
    game_pk: int
    states: list[Json]
    minute: int = 0
    _kept: Json | None = field(default=None)

    def keep(self, *, whole: bool = False) -> int:
        """Keep the next state; return the row's id."""
        state = self.states[self.minute]
        moment = at(self.minute)
        if self._kept is None or whole or state is self.states[-1]:
            raw_id = insert_game(self.connection, body(state), moment)
        else:
            columns = ends(self._kept, state)
            raw_id = insert_patch(self.connection, answer([self._kept, state]), moment, self.game_pk, **columns)
        self._kept = state
        self.minute += 1
        return raw_id

    def until_applied(self, raw_id: int, seconds: float = 20) -> None:
        """Return when the tables are those of a capture."""
        deadline = time.monotonic() + seconds
        while (found := applied(self.connection, self.game_pk)) is None or found[1] != raw_id:
            assert time.monotonic() < deadline, f"game {self.game_pk}: raw row {raw_id} is not applied, but {found}"
            time.sleep(0.01)

    def wrong_rows(self) -> list[str]:
        """Return where the tables differ from the last state that was kept."""
        assert self._kept is not None
        return game.compare(self.connection, self._kept)


def listed_game(connection: Connection[Any], number: int = 0, states: int = 8) -> KeptGame:
    """Return one of the played games, listed under the date, of which nothing is kept yet."""
    game_pk = game_pks()[number]
    list_game(connection, game_pk)
    return KeptGame(connection, game_pk, feeds(game_pk, states))


@dataclass
class Streams:
    """Programs that stream the date; what they say goes to standard error of the test as well."""

    mlb_etl: Cli
    running: list[Popen[str]] = field(default_factory=list)

    def start(self, engine: str = "process", **environment: str) -> Popen[str]:
        """Start one."""
        arguments = ("live", "stream", "--date", DAY, "--engine", engine, "--json")
        self.running.append(self.mlb_etl.start(*arguments, **{"MLB_CLOCK_SPEED": str(SPEED), **environment}))
        return self.running[-1]

    def close(self) -> None:
        """Kill those that still run, and show what they said."""
        for process in self.running:
            if process.poll() is None:
                process.kill()
                print(*process.communicate(), file=sys.stderr)


def ended(process: Popen[str], exit_code: int = 0, seconds: float = 60) -> tuple[Json, str]:
    """Wait for a stream to end so; return its summary and what it said."""
    out, err = process.communicate(timeout=seconds)
    assert process.returncode == exit_code, f"exit {process.returncode}\n{out}\n{err}"
    return (json.loads(out) if out else {}), err
