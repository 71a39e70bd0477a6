"""From the API's change to the commit: for each revision, the first capture that has it."""

from __future__ import annotations

import re
import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from mlb_data_platform.storage.database import connect
from statsapi_simulator.api.games import timecode
from tests.slate.api import Asked, WatchedApi

_GAME = re.compile(r"/game/(\d+)/")


@dataclass(frozen=True)
class Spread:
    """Quantiles of some seconds."""

    count: int
    p50: float
    p95: float
    p99: float
    most: float


@dataclass(frozen=True)
class Commit:
    """A capture: when it was asked for and committed (seconds since the epoch), and the revisions it brought."""

    game_pk: int
    asked_at: float
    committed_at: float
    reached: Sequence[str]


def spread(seconds: Sequence[float]) -> Spread:
    """Return how some durations are spread."""
    if len(seconds) < 2:
        raise SystemExit(f"error: {len(seconds)} captures are too few to tell anything: follow for longer")
    percent = statistics.quantiles(seconds, n=100, method="inclusive")
    return Spread(len(seconds), percent[49], percent[94], percent[98], max(seconds))


def commits() -> list[Commit]:
    """Return the captures in the order in which they were committed."""
    with connect(autocommit=True) as connection:
        rows = connection.execute(
            """
            SELECT game_pk, extract(epoch FROM captured_at)::float8,
                   extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 AS committed_at, reached
            FROM bench.commits WHERE reached IS NOT NULL ORDER BY committed_at
            """
        ).fetchall()
    return [Commit(*row) for row in rows]


def change_to_commit(
    api: WatchedApi, kept: Sequence[Commit], game_pks: Sequence[int], since: datetime, until: datetime
) -> list[float]:
    """Return the seconds for each revision after `since` and until `until` that was captured, by the API's clock."""
    return [
        max(committed_at - api.real(revision), 0.0)
        for game_pk in game_pks
        for revision, committed_at in _first_commits(api, [each for each in kept if each.game_pk == game_pk], game_pk)
        if since < revision <= until
    ]


def _first_commits(api: WatchedApi, kept: Sequence[Commit], game_pk: int) -> Iterator[tuple[datetime, float]]:
    """Yield each revision with the commit of the first capture that has it, or a later one."""
    position = 0
    for revision in api.course(game_pk).revisions:
        while position < len(kept) and max(kept[position].reached) < timecode(revision):
            position += 1
        if position < len(kept):
            yield revision, kept[position].committed_at


def received_to_commit(log: Sequence[Asked], kept: Sequence[Commit]) -> list[float]:
    """Return the seconds from the moment at which the answer with a capture was sent to its commit."""
    answers: dict[int, list[Asked]] = defaultdict(list)
    for asked in log:
        if asked.status == 200 and (game := _GAME.search(asked.target)) and "timestamps" not in asked.target:
            answers[int(game[1])].append(asked)
    return [
        capture.committed_at - sent_at
        for capture in kept
        if (sent_at := _sent_at(capture, answers[capture.game_pk])) is not None
    ]


def _sent_at(capture: Commit, answers: Sequence[Asked]) -> float | None:
    """When the answer that was captured was sent: the first one to what was asked after the moment of capture."""
    sent = (each.answered_at for each in answers if capture.asked_at <= each.came_at)
    return next(sent, None)
