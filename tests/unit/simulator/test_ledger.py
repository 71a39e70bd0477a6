"""What is kept of games that were played, wherever they were; and small things that sums are made of."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from tests import simulated

from statsapi_simulator.api import brackets
from statsapi_simulator.feed.chances import home_wins, leverage
from statsapi_simulator.ledger.course import Course, course
from statsapi_simulator.ledger.ledger import Ledger
from statsapi_simulator.ledger.rankings import qualified, ranking
from statsapi_simulator.ledger.worker import Task, courses
from statsapi_simulator.model import Fate
from statsapi_simulator.play.game import play_game
from statsapi_simulator.sample import of_each_fate
from statsapi_simulator.world.outcomes import winner

SEASON = 2026


def test_a_game_is_the_same_played_here_or_by_another_process() -> None:
    world = simulated.world(SEASON)
    games = list(of_each_fate(world.schedule))
    here = [course(world, simulated.record(SEASON, game.game_pk)) for game in games]
    task = Task(world.seed, SEASON, 0, (), [game.game_pk for game in games], os.getpid())
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(list(courses(task))), type=list[Course]) == here


@pytest.mark.unmeasured
def test_many_games_are_played_elsewhere_and_no_game_twice() -> None:
    world = simulated.world(SEASON)
    asked: list[int] = []

    def record(game_pk: int) -> simulated.GameRecord:
        asked.append(game_pk)
        return simulated.record(SEASON, game_pk)

    ledger = Ledger(simulated.world, record)
    first_days = [game for game in world.schedule if game.first_date < date(SEASON, 4, 3)]
    now = datetime(SEASON, 4, 4, tzinfo=UTC)
    found = ledger.over(first_days, now)
    assert len(found) > 60
    assert asked == [], "this process has played none of them"
    some = found[7]
    assert some.course == course(world, simulated.record(SEASON, some.game.game_pk))
    few = [game for game in world.schedule if game.first_date == date(SEASON, 4, 6)]
    ledger.over(few, now + timedelta(days=5))
    ledger.over(few, now + timedelta(days=5))
    assert Counter(asked) == Counter(game.game_pk for game in few)


@pytest.mark.parametrize("season", [2018, 2026])
def test_every_game_ends_as_was_drawn_with_the_season(season: int) -> None:
    world = simulated.world(season)
    for game in simulated.games(season, 300):
        record = play_game(world, game)
        drawn = winner(world, game)
        if game.fate is Fate.CANCELLED:
            assert drawn is None
            continue
        last = record.plays[-1]
        ahead = game.home_id if last.home_score > last.away_score else game.away_id
        assert drawn == (None if last.home_score == last.away_score else ahead)


def test_the_better_clubs_win_more_often_but_not_always() -> None:
    world = simulated.world(SEASON)
    wins = Counter(winner(world, game) for game in world.schedule)
    del wins[None]
    assert 50 < min(wins.values()) < 75
    assert 88 < max(wins.values()) < 112
    at_home = sum(winner(world, game) == game.home_id for game in world.schedule)
    assert 0.5 < at_home / len(world.schedule) < 0.57


def test_chances_follow_the_situation() -> None:
    def chance(inning: int, lead: int, *, top: bool = True, outs: int = 0, bases: str = "") -> float:
        return home_wins(9, inning, top=top, outs=outs, bases=bases, lead=lead)

    assert chance(1, 0) == pytest.approx(0.5, abs=0.01)
    assert chance(9, 0, top=False) == pytest.approx(0.635, abs=0.03)
    leads = [chance(5, lead) for lead in range(-8, 9)]
    assert leads == sorted(leads)
    assert chance(8, 1) > chance(3, 1)
    assert chance(7, -1, top=False, bases="123") > chance(7, -1, top=False) > chance(7, -1, top=False, outs=2)
    assert chance(9, 1, outs=3) == 1.0
    assert chance(9, -1, top=False, outs=3) == 0.0
    assert chance(12, 0, outs=3) == chance(12, 0, top=False)
    assert leverage(9, 1, top=True, outs=0, bases="", lead=0) == 1.0
    assert leverage(9, 9, top=False, outs=2, bases="123", lead=-1) > 3
    assert leverage(9, 8, top=True, outs=0, bases="", lead=12) < 0.1


def test_places_are_shared_and_sentinels_have_none() -> None:
    pages = {1: {"era": "2.00"}, 2: {"era": "-.--"}, 3: {"era": "1.50"}, 4: {"era": "2.00"}, 5: {"era": "9.00"}}
    assert [(each.rank, each.key) for each in ranking(pages, "era", lowest=True)] == [(1, 3), (2, 1), (2, 4), (4, 5)]
    innings = {1: {"inningsPitched": "6.2"}, 2: {"inningsPitched": "7.0"}, 3: {"inningsPitched": "6.1"}}
    assert [each.key for each in ranking(innings, "inningsPitched")] == [2, 1, 3]
    lines = {1: Counter(plateAppearances=31), 2: Counter(plateAppearances=30)}
    assert list(qualified("hitting", lines, lambda _: 10)) == [1]


def test_brackets_are_read_and_commas_in_them_part_nothing() -> None:
    asked = brackets.names("team(division,league), stats(group=[hitting,pitching],type=season),currentTeam")
    assert asked == {"team": "division,league", "stats": "group=[hitting,pitching],type=season", "currentTeam": ""}
    assert brackets.options(asked["stats"]) == {"group": "hitting,pitching", "type": "season"}
    nested = brackets.names("person(stats(group=[hitting]),currentTeam)")
    assert nested == {"person": "stats(group=[hitting]),currentTeam"}
    assert brackets.names(brackets.names("person(stats(type=season))")["person"]) == {"stats": "type=season"}
    assert brackets.names("") == {}


def test_a_worker_ends_when_nobody_waits_for_it_any_more() -> None:
    world = simulated.world(SEASON)
    task = Task(world.seed, SEASON, 0, (), [game.game_pk for game in world.schedule], asked_by=0)
    program = [sys.executable, "-m", "statsapi_simulator.ledger.worker"]
    done = subprocess.run(program, input=msgspec.msgpack.encode(task), capture_output=True, timeout=60, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
