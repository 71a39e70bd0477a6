"""A world for all tests of a browser, by the seed in MLB_SEED or a new one, which is said; and who looks at it."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, StorageState

from mlb_data_platform.errors import BadInputError
from tests.page import browser as chromium
from tests.page.airflow_runs import airflow_of
from tests.page.browser import Visitors
from tests.page.places import Places
from tests.page.simulated_dates import SimulatedDates
from tests.page.world import EVENING, World, world

_SEED = int(os.environ.get("MLB_SEED") or random.randrange(2**32))


def pytest_configure() -> None:
    try:
        chromium.chromium()
    except BadInputError as error:
        pytest.exit(f"error: {error}", returncode=error.exit_code)


def pytest_report_header() -> str:
    return f"MLB_SEED={_SEED} {chromium.chromium()}"


@pytest.fixture(scope="session", name="world")
def _world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two dates of a league, up to the evening of the second; and two of another one, which played the year before."""
    before = SimulatedDates(_SEED + 1, EVENING.replace(year=EVENING.year - 1))
    with world(tmp_path_factory.mktemp("page") / "state", SimulatedDates(_SEED, EVENING), before) as made:
        yield made


@pytest.fixture
def airflow(world: World) -> Iterator[httpx.Client]:
    """Airflow's REST API, as the user of the page calls it. What runs the test has made there is taken back."""
    with airflow_of(world) as client:
        yield client


@pytest.fixture(scope="session")
def places(world: World) -> Places:
    """Where there is something to see."""
    return Places.of(world)


@pytest.fixture(scope="session")
def _browser() -> Iterator[Browser]:
    with chromium.started() as found:
        yield found


@pytest.fixture(scope="session")
def _states() -> dict[str, StorageState]:
    return {}


@pytest.fixture
def visitors(_browser: Browser, world: World, _states: dict[str, StorageState]) -> Iterator[Visitors]:
    """People with browsers. Each test ends by looking what their pages have complained of: nothing."""
    people = Visitors(_browser, world, _states)
    yield people
    people.leave()
    assert not people.complaints, "\n".join(people.complaints)
