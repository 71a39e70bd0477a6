"""The schedule of a date is kept fresh until nothing more comes of its games, whatever happens meanwhile."""

from __future__ import annotations

import copy
import json
import random
import re
import signal
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from mlb_data_platform.live.watch import run as live_watch
from mlb_data_platform.services.access import ensure_access
from mlb_data_platform.services.environment import services_folder
from mlb_data_platform.services.postgres import Postgres
from mlb_data_platform.settings import settings
from mlb_data_platform.storage.executions import Execution
from statsapi_simulator.api.faults import Fault, Kind
from tests.checker import schedule
from tests.conftest import Cli, Database
from tests.integration.support import insert_raw, one
from tests.integration.watched_date import watched_date
from tests.waiting import until

# Unmeasured: a signal that comes while the tracer holds its lock would leave a program waiting for ever.
pytestmark = [pytest.mark.services, pytest.mark.unmeasured]

DAY, EVENING, NIGHT = "2026-05-08", 23.0, 27.5  # hours after its midnight, UTC
NOT_ARCHIVED = """
    SELECT (SELECT count(*) FROM schedule.schedule WHERE object_key IS NULL)
         + (SELECT count(*) FROM metadata.raw_sightings WHERE object_key IS NULL)
"""

# The second and third time that the date is published, the last word is another mapping's.
OVERRULED = """
    CREATE SEQUENCE publications;
    CREATE FUNCTION overrule() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF nextval('publications') <= 2 THEN NEW.mapping_sha256 := 'another'; END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER overrule BEFORE UPDATE ON schedule.daily_summary FOR EACH ROW EXECUTE FUNCTION overrule();
"""


@pytest.mark.parametrize(
    ("day", "begins", "at_the_end", "said"),
    [
        pytest.param(DAY, EVENING, "Suspended: Rain", "Suspended: Rain, moved to 2026-05-09", id="suspended"),
        pytest.param("2026-05-09", 14, "Postponed", "Suspended: About to Resume", id="resumed, postponed"),
        pytest.param("2026-04-09", 14, "Postponed", "Postponed, moved to 2026-06-22", id="doubleheader"),
    ],
)
def test_a_date_is_watched_to_its_end(
    day: str, begins: float, at_the_end: str, said: str, mlb_etl: Cli, connection: Connection[Any]
) -> None:
    with watched_date(day, begins) as watched:
        counts, err = watched.watch(mlb_etl)
        assert counts["requests"] == watched.asked
        last = watched.now()
    assert schedule.compare(connection, last) == []
    states = Counter(game["status"]["detailedState"] for game in last["dates"][0]["games"])
    assert states == {"Final": len(last["dates"][0]["games"]) - 1, at_the_end: 1}
    assert said in err
    assert f"{day}: ended: " in err
    assert [note for note in counts["notes"] if at_the_end in note]
    assert one(connection, "SELECT count(*) FROM schedule.today WHERE detailed_state = 'Final'") == states["Final"]
    assert one(connection, NOT_ARCHIVED) == 0, "the end waits for the archive"
    job = connection.execute("SELECT job, status, asked, done FROM metadata.job_executions").fetchall()
    assert job == [("live watch", "succeeded", 1, 1)]


def test_a_date_without_games_ends_at_once(mlb_etl: Cli) -> None:
    with watched_date("2026-01-05", begins=14) as watched:
        counts, err = watched.watch(mlb_etl)
    assert counts["requests"] == 1
    assert "ended: no games" in err


def test_while_a_date_is_watched_nobody_else_has_to_ask(mlb_etl: Cli, connection: Connection[Any]) -> None:
    with watched_date(DAY, begins=NIGHT) as watched:
        watched.watch(mlb_etl)
        watched.api.step = timedelta(0)
        asked = watched.asked
        again = ("ingest", "mlb_schedule_today", "--date", DAY, "--json")
        assert json.loads(mlb_etl.ok(*again, **watched.environment).out)["skipped"] == 1
        assert watched.asked == asked
        assert json.loads(mlb_etl.ok(*again, "--force", **watched.environment).out)["unchanged"] == 1
        mlb_etl.ok("ingest", "mlb_schedule", "--date", DAY, **watched.environment)
        assert watched.asked == asked + 2, "the daily run asks whatever there is"


@pytest.mark.parametrize(("age", "asks"), [(30, False), (150, True), (-150, True)], ids=["young", "old", "ahead"])
def test_only_what_was_captured_lately_is_not_asked_for_again(
    age: int, asks: bool, mlb_etl: Cli, connection: Connection[Any]
) -> None:
    with watched_date(DAY, begins=14) as watched:
        body, captured_at = json.dumps(watched.now()).encode(), datetime.now(UTC) - timedelta(seconds=age)
        parameters = {"sportId": 1, "date": DAY}
        insert_raw(connection, "schedule.schedule", body, captured_at, url="", request_params=parameters)
        mlb_etl.ok("ingest", "mlb_schedule_today", "--date", DAY, **watched.environment)
        assert watched.asked == int(asks)


