"""Ports and passwords of the embedded services: drawn once, kept in one file that only its owner can read."""

from __future__ import annotations

import fcntl
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from mlb_data_platform.files import write_whole
from mlb_data_platform.services.addresses import HOST, free_ports, to_bind

USER = "mlb"
# Airflow is started by `make up`; its port and password are drawn with the others.
SERVICES = ("postgres", "redis", "s3", "simulator", "airflow")


@dataclass(frozen=True)
class Access:
    """How to reach one service: at `host` from this machine; at `listen`, where there is one, from elsewhere too."""

    port: int
    password: str
    user: str = USER
    host: str = HOST
    listen: str | None = None

    @property
    def addresses(self) -> list[str]:
        """What the server binds."""
        return to_bind(self.listen)


@contextmanager
def locked(folder: Path, waits: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the folder's lock, so that two programs never start or stop its services at the same time.

    `waits` is called when another program holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waits()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def load_access(folder: Path) -> dict[str, Access] | None:
    """Return each service's Access as recorded in `folder`, or None before the first start."""
    try:
        recorded = json.loads(_file(folder).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return {name: Access(**values) for name, values in recorded.items()}


def ensure_access(folder: Path) -> dict[str, Access]:
    """Return each service's Access, drawing free ports and random passwords the first time."""
    return load_access(folder) or _save(
        folder,
        {
            name: Access(port=port, password=secrets.token_urlsafe(24))
            for name, port in zip(SERVICES, free_ports(len(SERVICES)), strict=True)
        },
    )


def move_to_free_port(folder: Path, name: str) -> Access:
    """Record another free port for the service `name` and return its Access."""
    access = ensure_access(folder)
    return _save(folder, {**access, name: replace(access[name], port=free_ports(1)[0])})[name]


def listen_at(folder: Path, listen: str | None) -> dict[str, Access]:
    """Record that services started from now on listen at `listen` too, and return each one's Access."""
    return _save(folder, {name: replace(each, listen=listen) for name, each in ensure_access(folder).items()})


def _save(folder: Path, access: dict[str, Access]) -> dict[str, Access]:
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({name: asdict(each) for name, each in access.items()}, indent=2)
    write_whole(_file(folder), text, private=True)
    return access


def _file(folder: Path) -> Path:
    return folder / "access.json"
