"""From the API's change to the commit of rows, and how many rows were written for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from psycopg import Connection

from mlb_data_platform.documents.known import KnownDocuments
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.storage.database import connect
from mlb_data_platform.transform.captures import CaptureRef
from mlb_data_platform.transform.raw_rows import RawRow, load_raw_rows
from tests.benchmark.follow import latency
from tests.benchmark.follow.latency import Commit, Spread, spread
from tests.benchmark.next_capture import rows_changed
from tests.slate.api import Asked, WatchedApi
from tests.slate.checks import GAME


@dataclass(frozen=True)
class Publication:
    """A commit of the rows of a capture: when that was asked for, and when its rows were committed, since the epoch."""

    game_pk: int
    asked_at: float
    committed_at: float


@dataclass(frozen=True)
class Latencies:
    """Seconds on the way of a change. What is received counts from when its answer was sent."""

    change_to_capture: Spread
    capture_to_rows: Spread
    received_to_rows: Spread
    change_to_rows: Spread


def latencies(
    api: WatchedApi, log: Sequence[Asked], game_pks: Sequence[int], since: datetime, until: datetime
) -> Latencies:
    """Return what is measured of the changes between two moments of the API's clock, as it was last let go."""
    kept = latency.commits()
    published = with_rows(kept, publications())
    recent = [each for each in published if api.real(since) <= each.asked_at <= api.real(until)]
    kept_at = {(each.game_pk, each.asked_at): each.committed_at for each in kept}
    return Latencies(
        change_to_capture=spread(latency.change_to_commit(api, kept, game_pks, since, until)),
        capture_to_rows=spread([each.committed_at - kept_at[each.game_pk, each.asked_at] for each in recent]),
        received_to_rows=spread(latency.received_to_commit(log, recent)),
        change_to_rows=spread(latency.change_to_commit(api, published, game_pks, since, until)),
    )


def publications() -> list[Publication]:
    """Return the commits of rows, in their order."""
    with connect(autocommit=True) as connection:
        rows = connection.execute(
            """
            SELECT game_pk, extract(epoch FROM captured_at)::float8,
                   extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 AS committed_at
            FROM bench.publications ORDER BY committed_at
            """
        ).fetchall()
    return [Publication(*row) for row in rows]


def with_rows(kept: Sequence[Commit], published: Sequence[Publication]) -> list[Commit]:
    """Return those captures that are in the tables, as committed when their rows were, or those of a newer one."""
    by_game: dict[int, list[Publication]] = defaultdict(list)
    for publication in published:
        by_game[publication.game_pk].append(publication)
    return [
        replace(capture, committed_at=first.committed_at)
        for capture in kept
        if (first := next((each for each in by_game[capture.game_pk] if each.asked_at >= capture.asked_at), None))
    ]


def rows_that_differ(since: float) -> int:
    """Return how many rows are new, other or gone with each publication since a moment (seconds since the epoch)."""
    mapping = load_mapping(GAME)
    with connect(autocommit=True) as connection:
        games = _published(connection)
        return sum(
            changed
            for refs in games.values()
            for (_, committed_at), changed in zip(
                refs, rows_changed(mapping, _documents(connection, [ref for ref, _ in refs])), strict=True
            )
            if committed_at > since
        )


def _published(connection: Connection) -> dict[int, list[tuple[CaptureRef, float]]]:
    """What was published of each game, in order, and when that was committed."""
    rows = connection.execute(
        """
        SELECT p.game_pk, p.raw_id, c.captured_at, p.captured_at, c.start_timecode IS NOT NULL,
               extract(epoch FROM pg_xact_commit_timestamp(p.xmin))::float8 AS committed_at
        FROM bench.publications p JOIN bench.commits c USING (raw_id) ORDER BY committed_at
        """
    )
    found: dict[int, list[tuple[CaptureRef, float]]] = defaultdict(list)
    for game_pk, raw_id, stored_at, captured_at, is_patch, committed_at in rows:
        found[game_pk].append(
            (CaptureRef(raw_id, stored_at, captured_at, captured_at, is_patch=is_patch), committed_at)
        )
    return found


def _documents(connection: Connection, refs: Sequence[CaptureRef]) -> Iterator[RawRow]:
    """Yield the documents of captures of one game, one after the other, as a worker of the stream gets them."""
    mapping = load_mapping(GAME)
    known = KnownDocuments(mapping, 1)
    for ref in refs:
        yield next(row for row in load_raw_rows(connection, mapping, [ref], known) if row.raw_id == ref.raw_id)
