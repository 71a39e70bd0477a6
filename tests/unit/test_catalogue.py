"""The catalogue: URLs from names and parameters."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.raw_endpoint import Request
from mlb_data_platform.statsapi.catalogue import endpoint


def _target(request: Request, parameters: dict[str, Any], *declared: str) -> str:
    return endpoint(request, parameters, declared).target(parameters)


@pytest.mark.parametrize(
    ("name", "parameters", "target"),
    [
        ("Game.liveGameV1", {"game_pk": 1}, "/api/v1.1/game/1/feed/live"),
        (
            "Game.liveGameV1",
            {"game_pk": 1, "timecode": "20260419_200309"},
            "/api/v1.1/game/1/feed/live?timecode=20260419_200309",
        ),
        ("Schedule.schedule", {"sportId": 1, "date": "2026-04-19"}, "/api/v1/schedule?sportId=1&date=2026-04-19"),
        ("Season.allSeasons", {"sportId": 1}, "/api/v1/seasons/all?sportId=1"),
        ("Person.person", {"personIds": [1, 2]}, "/api/v1/people?personIds=1,2"),
        ("Season.allSeasons", {"withGameTypeDates": True}, "/api/v1/seasons/all?withGameTypeDates=true"),
    ],
)
def test_catalogued_request(name: str, parameters: dict[str, Any], target: str) -> None:
    assert _target(Request(catalogue=name), parameters) == target


def test_of_several_paths_under_one_name_the_one_that_the_parameters_fill_is_meant() -> None:
    request = Request(catalogue="Season.seasons")
    assert _target(request, {"seasonId": 2024, "sportId": 1}) == "/api/v1/seasons/2024?sportId=1"
    assert _target(request, {"sportId": 1}) == "/api/v1/seasons?sportId=1"


def test_a_mapping_can_bring_its_own_path_and_parameters() -> None:
    request = Request(path="/api/v1/venues/{venue_id}")
    assert _target(request, {"venue_id": "a/b", "hydrate": "location"}, "hydrate") == (
        "/api/v1/venues/a%2Fb?hydrate=location"
    )


@pytest.mark.parametrize(
    ("request_", "parameters", "problem"),
    [
        (Request(catalogue="Game.liveGameV"), {}, "did you mean 'Game.liveGameV1'"),
        (Request(catalogue="Schedule.schedule"), {"sportID": 1}, "did you mean 'sportId'"),
        (Request(catalogue="Schedule.schedule"), {"hydrates": 1}, "takes no parameter 'hydrates'"),
        (Request(catalogue="Game.liveGameV1"), {}, "'game_pk' is missing"),
        (Request(path="/api/v1/venues"), {"hydrate": "location"}, "takes no parameter 'hydrate'"),
    ],
)
def test_what_does_not_fit_is_named(request_: Request, parameters: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadInputError, match=problem):
        _target(request_, parameters)


def test_the_library_is_imported_late_and_says_nothing() -> None:
    program = (
        "import sys, mlb_data_platform.statsapi.catalogue as c;"
        "from mlb_data_platform.mapping.raw_endpoint import Request;"
        "assert 'pymlb_statsapi' not in sys.modules;"
        "c.endpoint(Request(catalogue='Game.liveGameV1'), ['game_pk']);"
        "assert 'pymlb_statsapi' in sys.modules"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert (finished.stdout, finished.stderr) == (b"", b"")
