"""Ports and passwords of the embedded services: drawn once, kept in one file that only its owner can read."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

HOST = "127.0.0.1"
USER = "mlb"
# Airflow is started by `make up`; its port and password are drawn with the others.
SERVICES = ("postgres", "redis", "s3", "simulator", "airflow")


@dataclass(frozen=True)
class Access:
    """How to reach one service."""

    port: int
    password: str
    user: str = USER
    host: str = HOST


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, so that two programs never start or stop its services at the same time."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
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


def free_ports(count: int) -> list[int]:
    """Return `count` different TCP ports of the loopback interface that nothing listens on."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((HOST, 0))
        return [each.getsockname()[1] for each in sockets]


def port_is_free(port: int) -> bool:
    """Return whether a server could listen on `port` of the loopback interface now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def write_private(path: Path, text: str) -> None:
    """Write `text` to `path` so that only its owner can read it, whole or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def _save(folder: Path, access: dict[str, Access]) -> dict[str, Access]:
    write_private(_file(folder), json.dumps({name: asdict(each) for name, each in access.items()}, indent=2))
    return access


def _file(folder: Path) -> Path:
    return folder / "access.json"
