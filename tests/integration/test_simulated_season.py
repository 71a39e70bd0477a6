"""Simulated seasons are baseball: a sample of games in each year's shape; the whole season on demand.

`MLB_WHOLE_SEASON=1` makes the last test check every game of 2026 instead of skipping (two processes, some minutes).
"""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from statistics import mean

import pytest

from tests import simulated
from tests.checker.baseball import problems

pytestmark = pytest.mark.unmeasured

_EVERY = 150  # of the games of a season
_MOMENTS = 12
_WHOLE = "MLB_WHOLE_SEASON"


@pytest.mark.parametrize("season", simulated.SEASONS)
def test_games_that_are_over_are_baseball(season: int) -> None:
    assert [problem for game in simulated.games(season, _EVERY) for problem in _of_game(game.game_pk)] == []


@pytest.mark.parametrize("season", simulated.SEASONS)
def test_games_are_baseball_at_every_moment(season: int) -> None:
    found = []
    for game in simulated.games(season, 5 * _EVERY):
        for at in simulated.revisions(season, game.game_pk, _MOMENTS):
            found += [f"{game.game_pk} at {at}: {each}" for each in problems(simulated.feed(season, game.game_pk, at))]
    assert found == []


def test_a_season_has_its_games() -> None:
    regular = [game for game in simulated.world(2026).schedule if game.game_type == "R"]
    assert len(regular) == 2430
    played = Counter(club for game in regular for club in (game.away_id, game.home_id))
    assert len(played) == 30
    assert set(played.values()) == {162}


def test_games_are_about_as_long_as_real_ones() -> None:
    feeds = [simulated.last_feed(2026, game.game_pk) for game in simulated.world(2026).schedule[50::40]]
    plays = [feed["liveData"]["plays"]["allPlays"] for feed in feeds]
    pitches = [sum(event["isPitch"] for play in each for event in play["playEvents"]) for each in plays if each]
    runs = [each[-1]["result"]["homeScore"] + each[-1]["result"]["awayScore"] for each in plays if each]
    assert 71 <= mean(len(each) for each in plays if each) <= 79
    assert 275 <= mean(pitches) <= 305
    assert 7.5 <= mean(runs) <= 10.5
    assert 48 <= mean(len(feed["gameData"]["players"]) for feed in feeds) <= 54


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get(_WHOLE), reason=f"checks 2,430 games, some minutes: set {_WHOLE}=1")
def test_the_whole_season_is_baseball() -> None:
    every = [game.game_pk for game in simulated.world(2026).schedule]
    with ProcessPoolExecutor(2) as pool:
        found = [problem for each in pool.map(_of_game, every, chunksize=20) for problem in each]
    assert found == []


def _of_game(game_pk: int) -> list[str]:
    return [f"{game_pk}: {each}" for each in problems(simulated.last_feed(game_pk // 10_000, game_pk))]