def test_bad_answers_are_told_and_asked_for_again(mlb_etl: Cli, connection: Connection[Any]) -> None:
    with watched_date(DAY, begins=NIGHT) as watched:
        refused = copy.deepcopy(watched.now())
        del refused["dates"][0]["games"][0]["teams"]["home"]["team"]["id"]
        watched.api.instead = [None, {"copyright": ""}, None, refused, None]
        # The last four are all attempts of one question.
        kinds = (Kind.HTML, Kind.SLOW, Kind.SERVER_ERROR, Kind.HTML, Kind.CUT, Kind.RESET)
        watched.api.faults.set([Fault(kind=kind, nth=nth, seconds=0.1) for nth, kind in enumerate(kinds, start=6)])
        _, err = watched.watch(mlb_etl)
        last = watched.now()
    told = [line for line in err.splitlines() if line.endswith("; tried again")]
    whats = ("$.dates is missing", "refused games.home_team_id_complete", "reset by peer")
    assert [what for what, line in zip(whats, told, strict=True) if what in line] == list(whats)
    assert err.count("all is well again") == len(told)
    assert schedule.compare(connection, last) == []


@pytest.mark.parametrize(("answers", "is_believed"), [(2, False), (99, True)], ids=["for a moment", "for long"])
def test_that_all_games_are_gone_is_believed_once_it_has_lasted(
    answers: int, is_believed: bool, mlb_etl: Cli, connection: Connection[Any]
) -> None:
    """Until then it is not in the raw tier: whatever is there, another program may publish at once."""
    with watched_date(DAY, begins=NIGHT, step=timedelta(hours=1)) as watched:
        watched.api.instead = [None, *[{**watched.now(), "dates": []}] * answers]
        _, err = watched.watch(mlb_etl, MLB_CLOCK_SPEED="500")
        last = watched.now()
    assert err.count("without any of ") == 1
    assert ("ended: no games" in err) is is_believed
    assert err.count("listed no longer") == (len(last["dates"][0]["games"]) if is_believed else 0)
    kept = one(connection, "SELECT count(*) FROM schedule.schedule WHERE data -> 'dates' = '[]'")
    assert kept == int(is_believed)
    if is_believed:
        assert one(connection, "SELECT count(*) FROM schedule.games") == 0
    else:
        assert schedule.compare(connection, last) == []


def test_a_bad_answer_of_somebody_else_does_not_end_it(mlb_etl: Cli, connection: Connection[Any]) -> None:
    with watched_date(DAY, begins=NIGHT, step=timedelta(0)) as watched:
        process = watched.start(mlb_etl, MLB_CLOCK_SPEED="100")
        watched.until_asked(2)
        body, captured_at = (
            json.dumps({**watched.now(), "dates": []}).encode(),
            datetime.now(UTC) + timedelta(seconds=3),
        )
        parameters = {"sportId": 1, "date": DAY}
        insert_raw(connection, "schedule.schedule", body, captured_at, url="", request_params=parameters)
        watched.until_asked(watched.asked + 2)
        watched.api.step = timedelta(minutes=20)
        _, err = process.communicate(timeout=120)
        last = watched.now()
    assert process.returncode == 0, err
    assert err.count("without any of ") == 1, "it was published"
    assert schedule.compare(connection, last) == []


@pytest.mark.parametrize(
    ("speed", "empty", "told"),
    [
        ("1e6", 0, ["asked again", "listed no longer", "listed anew"]),
        ("60", 0, ["asked again"]),
        ("60", 4, ["asked again"]),
    ],
    ids=["for long", "for a moment", "for a moment after others that list none"],
)
def test_that_a_game_is_gone_before_it_is_over_is_believed_once_it_has_lasted(
    speed: str, empty: int, told: list[str], mlb_etl: Cli, connection: Connection[Any]
) -> None:
    """Else an answer that leaves out the last game of an evening would end the date."""
    with watched_date(DAY, begins=NIGHT, step=timedelta(hours=1)) as watched:
        partial = watched.now()
        gone = partial["dates"][0]["games"].pop()["gamePk"]
        watched.api.instead = [None, *[{**partial, "dates": []}] * empty, partial, partial]
        _, err = watched.watch(mlb_etl, MLB_CLOCK_SPEED=speed)
        last = watched.now()
    lines = [line for line in err.splitlines() if f"game {gone} " in line]
    assert [line.rpartition("; ")[2] for line in lines if "; " in line] == told
    assert schedule.compare(connection, last) == []


def test_what_another_mapping_published_over_is_published_again(mlb_etl: Cli, connection: Connection[Any]) -> None:
    """Two versions of the platform on one database: whichever loses a capture has not done its work."""
    connection.execute(OVERRULED)
    with watched_date(DAY, begins=NIGHT) as watched:
        _, err = watched.watch(mlb_etl)
        last = watched.now()
    assert re.search(r"raw row \d+ is neither in the tables nor in their history: another program.*; tried again", err)
    assert "all is well again" in err
    assert schedule.compare(connection, last) == []


AWAY = [Fault(kind=Kind.SERVER_ERROR, nth=nth) for nth in range(2, 6)]  # all attempts of the second question


