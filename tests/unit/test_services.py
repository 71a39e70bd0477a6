"""The embedded services: real processes in a state folder of their own."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import stat
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest
import redis
from minio import Minio
from minio.error import MinioException
from redis.backoff import NoBackoff
from redis.retry import Retry
from typer.testing import CliRunner

from mlb_data_platform import services
from mlb_data_platform.cli.services import app
from mlb_data_platform.errors import BadInputError
from mlb_data_platform.services.access import Access, load_access
from mlb_data_platform.services.environment import services_folder
from mlb_data_platform.services.redis import Redis
from mlb_data_platform.services.s3 import BUCKETS, S3
from mlb_data_platform.services.service import Service
from mlb_data_platform.settings import settings
from statsapi_simulator.api.http import Answer, HttpServer, running

Environment = dict[str, str]

ELSEWHERE = "127.0.0.2"  # an address beside the one that the services always have, yet seen by this machine only


@pytest.fixture(scope="module")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A state folder that lies deeper than a Unix socket's path may be long, with running services."""
    folder = tmp_path_factory.mktemp("state") / ("deep" * 20) / "it's here"
    services.up(folder)
    yield folder
    services.down(folder)


@pytest.fixture
def environment(state_dir: Path) -> Environment:
    """The environment of services that all run, whatever the test before did to them."""
    return services.up(state_dir)


@pytest.fixture
def listening(state_dir: Path, environment: Environment) -> Iterator[Environment]:
    """The environment that leads to the same services at a second address."""
    services.down(state_dir)
    assert services.up(state_dir, ELSEWHERE) == environment
    yield {
        **environment,
        "POSTGRES_HOST": ELSEWHERE,
        "REDIS_HOST": ELSEWHERE,
        "MINIO_ENDPOINT": environment["MINIO_ENDPOINT"].replace("127.0.0.1", ELSEWHERE),
    }
    services.down(state_dir)


def connect(environment: Environment, **other: str) -> psycopg.Connection:
    given = {
        "host": environment["POSTGRES_HOST"],
        "port": environment["POSTGRES_PORT"],
        "user": environment["POSTGRES_USER"],
        "password": environment["POSTGRES_PASSWORD"],
        "dbname": environment["POSTGRES_DB"],
    }
    return psycopg.connect(psycopg.conninfo.make_conninfo("", **{**given, **other}), autocommit=True)


def cache(environment: Environment, password: str | None = None) -> redis.Redis:
    return redis.Redis(
        host=environment["REDIS_HOST"],
        port=int(environment["REDIS_PORT"]),
        password=password or environment["REDIS_PASSWORD"],
        decode_responses=True,
        retry=Retry(NoBackoff(), 0),
    )


def store(environment: Environment, secret: str | None = None) -> Minio:
    return Minio(
        environment["MINIO_ENDPOINT"],
        access_key=environment["MINIO_ACCESS_KEY"],
        secret_key=secret or environment["MINIO_SECRET_KEY"],
        secure=False,
    )


def refuse_a_wrong_password(environment: Environment) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(environment, password="wrong")
    with pytest.raises(redis.AuthenticationError):
        cache(environment, "wrong").ping()
    with pytest.raises(MinioException):
        store(environment, "wrong").list_buckets()


def answers_elsewhere(environment: Environment) -> list[bool]:
    """Return for each service whether something listens on its port of the second address."""
    ports = [environment["POSTGRES_PORT"], environment["REDIS_PORT"], environment["MINIO_ENDPOINT"].split(":")[1]]
    with ExitStack() as stack:
        clients = [stack.enter_context(socket.socket()) for _ in ports]
        return [each.connect_ex((ELSEWHERE, int(port))) == 0 for each, port in zip(clients, ports, strict=True)]


def postgres_knows(environment: Environment, client: str) -> bool:
    """Return whether PostgreSQL asks a client with that address for a password (it lets in nobody without)."""
    words = b"user\0mlb\0database\0mlb\0\0"
    there = (environment["POSTGRES_HOST"], int(environment["POSTGRES_PORT"]))
    with socket.create_connection(there, source_address=(client, 0)) as connection:
        connection.sendall(struct.pack("!ii", 8 + len(words), 3 << 16) + words)
        return b"SCRAM-SHA-256" in connection.recv(1024)


def pids(state_dir: Path) -> dict[str, int | None]:
    return {each.name: each.pid for each in services.status(state_dir)}


def test_all_three_answer(environment: Environment) -> None:
    with connect(environment) as connection:
        assert connection.execute("SHOW timezone").fetchone() == ("UTC",)
        databases = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
    assert {"mlb", "airflow"} <= databases
    assert cache(environment).ping()
    assert {bucket.name for bucket in store(environment).list_buckets()} == set(BUCKETS)


def test_each_refuses_a_wrong_password(environment: Environment) -> None:
    refuse_a_wrong_password(environment)


