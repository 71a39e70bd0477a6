"""Whether there is a game to wait for: by what the schedule says of it, and by who keeps the schedule fresh."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from psycopg import Connection

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.jobs.each import Each
from mlb_data_platform.jobs.load import load_job
from mlb_data_platform.live.cadence import SCHEDULE_IS_FRESH_FOR
from mlb_data_platform.live.slate import Slate, SlateQuestion
from statsapi_simulator.feed.status import game_statuses
from tests.conftest import Database
from tests.integration.support import body, insert_raw, see_again
from tests.listed_games import WATCH, begin, list_game

pytestmark = pytest.mark.services

DAY = "2026-07-02"
STATUSES = game_statuses()
NEW_DATE = datetime(2026, 8, 26, 17, 5, tzinfo=UTC)

# By their coded states; the API calls them Final all the same.
POSTPONED_OR_CANCELLED = ("C", "D")


@pytest.fixture(scope="module")
def database(module_database: Database) -> Database:
    """One for all tests of this module: each has a date of its own, but for those of the states."""
    return module_database


@pytest.fixture
def connection(database: Database) -> Iterator[Connection[Any]]:
    with database.connect() as opened:
        yield opened


def each() -> Each:
    found = load_job("mlb_game").each
    assert found is not None
    return found


def ask(connection: Connection[Any], day: str = DAY, clock_speed: float = 1.0) -> Slate:
    question = SlateQuestion(each(), date.fromisoformat(day), clock_speed=clock_speed)
    return question.answer(connection.execute(question.query, question.parameters))


def list_in_state(connection: Connection[Any], game_pk: int, code: str, day: str = DAY, **columns: Any) -> None:
    status = STATUSES[code]
    states = {
        "abstract_game_state": status["abstractGameState"],
        "coded_game_state": status["codedGameState"],
        "detailed_state": status["detailedState"],
    }
    list_game(connection, game_pk, day, **states, **columns)


def capture(connection: Connection[Any], day: str, ago: timedelta) -> int:
    return insert_raw(
        connection,
        "schedule.schedule",
        body({"dates": []}),
        datetime.now(UTC) - ago,
        url="https://statsapi.mlb.com/api/v1/schedule",
        request_params={"sportId": 1, "date": day},
    )


@pytest.fixture(scope="module")
def slate(module_database: Database) -> Slate:
    """A date with a game in each state there is, while somebody watches."""
    with module_database.connect() as connection:
        for game_pk, code in enumerate(STATUSES, start=1):
            list_in_state(connection, game_pk, code)
        capture(connection, DAY, timedelta(0))
        return ask(connection)


@pytest.mark.parametrize("code", STATUSES)
def test_only_a_game_that_is_ahead_is_waited_for(slate: Slate, code: str) -> None:
    game_pk = list(STATUSES).index(code) + 1
    status = STATUSES[code]
    reason = slate.nothing_to_wait_for(game_pk)
    if status["codedGameState"] in POSTPONED_OR_CANCELLED:
        assert reason == f"not played on {DAY}: {status['detailedState']}"
    elif status["abstractGameState"] == "Preview":
        assert reason is None
    else:
        assert reason == f"no longer ahead: {status['detailedState']}"


@pytest.mark.parametrize(
    ("code", "waits"),
    [
        ("S", True),  # scheduled
        ("P", True),  # pre-game
        ("PR", True),  # delayed start: rain
        ("PW", False),  # warmup is Live
        ("I", False),
        ("IR", False),  # delayed: rain
        ("TR", False),  # suspended: rain
        ("UR", False),
        ("DR", False),  # postponed, which calls itself Final
        ("CR", False),
        ("O", False),  # game over
        ("F", False),
    ],
)
def test_the_states_that_matter(slate: Slate, code: str, waits: bool) -> None:
    assert (slate.nothing_to_wait_for(list(STATUSES).index(code) + 1) is None) is waits


def test_a_game_that_is_moved_says_where_to(connection: Connection[Any]) -> None:
    day = "2026-07-03"
    capture(connection, day, timedelta(0))
    list_in_state(connection, 1001, "DR", day, reschedule_game_date=NEW_DATE.date())
    list_in_state(connection, 1002, "UR", day, resume_game_date=NEW_DATE.date())
    found = ask(connection, day)
    moved = "moved to 2026-08-26"
    assert found.nothing_to_wait_for(1001) == f"not played on {day}: Postponed: Rain, {moved}"
    assert found.nothing_to_wait_for(1002) == f"no longer ahead: Suspended: Rain, {moved}"


@pytest.mark.parametrize(
    ("game_pk", "code", "column", "waits"),
    [(1012, "DR", "reschedule_game_date", True), (1013, "UR", "resume_game_date", False)],
    ids=["postponed", "suspended"],
)
def test_a_game_that_is_moved_within_its_date_is_played_on_it(
    game_pk: int, code: str, column: str, waits: bool, connection: Connection[Any]
) -> None:
    """From the first to the second game of a doubleheader, from the afternoon to the evening."""
    day = "2026-07-12"
    capture(connection, day, timedelta(0))
    list_in_state(connection, game_pk, code, day, **{column: day})
    found = ask(connection, day)
    game = found.games[game_pk]
    assert (game.is_ahead, game.is_over, game.is_elsewhere) == (waits, False, False)
    assert game.was_moved_here, "whoever follows it waits for it, however long it is parked"
    assert "moved to" not in game.standing
    assert (found.nothing_to_wait_for(game_pk) is None) is waits


def test_a_game_that_is_made_up_is_waited_for_on_its_new_date(connection: Connection[Any]) -> None:
    """The same game_pk under two dates: each run asks for its own."""
    capture(connection, str(NEW_DATE.date()), timedelta(0))
    list_in_state(connection, 1003, "DR", "2026-07-04", reschedule_date=NEW_DATE)
    list_in_state(connection, 1003, "S", str(NEW_DATE.date()), rescheduled_from="2026-07-04 17:05Z")
    assert ask(connection, str(NEW_DATE.date())).nothing_to_wait_for(1003) is None
    assert str(ask(connection, "2026-07-04").nothing_to_wait_for(1003)).startswith("not played on 2026-07-04")


def test_a_game_that_is_not_listed_is_not_waited_for(connection: Connection[Any]) -> None:
    day = "2026-07-05"
    capture(connection, day, timedelta(0))
    list_in_state(connection, 1010, "S", day)
    assert ask(connection, day).nothing_to_wait_for(1004) == f"not listed for {day}"


def test_a_table_without_games_says_nothing_of_one_that_was_listed(connection: Connection[Any]) -> None:
    """A bad answer that somebody else has published: who watches the date has asked again within a minute."""
    day = "2026-07-11"
    raw_id = capture(connection, day, timedelta(0))
    assert [ask(connection, day).nothing_to_wait_for(game_pk) for game_pk in (1011, None)] == [None, None]
    connection.execute("DELETE FROM schedule.schedule WHERE id = %s", (raw_id,))
    nobody = f"no game is listed for {day}, and nobody asks again"
    assert [ask(connection, day).nothing_to_wait_for(game_pk) for game_pk in (1011, None)] == [nobody, nobody]


def test_the_first_game_is_one_that_is_played(connection: Connection[Any]) -> None:
    day = "2026-07-06"
    capture(connection, day, timedelta(0))
    list_in_state(connection, 1005, "DR", day)
    assert ask(connection, day).nothing_to_wait_for(None) == f"no game is played on {day}"
    list_in_state(connection, 1006, "S", day)
    list_in_state(connection, 1007, "P", day)
    assert ask(connection, day).nothing_to_wait_for(None) is None
    begin(connection, 1007)
    assert ask(connection, day).nothing_to_wait_for(None) == "no longer ahead: game 1007 (Away @ Home): In Progress"


def test_who_watches_a_date_keeps_it_fresh(database: Database, connection: Connection[Any]) -> None:
    day = "2026-07-07"
    list_in_state(connection, 1008, "S", day)
    nobody = f"still ahead, but nobody keeps the schedule of {day} fresh"
    assert ask(connection, day).nothing_to_wait_for(1008) == nobody
    assert ask(connection, day).nothing_to_wait_for(None) == nobody
    with database.connect() as watcher:
        watcher.execute(WATCH, ("watch 2026-07-08",))
        assert ask(connection, day).nothing_to_wait_for(1008) == nobody
        watcher.execute(WATCH, (f"watch {day}",))
        assert ask(connection, day).nothing_to_wait_for(1008) is None
        assert ask(connection, day).nothing_to_wait_for(None) is None
    assert ask(connection, day).nothing_to_wait_for(1008) == nobody


@pytest.mark.parametrize("number", [0, 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, -1, -(2**32), -(2**63)])
def test_a_lock_is_known_by_its_number_whatever_its_sign(database: Database, number: int) -> None:
    """PostgreSQL shows the halves of the number as two unsigned ones."""
    with database.connect() as holder, database.connect() as observer:
        holder.execute("SELECT pg_advisory_lock(%s)", (number,))
        found = observer.execute(
            "SELECT (classid::bigint << 32 | objid::bigint) FROM pg_locks WHERE locktype = 'advisory' AND pid = %s",
            (holder.info.backend_pid,),
        ).fetchone()
        assert found == (number,)


def test_a_capture_keeps_it_fresh_for_three_minutes(connection: Connection[Any]) -> None:
    """So long may it take until somebody watches, or watches again."""
    day = "2026-07-09"
    list_in_state(connection, 1009, "S", day)
    capture(connection, "2026-07-10", timedelta(0))  # of another date
    raw_id = capture(connection, day, timedelta(seconds=SCHEDULE_IS_FRESH_FOR + 20))
    assert not ask(connection, day).is_kept_fresh
    see_again(connection, raw_id, datetime.now(UTC) - timedelta(seconds=SCHEDULE_IS_FRESH_FOR - 20))
    assert ask(connection, day).is_kept_fresh
    assert not ask(connection, day, clock_speed=2.0).is_kept_fresh  # of the API's minutes
    capture(connection, day, timedelta(0))
    assert ask(connection, day, clock_speed=2.0).is_kept_fresh
    capture(connection, day, timedelta(hours=-1))  # by a clock that is wrong
    assert not ask(connection, day, clock_speed=2.0).is_kept_fresh


def test_a_schedule_that_nobody_asks_for_is_bad_input() -> None:
    with pytest.raises(BadInputError, match=r"^mlb_schedule does not produce schedule\.nothing: "):
        SlateQuestion(each().model_copy(update={"table": "schedule.nothing"}), date.fromisoformat(DAY), clock_speed=1.0)
