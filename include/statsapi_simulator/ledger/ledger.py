"""The courses of all games that were played, made when first asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

import msgspec

from statsapi_simulator.game_record import GameRecord
from statsapi_simulator.ledger.course import Course, Result, course
from statsapi_simulator.ledger.worker import Task
from statsapi_simulator.model import ScheduledGame
from statsapi_simulator.world.season import World

# From so many games on it takes other processes to play them: they start in half a second, and use all processors.
_MANY = 60


@dataclass(frozen=True, slots=True)
class Played:
    """A game that is over."""

    game: ScheduledGame
    course: Course
    result: Result


class Ledger:
    """Courses by gamePk. `world` and `record` find a season and a game. Safe for threads."""

    def __init__(self, world: Callable[[int], World], record: Callable[[int], GameRecord]) -> None:
        self._world = world
        self._record = record
        self._lock = Lock()  # whoever else asks for a season waits until it is played
        self._courses: dict[int, Course] = {}

    def course(self, game: ScheduledGame) -> Course:
        """Return the course of a game."""
        found = self._courses.get(game.game_pk)
        if found is None:
            made = course(self._world(game.season), self._record(game.game_pk))
            found = self._courses.setdefault(game.game_pk, made)
        return found

    def over(self, games: Iterable[ScheduledGame], now: datetime) -> list[Played]:
        """Return those of `games` that are over at `now`, in order of their official dates and of their ends."""
        begun = [game for game in games if game.starts_at <= now]
        with self._lock:
            self._play(begun)
        courses = ((game, self.course(game)) for game in begun)
        found = [
            Played(game, each, each.result) for game, each in courses if each.result and each.result.over_at <= now
        ]
        return sorted(found, key=lambda each: (each.game.official_date, each.result.over_at))

    def enter(self, record: GameRecord) -> None:
        """Write down a game anew: its scorer has changed something in it."""
        game = record.scheduled
        self._courses[game.game_pk] = course(self._world(game.season), record)

    def _play(self, games: Iterable[ScheduledGame]) -> None:
        """Let other processes play what is missing, if that is much."""
        missing = [game for game in games if game.game_pk not in self._courses]
        if len(missing) < _MANY:
            return
        shares = os.cpu_count() or 1
        for season in {game.season for game in missing}:
            world = self._world(season)
            pks = [game.game_pk for game in missing if game.season == season]
            tasks = [
                Task(world.seed, season, world.shift_days, world.slates, pks[each::shares], os.getpid())
                for each in range(shares)
            ]
            for made in _played_elsewhere(tasks):
                self._courses = {each.game_pk: each for each in made} | self._courses


def _played_elsewhere(tasks: Sequence[Task]) -> Iterator[list[Course]]:
    """Have a process play each task, all at once."""
    program = [sys.executable, "-m", "statsapi_simulator.ledger.worker"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    processes = [
        subprocess.Popen(program, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in tasks
    ]
    for task, process in zip(tasks, processes, strict=True):
        if process.stdin:
            process.stdin.write(msgspec.msgpack.encode(task))
            process.stdin.close()
            process.stdin = None
    for process in processes:
        answer, _ = process.communicate()
        if process.returncode:
            raise ChildProcessError(f"{' '.join(program)} ended with {process.returncode}")
        yield msgspec.msgpack.decode(answer, type=list[Course])
