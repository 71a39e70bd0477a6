"""The root of `mlb-etl`: quick to start, one line per error, the right exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import types

import pytest
from typer.testing import CliRunner

from mlb_data_platform import __version__
from mlb_data_platform.cli import app, interrupts
from mlb_data_platform.cli.interrupts import Interrupted, signals_as_exceptions
from mlb_data_platform.cli.options import as_keys
from mlb_data_platform.errors import BadInputError, PlatformError, TransientError
from statsapi_simulator.cli import app as simulator

COMMANDS = [
    "ingest",
    "live",
    "transform",
    "record",
    "raw",
    "export",
    "schema",
    "db",
    "services",
    "simulator",
    "workflow",
    "version",
]


def run_main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["mlb-etl", *arguments])
    with pytest.raises(SystemExit) as ended:
        app.main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize(
    ("arguments", "foreign"),
    [
        (["version"], {"psycopg", "minio", "httpx", "pyspark", "redis", "psutil", "ruamel", "fastavro"}),
        (["schema", "list"], {"psycopg", "minio", "httpx", "pyspark", "redis", "psutil", "fastavro"}),
        (["transform", "game.live_game_v1"], {"minio", "httpx", "pyspark", "redis", "psutil", "fastavro"}),
    ],
)
def test_a_command_imports_no_library_that_it_does_not_need(arguments: list[str], foreign: set[str]) -> None:
    program = (
        "import sys\nfrom mlb_data_platform.cli.app import main\ntry: main()\nfinally: print('imported', *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)
    *said, imported = done.stdout.splitlines()
    assert said or "say what to transform" in done.stderr, done.stderr
    assert foreign & set(imported.split()) == set()


def test_version_says_the_version(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main(monkeypatch, "version") == 0
    assert capsys.readouterr().out == f"{__version__}\n"


def test_help_lists_every_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main(monkeypatch, "--help") == 0
    said = capsys.readouterr().out
    assert all(name in said for name in COMMANDS)


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "version"])
def test_each_command_shows_an_example(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_main(monkeypatch, name, "--help") == 0
    assert name in capsys.readouterr().out


def test_the_simulator_is_the_same_program_under_both_names(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_main(monkeypatch, "simulator", "serve", "--help") == 0
    ours = capsys.readouterr().out.partition("[OPTIONS]")[2]
    assert "--shift-days" in ours
    assert ours.split() == CliRunner().invoke(simulator, ["serve", "--help"]).stdout.partition("[OPTIONS]")[2].split()
    assert run_main(monkeypatch, "simulator", "serve", "--season", "1999") == 2
    assert capsys.readouterr().err == "error: --season: 1999 is not one of 2016 to 2030\n"


@pytest.mark.parametrize(("error", "code"), [(TransientError("later"), 1), (BadInputError("never"), 2)])
def test_an_error_is_one_line_and_its_exit_code(
    error: PlatformError, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def command() -> None:
        raise error

    monkeypatch.setitem(sys.modules, "mlb_data_platform.cli.db", types.SimpleNamespace(command=command))
    assert run_main(monkeypatch, "db") == code
    assert capsys.readouterr().err == f"error: {error}\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_program_by_an_exception_and_is_worth_a_retry(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    closed: list[str] = []

    def command() -> None:
        try:
            signal.raise_signal(number)
        finally:
            closed.append("what was open")

    before = signal.signal(number, signal.default_int_handler)  # whatever whoever runs the tests ignores
    monkeypatch.setitem(sys.modules, "mlb_data_platform.cli.db", types.SimpleNamespace(command=command))
    assert run_main(monkeypatch, "db") == 1
    assert closed == ["what was open"]
    assert capsys.readouterr().err.startswith(f"error: interrupted by {number.name}; ")
    assert signal.signal(number, before) is signal.default_int_handler


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with signals_as_exceptions():
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_signal_in_what_can_raise_nothing_is_raised_after_it() -> None:
    class Collected:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGTERM)

    def work() -> None:
        collected = Collected()
        del collected
        time.sleep(60)

    with pytest.raises(Interrupted, match="SIGTERM"), signals_as_exceptions():
        work()


def test_what_else_is_lost_is_told_as_ever(capsys: pytest.CaptureFixture[str]) -> None:
    class Broken:
        def __del__(self) -> None:
            raise ValueError("broken")

    before, sys.unraisablehook = sys.unraisablehook, sys.__unraisablehook__
    try:
        with signals_as_exceptions():
            broken = Broken()
            del broken
    finally:
        sys.unraisablehook = before
    assert "ValueError: broken" in capsys.readouterr().err


def test_what_does_not_close_after_a_signal_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interrupts, "_SECONDS_TO_CLOSE", 0.1)
    pid = os.fork()
    if pid == 0:
        with signals_as_exceptions():
            try:
                signal.raise_signal(signal.SIGTERM)
            finally:
                time.sleep(60)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1


def test_a_forked_worker_dies_of_a_signal_as_if_nobody_had_looked() -> None:
    with signals_as_exceptions():
        pid = os.fork()
        if pid == 0:
            signal.raise_signal(signal.SIGTERM)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGTERM


def test_a_missing_library_breaks_only_its_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "mlb_data_platform.cli.db", None)
    assert run_main(monkeypatch, "db", "migrate") == 2
    assert "error: `mlb-etl db` needs the module" in capsys.readouterr().err
    assert run_main(monkeypatch, "version") == 0


def test_a_value_of_a_key_is_a_number_where_that_is_written_as_it_was() -> None:
    assert as_keys(["code=007", "team_id=147", "team_id=0"], None) == {"code": ("007",), "team_id": (147, 0)}
    digits = "9" * 5000
    assert as_keys([f"code={digits}"], None) == {"code": (digits,)}
