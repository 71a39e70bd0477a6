"""What the next capture of a game that is followed takes, from its body to the commit: staged whole, or as a change."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.change import changes, lines_of
from mlb_data_platform.storage.database import connect
from mlb_data_platform.storage.stored_body import PlainBody
from mlb_data_platform.transform.apply import Applier
from mlb_data_platform.transform.captures import CaptureRef
from mlb_data_platform.transform.flatten import flattener
from mlb_data_platform.transform.raw_rows import RawRow
from tests import simulated
from tests.benchmark.database import empty

_FIRST = datetime(2026, 7, 2, 1, 0, tzinfo=UTC)


@dataclass(frozen=True)
class NextCapture:
    """Milliseconds from body to commit over the states of one game, and the rows that differ and were written."""

    states: int
    flatten_p50: float
    staged_p50: float
    staged_p99: float
    change_p50: float
    change_p99: float
    rows_changed: int
    rows_written: int


def figures(mapping: Mapping, states: int) -> NextCapture:
    """Apply so many states of a simulated game one after the other, both ways, each on emptied tables."""
    captures = game_captures(states)
    flatten = [_milliseconds(lambda capture=capture: flattener(mapping).flatten(capture)) for capture in captures]
    staged, _ = applied(mapping, captures, remembers=0)
    change, written = applied(mapping, captures, remembers=1)
    return NextCapture(
        states=len(captures),
        flatten_p50=statistics.median(flatten),
        staged_p50=statistics.median(staged),
        staged_p99=statistics.quantiles(staged, n=100)[98],
        change_p50=statistics.median(change),
        change_p99=statistics.quantiles(change, n=100)[98],
        rows_changed=sum(rows_changed(mapping, captures)),
        rows_written=written,
    )


def game_captures(states: int) -> list[RawRow]:
    """Return the captures of a simulated game in so many states, or in all of them where it has fewer."""
    game_pk = simulated.under_way()["gamePk"]
    bodies = [
        json.dumps(simulated.feed(2026, game_pk, moment)).encode()
        for moment in simulated.revisions(2026, game_pk, states)
    ]
    return [
        RawRow(number, moment, moment, sha256(body).hexdigest(), "", {}, {"game_pk": game_pk}, PlainBody(body))
        for number, body in enumerate(bodies, start=1)
        for moment in [_FIRST + timedelta(minutes=number)]
    ]


def applied(
    mapping: Mapping, captures: list[RawRow], *, remembers: int, keeps_history: bool = True
) -> tuple[list[float], int]:
    """Return the milliseconds of each capture, and the rows that were inserted, updated and deleted.

    Without `keeps_history` the triggers that keep what is superseded rest.
    """
    with connect(autocommit=True) as connection:
        empty(connection, mapping)
        before = row_writes(mapping)
    with connect() as connection:
        applier = Applier(connection, mapping, remembers=remembers)
        if not keeps_history:
            connection.execute("SET session_replication_role = replica")
        connection.commit()
        times = []
        for capture in captures:
            moment = capture.captured_at
            ref = CaptureRef(capture.raw_id, moment, moment, moment, first=capture is captures[0])
            times.append(_milliseconds(lambda ref=ref, capture=capture: applier.apply_captures([ref], [capture])))
            connection.commit()
    return times, row_writes(mapping) - before


def row_writes(mapping: Mapping) -> int:
    """Return how many rows of its tables were inserted, updated and deleted so far."""
    time.sleep(1)  # a session tells its numbers as it ends
    with connect(autocommit=True) as connection:
        row = connection.execute(
            "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint FROM pg_stat_user_tables"
            " WHERE schemaname = %s AND relname = ANY(%s)",
            (mapping.endpoint, list(mapping.tables)),
        ).fetchone()
    return int(row[0]) if row else 0


def rows_changed(mapping: Mapping, captures: Iterable[RawRow]) -> Iterator[int]:
    """Yield for each capture how many rows are new, other or gone since the one before it, its version row included."""
    before: Any = {}
    for capture in captures:
        now = lines_of(flattener(mapping).flatten(capture)) or {}
        yield 1 + sum(len(change.rows) + len(change.gone) for change in changes(mapping, before, now).values())
        before = now


def _milliseconds(work: Any) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000
