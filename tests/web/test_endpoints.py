"""What the YAML says of endpoints: read once for all pages, before anybody has to wait for it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from mlb_data_platform.web import endpoints
from mlb_data_platform.web.app import application
from mlb_data_platform.web.endpoints import Endpoint

pytestmark = pytest.mark.usefixtures("airflow")


def test_what_the_yaml_expects_is_read_as_the_server_starts_which_does_not_wait_for_it() -> None:
    async def start() -> None:
        app = application()
        async with app.router.lifespan_context(app):
            assert endpoints._expected.cache_info().currsize == 0
            while not endpoints._expected.cache_info().currsize:
                await asyncio.sleep(0.01)

    endpoints._expected.cache_clear()
    asyncio.run(asyncio.wait_for(start(), 120))


def test_the_yaml_of_the_job_that_lists_games_is_read_once() -> None:
    async def ask() -> None:
        for _ in range(3):
            assert (await endpoints.listing("mlb_schedule")).name == "schedule.schedule"

    endpoints._listing.cache_clear()
    asyncio.run(ask())
    assert endpoints._listing.cache_info().misses == 1


def test_a_paused_dag_keeps_an_endpoint_only_from_being_asked_where_no_other_way_is_open() -> None:
    ways = (frozenset({"mlb_schedule", "mlb_game"}), frozenset({"mlb_live"}))
    endpoint = Endpoint("game.live_game_v1", (), timedelta(days=1), ways)
    assert endpoint.kept_by({"mlb_game"}) == []
    assert endpoint.kept_by({"mlb_live", "mlb_game"}) == ["mlb_game", "mlb_live"]
    assert Endpoint("asked.by_hand", (), None, ()).kept_by({"mlb_game"}) == []
