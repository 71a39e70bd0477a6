"""How Spark calls a function again and again, and which of its workers gets which game."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.spark import ticks
from mlb_data_platform.spark.session import spark_session
from mlb_data_platform.spark.stream import MODULES
from mlb_data_platform.spark.stream_workers import SparkWorkers
from mlb_data_platform.transform.pending import pending
from mlb_data_platform.transform.selection import Selection
from tests.conftest import Database
from tests.integration.streamed_date import listed_game
from tests.integration.support import GAME, executors_environment

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.spark, pytest.mark.services, pytest.mark.slow]


@pytest.fixture(scope="module")
def spark(module_database: Database) -> Iterator[SparkSession]:
    """A Spark session like that of a stream, whose workers have the settings of `module_database`."""
    more = {**ticks.SETTINGS, **executors_environment(module_database)}
    with spark_session(GAME, modules=MODULES, more_settings=more) as session:
        yield session


def test_what_spark_keeps_of_its_ticks_does_not_grow_and_is_gone_at_the_end(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticks, "_TICKS_PER_TRIGGER", 1)
    monkeypatch.setattr(ticks, "rest_of_pause", lambda _: 0.0)
    files, folders = list[int](), set[Path]()

    def tick() -> bool:
        (query,) = spark.streams.active
        folders.add(Path(query._jsq.streamingQuery().resolvedCheckpointRoot().removeprefix("file:")))
        files.append(sum(len(names) for folder in folders for _, _, names in os.walk(folder)))
        return len(files) == 60

    ticks.ticked(spark, GAME, tick)
    assert 0 < max(files[40:]) <= max(files[:20])
    assert len(folders) == 1
    assert not folders.pop().exists()


def test_what_a_tick_raises_comes_out_as_it_is(spark: SparkSession) -> None:
    def tick() -> bool:
        raise BadInputError("the date is wrong")

    with pytest.raises(BadInputError, match=r"^the date is wrong$"):
        ticks.ticked(spark, GAME, tick)
    assert spark.streams.active == []


def test_workers_look_into_no_archive(spark: SparkSession) -> None:
    """Before each task they have all importers look anew, which takes longer than the task of a stream."""
    (places,) = spark.sparkContext.parallelize([0], 1).map(_importers).collect()
    assert [place for place in places if ".zip" in place or ".jar" in place] == []


def _importers(_: int) -> list[str]:
    import sys

    return [*sys.path, *sys.path_importer_cache]


def test_the_captures_of_a_game_go_to_the_worker_that_remembers_it(
    spark: SparkSession, module_database: Database
) -> None:
    mapping, engine = load_mapping(GAME), SparkWorkers(spark.sparkContext)
    with module_database.connect() as connection:
        games = [listed_game(connection, number) for number in range(3)]
        spark.sparkContext.setJobGroup("spread", "the captures of some games, tick by tick")
        for _ in range(6):
            for each in games:
                each.keep()
            refs = pending(connection, mapping, Selection())
            applied = [outcome.in_place for _, outcome in engine(connection, mapping, refs, force=False)]
            assert sorted(map(list, applied)) == sorted([ref.raw_id] for ref in refs)
        assert [each.wrong_rows() for each in games] == [[], [], []]
    # Where a worker was not found, what it remembers would have taken another job.
    assert len(spark.sparkContext.statusTracker().getJobIdsForGroup("spread")) == 6
