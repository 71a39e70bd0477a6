"""What follows, watches and streams a date, as programs of their own: started, killed, started again, waited for."""

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


Name = int | str  # a follower has that of its game


class Programs:
    """`mlb-etl live` for whom it may be, by name; what they say stands in files of `folder`."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self._environment = dict(environment)
        self._folder = folder
        self._how: dict[Name, tuple[list[str], Mapping[str, str]]] = {}
        self.running: dict[Name, subprocess.Popen[bytes]] = {}
        self.killed = 0
        self.retried = 0

    def follow(self, game_pks: Sequence[int], **environment: str) -> None:
        """Start a follower for each of these games, with this environment too."""
        for game_pk in game_pks:
            self.start(game_pk, "follow", "--game-pk", game_pk, **environment)

    def start(self, name: Name, *arguments: object, **environment: str) -> None:
        """Start `mlb-etl live ARGUMENTS` under a name, with this environment too."""
        self._how[name] = [*map(str, arguments)], environment
        self.start_again(name)

    def start_again(self, name: Name) -> None:
        """Start one as it was started first."""
        arguments, environment = self._how[name]
        with self._file(name, "out").open("wb") as out, self._file(name, "err").open("ab") as err:
            self.running[name] = subprocess.Popen(
                [_PROGRAM, "live", *arguments, "--json"],
                env={**self._environment, **environment},
                cwd=PROJECT_DIR, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
            )  # fmt: skip

    def kill(self, name: Name) -> None:
        """End one at once, whatever it does."""
        self.running[name].kill()
        self.running[name].wait()
        self.killed += 1

    def kill_at_random(self, rng: Random, pauses: tuple[float, float], seconds: float) -> None:
        """For so long, kill one after the other, with pauses of random length, and start it again."""
        until = time.monotonic() + seconds
        while (pause := rng.uniform(*pauses)) < until - time.monotonic():
            time.sleep(pause)
            if not (alive := self.alive()):
                return
            name = rng.choice(alive)
            self.kill(name)
            self.start_again(name)

    def alive(self) -> list[Name]:
        """Return those that have not ended."""
        return [name for name, process in self.running.items() if process.poll() is None]

    def wait(self, seconds: float) -> None:
        """Wait until all have ended; one that began while PostgreSQL was away, exit code 1, is started again at once.

        Others may wait for it. Raises TimeoutError with the last words of those that have not.
        """
        until = time.monotonic() + seconds
        while alive := [*self.alive(), *self._started_again()]:
            if time.monotonic() > until:
                last = {name: self.said(name).splitlines()[-1:] for name in alive}
                raise TimeoutError(f"these did not end within {seconds:.0f} s: {last}")
            time.sleep(_LOOKS_EVERY_SECONDS)

    def _started_again(self) -> list[Name]:
        worth_it = [name for name, process in self.running.items() if process.returncode == 1]
        for name in worth_it:
            self.start_again(name)
        self.retried += len(worth_it)
        return worth_it

    def failed(self) -> list[str]:
        """Return the exit code and the end of the log of each one that ended otherwise than well."""
        return [
            f"{name}: exit {process.returncode}: {self.said(name)[-1000:]}"
            for name, process in self.running.items()
            if process.poll()
        ]

    def summary(self, name: Name) -> dict[str, Any]:
        """Return what the last one of a name counted."""
        summary: dict[str, Any] = json.loads(self._file(name, "out").read_text(encoding="utf-8"))
        return summary

    def said(self, name: Name) -> str:
        """Return what all of a name said."""
        return self._file(name, "err").read_text(encoding="utf-8")

    def close(self) -> None:
        """End those that still run, and wait for them."""
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            process.wait()

    def _file(self, name: Name, kind: str) -> Path:
        return self._folder / f"{name}.{kind}"
