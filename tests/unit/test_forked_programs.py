"""A forked `mlb-etl` is a program like one that is started: what it is given, how it ends, what it leaves."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.conftest import callers_environment
from tests.forked_programs import MLB_ETL, Finished, run

ENVIRONMENT = callers_environment() | {"POSTGRES_PASSWORD": "secret"}


@pytest.mark.parametrize(
    "arguments", [["version"], ["schema", "show", "season.seasons"], ["transform", "x.y"], ["raw"]]
)
def test_it_says_what_a_started_program_says_and_ends_alike(arguments: list[str]) -> None:
    started = subprocess.run([MLB_ETL, *arguments], env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert run(arguments, ENVIRONMENT, 60) == Finished(started.returncode, started.stdout, started.stderr)


def test_each_reads_its_own_environment_and_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTGRES_DB", "ours")
    for given in ({"POSTGRES_DB": "one"}, {"POSTGRES_DB": "two"}, {}):
        assert f"dbname={given.get('POSTGRES_DB', 'mlb')}" in run(["db", "dsn"], ENVIRONMENT | given, 60).out


def test_a_program_that_takes_too_long_is_killed_and_the_next_one_runs() -> None:
    with pytest.raises(TimeoutError):
        run(["simulator", "serve", "--port", "0"], ENVIRONMENT, 0.01)
    assert run(["version"], ENVIRONMENT, 60).exit_code == 0


def test_several_run_side_by_side() -> None:
    with ThreadPoolExecutor(4) as pool:
        ended = pool.map(lambda name: run(["db", "dsn"], ENVIRONMENT | {"POSTGRES_DB": name}, 60).out, "abcd")
    assert [f"dbname={name}" in out for name, out in zip("abcd", ended, strict=True)] == [True] * 4
