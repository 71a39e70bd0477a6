"""What the Spark program's tasks make of a batch, and what they do where it holds something bad."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from psycopg import Connection

from mlb_data_platform.errors import TransientError
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.quality.results import Result
from mlb_data_platform.settings import settings
from mlb_data_platform.spark.tasks import Batch, publish, stage
from mlb_data_platform.transform.pending import pending
from mlb_data_platform.transform.selection import Selection
from tests.checker import game
from tests.conftest import Database
from tests.histories import answer, ends
from tests.integration.support import GAME, Platform, at, body, contents, insert_game, insert_patch, one
from tests.synthetic import feed

pytestmark = pytest.mark.usefixtures("in_this_process")

GAME_PK = 950_001
GAMES = "SELECT array_agg(game_pk) FROM game.live_game_metadata"


@pytest.fixture
def in_this_process(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make this process's settings those of `database`."""
    for name, value in database.environment.items():
        if name.startswith("POSTGRES_"):
            monkeypatch.setenv(name, value)
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_a_batch_that_is_staged_again_has_its_rows_once(connection: Connection[Any]) -> None:
    batch = _batch(connection, feed(GAME_PK), feed(GAME_PK + 1))
    first, again = stage(batch), stage(batch)
    assert first.staged == again.staged
    assert first.staged.rejections == []
    assert publish(batch, again.rows, [], force=False).rejections == []
    assert one(connection, "SELECT count(*) FROM game.live_game_plays") == first.staged.rows["live_game_plays"]


def test_a_batch_whose_answer_was_lost_after_its_commit_is_published_again(connection: Connection[Any]) -> None:
    """Spark tries such a task once more."""
    batch = _batch(connection, feed(GAME_PK), feed(GAME_PK + 1))
    rows = stage(batch).rows
    first, again = publish(batch, rows, [], force=False), publish(batch, rows, [], force=False)
    assert first == again
    assert first.in_place == {ref.raw_id for ref in batch.refs}


def test_rows_of_a_unit_whose_version_row_is_gone_are_replaced(connection: Connection[Any]) -> None:
    batch = _batch(connection, feed(GAME_PK))
    whole = stage(batch).rows
    publish(batch, whole, [], force=False)
    before = contents(connection)
    connection.execute("DELETE FROM game.live_game_metadata")
    connection.execute("UPDATE game.live_game_plays SET at_bat_index = at_bat_index + 1000")
    assert publish(batch, whole, [], force=False).rejections == []
    assert contents(connection) == before


def test_a_newer_capture_that_was_published_meanwhile_stays(connection: Connection[Any]) -> None:
    batch = _batch(connection, feed(GAME_PK))
    rows = stage(batch).rows
    newer = feed(GAME_PK)
    newer["gameData"]["status"]["detailedState"] = "Completed Early"
    insert_game(connection, body(newer), at(5))
    Platform(connection).transform()
    assert publish(batch, rows, [], force=False).in_place == {ref.raw_id for ref in batch.refs}
    assert one(connection, "SELECT detailed_state FROM game.live_game_metadata") == "Completed Early"


@pytest.mark.parametrize(
    ("of", "name"), [("datetime", "officialDate"), ("status", "startTimeTBD")], ids=["audited", "not audited"]
)
def test_a_value_that_does_not_fit_its_column_rejects_its_game_alone(
    connection: Connection[Any], of: str, name: str
) -> None:
    bad = feed(GAME_PK + 1)
    bad["gameData"][of][name] = "the day after"
    batch = _batch(connection, feed(GAME_PK), bad)
    staged = stage(batch)
    (rejection,) = staged.staged.rejections
    assert rejection.raw_id == _raw_id(connection, GAME_PK + 1)
    assert rejection.reason.startswith("PostgreSQL: ")
    assert "the day after" in rejection.reason
    assert staged.staged.rows["live_game_metadata"] == 1
    assert publish(batch, staged.rows, [], force=False).rejections == []
    assert one(connection, GAMES) == [GAME_PK]