def test_passwords_stand_in_no_argument_and_in_no_file_that_others_can_read(
    state_dir: Path, environment: Environment
) -> None:
    secrets = [environment[name] for name in ("POSTGRES_PASSWORD", "MINIO_SECRET_KEY", "REDIS_PASSWORD")]
    for pid in pids(state_dir).values():
        words = " ".join(psutil.Process(pid).cmdline())
        assert not any(secret in words for secret in secrets)
    for file in (path for path in state_dir.rglob("*") if path.is_file()):
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            content = file.read_bytes()
            assert not any(secret.encode() in content for secret in secrets), file


def test_up_leaves_alone_what_runs_and_restarts_what_died(state_dir: Path, environment: Environment) -> None:
    before = pids(state_dir)
    assert services.up(state_dir) == environment
    assert pids(state_dir) == before

    dead = psutil.Process(before["redis"])
    dead.send_signal(signal.SIGKILL)
    dead.wait(10)
    assert pids(state_dir)["redis"] is None
    services.up(state_dir)
    after = pids(state_dir)
    assert after["redis"] not in (None, before["redis"])
    assert (after["postgres"], after["s3"]) == (before["postgres"], before["s3"])


def test_data_and_ports_outlive_down(state_dir: Path, environment: Environment) -> None:
    with connect(environment) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    cache(environment).set("kept", "7")
    store(environment).put_object("raw-data", "a/kept", io.BytesIO(b"7"), 1)

    assert services.down(state_dir) == ["s3", "redis", "postgres"]
    assert set(pids(state_dir).values()) == {None}
    assert services.down(state_dir) == []

    assert services.up(state_dir) == environment
    with connect(environment) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
    assert cache(environment).get("kept") == "7"
    assert store(environment).get_object("raw-data", "a/kept").read() == b"7"


def test_a_port_that_a_stranger_took_is_given_up(state_dir: Path, environment: Environment) -> None:
    services.down(state_dir)
    with socket.socket() as stranger:
        stranger.bind((environment["REDIS_HOST"], int(environment["REDIS_PORT"])))
        stranger.listen()
        moved = services.up(state_dir)
    assert moved["REDIS_PORT"] != environment["REDIS_PORT"]
    assert moved["POSTGRES_PORT"] == environment["POSTGRES_PORT"]
    assert cache(moved).ping()


def test_a_port_that_a_stranger_takes_while_the_database_is_made_is_given_up_as_well(tmp_path: Path) -> None:
    folder = services_folder(tmp_path)
    with ThreadPoolExecutor(1) as pool, socket.socket() as stranger:
        starting = pool.submit(services.up, tmp_path)
        while not starting.done() and not (folder / "postgres.new").exists():
            time.sleep(0.001)
        drawn = load_access(folder)["postgres"]
        stranger.bind((drawn.host, drawn.port))
        stranger.listen()
        try:
            environment = starting.result()
            assert environment["POSTGRES_PORT"] != str(drawn.port)
            connect(environment).close()
        finally:
            services.down(tmp_path)


@pytest.mark.parametrize("kind", [Redis, S3])
@pytest.mark.parametrize("answer", [Answer(body=b"<html>"), Answer(404, b"<html>"), Answer(503, b"soon")])
def test_a_stranger_who_answers_at_a_port_is_not_taken_for_the_service(
    kind: type[Service], answer: Answer, tmp_path: Path
) -> None:
    with running(HttpServer(lambda _: answer)) as url:
        assert not kind(tmp_path, Access(int(url.rpartition(":")[2]), "drawn")).answers()


