"""Airflow on this machine: `airflow dags test`, and a real scheduler, API server, DAG processor and triggerer."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx

from mlb_data_platform.files import write_whole
from mlb_data_platform.jobs.pools import POOLS_FILE
from mlb_data_platform.services.process import BackgroundProcess, Command
from tests.conftest import Finished
from tests.recordings import PROJECT_DIR
from tests.waiting import until

AIRFLOW = str(PROJECT_DIR / ".venv" / "bin" / "airflow")
PROCESSES = ("api-server", "scheduler", "dag-processor", "triggerer")
ENDED = ("success", "failed")
_SPARK = re.compile(r"^    spark:\n(      .*\n)+", re.MULTILINE)


@dataclass(frozen=True)
class Run:
    """A run of a DAG."""

    dag_id: str
    run_id: str

    @property
    def path(self) -> str:
        """Where Airflow's REST API has it."""
        return f"/api/v2/dags/{self.dag_id}/dagRuns/{self.run_id}"


def dags_without_spark(folder: Path) -> Path:
    """Make `folder` one of the project's DAGs, with pods for Spark, which takes 20 s to start; return it."""
    shutil.copytree(PROJECT_DIR / "dags", folder)
    for path in folder.glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(_SPARK.sub("    pod: {cpu: 100m, memory: 256Mi}\n", text), encoding="utf-8")
    return folder


def installed(environment: Mapping[str, str], processes: Sequence[str] = PROCESSES) -> Airflow:
    """Return an Airflow with its database and the project's pools, whose DAGs nobody edits meanwhile."""
    airflow = Airflow({**environment, "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600"}, processes)
    for arguments in (("db", "migrate"), ("pools", "import", str(POOLS_FILE))):
        done = airflow(*arguments)
        assert done.exit_code == 0, done.output
    return airflow


