"""Plays a share of a season's games in a process of its own: `python -m statsapi_simulator.ledger.worker`.

The task comes by standard input and the courses go to standard output, as MessagePack: so a server goes on answering
while a season is played.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import msgspec

from statsapi_simulator.ledger.course import Course, course
from statsapi_simulator.play.game import play_game
from statsapi_simulator.world.season import build_world
from statsapi_simulator.world.slates import Slate


class Task(msgspec.Struct):
    """Which games of which world to play, and the process that wants to know."""

    seed: int
    season: int
    shift_days: int
    slates: tuple[Slate, ...]
    game_pks: list[int]
    asked_by: int


def courses(task: Task) -> Iterator[Course]:
    """Yield the courses of the games."""
    world = build_world(task.seed, task.season, task.shift_days, task.slates)
    for game_pk in task.game_pks:
        yield course(world, play_game(world, world.games[game_pk]))


def main() -> None:
    """Play, as long as somebody waits for it."""
    task = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Task)
    made = []
    for each in courses(task):
        if os.getppid() != task.asked_by:
            return
        made.append(each)
    sys.stdout.buffer.write(msgspec.msgpack.encode(made))


if __name__ == "__main__":
    main()
