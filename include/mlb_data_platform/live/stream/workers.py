"""The engine of a stream in processes of this machine: each game has its worker, which remembers what it did of it."""

from __future__ import annotations

import os
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from multiprocessing.connection import wait

from psycopg import Connection

from mlb_data_platform.errors import TransientError
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.database import connect, errors_for_people
from mlb_data_platform.transform.apply import Applier
from mlb_data_platform.transform.captures import CaptureRef
from mlb_data_platform.transform.flatten import flattener
from mlb_data_platform.transform.outcome import TransformOutcome
from mlb_data_platform.transform.run import end_with_parent

REMEMBERED = 64  # games a worker: more than a date has

Part = tuple[Sequence[CaptureRef], TransformOutcome]


class Workers:
    """Applies captures one by one, those of the same natural key always in the same process. Close it at the end."""

    def __init__(self, count: int | None = None) -> None:
        self._count = count or os.cpu_count() or 1
        self._workers: list[_Worker] = []
        self._place_of: dict[str, int] = {}  # by natural key

    def __call__(
        self, connection: Connection, mapping: Mapping, refs: Sequence[CaptureRef], *, force: bool
    ) -> Iterator[Part]:
        """Yield each capture as it is dealt with, and what became of it.

        Raises TransientError when a worker died or the database fails; then all workers are made anew, and so are
        when whoever asked goes on no further: none is left with work that nobody waits for.
        """
        if not self._workers:
            flattener(mapping)  # compiled before the workers are forked
            self._workers = [_Worker(mapping, force=force) for _ in range(self._count)]
        is_done = False
        try:
            yield from self._applied(refs)
            is_done = True
        finally:
            if not is_done:
                self.close()

    def close(self) -> None:
        """End the workers, whatever they do: a transaction that is not committed leaves nothing."""
        for worker in self._workers:
            worker.kill()
        self._workers = []

    def _applied(self, refs: Sequence[CaptureRef]) -> Iterator[Part]:
        work: dict[_Worker, deque[CaptureRef]] = defaultdict(deque)
        for ref in refs:
            own = self._place_of.setdefault(ref.natural_key, len(self._place_of) % self._count)  # each has as many
            work[self._workers[own]].append(ref)
        for worker, its_refs in work.items():
            worker.send(list(its_refs))
        while busy := [worker for worker, its_refs in work.items() if its_refs]:
            ready = wait([worker.pipe for worker in busy])
            for worker in busy:
                if worker.pipe in ready:
                    yield [work[worker].popleft()], worker.receive()


class _Worker:
    """A process that applies what comes through its pipe, and answers for each capture."""

    def __init__(self, mapping: Mapping, *, force: bool) -> None:
        context = get_context("fork")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, mapping, force), daemon=True)
        self._process.start()
        theirs.close()

    def send(self, refs: Sequence[CaptureRef]) -> None:
        try:
            self.pipe.send(refs)
        except BrokenPipeError:
            raise _died() from None

    def receive(self) -> TransformOutcome:
        """What became of the next capture. Raises what kept it from being applied."""
        try:
            answer = self.pipe.recv()
        except (EOFError, ConnectionResetError):
            raise _died() from None
        if isinstance(answer, TransformOutcome):
            return answer
        raise answer

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self.pipe.close()


def _died() -> TransientError:
    return TransientError("a worker process of the stream died (out of memory?)")


def _work(pipe: Pipe, mapping: Mapping, force: bool) -> None:
    """Apply what comes, until the parent is gone or an error has been told: the parent then ends this process."""
    end_with_parent()
    try:
        with errors_for_people(), connect() as connection:
            applier = Applier(connection, mapping, force=force, remembers=REMEMBERED)
            while True:
                for ref in pipe.recv():
                    pipe.send(applier.apply([ref]))
    except EOFError:
        return
    except Exception as error:  # whatever it is, it is raised in the parent
        pipe.send(error)