def test_a_value_that_only_postgresql_reads_is_taken(connection: Connection[Any]) -> None:
    odd = feed(GAME_PK)
    odd["gameData"]["datetime"]["officialDate"] = "July 4, 2026"
    batch = _batch(connection, odd)
    staged = stage(batch)
    assert staged.staged.rejections == []
    assert publish(batch, staged.rows, [], force=False).in_place == {ref.raw_id for ref in batch.refs}
    assert str(one(connection, "SELECT official_date FROM game.live_game_metadata")) == "2026-07-04"


def test_a_unit_that_the_database_refuses_keeps_no_other_from_being_published(connection: Connection[Any]) -> None:
    bad = feed(GAME_PK + 1)
    del bad["liveData"]["linescore"]["innings"][0]["num"]
    batch = _batch(connection, feed(GAME_PK), bad)
    outcome = publish(batch, stage(batch).rows, [], force=False)  # as if the audit had not seen it
    (rejection,) = outcome.rejections
    assert (rejection.raw_id, rejection.unit) == (_raw_id(connection, GAME_PK + 1), None)
    assert rejection.reason.startswith("PostgreSQL: ")
    assert outcome.in_place == {_raw_id(connection, GAME_PK)}
    assert one(connection, GAMES) == [GAME_PK]


def test_refused_units_are_not_published(connection: Connection[Any]) -> None:
    bad = feed(GAME_PK + 1)
    bad["liveData"]["linescore"]["innings"][0]["num"] = 99
    batch = _batch(connection, feed(GAME_PK), bad)
    audited = [Result("live_game_linescore_innings", "inning_between", "error", 20, 1)]
    (rejection,) = publish(batch, stage(batch).rows, audited, force=False).rejections
    assert rejection.raw_id == _raw_id(connection, GAME_PK + 1)
    assert "the audit refused live_game_linescore_innings.inning_between" in rejection.reason
    assert one(connection, GAMES) == [GAME_PK]


def test_a_database_that_is_gone_is_worth_a_retry(connection: Connection[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    batch = _batch(connection, feed(GAME_PK))
    monkeypatch.setenv("POSTGRES_PORT", "1")
    settings.cache_clear()
    with pytest.raises(TransientError, match="PostgreSQL"):
        stage(batch)


def test_a_patch_is_staged_as_its_document_and_one_that_fits_nothing_is_refused(
    connection: Connection[Any],
) -> None:
    states = [feed(GAME_PK, revision=number) for number in range(3)]
    for number, state in enumerate(states):
        state["metaData"]["timeStamp"] = f"20260702_0100{number:02}"
    insert_game(connection, body(states[0]), at(0))
    fits = insert_patch(connection, answer(states[0:2]), at(1), GAME_PK, **ends(states[0], states[1]))
    broken = [
        insert_patch(connection, answer([old, new]), at(minute), GAME_PK + 1, **ends(old, new))
        for minute, (old, new) in enumerate(pairwise(states))
    ]
    batch = _batch(connection)
    assert {ref.raw_id for ref in batch.refs} == {fits, broken[-1]}
    staged = stage(batch)
    assert {each.raw_id for each in staged.staged.rejections} == {broken[-1]}
    assert publish(batch, staged.rows, [], force=False).in_place == {fits}
    assert game.compare(connection, states[1]) == []


def _raw_id(connection: Connection[Any], game_pk: int) -> int:
    return int(one(connection, "SELECT id FROM game.live_game_v1 WHERE game_pk = %s", game_pk))


def _batch(connection: Connection[Any], *feeds: dict[str, Any]) -> Batch:
    for minute, content in enumerate(feeds):
        insert_game(connection, body(content), at(minute))
    return Batch(GAME, tuple(pending(connection, load_mapping(GAME), Selection())))