@pytest.mark.parametrize(
    ("impatient_with", "instead", "faults", "code", "said"),
    [
        pytest.param("_USELESS_ANSWERS_SECONDS", [{}], [], 2, "$.dates is missing", id="never right"),
        pytest.param("_USELESS_ANSWERS_SECONDS", [None, {}], [], 1, "$.dates is missing", id="wrong since"),
        pytest.param("_USELESS_ANSWERS_SECONDS", [], AWAY, 0, "", id="away for a while"),
        pytest.param("API_SECONDS", [], AWAY, 1, "HTTP 500", id="away for too long"),
        pytest.param("API_SECONDS", [None, {}], [], 0, "", id="wrong for a while"),
    ],
)
def test_an_api_that_is_away_is_waited_for_longer_than_one_that_is_wrong(
    impatient_with: str,
    instead: list[Any],
    faults: list[Fault],
    code: int,
    said: str,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What has worked before is worth a retry."""
    monkeypatch.setattr(live_watch, impatient_with, 0.0)
    with watched_date(DAY, begins=NIGHT) as watched:
        for name, value in {**database.environment, **watched.environment}.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        watched.api.instead = instead
        watched.api.faults.set(faults)
        execution = Execution()
        live_watch.watch_schedule(date.fromisoformat(DAY), settings(), execution, lambda _: None)
    monkeypatch.undo()
    settings.cache_clear()
    assert execution.exit_code == code
    assert said in " ".join(map(str, execution.errors))


def test_it_rides_out_a_restart_of_postgresql(mlb_etl: Cli, database: Database) -> None:
    with watched_date(DAY, begins=NIGHT, step=timedelta(0)) as watched:
        process = watched.start(mlb_etl, MLB_CLOCK_SPEED="250")
        watched.until_asked(2)
        folder = services_folder(Path(database.environment["MLB_STATE_DIR"]))
        server = Postgres(folder, ensure_access(folder)[Postgres.name])
        server.stop()
        time.sleep(0.5)
        server.start()
        watched.until_asked(watched.asked + 2)
        watched.api.step = timedelta(minutes=20)
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        last = watched.now()
    assert "PostgreSQL" in err
    assert "all is well again" in err
    with database.connect() as connection:
        assert schedule.compare(connection, last) == []


def test_one_watches_and_the_next_takes_over(mlb_etl: Cli, connection: Connection[Any]) -> None:
    with watched_date(DAY, begins=NIGHT, step=timedelta(0)) as watched:
        first = watched.start(mlb_etl, MLB_CLOCK_SPEED="250")
        watched.until_asked(1)
        assert is_watched(connection)
        second = watched.start(mlb_etl)
        assert second.stderr is not None
        assert "another program does this" in second.stderr.readline()
        first.kill()
        assert "is gone" in second.stderr.readline()
        watched.until_asked(watched.asked + 2)
        assert is_watched(connection)
        second.send_signal(signal.SIGTERM)
        told = time.monotonic()
        _, err = second.communicate(timeout=60)
        assert time.monotonic() - told < 9  # five on an idle machine
        assert second.returncode == 1
        assert "interrupted by SIGTERM" in err
        assert "Traceback" not in err
        until(lambda: not is_watched(connection), "the lock is free")


def test_killed_at_any_point_it_goes_on(mlb_etl: Cli, connection: Connection[Any]) -> None:
    with watched_date(DAY, begins=NIGHT, step=timedelta(minutes=2)) as watched:
        for _ in range(2):
            asked = watched.asked
            process = watched.start(mlb_etl)
            watched.until_asked(asked + 1)
            time.sleep(random.uniform(0, 0.3))
            process.kill()
            process.wait()
        watched.watch(mlb_etl)
        last = watched.now()
    assert schedule.compare(connection, last) == []
    twice = "SELECT count(*) FROM schedule.schedule GROUP BY content_sha256 HAVING count(*) > 1"
    assert connection.execute(twice).fetchall() == []
    assert one(connection, NOT_ARCHIVED) == 0


def is_watched(connection: Connection[Any]) -> bool:
    """Whether somebody holds the lock that sensors look at."""
    query = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))"
    return not one(connection, query, f"watch {DAY}")


@pytest.mark.parametrize(("begins", "seconds"), [(14.0, 60), (EVENING + 1.5, 25)], ids=["before the games", "games on"])
def test_it_asks_no_more_often_than_it_must(
    begins: float, seconds: float, mlb_etl: Cli, connection: Connection[Any]
) -> None:
    speed = 250
    with watched_date(DAY, begins, step=timedelta(0)) as watched:
        watched.start(mlb_etl, MLB_CLOCK_SPEED=str(speed))
        watched.until_asked(8)
    query = "SELECT captured_at FROM schedule.schedule UNION SELECT captured_at FROM metadata.raw_sightings ORDER BY 1"
    moments = [moment for (moment,) in connection.execute(query)]
    assert (moments[-1] - moments[0]).total_seconds() > 0.9 * (len(moments) - 1) * seconds / speed
