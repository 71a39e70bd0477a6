"""What comes into the raw tier of a date is in the tables at once, whoever inserted it and however it was committed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from psycopg import Connection

from tests.conftest import Cli
from tests.integration.streamed_date import KeptGame, Streams, ended, listed_game
from tests.integration.support import one

pytestmark = [pytest.mark.services, pytest.mark.unmeasured]


@pytest.fixture
def streams(mlb_etl: Cli) -> Iterator[Streams]:
    """The programs of the test."""
    with closing(Streams(mlb_etl)) as found:
        yield found


@pytest.fixture
def games(connection: Connection[Any]) -> list[KeptGame]:
    """Three listed games of which nothing is kept yet."""
    return [listed_game(connection, number) for number in range(3)]


def test_whole_documents_and_patches_become_rows_until_all_games_are_final(
    connection: Connection[Any], games: list[KeptGame], streams: Streams
) -> None:
    for each in games[:2]:
        each.keep()  # before there is a stream
    process = streams.start(MLB_CLOCK_SPEED="1")
    for number in range(8):
        for each in games:
            if each.minute <= number:
                raw_id = each.keep()
        games[-1].until_applied(raw_id)
    summary, said = ended(process)
    assert [each.wrong_rows() for each in games] == [[], [], []]
    assert (summary["asked"], summary["done"]) == (3, 3)
    assert "all 3 games of 2026-07-02 are settled or parked" in said
    assert one(connection, "SELECT count(*) > 50 FROM metadata.data_quality_results")
    assert one(connection, "SELECT count(*) FROM metadata.stream_offsets") == 1
