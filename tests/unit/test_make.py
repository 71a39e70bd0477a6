"""What `make run`, `make up` and `make down` do beyond starting services: the scripts, with stand-ins for Airflow."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from types import ModuleType

import pytest

from mlb_data_platform import services
from mlb_data_platform.errors import TransientError
from mlb_data_platform.services.access import load_access, locked
from mlb_data_platform.services.process import BackgroundProcess, Command
from mlb_data_platform.settings import PROJECT_DIR, settings
from statsapi_simulator.api.clock import Clock
from statsapi_simulator.api.http import Answer, HttpServer, running
from statsapi_simulator.api.league import League

SCRIPTS = PROJECT_DIR / "scripts"


@pytest.fixture
def airflow_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module of the scripts, with a state folder of its own."""
    monkeypatch.syspath_prepend(SCRIPTS)
    monkeypatch.setenv("MLB_STATE_DIR", str(tmp_path))
    settings.cache_clear()
    import airflow_processes

    monkeypatch.setattr(airflow_processes, "STATE_DIR", tmp_path)
    yield airflow_processes
    airflow_processes.stop()
    settings.cache_clear()


@pytest.fixture
def stand_in(tmp_path: Path) -> Callable[[str], BackgroundProcess]:
    """Starts a process that is recorded as one of Airflow's."""

    def start(name: str) -> BackgroundProcess:
        process = BackgroundProcess(name, tmp_path / "airflow" / "processes")
        process.start(Command([sys.executable, "-c", "import time; time.sleep(600)"], dict(os.environ)))
        return process

    return start


StandIn = Callable[[str], BackgroundProcess]


