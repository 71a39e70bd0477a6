"""Staged tables of a run: gone with it, whatever ends it; and what the Spark program's tasks do with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from psycopg import Connection

from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.quality.results import Result
from mlb_data_platform.settings import settings
from mlb_data_platform.spark.staged_run import StagedRun, staged_run
from mlb_data_platform.spark.tasks import Batch, publish, stage
from mlb_data_platform.transform.selection import Selection, pending
from tests.conftest import Database
from tests.integration.support import GAME, at, body, insert_game, one
from tests.synthetic import feed

TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'staging'"
GAME_PK = 950_001


@pytest.fixture
def driver(database: Database) -> Iterator[Connection[Any]]:
    """The driver's connection."""
    with database.connect(autocommit=False) as connection:
        yield connection


@pytest.fixture
def run(database: Database, driver: Connection[Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[StagedRun]:
    """A run, in a process whose settings are those of `database`."""
    for name, value in database.environment.items():
        if name.startswith("POSTGRES_"):
            monkeypatch.setenv(name, value)
    settings.cache_clear()
    with staged_run(driver, GAME) as made:
        yield made
    settings.cache_clear()


def test_tables_are_gone_when_the_run_fails(connection: Connection[Any], driver: Connection[Any]) -> None:
    def fail() -> None:
        with staged_run(driver, GAME) as run:
            run.staging(0).create(connection)
            run.staging(1).create(connection)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert one(connection, TABLES) == 0


def test_tables_of_dead_runs_are_dropped_and_those_of_living_runs_are_not(
    database: Database, connection: Connection[Any], driver: Connection[Any]
) -> None:
    with database.connect(autocommit=False) as other, staged_run(other, GAME) as living:
        living.staging(0).create(connection)
        of_living = one(connection, TABLES)
        StagedRun(GAME, "r0000dead").staging(0).create(connection)
        with staged_run(driver, GAME):
            assert one(connection, TABLES) == of_living
    assert one(connection, TABLES) == 0


def test_a_batch_that_is_staged_again_has_its_rows_once(connection: Connection[Any], run: StagedRun) -> None:
    batch = _batch(connection, feed(GAME_PK), feed(GAME_PK + 1))
    first, again = stage(run, batch), stage(run, batch)
    assert first == again
    assert first.rejections == []
    assert publish(run, batch, [], force=False).rejections == []
    assert one(connection, "SELECT count(*) FROM game.live_game_plays") == first.rows["live_game_plays"]


def test_a_batch_whose_answer_was_lost_after_its_commit_is_published_again(
    connection: Connection[Any], driver: Connection[Any], run: StagedRun
) -> None:
    """Spark tries such a task once more."""
    batch = _batch(connection, feed(GAME_PK), feed(GAME_PK + 1))
    stage(run, batch)
    first, again = publish(run, batch, [], force=False), publish(run, batch, [], force=False)
    assert first == again
    assert first.in_place == {ref.raw_id for ref in batch.refs}
    run.drop(driver)
    assert one(connection, TABLES) == 0


def test_a_value_that_does_not_fit_its_column_rejects_its_game_alone(
    connection: Connection[Any], run: StagedRun
) -> None:
    bad = feed(GAME_PK + 1)
    bad["gameData"]["datetime"]["officialDate"] = "the day after"
    batch = _batch(connection, feed(GAME_PK), bad)
    (rejection,) = stage(run, batch).rejections
    assert rejection.raw_id == _raw_id(connection, GAME_PK + 1)
    assert "the day after" in rejection.reason
    assert publish(run, batch, [], force=False).rejections == []
    assert one(connection, "SELECT array_agg(game_pk) FROM game.live_game_metadata") == [GAME_PK]


def test_a_unit_that_the_database_refuses_keeps_no_other_from_being_published(
    connection: Connection[Any], run: StagedRun
) -> None:
    bad = feed(GAME_PK + 1)
    del bad["liveData"]["linescore"]["innings"][0]["num"]
    batch = _batch(connection, feed(GAME_PK), bad)
    stage(run, batch)
    outcome = publish(run, batch, [], force=False)  # as if the audit had not seen it
    (rejection,) = outcome.rejections
    assert (rejection.raw_id, rejection.unit) == (_raw_id(connection, GAME_PK + 1), None)
    assert rejection.reason.startswith("PostgreSQL: ")
    assert outcome.in_place == {_raw_id(connection, GAME_PK)}
    assert one(connection, "SELECT array_agg(game_pk) FROM game.live_game_metadata") == [GAME_PK]


def test_refused_units_are_not_published(connection: Connection[Any], run: StagedRun) -> None:
    bad = feed(GAME_PK + 1)
    bad["liveData"]["linescore"]["innings"][0]["num"] = 99
    batch = _batch(connection, feed(GAME_PK), bad)
    stage(run, batch)
    audited = [Result("live_game_linescore_innings", "inning_between", "error", 20, 1)]
    (rejection,) = publish(run, batch, audited, force=False).rejections
    assert rejection.raw_id == _raw_id(connection, GAME_PK + 1)
    assert "the audit refused live_game_linescore_innings.inning_between" in rejection.reason
    assert one(connection, "SELECT array_agg(game_pk) FROM game.live_game_metadata") == [GAME_PK]


def _raw_id(connection: Connection[Any], game_pk: int) -> int:
    return int(one(connection, "SELECT id FROM game.live_game_v1 WHERE game_pk = %s", game_pk))


def _batch(connection: Connection[Any], *feeds: dict[str, Any]) -> Batch:
    for minute, content in enumerate(feeds):
        insert_game(connection, body(content), at(minute))
    return Batch(0, tuple(pending(connection, load_mapping(GAME), Selection())))
