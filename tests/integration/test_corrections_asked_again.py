"""Games corrected after their end, from what the API lists as changed to `game.corrections`, within a day's budget."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from psycopg import Connection

from statsapi_simulator.api.clock import Clock
from statsapi_simulator.api.http import running
from statsapi_simulator.api.league import League
from statsapi_simulator.api.server import LeagueServer
from statsapi_simulator.world.dates import shift_to
from tests.checker import game
from tests.conftest import Cli, Finished
from tests.integration.support import GAME, one

pytestmark = pytest.mark.unmeasured

NOW = datetime.now(UTC).replace(microsecond=0)
SETTING = "MLB_CORRECTIONS_PER_DAY"


_DAYS_AGO = (5, 6, 7, 12)  # when nothing comes to be due; the last one is before any summer break that has the others
_DAY = (NOW - timedelta(days=_DAYS_AGO[0])).date()


@contextmanager
def league_of_today() -> Iterator[tuple[str, Clock]]:
    """Serve a season whose games of the last days are over, on a clock that stands at this moment."""
    clock = Clock(NOW)
    with running(LeagueServer(League(7, _DAY.year, clock, None, shift_to(_DAY)), [])) as url:
        yield url, clock


def played(url: str) -> list[int]:
    """The games of one of those days that nobody has corrected lately."""
    since = f"{NOW - timedelta(days=3):%Y-%m-%dT%H:%M:%SZ}"
    changed = listed(url, f"game/changes?sportId=1&season={_DAY.year}&updatedSince={since}")
    days = (listed(url, f"schedule?sportId=1&date={NOW - timedelta(days=ago):%Y-%m-%d}") for ago in _DAYS_AGO)
    games = next(filter(None, days))
    return [pk for pk, state in games.items() if state == "F" and pk not in changed]


def listed(url: str, target: str) -> dict[int, str]:
    dates = httpx.get(f"{url}/api/v1/{target}", timeout=60).json()["dates"]
    return {each["gamePk"]: each["status"]["codedGameState"] for day in dates for each in day["games"]}


def correct(url: str, clock: Clock, game_pk: int) -> None:
    clock.set(clock.now() + timedelta(seconds=1))
    httpx.put(f"{url}/_simulator/corrections", json={"game_pk": game_pk}, timeout=60).raise_for_status()


def test_corrected_games_are_asked_for_again(connection: Connection[Any], mlb_etl: Cli) -> None:
    with league_of_today() as (url, clock):
        api = {"MLB_STATSAPI_BASE_URL": url, "MLB_REQUESTS_PER_SECOND": "100"}
        first, second, untouched = game_pks = played(url)[:3]
        words = [word for each in game_pks for word in ("--game-pk", str(each))]

        def run(job: str, mapping: str, *selection: str, **environment: str) -> Finished:
            asked = mlb_etl.ok("ingest", job, "--date", NOW.date(), **api, **environment)
            mlb_etl.ok("transform", mapping, *selection)
            return asked

        def ask_again(most: int) -> tuple[int, str]:
            asked = run("mlb_corrections", GAME, "--since", "3h", **{SETTING: str(most)})
            return int(asked.out.split()[2]), asked.err

        mlb_etl.ok("ingest", "mlb_game", *words, **api)
        connection.execute("UPDATE game.live_game_v1 SET captured_at = captured_at - interval '2 hours'")
        mlb_etl.ok("transform", GAME, *words)
        # They were asked for two hours ago, and nothing came to be due since.
        assert ask_again(9) == (0, f"note: {SETTING}: 0 of 9 requests were made in the last 24 hours, 0 are due now\n")
        for each in (first, second):
            correct(url, clock, each)
        run("mlb_game_changes", "game.changes", "--all")

        assert ask_again(1)[0] == 1
        done, note = ask_again(1)
        assert (done, note) == (
            0, f"note: {SETTING}: 1 of 1 requests were made in the last 24 hours, 1 are due now, 1 of them wait\n",
        )  # fmt: skip
        assert ask_again(2)[0] == 1
        assert one(connection, "SELECT count(*) FROM game.due_again") == 0

        found = json.loads(mlb_etl.ok("corrections", "--json").out)
        assert {each["game_pk"] for each in found} == {first, second}
        assert all(each["before"] != each["after"] for each in found)
        for each in (first, second, untouched):
            feed = httpx.get(f"{url}/api/v1.1/game/{each}/feed/live", timeout=60).json()
            assert game.compare(connection, feed) == []
