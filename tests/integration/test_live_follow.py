"""A game is followed to its end, each change kept as it comes, whatever happens to the follower."""

from __future__ import annotations

import json
import random
import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from psycopg import Connection

from statsapi_simulator.model import Fate
from tests.conftest import Cli
from tests.integration.followed_game import SimulatedGame, check_kept, simulated_game, summary
from tests.integration.support import GAME, one

PATCHES = "game.live_game_diff_patch_v1"
NOT_ARCHIVED = f"""
    SELECT (SELECT count(*) FROM {GAME} WHERE object_key IS NULL)
         + (SELECT count(*) FROM {PATCHES} WHERE object_key IS NULL)
"""
TWICE = f"""
    SELECT count(*) FROM (
        SELECT content_sha256 FROM (SELECT content_sha256 FROM {GAME} UNION ALL SELECT content_sha256 FROM {PATCHES}) _
        GROUP BY 1 HAVING count(*) > 1
    ) _
"""


@pytest.fixture
def game() -> Iterator[SimulatedGame]:
    with simulated_game(timedelta(minutes=35)) as game:
        yield game


def test_a_game_is_kept_patch_by_patch_and_never_asked_for_again(
    game: SimulatedGame, mlb_etl: Cli, connection: Connection[Any]
) -> None:
    counts, said = summary(game.start(mlb_etl))
    assert check_kept(connection, game, every=8) == counts["patches"] + counts["full"]
    assert one(connection, TWICE) == 0
    assert one(connection, NOT_ARCHIVED) == 0, "the end waits for the archive"
    assert counts["patches"] > 20
    assert counts["requests"] == counts["patches"] * 2 + counts["empty"] + counts["full"]
    assert (counts["misfits"], counts["old"], counts["corrections"]) == (0, 0, 0)
    zipped = one(connection, f"SELECT avg(length(body))::int FROM {GAME}")
    assert counts["bytes"] < 35 * 60 / 10 * zipped / 5, "a fifth of a whole feed every ten seconds"
    assert "game over" in said.lower()
    assert "ended: Final (F)" in said
    job = connection.execute("SELECT job, status, asked, done FROM metadata.job_executions").fetchall()
    assert job == [("live follow", "succeeded", 1, 1)]

    game.server.traffic.reset()
    again, _ = summary(game.start(mlb_etl))
    assert again["requests"] == 0
    mlb_etl.ok("ingest", "mlb_schedule", "--date", game.date, **game.environment)
    mlb_etl.ok("transform", "schedule.schedule", "--all")
    game.server.traffic.reset()
    daily = ("ingest", "mlb_game", "--date", game.date, "--json")
    assert json.loads(mlb_etl.ok(*daily, **game.environment).out)["skipped"] == 1
    assert game.asked_for() == []
    mlb_etl.ok(*daily, "--force", **game.environment)
    assert len(game.asked_for()) == 1


@pytest.mark.unmeasured
def test_followers_that_are_killed_at_any_point_leave_it_to_the_next(
    game: SimulatedGame, mlb_etl: Cli, connection: Connection[Any]
) -> None:
    standby = game.start(mlb_etl)
    game.pause()
    for _ in range(3):
        follower, standby = standby, game.start_another(mlb_etl)
        assert standby.stderr is not None
        assert "another program does this" in standby.stderr.readline()
        game.play()
        time.sleep(random.uniform(0, 1))
        follower.kill()
        game.pause()
        follower.communicate()
        assert "is gone" in standby.stderr.readline()
    game.play()
    game.end(connection)
    summary(standby)
    check_kept(connection, game, every=8)
    assert one(connection, TWICE) == 0
    assert one(connection, NOT_ARCHIVED) == 0


@pytest.mark.unmeasured
def test_it_ends_when_it_is_told_to_and_goes_on_from_there(
    game: SimulatedGame, mlb_etl: Cli, connection: Connection[Any]
) -> None:
    follower = game.start(mlb_etl)
    game.until_kept(connection, 5)
    told = time.monotonic()
    follower.send_signal(signal.SIGTERM)
    _, err = follower.communicate(timeout=180)
    assert time.monotonic() - told < 9, err  # less than one on an idle machine
    assert follower.returncode == 1
    assert "interrupted by SIGTERM" in err
    assert "Traceback" not in err
    follower = game.start(mlb_etl)
    game.end(connection)
    _, said = summary(follower)
    assert "going on from revision" in said
    check_kept(connection, game, every=10)


@pytest.mark.parametrize(("fate", "code"), [(Fate.POSTPONED, "D"), (Fate.SUSPENDED, "U")])
def test_a_game_that_goes_on_another_day_is_parked(
    fate: Fate, code: str, mlb_etl: Cli, connection: Connection[Any]
) -> None:
    with simulated_game(timedelta(minutes=3), fate, code) as game:
        counts, said = summary(game.start(mlb_etl))
        assert f"({code}): follow it again when it goes on" in said
        again, _ = summary(game.start(mlb_etl))
        assert 0 < again["requests"] < counts["requests"] + 3, "it is asked whether it goes on"


def test_a_game_that_does_not_exist_is_bad_input(game: SimulatedGame, mlb_etl: Cli) -> None:
    unknown = mlb_etl("live", "follow", "--game-pk", 20269999, **game.environment)
    assert unknown.exit_code == 2, unknown.output
    assert "/game/20269999/feed/live: HTTP 404" in unknown.err
    assert "Traceback" not in unknown.err
