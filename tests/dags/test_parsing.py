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

from tests.dags.conftest import DAGS_DIR, RUNTIMES, LoadBag

HASHES = """
import os, sys
from airflow.dag_processing.dagbag import DagBag
from airflow.models.serialized_dag import SerializedDagModel
from airflow.serialization.serialized_objects import DagSerialization
for dag_id, dag in sorted(DagBag(sys.argv[1]).dags.items()):
    print("HASH", dag_id, SerializedDagModel.hash(DagSerialization.to_dict(dag)))
"""


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_two_parses_give_one_hash(load_bag: LoadBag, runtime: str) -> None:
    """The second parse is another process with another hash seed, as the DAG processor's is each time."""
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.serialization.serialized_objects import DagSerialization

    first = {
        dag_id: SerializedDagModel.hash(DagSerialization.to_dict(dag))  # type: ignore[no-untyped-call]
        for dag_id, dag in load_bag(runtime).dags.items()
    }
    # Coverage has seen all of it by then, and would double its time.
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    other = subprocess.run(
        [sys.executable, "-c", HASHES, str(DAGS_DIR)],
        env=unmeasured | {"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    second = dict(line.split()[1:] for line in other.stdout.splitlines() if line.startswith("HASH"))
    assert first == second


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
    assert time.process_time() - began < 0.5 * len(bag.dagbag_stats)
    for name, dag in bag.dags.items():
        began = time.process_time()
        assert list(load_bag(folder=Path(dag.fileloc)).dags) == [name]
        assert time.process_time() - began < 1, name
