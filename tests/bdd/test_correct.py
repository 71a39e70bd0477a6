"""The steps of correct.feature: a simulated league whose scorers correct games of days ago."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from psycopg import Connection
from pytest_bdd import given, parsers, scenarios, then, when

from statsapi_simulator.api.clock import Clock
from statsapi_simulator.api.http import running
from statsapi_simulator.api.league import League
from statsapi_simulator.api.server import LeagueServer
from statsapi_simulator.world.dates import shift_to
from tests.bdd.day import GAME
from tests.checker import game
from tests.conftest import Cli, Finished

pytestmark = pytest.mark.unmeasured

NOW = datetime.now(UTC).replace(microsecond=0)
SETTING = "MLB_CORRECTIONS_PER_DAY"
_DAYS_AGO = (5, 6, 7, 12)  # when nothing comes to be due; the last one is before any summer break that has the others
_DAY = (NOW - timedelta(days=_DAYS_AGO[0])).date()

scenarios("features/correct.feature")


class Scorers:
    """The simulated league, on a clock that stands until a scorer corrects a game."""

    def __init__(self, clock: Clock, url: str) -> None:
        self._clock, self.url = clock, url

    def untouched(self) -> list[int]:
        """The games of one of those days that nobody has corrected lately."""
        since = f"{self._clock.now() - timedelta(days=3):%Y-%m-%dT%H:%M:%SZ}"
        changed = self._listed(f"game/changes?sportId=1&season={_DAY.year}&updatedSince={since}")
        days = (self._listed(f"schedule?sportId=1&date={NOW - timedelta(days=ago):%Y-%m-%d}") for ago in _DAYS_AGO)
        games = next(filter(None, days))
        return [pk for pk, state in games.items() if state == "F" and pk not in changed]

    def _listed(self, target: str) -> dict[int, str]:
        dates = httpx.get(f"{self.url}/api/v1/{target}", timeout=60).json()["dates"]
        return {each["gamePk"]: each["status"]["codedGameState"] for day in dates for each in day["games"]}

    def correct(self, game_pk: int) -> None:
        """Change a play of a game in place."""
        self._clock.set(datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1))  # after all that was asked
        httpx.put(f"{self.url}/_simulator/corrections", json={"game_pk": game_pk}, timeout=60).raise_for_status()

    def feed(self, game_pk: int) -> dict[str, Any]:
        """What the API says of a game now."""
        found: dict[str, Any] = httpx.get(f"{self.url}/api/v1.1/game/{game_pk}/feed/live", timeout=60).json()
        return found


@dataclass
class Search:
    """Looks for corrections of three games, as the DAGs mlb_game_changes and mlb_corrections do; what it said."""

    mlb_etl: Cli
    scorers: Scorers
    game_pks: list[int]
    allowed: int = 9
    asked: Finished | None = None

    def __post_init__(self) -> None:
        api = {"MLB_STATSAPI_BASE_URL": self.scorers.url, "MLB_REQUESTS_PER_SECOND": "100"}
        self.mlb_etl.environment.update(api)

    def look(self) -> None:
        """Ask which games were changed, then for those."""
        self._run("mlb_game_changes", "game.changes", "--all")
        self.ask_again()

    def ask_again(self) -> None:
        """Ask for the games that are due, as far as it is allowed."""
        self.asked = self._run("mlb_corrections", GAME, "--since", "3h")

    def _run(self, job: str, mapping: str, *selection: str) -> Finished:
        asked = self.mlb_etl.ok("ingest", job, "--date", NOW.date(), **{SETTING: str(self.allowed)})
        self.mlb_etl.ok("transform", mapping, *selection)
        return asked


@pytest.fixture(scope="module")
def scorers() -> Iterator[Scorers]:
    """A season whose games of the last days are over."""
    clock = Clock(NOW)
    with running(LeagueServer(League(7, _DAY.year, clock, None, shift_to(_DAY)), [])) as url:
        yield Scorers(clock, url)


@given("three games that ended days ago are loaded", target_fixture="search")
def _loaded(mlb_etl: Cli, scorers: Scorers, connection: Connection[Any]) -> Search:
    search = Search(mlb_etl, scorers, scorers.untouched()[:3])
    words = [word for each in search.game_pks for word in ("--game-pk", str(each))]
    mlb_etl.ok("ingest", "mlb_game", *words)
    # Two hours ago: what was asked for just now is not asked for again.
    connection.execute("UPDATE game.live_game_v1 SET captured_at = captured_at - interval '2 hours'")
    mlb_etl.ok("transform", GAME, *words)
    return search


@given("the scorer has corrected the first and the second game")
def _corrected(search: Search) -> None:
    for each in search.game_pks[:2]:
        search.scorers.correct(each)


@given(parsers.re(r"(?P<number>\d+) games? a day may be asked for again"), converters={"number": int})
def _allowed(search: Search, number: int) -> None:
    search.allowed = number


@when("I look for corrections")
def _look(search: Search) -> None:
    search.look()


@when("I ask again for what is due")
def _ask_again(search: Search) -> None:
    search.ask_again()


@then(parsers.re(r"(?P<number>\d+) games? (was|were) asked for"), converters={"number": int})
def _asked(search: Search, number: int) -> None:
    assert search.asked is not None
    assert int(search.asked.out.split()[2]) == number, search.asked.output


@then("no game was asked for, as none was due")
def _none_due(search: Search) -> None:
    _none(search, f"note: {SETTING}: 0 of 9 requests were made in the last 24 hours, 0 are due now\n")


@then("no game was asked for, as 1 of 1 was today and 1 waits")
def _one_waits(search: Search) -> None:
    _none(search, f"note: {SETTING}: 1 of 1 requests were made in the last 24 hours, 1 are due now, 1 of them wait\n")


def _none(search: Search, note: str) -> None:
    _asked(search, 0)
    assert search.asked is not None
    assert search.asked.err == note


@then("none is due any longer")
def _none_is_due(connection: Connection[Any]) -> None:
    assert connection.execute("SELECT FROM game.due_again").fetchall() == []


@then("I am told each value of the first and the second game that was changed, as it was and as it is")
def _told(search: Search) -> None:
    found = corrections(search)
    assert {each["game_pk"] for each in found} == {*search.game_pks[:2]}
    assert all(each["before"] != each["after"] for each in found)


@then("the view of all corrections says the same")
def _in_view(search: Search, connection: Connection[Any]) -> None:
    query = "SELECT game_pk, table_name, key, column_name, before, after FROM game.corrections"
    told = [
        tuple(each[name] for name in ("game_pk", "table_name", "key", "column_name", "before", "after"))
        for each in corrections(search)
    ]
    assert sorted(map(repr, connection.execute(query))) == sorted(map(repr, told))


@then("the tables hold exactly what the API says of all three games")
def _exact(search: Search, connection: Connection[Any]) -> None:
    for each in search.game_pks:
        assert game.compare(connection, search.scorers.feed(each)) == []


def corrections(search: Search) -> list[dict[str, Any]]:
    """What `mlb-etl corrections` tells."""
    found: list[dict[str, Any]] = json.loads(search.mlb_etl.ok("corrections", "--json").out)
    return found
