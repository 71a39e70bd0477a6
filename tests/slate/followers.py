"""A follower for each game, as a program of its own: started, killed, started again, waited for."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from tests.conftest import PROJECT_DIR

_PROGRAM = str(Path(sys.executable).with_name("mlb-etl"))
_LOOKS_EVERY_SECONDS = 0.2


class Followers:
    """`mlb-etl live follow` for each game, what they say in files of `folder`."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self._environment = dict(environment)
        self._folder = folder
        self._own: dict[int, dict[str, str]] = {}
        self.running: dict[int, subprocess.Popen[bytes]] = {}
        self.killed = 0
        self.retried = 0

    def start(self, game_pks: Sequence[int], **environment: str) -> None:
        """Start one for each of these games, with this environment and what an earlier one of the game was given."""
        for game_pk in game_pks:
            self._own.setdefault(game_pk, {}).update(environment)
            with self._file(game_pk, "out").open("wb") as out, self._file(game_pk, "err").open("ab") as err:
                self.running[game_pk] = subprocess.Popen(
                    [_PROGRAM, "live", "follow", "--game-pk", str(game_pk), "--json"],
                    env={**self._environment, **self._own[game_pk]},
                    cwd=PROJECT_DIR, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                )  # fmt: skip

    def kill(self, game_pk: int) -> None:
        """End one at once, whatever it does."""
        self.running[game_pk].kill()
        self.running[game_pk].wait()
        self.killed += 1

    def kill_at_random(self, rng: Random, pauses: tuple[float, float], seconds: float) -> None:
        """For so long, kill one after the other, with pauses of random length, and start it again."""
        until = time.monotonic() + seconds
        while (pause := rng.uniform(*pauses)) < until - time.monotonic():
            time.sleep(pause)
            if not (alive := self.alive()):
                return
            game_pk = rng.choice(alive)
            self.kill(game_pk)
            self.start([game_pk])

    def alive(self) -> list[int]:
        """Return the games whose follower has not ended."""
        return [game_pk for game_pk, process in self.running.items() if process.poll() is None]

    def wait(self, seconds: float) -> None:
        """Wait until all have ended; one that began while PostgreSQL was away, exit code 1, is started again.

        Raises TimeoutError with the last words of those that have not.
        """
        until = time.monotonic() + seconds
        while alive := self.alive() or self._started_again():
            if time.monotonic() > until:
                last = [self.said(game_pk).splitlines()[-1:] for game_pk in alive]
                raise TimeoutError(f"followers did not end within {seconds:.0f} s: {last}")
            time.sleep(_LOOKS_EVERY_SECONDS)

    def _started_again(self) -> list[int]:
        worth_it = [game_pk for game_pk, process in self.running.items() if process.returncode == 1]
        self.start(worth_it)
        self.retried += len(worth_it)
        return worth_it

    def failed(self) -> list[str]:
        """Return the exit code and the end of the log of each one that ended otherwise than well."""
        return [
            f"game {game_pk}: exit {process.returncode}: {self.said(game_pk)[-1000:]}"
            for game_pk, process in self.running.items()
            if process.poll()
        ]

    def summary(self, game_pk: int) -> dict[str, Any]:
        """Return what the last one of a game counted."""
        summary: dict[str, Any] = json.loads(self._file(game_pk, "out").read_text(encoding="utf-8"))
        return summary

    def said(self, game_pk: int) -> str:
        """Return what all of a game said."""
        return self._file(game_pk, "err").read_text(encoding="utf-8")

    def close(self) -> None:
        """End those that still run, and wait for them."""
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            process.wait()

    def _file(self, game_pk: int, kind: str) -> Path:
        return self._folder / f"{game_pk}.{kind}"
