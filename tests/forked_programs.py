"""`mlb-etl` without its start: a process that has imported it is forked for each run, and the child is the program.

    tests ──socket──▶ server: imports, then only forks ──▶ keeper: tells its child's number, and how it ended
                                                              └──▶ child: leaves this file and is `mlb-etl`

The child has the arguments, environment and outputs that it is given, a number and signals of its own, and ends as
Python ends. What it lacks is a start: a hash seed of its own, the variables that Python and libraries read while they
are imported, the imports of its command alone, the reading of the mappings. A test of those starts the program
(`Cli.start`).
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from coverage import Coverage

PROJECT_DIR = Path(__file__).parents[1]
MLB_ETL = Path(sys.executable).with_name("mlb-etl")

# Coverage measures a program whose environment has this, and all that one starts or forks.
_MEASURES = "COVERAGE_PROCESS_CONFIG"
_AS_WE_BEGAN = dict(os.environ)  # a module that is not measured may be the first that needs the server
_REQUEST_BYTES = 128 * 1024
# What Airflow and Spark load, and what loads Arrow and the like, whose threads no fork has; of the libraries those that
# are imported only where they are used.
_NOT_OF_THE_PROGRAM = (
    "mlb_data_platform.export",
    "mlb_data_platform.orchestration",
    "mlb_data_platform.web",
    "mlb_data_platform.spark",
    "statsapi_simulator.__main__",
)
_LIBRARIES = ("fastavro", "limits.storage.redis", "minio", "psycopg", "redis", "rich.progress", "rich.table")


@dataclass(frozen=True)
class Finished:
    """A program that has ended."""

    exit_code: int
    out: str
    err: str

    @property
    def output(self) -> str:
        """All it said, for the message of a failed assertion."""
        return f"exit {self.exit_code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


def run(arguments: Sequence[str], environment: Mapping[str, str], seconds: float) -> Finished:
    """Run `mlb-etl ARGUMENTS` to its end. Raises TimeoutError, having killed it, when that takes longer."""
    request = json.dumps({"arguments": arguments, "environment": dict(environment)}).encode()
    answers, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with TemporaryFile() as out, TemporaryFile() as err, answers:
        with theirs:
            socket.send_fds(_server(), [request], [out.fileno(), err.fileno(), theirs.fileno()])
        child = _number(answers)
        answers.settimeout(seconds)
        try:
            exit_code = _number(answers)
        except TimeoutError:
            os.kill(child, signal.SIGKILL)
            answers.settimeout(None)
            _number(answers)
            raise
        return Finished(exit_code, _text(out), _text(err))


def _number(answers: socket.socket) -> int:
    answer = answers.recv(32)
    if not answer:
        raise RuntimeError("the process that forks mlb-etl has ended: standard error has its reason")
    return int(answer)


def _text(written: IO[bytes]) -> str:
    written.seek(0)
    return written.read().decode()


@cache
def _server() -> socket.socket:
    """Start the server of this process, which ends when the socket that is returned is closed."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _REQUEST_BYTES)
    with theirs:
        server = subprocess.Popen(
            [sys.executable, "-P", __file__, str(theirs.fileno())],
            cwd=PROJECT_DIR,
            env=_AS_WE_BEGAN,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
    atexit.register(server.wait)
    atexit.register(ours.close)  # what is registered last is called first
    return ours


def _serve(requests: socket.socket) -> None:
    """Fork for each request; return in the child that is to be the program."""
    _import_program()
    if tracer := Coverage.current():
        tracer.save()  # what the imports have run: each child saves what it runs itself
    gc.freeze()
    while True:
        request, descriptors, *_ = socket.recv_fds(requests, _REQUEST_BYTES, 3)
        if not request:
            sys.exit()
        if os.fork() == 0:
            requests.close()
            _keep(**json.loads(request), descriptors=descriptors)
            return
        for descriptor in descriptors:
            os.close(descriptor)
        while _a_keeper_has_ended():
            pass


def _import_program() -> None:
    """Import it, and let it know the mappings of the project, which no test changes."""
    from mlb_data_platform.mapping.load import all_mappings
    from mlb_data_platform.transform.flatten import flattener

    for package in map(import_module, ("mlb_data_platform", "statsapi_simulator")):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.startswith(_NOT_OF_THE_PROGRAM):
                import_module(module.name)
    for library in _LIBRARIES:
        import_module(library)
    for mapping in all_mappings():
        flattener(mapping)
    if threading.active_count() > 1:
        raise RuntimeError(f"forks would lack the threads that an import has started: {threading.enumerate()}")


def _a_keeper_has_ended() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG) != (0, 0)
    except ChildProcessError:
        return False


def _keep(arguments: list[str], environment: dict[str, str], descriptors: list[int]) -> None:
    """Fork again; return in the child, made the program that was asked for, and end with it in the parent."""
    out, err, answers = descriptors
    if child := os.fork():
        os.write(answers, str(child).encode())
        _, status = os.waitpid(child, 0)
        os.write(answers, str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)
    os.dup2(out, sys.stdout.fileno())
    os.dup2(err, sys.stderr.fileno())
    for descriptor in descriptors:
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [str(MLB_ETL), *arguments]
    if _MEASURES not in os.environ and (tracer := Coverage.current()):
        tracer.stop()


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
    from mlb_data_platform.cli.app import main

    main()