class Airflow:
    """An Airflow with a home and a database of its own; `environment` is that of all its programs.

    Without tasks that defer, it needs no triggerer.
    """

    def __init__(self, environment: Mapping[str, str], processes: Sequence[str] = PROCESSES) -> None:
        self.environment = dict(environment)
        self.home = Path(environment["AIRFLOW_HOME"])
        self._processes = {name: BackgroundProcess(name, self.home / "processes") for name in processes}
        self._http = httpx.Client(base_url=environment["MLB_AIRFLOW_URL"], timeout=60)

    def __call__(self, *arguments: str, **environment: str) -> Finished:
        """Run `airflow ARGUMENTS` to its end."""
        done = subprocess.run(
            [AIRFLOW, *arguments], cwd=PROJECT_DIR, env={**self.environment, **environment}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
        return Finished(done.returncode, done.stdout, done.stderr)

    def dags_test(
        self, dag_id: str, day: date, /, environment: Mapping[str, str] | None = None, **conf: Any
    ) -> Finished:
        """Run `airflow dags test` for a date.

        Where a scheduler of ours runs, the DAG is put to sleep: that would take up the run as well.
        """
        if "Authorization" in self._http.headers:
            self._set_paused(dag_id, paused=True)
        return self("dags", "test", dag_id, str(day), "--conf", json.dumps(conf), **(environment or {}))

    @contextmanager
    def running(self) -> Iterator[Airflow]:
        """Give it with all its processes, which are well, and where we are logged in; they end with the context."""
        try:
            self._start_all()
            yield self
        finally:
            self._http.close()
            for name in reversed(self._processes):
                self._processes[name].stop(seconds=60)

    def _start_all(self) -> None:
        passwords = self.home / "simple_auth_manager_passwords.json.generated"
        write_whole(passwords, json.dumps({"admin": self.environment["MLB_AIRFLOW_PASSWORD"]}), private=True)
        for name in self._processes:
            self._start(name)
        until(self._healthy, "a healthy Airflow", 240)
        login = {"username": "admin", "password": self.environment["MLB_AIRFLOW_PASSWORD"]}
        token = self._http.post("/auth/token", json=login).raise_for_status().json()["access_token"]
        self._http.headers["Authorization"] = f"Bearer {token}"

    def _start(self, name: str) -> None:
        port = [f"--port={httpx.URL(self.environment['MLB_AIRFLOW_URL']).port}", "--host=127.0.0.1", "--workers=1"]
        arguments = port if name == "api-server" else []
        self._processes[name].start(Command([AIRFLOW, name, *arguments], self.environment, folder=PROJECT_DIR))

    def _healthy(self) -> bool:
        try:
            health = self._http.get("/api/v2/monitor/health").json()
        except httpx.TransportError:
            return False
        wanted = {"metadatabase", *(name.replace("-", "_") for name in self._processes if name != "api-server")}
        return all(health[part]["status"] == "healthy" for part in wanted)

    def restart(self, name: str) -> None:
        """End one of its processes and start it again."""
        self._processes[name].stop(seconds=60)
        self._start(name)

    def wake(self, dag_id: str) -> None:
        """Let a DAG run."""
        self._set_paused(dag_id, paused=False)

    def _set_paused(self, dag_id: str, *, paused: bool) -> None:
        until(lambda: self._http.get(f"/api/v2/dags/{dag_id}").is_success, f"DAG {dag_id}", 120)
        self.ask("PATCH", f"/api/v2/dags/{dag_id}", json={"is_paused": paused})

    def trigger(self, dag_id: str, partition: str | None = None, **conf: Any) -> Run:
        """Start a run by hand, of a DAG that is awake from then on."""
        self.wake(dag_id)
        body = {"logical_date": datetime.now(UTC).isoformat(), "conf": conf, "partition_key": partition}
        return Run(dag_id, self.ask("POST", f"/api/v2/dags/{dag_id}/dagRuns", json=body)["dag_run_id"])

    def run_of(self, dag_id: str, partition: date) -> Run | None:
        """Return the first run of a DAG for a date, if it has begun."""
        return next(iter(self.runs_of(dag_id, partition)), None)

    def runs_of(self, dag_id: str, partition: date) -> list[Run]:
        """Return the runs of a DAG for a date, in the order in which they were made."""
        found = self.ask("GET", f"/api/v2/dags/{dag_id}/dagRuns?order_by=id&limit=100")["dag_runs"]
        return [Run(dag_id, run["dag_run_id"]) for run in found if run["partition_key"] == str(partition)]

    def state(self, run: Run) -> str:
        """Return the state of a run."""
        return str(self.ask("GET", run.path)["state"])

    def wait(self, run: Run, seconds: float = 300) -> str:
        """Return how a run ended."""
        return until(lambda: state if (state := self.state(run)) in ENDED else None, f"end of {run}", seconds)

    def delete(self, run: Run) -> None:
        """Delete a run, as if it had never been."""
        self._http.delete(run.path).raise_for_status()

    def tasks(self, run: Run, task_id: str | None = None) -> list[dict[str, Any]]:
        """Return the task instances of a run, or those of one task."""
        found = self.ask("GET", f"{run.path}/taskInstances?limit=200")["task_instances"]
        return [task for task in found if task_id in (None, task["task_id"])]

    def wait_for_state(self, run: Run, task_id: str, state: str, seconds: float = 180) -> None:
        """Wait until a task is in this state."""
        until(
            lambda: any(task["state"] == state for task in self.tasks(run, task_id)),
            f"{task_id} of {run} {state}",
            seconds,
        )

    def mark_failed(self, run: Run) -> None:
        """Mark a run as failed, as a person does in the UI."""
        self.ask("PATCH", run.path, json={"state": "failed"})

    def log(self, run: Run, task_id: str) -> str:
        """Return all that the tasks of this id have logged, tries in order."""
        folder = self.home / "logs" / f"dag_id={run.dag_id}" / f"run_id={run.run_id}" / f"task_id={task_id}"
        return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.rglob("attempt=*.log*")))

    def ask(self, method: str, path: str, **arguments: Any) -> Any:
        """Return what the REST API answers; fail the test if it refuses."""
        response = self.answer(method, path, **arguments)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text}"
        return response.json()

    def answer(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """Return the answer of the REST API, whatever it is; fail the test if there is none in a minute."""
        deadline = time.monotonic() + 60
        while True:
            try:
                return self._http.request(method, path, **arguments)
            except httpx.TransportError:
                assert time.monotonic() < deadline, f"Airflow does not answer {method} {path}"
                time.sleep(1)
