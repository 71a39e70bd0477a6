"""The services of one state folder as a whole: up, down, status."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from mlb_data_platform.errors import BadInputError, TransientError
from mlb_data_platform.services.access import (
    Access,
    ensure_access,
    listen_at,
    load_access,
    locked,
    move_to_free_port,
)
from mlb_data_platform.services.addresses import one_more, port_is_free
from mlb_data_platform.services.environment import environment, services_folder
from mlb_data_platform.services.postgres import Postgres
from mlb_data_platform.services.redis import Redis
from mlb_data_platform.services.s3 import S3
from mlb_data_platform.services.service import Service
from mlb_data_platform.services.simulator import SimulatedSeason, Simulator

ServiceT = TypeVar("ServiceT", bound=Service)

_KINDS: tuple[type[Service], ...] = (Postgres, Redis, S3)


@dataclass(frozen=True)
class Status:
    """One service as `status` saw it; `pid` is None when it is stopped, `port` None before its first start.

    `listen` is where it answers besides loopback.
    """

    name: str
    pid: int | None
    port: int | None
    listen: str | None = None

    @property
    def running(self) -> bool:
        return self.pid is not None


def up(state_dir: Path, listen: str | None = None) -> dict[str, str]:
    """Start what does not run yet, and return the environment that leads to it. Data of earlier runs is kept.

    Until `down`, all that is started answers at the address `listen` of this machine too.

    Raises TransientError with the end of a server's log when it does not start, BadInputError when `listen` is no
    address of this machine or something runs already that does not listen there.
    """
    folder = services_folder(state_dir)
    with locked(folder):
        if listen is not None:
            _listen_at(folder, one_more(listen))
        for service in _services(folder, ensure_access(folder)):
            if service.process.pid() is None:
                _start(folder, service)
    return environment(state_dir)


def simulate(state_dir: Path, serves: SimulatedSeason | Path) -> str:
    """Serve a made-up season, or the recordings of a folder, in place of the Stats API; return the URL.

    `environment` names that URL from then on, until `down`.
    """
    folder = services_folder(state_dir)
    with locked(folder):
        simulator = Simulator(folder, ensure_access(folder)[Simulator.name], serves)
        simulator.stop()  # it may serve something else
        return _start(folder, simulator, serves).url


def give_up_taken_port(state_dir: Path, name: str) -> bool:
    """Record another port for `name`, which does not run, if a stranger took its own; return whether that was so."""
    folder = services_folder(state_dir)
    with locked(folder):
        access = ensure_access(folder)[name]
        taken = not port_is_free(access.port, [access.host])
        if taken:
            move_to_free_port(folder, name)
    return taken


def down(state_dir: Path) -> list[str]:
    """Stop what runs in `state_dir` and return the names, each with what had to be killed for it."""
    folder = services_folder(state_dir)
    access = load_access(folder)
    if access is None:
        return []
    with locked(folder):
        stopped = [str(ended) for service in reversed(_all(folder, access)) if (ended := service.stop())]
        listen_at(folder, None)  # a later start opens nothing that it was not told to
    return stopped


def status(state_dir: Path) -> list[Status]:
    """Return each service's state."""
    folder = services_folder(state_dir)
    access = load_access(folder)
    if access is None:
        return [Status(kind.name, None, None) for kind in _KINDS]
    return [
        Status(each.name, each.process.pid(), each.access.port, each.access.listen)
        for each in _services(folder, access)
    ]


def _services(folder: Path, access: dict[str, Access]) -> list[Service]:
    return [kind(folder, access[kind.name]) for kind in _KINDS]


def _all(folder: Path, access: dict[str, Access]) -> list[Service]:
    return [*_services(folder, access), Simulator(folder, access[Simulator.name])]


def _listen_at(folder: Path, listen: str | None) -> None:
    """Record where what is started next listens, unless something runs that listens elsewhere."""
    for service in _all(folder, ensure_access(folder)):
        if service.access.listen != listen and service.process.pid():
            addresses = " and ".join(service.access.addresses)
            raise BadInputError(
                f"{service.name} runs already and listens at {addresses}: "
                "run `mlb-etl services down` first to change that"
            )
    listen_at(folder, listen)


def _start(folder: Path, service: ServiceT, *more: SimulatedSeason | Path) -> ServiceT:
    """Start the service, at a new port when a stranger took its own while it was stopped; return what runs."""
    while not port_is_free(service.access.port, service.access.addresses):
        service = type(service)(folder, move_to_free_port(folder, service.name), *more)
    try:
        service.start()
    except TransientError:
        if port_is_free(service.access.port, service.access.addresses):
            raise
        return _start(folder, service, *more)  # taken after the look above: a database is made in between
    return service
