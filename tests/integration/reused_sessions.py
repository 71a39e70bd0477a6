"""Sessions of PostgreSQL that are used again, for tests of programs that come and go by the thousand in one process.

To begin a session, and to fill its caches, takes PostgreSQL longer than all that a short-lived stream then asks of it.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

_idle: defaultdict[object, list[_Session]] = defaultdict(list)


class _Session(psycopg.Connection[Any]):
    """A session that is left clean when it is closed, for the next one who asks for such a session."""

    kind: object = None

    def close(self) -> None:
        try:
            self.rollback()
            self.execute("SELECT pg_advisory_unlock_all()")
            self.rollback()
        except psycopg.Error:  # it is broken, or in the middle of something
            super().close()
        else:
            _idle[self.kind].append(self)


@contextmanager
def reused_sessions() -> Iterator[None]:
    """Let whoever connects in the block, in the same process, get a session that another one has closed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg, "connect", _connect)
        yield
    for session in (each for sessions in _idle.values() for each in sessions):
        psycopg.Connection.close(session)
    _idle.clear()


def _connect(conninfo: str = "", **parameters: Any) -> _Session:
    kind = (os.getpid(), conninfo, *sorted(parameters.items()))
    while _idle[kind]:
        session = _idle[kind].pop()
        if _is_alive(session):
            return session
    session = _Session.connect(conninfo, **parameters)
    session.kind = kind
    return session


def _is_alive(session: _Session) -> bool:
    try:
        session.execute("SELECT")
        session.rollback()
    except psycopg.OperationalError:  # somebody has ended it meanwhile
        psycopg.Connection.close(session)
        return False
    return True
