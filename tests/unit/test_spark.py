"""The Spark program's parts that need no Spark."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from psycopg import Connection

from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.spark import engine
from mlb_data_platform.transform.run import BATCH
from mlb_data_platform.transform.selection import CaptureRef

GAME = load_mapping("game.live_game_v1")


def refs(count: int) -> list[CaptureRef]:
    now = datetime(2026, 7, 1, tzinfo=UTC)
    return [CaptureRef(number, now, now) for number in range(count)]


@pytest.mark.parametrize(
    ("games", "cores", "sizes"),
    [(1, 2, [1]), (4, 2, [2, 2]), (5, 4, [2, 2, 1]), (4 * BATCH, 2, [BATCH] * 4), (250, 2, [63, 63, 63, 61])],
)
def test_batches_keep_all_cores_at_work_to_the_end_and_none_is_too_large(
    games: int, cores: int, sizes: list[int]
) -> None:
    batches = engine.batches(GAME.name, refs(games), cores)
    assert [len(batch.refs) for batch in batches] == sizes
    assert [ref for batch in batches for ref in batch.refs] == refs(games)


def test_responses_that_may_share_units_are_alone_in_their_batch() -> None:
    shared = [replace(ref, alone=True) for ref in refs(3)]
    assert [len(batch.refs) for batch in engine.batches(GAME.name, [*refs(2), *shared], 1)] == [1, 1, 1, 2]


def test_spark_is_not_started_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "spark_session", lambda endpoint: pytest.fail("Spark was started"))
    assert list(engine.outcomes(cast("Connection[Any]", None), GAME, [], force=False)) == []
