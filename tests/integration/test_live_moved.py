"""A game that is played on another date than the one it is followed on: the schedule tells, where its feed cannot."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from psycopg import Connection

from statsapi_simulator.model import Fate, ScheduledGame
from tests.conftest import Cli
from tests.integration.followed_game import SimulatedGame, check_kept, simulated_game, summary
from tests.waiting import until

pytestmark = pytest.mark.unmeasured


def scheduled(game: SimulatedGame) -> ScheduledGame:
    return game.server.league.games.scheduled(game.game_pk)


def follow_on(game: SimulatedGame, day: date | None, mlb_etl: Cli) -> None:
    """Let the schedule of a date be in the tables, and who follows the game follow it on that date."""
    assert day is not None
    mlb_etl.ok("ingest", "mlb_schedule", "--date", day, **game.environment)
    mlb_etl.ok("transform", "schedule.schedule", "--date", day)
    game.options = ("--date", str(day))


def called_off(game: SimulatedGame) -> datetime:
    return next(status.since for status in game.course.statuses if status.code.startswith("D"))


def test_a_follower_does_not_wait_for_a_game_that_was_moved_away(mlb_etl: Cli) -> None:
    with simulated_game(timedelta(0), Fate.POSTPONED, "D") as game:
        game.server.league.clock.set(called_off(game) + timedelta(hours=10), 0)  # the feed shows the make-up game
        follow_on(game, scheduled(game).first_date, mlb_etl)
        counts, said = summary(game.start(mlb_etl))
        first, second = scheduled(game).first_date, scheduled(game).second_date
    assert f"ended: Postponed, moved to {second}, as listed on {first}" in said
    assert "Scheduled, revision" in said
    assert len(counts["notes"]) == 1
    assert counts["requests"] < 10


def test_a_follower_does_not_wait_for_a_game_that_is_not_listed_on_its_date(mlb_etl: Cli) -> None:
    with simulated_game(timedelta(hours=20), Fate.POSTPONED, "D") as game:  # nobody knows yet that it will be postponed
        follow_on(game, scheduled(game).second_date, mlb_etl)
        counts, said = summary(game.start(mlb_etl))
        second = scheduled(game).second_date
    assert f"ended: not listed on {second} any more" in said
    assert len(counts["notes"]) == 1


@pytest.mark.parametrize(("fate", "code"), [(Fate.POSTPONED, "D"), (Fate.SUSPENDED, "U")])
def test_a_follower_waits_for_a_game_that_was_moved_here(
    fate: Fate, code: str, mlb_etl: Cli, connection: Connection[Any]
) -> None:
    with simulated_game(timedelta(minutes=-5), fate, code) as game:
        follow_on(game, scheduled(game).second_date, mlb_etl)
        game.server.traffic.reset()
        follower = game.start(mlb_etl)
        until(lambda: len(game.asked_for()) and game.server.traffic.report()["total"] > 8, "it waits")
        assert follower.poll() is None
        game.end(connection, captures=1)
        counts, said = summary(follower)
        check_kept(connection, game, every=1000)
    assert "ended: Final (F)" in said
    assert counts["notes"] == []


@pytest.mark.parametrize(("fate", "code", "notes"), [(Fate.SUSPENDED, "U", 1), (Fate.CANCELLED, "C", 0)])
def test_a_follower_ends_with_its_date(fate: Fate, code: str, notes: int, mlb_etl: Cli) -> None:
    with simulated_game(timedelta(minutes=3), fate, code) as game:
        follow_on(game, scheduled(game).first_date, mlb_etl)
        counts, said = summary(game.start(mlb_etl))
    assert f"({code})" in said
    assert len(counts["notes"]) == notes