@pytest.mark.parametrize("kind", [Redis, S3])
@pytest.mark.parametrize("greeting", [b"", b"220 mail.example ready\r\n"])
def test_nor_is_one_who_says_something_else_or_nothing(kind: type[Service], greeting: bytes, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool, socket.create_server(("127.0.0.1", 0)) as stranger:
        asked = pool.submit(kind(tmp_path, Access(stranger.getsockname()[1], "drawn")).answers)
        client, _ = stranger.accept()
        with client:
            client.sendall(greeting)
            assert not asked.result(timeout=20)


def test_without_listen_nobody_elsewhere_is_answered(environment: Environment) -> None:
    assert not any(answers_elsewhere(environment))
    assert not postgres_knows(environment, client="127.0.0.3")


def test_with_listen_they_answer_there_too_by_password(environment: Environment, listening: Environment) -> None:
    for each in (environment, listening):
        connect(each).close()
        assert cache(each).ping()
        assert {bucket.name for bucket in store(each).list_buckets()} == set(BUCKETS)
    refuse_a_wrong_password(listening)
    assert postgres_knows(listening, client="127.0.0.3")


def test_listening_at_all_addresses(state_dir: Path, environment: Environment) -> None:
    services.down(state_dir)
    assert services.up(state_dir, "0.0.0.0") == environment
    assert all(answers_elsewhere(environment))
    refuse_a_wrong_password(environment)
    services.down(state_dir)


def test_status_and_the_simulator_know_the_address(
    listening: Environment, state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = services.simulate(state_dir, services.SimulatedSeason())
    assert url.startswith("http://127.0.0.1:")
    assert httpx.get(url).json() == httpx.get(url.replace("127.0.0.1", ELSEWHERE)).json()

    monkeypatch.setenv("MLB_STATE_DIR", str(state_dir))
    settings.cache_clear()
    shown = CliRunner().invoke(app, ["status"]).output
    settings.cache_clear()
    assert f"redis     running   127.0.0.1:{listening['REDIS_PORT']} and {ELSEWHERE}   pid" in shown
    answer = json.loads(CliRunner().invoke(app, ["status", "--json"]).output)
    assert {each["listen"] for each in answer.values()} == {ELSEWHERE}


def test_the_address_is_kept_until_down(listening: Environment, state_dir: Path) -> None:
    dead = psutil.Process(pids(state_dir)["redis"])
    dead.send_signal(signal.SIGKILL)
    dead.wait(10)
    assert all(answers_elsewhere(services.up(state_dir)))

    services.down(state_dir)
    assert not any(answers_elsewhere(services.up(state_dir)))


def test_what_runs_without_the_address_is_not_left_as_it_is(environment: Environment, state_dir: Path) -> None:
    before = pids(state_dir)
    assert services.up(state_dir, "127.0.0.1") == environment
    with pytest.raises(BadInputError, match=r"postgres runs already and listens at 127\.0\.0\.1: run `mlb-etl"):
        services.up(state_dir, ELSEWHERE)
    assert {each.listen for each in services.status(state_dir)} == {None}
    assert pids(state_dir) == before


@pytest.mark.parametrize("address", ["203.0.113.9", "::1", "localhost", "127.0.0.2/8", ""])
def test_an_address_that_this_machine_has_not(tmp_path: Path, address: str) -> None:
    with pytest.raises(BadInputError, match=r"^--listen: "):
        services.up(tmp_path, address)
    assert load_access(tmp_path / "services") is None


def test_a_port_that_is_taken_only_there_is_given_up(listening: Environment, state_dir: Path) -> None:
    services.down(state_dir)
    with socket.socket() as stranger:
        stranger.bind((ELSEWHERE, int(listening["REDIS_PORT"])))
        stranger.listen()
        moved = services.up(state_dir, ELSEWHERE)
    assert moved["REDIS_PORT"] != listening["REDIS_PORT"]
    assert all(answers_elsewhere(moved))


def test_env_survives_the_shell(state_dir: Path, environment: Environment) -> None:
    program = f"""
        eval "$({sys.executable} -c 'from mlb_data_platform.cli.app import main; main()' services env)"
        exec {sys.executable} -c 'import json, os; print(json.dumps(dict(os.environ)))'
    """
    shell = {**os.environ, "MLB_STATE_DIR": str(state_dir)}
    done = subprocess.run(["bash", "-c", program], env=shell, capture_output=True, text=True, check=True)
    seen = json.loads(done.stdout)
    assert {name: seen.get(name) for name in environment} == environment
    assert json.loads(seen["AIRFLOW_CONN_MLB_POSTGRES"])["password"] == environment["POSTGRES_PASSWORD"]


def test_login_shows_what_airflow_asks_for(
    state_dir: Path, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLB_STATE_DIR", str(state_dir))
    settings.cache_clear()
    shown = CliRunner().invoke(app, ["login"]).output
    answer = json.loads(CliRunner().invoke(app, ["login", "--json"]).output)
    settings.cache_clear()
    url, password = environment["MLB_AIRFLOW_URL"], environment["MLB_AIRFLOW_PASSWORD"]
    assert shown == f"Airflow   {url}\nuser      admin\npassword  {password}\n"
    assert answer == {"url": url, "user": "admin", "password": password}


def test_login_before_the_first_start_says_what_starts_it(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"there is no Airflow in .* yet: `make up` starts it"):
        services.airflow_login(tmp_path)
    assert load_access(tmp_path / "services") is None, "and draws no password"


def test_two_ups_at_once_start_one_of_each(tmp_path: Path) -> None:
    program = "import sys, pathlib; from mlb_data_platform import services; services.up(pathlib.Path(sys.argv[1]))"
    starters = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path)]) for _ in range(2)]
    try:
        assert [starter.wait(120) for starter in starters] == [0, 0]
        logs = {name: (tmp_path / "services" / f"{name}.log").read_text() for name in ("postgres", "redis", "s3")}
        assert logs["postgres"].count("starting PostgreSQL") == 1
        assert logs["redis"].count("Redis is starting") == 1
        assert logs["s3"].count("Starting s3 server") == 1
    finally:
        services.down(tmp_path)


def test_status_before_the_first_start(tmp_path: Path) -> None:
    assert [(each.running, each.port) for each in services.status(tmp_path)] == [(False, None)] * 3
    assert services.down(tmp_path) == []
    assert load_access(tmp_path / "services") is None