def script(name: str, state_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "MLB_STATE_DIR": str(state_dir)}
    return subprocess.run(
        [sys.executable, SCRIPTS / name, *arguments],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_make_run_leaves_a_running_make_up_alone(
    tmp_path: Path, airflow_processes: ModuleType, stand_in: StandIn
) -> None:
    stand_in("scheduler")
    done = script("run.py", tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: Airflow of `make up` follows the simulator here")
    assert done.stderr.count("\n") == 1
    assert load_access(tmp_path / "services") is None, "nothing was started"


def test_the_day_that_make_run_loads_is_over_when_it_asks_for_it(airflow_processes: ModuleType) -> None:
    from steps import DAY, SIMULATED

    league = League(SIMULATED.seed, SIMULATED.season, Clock(SIMULATED.clock))
    for game in league.games.on(DAY):
        final = league.games.course(game.game_pk).statuses[-1]
        assert final.since <= SIMULATED.clock, f"{game.game_pk} would be loaded as it stood, and its date is partial"


def test_make_run_loads_a_day_of_the_league_that_make_up_goes_on_with(
    tmp_path: Path, airflow_processes: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    import demo
    import run

    shown = tmp_path / "demo.json"
    monkeypatch.setattr(run, "SHOWN", shown)
    monkeypatch.setenv("MLB_SIMULATOR_SEED", "4242")
    settings.cache_clear()
    assert run.simulated().seed == 4242
    assert demo.load(shown, None).seed == 4242


def test_make_run_mixes_no_two_leagues_in_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "demo.json").write_text('{"seed": 11}', encoding="utf-8")
    monkeypatch.setenv("MLB_SIMULATOR_SEED", "12")
    done = script("run.py", tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: MLB_SIMULATOR_SEED: ")
    assert "league of seed 11" in done.stderr
    assert load_access(tmp_path / "services") is None, "nothing was started"


def test_make_down_stops_airflow_before_the_services_and_tells(
    tmp_path: Path, airflow_processes: ModuleType, stand_in: StandIn
) -> None:
    services.up(tmp_path)
    stand_in("scheduler")
    stand_in("api-server")
    done = script("down.py", tmp_path)
    assert (done.returncode, done.stdout) == (0, "stopped scheduler, api-server, s3, redis, postgres\n"), done.stderr
    assert script("down.py", tmp_path).stdout == "nothing was running\n"


@pytest.mark.parametrize("name", ["run.py", "up.py"])
def test_one_of_them_at_a_time_and_the_other_says_that_it_waits(tmp_path: Path, name: str) -> None:
    environment = {**os.environ, "MLB_STATE_DIR": str(tmp_path)}
    with locked(tmp_path):
        waiting = subprocess.Popen([sys.executable, SCRIPTS / name], env=environment, stdout=subprocess.PIPE, text=True)
        with waiting:
            assert waiting.stdout is not None
            assert waiting.stdout.readline() == "another `make run` or `make up` goes on here: waiting for its end\n"
            waiting.kill()
    assert load_access(tmp_path / "services") is None, "nothing was started"


@pytest.mark.parametrize("name", ["run.py", "up.py", "down.py"])
def test_a_setting_that_is_wrong_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("MLB_SIMULATOR_SEED", "a league")
    done = script(name, tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: settings: MLB_SIMULATOR_SEED: ")
    assert done.stderr.count("\n") == 1


def test_make_up_ends_as_other_programs_do_where_a_retry_is_useless(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "demo.json").write_text('{"seed": 7}')
    monkeypatch.setenv("MLB_SIMULATOR_SEED", "8")
    done = script("up.py", tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: MLB_SIMULATOR_SEED: ")
    assert done.stderr.count("\n") == 1


def test_a_port_that_a_stranger_took_while_airflow_was_stopped_is_given_up(
    tmp_path: Path, airflow_processes: ModuleType, stand_in: StandIn
) -> None:
    url = services.environment(tmp_path)["MLB_AIRFLOW_URL"]
    airflow_processes.give_up_taken_port()
    assert services.environment(tmp_path)["MLB_AIRFLOW_URL"] == url
    scheduler = stand_in("scheduler")
    with socket.create_server(("127.0.0.1", int(url.rpartition(":")[2]))):
        airflow_processes.give_up_taken_port()
        moved = services.environment(tmp_path)
        assert moved["MLB_AIRFLOW_URL"] != url
        assert moved["AIRFLOW__API__BASE_URL"] == moved["MLB_AIRFLOW_URL"]
        assert scheduler.pid() is None, "it knows the old port"


def test_the_port_of_a_running_api_server_is_not_given_up(
    tmp_path: Path, airflow_processes: ModuleType, stand_in: StandIn
) -> None:
    url = services.environment(tmp_path)["MLB_AIRFLOW_URL"]
    stand_in("api-server")
    with socket.create_server(("127.0.0.1", int(url.rpartition(":")[2]))):
        airflow_processes.give_up_taken_port()
    assert services.environment(tmp_path)["MLB_AIRFLOW_URL"] == url


WELL = b'{"metadatabase": {"status": "healthy"}, "scheduler": {"status": "healthy", "latest_scheduler_heartbeat": "x"}}'


@pytest.mark.parametrize(
    ("answer", "healthy"),
    [
        (Answer(body=WELL), True),
        (Answer(body=WELL.replace(b'"healthy", ', b"null, ")), False),
        (Answer(503, b'{"detail": "starting"}'), False),
        (Answer(404, b"<html>"), False),
        (Answer(reset=True), False),
        (Answer(body=WELL, cut_after=9), False),
    ],
)
def test_airflow_is_well_when_all_its_parts_say_so(
    airflow_processes: ModuleType, answer: Answer, healthy: bool
) -> None:
    with running(HttpServer(lambda _: answer)) as url:
        assert airflow_processes._healthy(url) is healthy


def test_one_that_runs_and_stays_unwell_is_stopped_to_be_started_anew(
    airflow_processes: ModuleType, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a scheduler whose database was away: it waits for its tasks, and `make up` waited for it in vain."""
    monkeypatch.setattr(airflow_processes, "_HEARTBEATS_SECONDS", 0)
    hangs, is_well = stand_in("dag-processor"), stand_in("triggerer")
    said = b'{"scheduler": {"status": "unhealthy"}, "dag_processor": {"status": "unhealthy"}}'
    with running(HttpServer(lambda _: Answer(body=said))) as url:
        airflow_processes._stop_hanging(url)
    assert hangs.pid() is None
    assert is_well.pid()


def test_one_whose_heart_beats_again_goes_on(airflow_processes: ModuleType, stand_in: StandIn) -> None:
    scheduler, answers = stand_in("scheduler"), [WELL, WELL.replace(b'"healthy", ', b'"unhealthy", ')]
    with running(HttpServer(lambda _: Answer(body=answers.pop()))) as url:
        airflow_processes._stop_hanging(url)
    assert scheduler.pid()
    assert not answers


@pytest.mark.parametrize("body", [b"<html>welcome</html>", b"[]", b'{"a": 1}', b'{"a": {}}', b""])
def test_a_stranger_on_the_port_of_airflow_is_named(airflow_processes: ModuleType, body: bytes) -> None:
    with (
        running(HttpServer(lambda _: Answer(body=body))) as url,
        pytest.raises(TransientError, match=rf"^{url} is answered by another program than Airflow.*make up"),
    ):
        airflow_processes._healthy(url)


def test_one_that_speaks_no_http_is_not_healthy(airflow_processes: ModuleType) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:

        def greet() -> None:
            client, _ = stranger.accept()
            with client:
                client.sendall(b"220 mail.example ready\r\n")

        Thread(target=greet, daemon=True).start()
        assert airflow_processes._healthy(f"http://127.0.0.1:{stranger.getsockname()[1]}") is False


def test_make_notebook_of_no_dates_is_refused_before_anything_starts(tmp_path: Path) -> None:
    done = script("notebook.py", tmp_path, "--days", "0")
    assert done.returncode == 2
    assert done.stderr == "error: --days: 0 is not a number of dates; the default is 31\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"), [(["--days", "7"], "MLB_DUCKDB says to look at"), ([], "is missing; `mlb-etl export duckdb")]
)
def test_make_notebook_makes_nothing_in_the_place_of_an_export_of_ones_own(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLB_DUCKDB", str(tmp_path / "season.duckdb"))
    done = script("notebook.py", tmp_path, *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_make_notebook_opens_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(SCRIPTS)
    import notebook

    scripts = {path.stem for path in notebook.NOTEBOOKS.glob("*.py") if "# %%" in path.read_text(encoding="utf-8")}
    assert set(notebook.NAMES) == scripts
