"""The Spark program's parts that need no Spark."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from psycopg import Connection

from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.spark import engine, jdbc
from mlb_data_platform.transform.run import BATCH
from mlb_data_platform.transform.selection import CaptureRef

GAME = load_mapping("game.live_game_v1")


def refs(count: int) -> list[CaptureRef]:
    now = datetime(2026, 7, 1, tzinfo=UTC)
    return [CaptureRef(number, now, now) for number in range(count)]


@pytest.mark.parametrize(
    ("games", "cores", "sizes"),
    [(1, 2, [1]), (4, 2, [2, 2]), (5, 4, [2, 2, 1]), (250, 2, [BATCH, BATCH, 50])],
)
def test_batches_are_enough_for_all_cores_and_none_is_too_large(games: int, cores: int, sizes: list[int]) -> None:
    batches = engine.batches(refs(games), cores)
    assert [len(batch.refs) for batch in batches] == sizes
    assert [batch.number for batch in batches] == list(range(len(sizes)))
    assert [ref for batch in batches for ref in batch.refs] == refs(games)


def test_responses_that_may_share_units_are_alone_in_their_batch() -> None:
    shared = [replace(ref, alone=True) for ref in refs(3)]
    assert [len(batch.refs) for batch in engine.batches([*refs(2), *shared], 1)] == [1, 1, 1, 2]


def test_spark_is_not_started_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "spark_session", lambda endpoint: pytest.fail("Spark was started"))
    assert list(engine.outcomes(cast("Connection[Any]", None), GAME, [], force=False)) == []


@pytest.fixture
def _no_libpq_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("PG")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.mark.usefixtures("_no_libpq_variables")
@pytest.mark.parametrize(
    ("environment", "properties"),
    [
        ({}, {"sslmode": "prefer", "channelBinding": "prefer"}),
        ({"PGSSLMODE": "disable"}, {"sslmode": "disable"}),
        ({"PGSSLMODE": "require"}, {"sslmode": "require"}),
        ({"PGSSLMODE": "require", "PGSSLROOTCERT": "ABSENT"}, {"sslmode": "require", "sslrootcert": "ABSENT"}),
        ({"PGSSLMODE": "require", "PGSSLROOTCERT": __file__}, {"sslmode": "verify-ca", "sslrootcert": __file__}),
        ({"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "/ca"}, {"sslmode": "verify-full", "sslrootcert": "/ca"}),
        ({"PGSSLMODE": "prefer", "PGSSLROOTCERT": "system"}, {"sslmode": "verify-full", "sslrootcert": None}),
        ({"PGSSLCERT": "/c", "PGSSLKEY": "/k"}, {"sslcert": "/c", "sslkey": "/k"}),
        ({"PGCHANNELBINDING": "require", "PGREQUIREAUTH": "md5"}, {"channelBinding": "require", "requireAuth": "md5"}),
        ({"PGSSLNEGOTIATION": "direct"}, {"sslNegotiation": "direct"}),
    ],
)
def test_jdbc_follows_the_variables_that_libpq_follows(
    environment: dict[str, str], properties: dict[str, str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = jdbc.properties()
    assert {name: found.get(name) for name in properties} == properties


@pytest.mark.usefixtures("_no_libpq_variables")
def test_jdbc_finds_the_root_certificate_where_libpq_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PGSSLMODE", "require")
    (tmp_path / ".postgresql").mkdir()
    (tmp_path / ".postgresql" / "root.crt").touch()
    assert jdbc.properties()["sslmode"] == "verify-ca"
