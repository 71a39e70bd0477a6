"""The embedded services: real processes in a state folder of their own."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from minio import Minio
from minio.error import MinioException

from mlb_data_platform import services
from mlb_data_platform.services.access import load_access
from mlb_data_platform.services.s3 import BUCKETS

Environment = dict[str, str]


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
    )


def store(environment: Environment, secret: str | None = None) -> Minio:
    return Minio(
        environment["MINIO_ENDPOINT"],
        access_key=environment["MINIO_ACCESS_KEY"],
        secret_key=secret or environment["MINIO_SECRET_KEY"],
        secure=False,
    )


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
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(environment, password="wrong")
    with pytest.raises(redis.AuthenticationError):
        cache(environment, "wrong").ping()
    with pytest.raises(MinioException):
        store(environment, "wrong").list_buckets()


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
