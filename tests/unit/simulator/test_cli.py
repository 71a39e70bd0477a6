"""The program `statsapi-simulator`: what it says, where it listens, how it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import httpx
import pytest
from typer.testing import CliRunner

import statsapi_simulator
from statsapi_simulator.cli import app
from statsapi_simulator.recordings import record

TEAMS = "/api/v1/teams"


@contextmanager
def serving(*options: str) -> Iterator[IO[str]]:
    """Give what the program says while the block runs; SIGTERM must then end it, with exit code 0."""
    with subprocess.Popen(
        [sys.executable, "-c", "from statsapi_simulator.cli import main; main()", "serve", *options],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=5) == 0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one recording."""
    record(tmp_path, TEAMS, b"{}", datetime(2026, 7, 4, tzinfo=UTC))
    return tmp_path


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--clock", "2026-07-04T23:00Z", "--fault", "html=0.0"], " at 2026-07-04T23:00:00Z, speed 0"),
        (
            ["--clock", "2026-12-24T23:00Z", "--shift-days", "182"],
            ", moved by 182 days, at 2026-12-24T23:00:00Z, speed 0",
        ),
    ],
)
def test_it_serves_a_season(options: list[str], said: str) -> None:
    with serving(*options) as out:
        where, what = out.readline(), out.readline()
        assert where.startswith("listening on http://127.0.0.1:")
        assert what == f"season 2026 of seed 7{said}\n"
        assert httpx.get(where.split()[-1] + "/api/v1/schedule?sportId=1", timeout=30).json()["totalGames"] > 0


@pytest.mark.parametrize(
    ("listen", "hosts"),
    [
        ([], ["127.0.0.1"]),
        (["--listen", "127.0.0.1"], ["127.0.0.1"]),
        (["--listen", "127.0.0.2"], ["127.0.0.1", "127.0.0.2"]),
        (["--listen", "0.0.0.0"], ["0.0.0.0"]),
    ],
)
def test_it_serves_recordings_and_says_where_it_listens(folder: Path, listen: list[str], hosts: list[str]) -> None:
    with serving("--recordings", str(folder), *listen) as out:
        for host in hosts:
            line = out.readline()
            assert line.startswith(f"listening on http://{host}:")
            assert httpx.get(line.split()[-1] + TEAMS).status_code == 200
        assert out.readline() == f"1 recordings from {folder}\n"


@pytest.mark.parametrize("_time", range(3))
def test_it_can_be_told_to_end_as_soon_as_it_says_where_it_listens(folder: Path, _time: int) -> None:
    with serving("--recordings", str(folder)) as out:
        assert out.readline().startswith("listening on ")


def refusal(*options: str) -> str:
    """What `serve` says of options that it cannot use: one line, with exit code 2."""
    result = CliRunner().invoke(app, ["serve", *options])
    assert result.exit_code == 2, result.output
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ")
    return line


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--recordings", ".", "--seed", "3", "--fault", "cut=1"], "--seed, --fault cannot change that"),
        (["--recordings", ".", "--shift-days", "7"], "--shift-days cannot change that"),
        (["--recordings", "nowhere"], "nowhere/manifest.json: no recordings there: No such file or directory"),
        (["--season", "1999"], "--season: 1999 is not one of 2016 to 2030"),
        (["--clock", "noon"], "--clock: 'noon' is not a time like"),
        (["--shape", "2019"], "--shape: '2019' is not one of 2018"),
        (["--fault", "fire=1"], "--fault: 'fire=1' is not KIND=RATE"),
        (["--listen", "here"], "--listen: 'here' is not an IPv4 address"),
        (["--listen", "192.0.2.1"], "--listen: this machine has no address 192.0.2.1"),
    ],
)
def test_it_says_what_it_cannot_use(options: list[str], reason: str) -> None:
    assert reason in refusal(*options)


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert refusal("--port", str(port)) == f"error: --port: {port}: Address already in use; 0 takes a free one"


def test_it_knows_its_version() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"{statsapi_simulator.__version__}\n")
