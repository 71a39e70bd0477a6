"""DAG files: thin, quick and deterministic to parse, and each breaks alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("airflow", reason="the DAGs' tests run in Airflow's environment (.venv)")

from tests.dags.conftest import DAGS_DIR, KUBERNETES, RUNTIMES, LoadBag

# What two parses of a folder are in a process of their own: the hash of each DAG, and all that the second one did, when
# everything that is imported has been.
TWO_PARSES = """
import os, sys, time
from airflow.dag_processing.dagbag import DagBag
from airflow.models.serialized_dag import SerializedDagModel
from airflow.serialization.serialized_objects import DagSerialization
for dag_id, dag in sorted(DagBag(sys.argv[1]).dags.items()):
    print("HASH", dag_id, SerializedDagModel.hash(DagSerialization.to_dict(dag)))
did = []
sys.addaudithook(lambda event, arguments: did.append((event, str(arguments[0]) if arguments else "-")))
began = time.process_time()
DagBag(sys.argv[1])
took, seen = time.process_time() - began, set(did)
print(f"TOOK {took:.2f} s")
for event, what in seen:
    print("DID", event, what)
"""


@pytest.fixture(scope="module", params=RUNTIMES)
def two_parses(request: pytest.FixtureRequest) -> tuple[str, list[list[str]]]:
    """The runtime and each line of TWO_PARSES in words; with another hash seed, as the DAG processor has each time."""
    # Coverage has seen all of it by then, and would double its time.
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-c", TWO_PARSES, str(DAGS_DIR)],
        env=unmeasured | KUBERNETES | {"MLB_RUNTIME": request.param, "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    return request.param, [line.split(maxsplit=2) for line in done.stdout.splitlines()]


def test_two_parses_give_one_hash(load_bag: LoadBag, two_parses: tuple[str, list[list[str]]]) -> None:
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.serialization.serialized_objects import DagSerialization

    runtime, lines = two_parses
    first = {
        dag_id: SerializedDagModel.hash(DagSerialization.to_dict(dag))  # type: ignore[no-untyped-call]
        for dag_id, dag in load_bag(runtime).dags.items()
    }
    assert first == dict(line[1:] for line in lines if line[:1] == ["HASH"])


def test_parsing_reads_the_dags_and_does_nothing_else(two_parses: tuple[str, list[list[str]]]) -> None:
    """It imports nothing of its own, asks no network or database, starts nothing, reads no mapping."""
    _, lines = two_parses
    did = [line[1:] for line in lines if line[:1] == ["DID"]]
    opened = {Path(what) for event, what in did if event == "open"}
    assert opened >= {*DAGS_DIR.glob("*.py"), *DAGS_DIR.glob("*.yaml")}
    # cron_descriptor, by which Airflow puts schedules into words, reads its own.
    assert {path for path in opened if DAGS_DIR not in path.parents and path.suffix != ".mo"} == set()
    heavy = (
        "import",
        "socket.",
        "sqlite3.",
        "subprocess.",
        "os.fork",
        "os.posix_spawn",
        "os.exec",
        "ctypes.",
        "urllib.",
    )
    assert [event for event in did if event[0].startswith(heavy)] == []


def test_all_dags_are_parsed_within_a_second(two_parses: tuple[str, list[list[str]]]) -> None:
    """Of the processor, once everything is imported: not what a busy machine makes of it."""
    _, lines = two_parses
    (took,) = (float(line[1]) for line in lines if line[:1] == ["TOOK"])
    assert took < 1


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("pool: mlb_spark", "pol: mlb_spark", "unknown key 'pol'; did you mean 'pool'?"),
        ("pool: mlb_spark", "pool: mlb_sprak", "there is no pool 'mlb_sprak'"),
        ("trigger_rule: all_done_min", "trigger_rule: al_done_min", "did you mean 'all_done_min_one_success'?"),
        ("{force}", "{forse}", "unknown placeholder '{forse}'"),
        ("retries: 3", "retries: many", "valid integer"),
    ],
)
def test_a_misspelt_yaml_breaks_its_own_dag_alone(
    load_bag: LoadBag, tmp_path: Path, right: str, wrong: str, message: str
) -> None:
    folder = Path(shutil.copytree(DAGS_DIR, tmp_path / "dags"))
    broken = folder / "mlb_game.yaml"
    lines = broken.read_text(encoding="utf-8").splitlines()
    at = next(number for number, line in enumerate(lines) if right in line)
    lines[at] = lines[at].replace(right, wrong)
    broken.write_text("\n".join(lines), encoding="utf-8")

    bag = load_bag(folder=folder)

    assert set(bag.dags) == {path.stem for path in DAGS_DIR.glob("*.yaml")} - {"mlb_game"}
    assert list(bag.import_errors) == [str(folder / "mlb_game.py")]
    error = bag.import_errors[str(folder / "mlb_game.py")]
    assert f"{broken}:{at + 1}: " in error
    assert message in error


def test_stubs_are_thin() -> None:
    for stub in DAGS_DIR.glob("*.py"):
        assert len(stub.read_text(encoding="utf-8").splitlines()) <= 30, stub.name


def test_parsing_asks_no_database_and_is_quick(load_bag: LoadBag, monkeypatch: pytest.MonkeyPatch) -> None:
    load_bag()  # the imports are paid once, by whoever is first

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("parsing a DAG connected to a database")

    monkeypatch.setattr("psycopg.connect", refuse)
    monkeypatch.setattr("airflow.sdk.Connection.get", refuse)
    monkeypatch.setattr("airflow.sdk.Variable.get", refuse)
    began = time.process_time()  # not what a busy machine makes of it
    bag = load_bag()
    assert bag.import_errors == {}
    assert time.process_time() - began < 2  # coverage may double it; without, it is a second at most (above)
    for name, dag in bag.dags.items():
        began = time.process_time()
        assert list(load_bag(folder=Path(dag.fileloc)).dags) == [name]
        assert time.process_time() - began < 1, name
