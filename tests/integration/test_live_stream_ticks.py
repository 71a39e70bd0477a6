"""A stream, tick by tick: what comes is applied, in whatever order it is committed, and when the date has ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from psycopg import Connection

from mlb_data_platform.errors import BadInputError, TransientError
from mlb_data_platform.live.stream import loop as stream_module
from mlb_data_platform.live.stream.loop import OnPublished, Stream, nobody_listens
from mlb_data_platform.live.stream.workers import Workers
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.settings import settings
from mlb_data_platform.storage.advisory_locks import held
from mlb_data_platform.storage.executions import Execution
from tests.conftest import Database
from tests.histories import answer, ends
from tests.integration.streamed_date import DAY, SPEED, KeptGame, list_game, listed_game
from tests.integration.support import GAME, Platform, applied, at, body, insert_game, insert_patch, one, see_again

pytestmark = [pytest.mark.services, pytest.mark.unmeasured]


SESSIONS_OF_PROGRAMS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = 'mlb-etl' AND datname = current_database()
"""


class Streaming:
    """A stream in this process, and what it said."""

    def __init__(self, on_published: OnPublished = nobody_listens) -> None:
        self.said: list[str] = []
        self.execution = Execution()
        self.workers = Workers(1)
        mapping = load_mapping(GAME)
        self.stream = Stream(mapping, DAY, self.workers, self.execution, self.said.append, on_published, SPEED)

    def tick(self) -> bool:
        return self.stream.tick()

    def close(self) -> None:
        self.workers.close()
        self.stream.close()


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, database: Database) -> Iterator[pytest.MonkeyPatch]:
    """Settings of the services; no pause between two looks for the end."""
    for name, value in database.environment.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    monkeypatch.setattr(stream_module, "_LOOKS_FOR_THE_END_EVERY", 0.0)
    yield monkeypatch
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def streaming(program: pytest.MonkeyPatch) -> Iterator[Streaming]:
    with closing(Streaming()) as found:
        yield found


@pytest.fixture
def kept_game(connection: Connection[Any]) -> KeptGame:
    """A listed game of which the first document is kept."""
    found = listed_game(connection)
    found.keep()
    return found


@pytest.fixture
def live_game(kept_game: KeptGame, database: Database) -> Iterator[KeptGame]:
    """The same, and somebody follows it."""
    with database.connect() as follower:
        _lock(follower, f"follow {GAME} {kept_game.game_pk}")
        yield kept_game


def test_each_tick_applies_what_came_since_the_last_one(
    connection: Connection[Any], live_game: KeptGame, streaming: Streaming
) -> None:
    assert not streaming.tick()
    assert live_game.wrong_rows() == []
    for whole in (False, False, True, False):
        live_game.keep(whole=whole)
        streaming.tick()
        assert live_game.wrong_rows() == []
    live_game.keep()
    live_game.keep()  # two in one tick
    streaming.tick()
    assert live_game.wrong_rows() == []
    assert streaming.stream.counts["captures"] == 7
    assert streaming.said == []


def test_content_that_is_seen_again_moves_the_version_row(
    connection: Connection[Any], live_game: KeptGame, streaming: Streaming
) -> None:
    streaming.tick()
    raw_id = one(connection, "SELECT max(id) FROM game.live_game_v1")
    see_again(connection, raw_id, at(5))
    streaming.tick()
    assert applied(connection, live_game.game_pk) == (at(5), raw_id)


def test_what_is_not_of_the_date_is_left_alone(
    connection: Connection[Any], live_game: KeptGame, streaming: Streaming
) -> None:
    streaming.tick()
    other = live_game.states[1] | {"gamePk": 970_001}
    insert_game(connection, body(other), at(1))
    streaming.tick()
    assert applied(connection, 970_001) is None


def test_a_transaction_that_is_open_delays_its_own_rows_only(
    connection: Connection[Any], live_game: KeptGame, streaming: Streaming, database: Database
) -> None:
    late = listed_game(connection, 1)
    streaming.tick()
    with database.connect(autocommit=False) as elsewhere, database.connect(autocommit=False) as open_one:
        elsewhere.execute("CREATE TABLE game.somebodys (id integer)")
        late.connection = open_one
        late_id = late.keep()  # the smaller id, committed last
        live_id = live_game.keep()
        assert late_id < live_id
        streaming.tick()
        assert live_game.wrong_rows() == []
        for _ in range(2):
            live_game.keep()
            streaming.tick()
        assert live_game.wrong_rows() == []
        assert applied(connection, late.game_pk) is None
        open_one.commit()
        streaming.tick()
        assert applied(connection, late.game_pk) == (at(0), late_id)
        elsewhere.rollback()


def test_patches_may_be_committed_in_any_order(
    connection: Connection[Any], live_game: KeptGame, streaming: Streaming, database: Database
) -> None:
    streaming.tick()
    first, second, third = live_game.states[:3]
    with database.connect(autocommit=False) as open_one:
        insert_patch(open_one, answer([first, second]), at(1), live_game.game_pk, **ends(first, second))
        raw_id = insert_patch(
            connection, answer([second, third]), at(2), live_game.game_pk, **ends(second, third)
        )  # it leads on from what is not there yet
        streaming.tick()
        assert applied(connection, live_game.game_pk) == (at(0), raw_id - 2)
        open_one.commit()
    streaming.tick()
    assert applied(connection, live_game.game_pk) == (at(2), raw_id)
    assert streaming.execution.errors == []


def test_a_refused_capture_does_not_stop_the_stream(
    connection: Connection[Any], live_game: KeptGame, streaming: Streaming
) -> None:
    streaming.tick()
    bad = live_game.states[1] | {"liveData": "no object"}
    insert_game(connection, body(bad), at(0.5))
    streaming.tick()
    assert live_game.wrong_rows() == []
    assert (streaming.execution.exit_code, streaming.execution.done) == (2, 0)
    assert f"game_pk {live_game.game_pk}: the capture of" in streaming.said[0]
    assert "is refused: " in streaming.said[0]
    live_game.keep()
    streaming.tick()
    assert live_game.wrong_rows() == []
    assert (streaming.execution.exit_code, streaming.execution.done) == (0, 1)
    assert len(streaming.said) == 1


def test_what_is_refused_is_looked_at_of_the_games_that_something_came_of_and_of_all_at_times(
    connection: Connection[Any], live_game: KeptGame, streaming: Streaming, program: pytest.MonkeyPatch
) -> None:
    other = listed_game(connection, 1)
    other.keep()
    streaming.tick()
    insert_game(connection, body(live_game.states[1] | {"liveData": "no object"}), at(0.5))
    streaming.tick()
    (refused,) = streaming.execution.errors
    connection.execute("DELETE FROM metadata.rejected_captures")  # of which nothing came
    other.keep()
    streaming.tick()
    assert streaming.execution.errors == [refused]
    insert_game(connection, body(other.states[1] | {"liveData": "no object"}), at(1.5))
    streaming.tick()
    assert streaming.execution.errors[0] is refused
    assert (len(streaming.execution.errors), streaming.execution.done) == (2, 0)
    program.setattr(stream_module, "_LOOKS_AT_ALL_EVERY", 0.0)
    streaming.tick()
    assert len(streaming.execution.errors) == 2  # it was tried again, and refused again
    assert refused not in streaming.execution.errors
    assert len(streaming.said) == 2


def test_at_the_end_it_counts_whether_the_newest_capture_is_refused(
    connection: Connection[Any], kept_game: KeptGame, streaming: Streaming
) -> None:
    insert_game(connection, body(kept_game.states[-1]), at(8))
    bad = kept_game.states[-1] | {"liveData": "no object"}
    insert_game(connection, body(bad), at(9))
    assert streaming.tick()
    assert (streaming.execution.exit_code, streaming.execution.asked, streaming.execution.done) == (2, 1, 0)
    assert applied(connection, kept_game.game_pk) is not None
    streaming.close()
    with closing(Streaming()) as again:  # nothing new, and yet it is not as it should be
        assert again.tick()
        assert (again.execution.exit_code, again.execution.asked, again.execution.done) == (2, 1, 0)


def test_a_database_that_stays_away_is_an_error_worth_a_retry(
    connection: Connection[Any], live_game: KeptGame, program: pytest.MonkeyPatch
) -> None:
    program.setattr(stream_module, "DATABASE_SECONDS", 0.01)
    program.setattr(stream_module, "_SECONDS_BETWEEN_TRIES", 0.02)
    with closing(Streaming()) as streaming:
        streaming.tick()
        program.setenv("POSTGRES_PORT", "1")
        settings.cache_clear()
        connection.execute(SESSIONS_OF_PROGRAMS)
        assert not streaming.tick()
        with pytest.raises(TransientError, match="PostgreSQL at"):
            streaming.tick()
    assert len(streaming.said) == 1


def test_a_row_without_its_transaction_comes_when_all_is_looked_at(
    connection: Connection[Any], live_game: KeptGame, streaming: Streaming, program: pytest.MonkeyPatch
) -> None:
    streaming.tick()
    raw_id = _insert_without_transaction(connection, live_game.keep)
    streaming.tick()
    assert applied(connection, live_game.game_pk) != (at(1), raw_id)
    program.setattr(stream_module, "_LOOKS_AT_ALL_EVERY", 0.0)
    streaming.tick()
    assert applied(connection, live_game.game_pk) == (at(1), raw_id)


def test_patches_of_a_row_without_its_transaction_are_applied_when_they_come(
    connection: Connection[Any], live_game: KeptGame, streaming: Streaming
) -> None:
    streaming.tick()
    _insert_without_transaction(connection, live_game.keep)
    live_game.keep()
    streaming.tick()
    assert live_game.wrong_rows() == []
    assert streaming.execution.errors == []


def test_patches_that_were_there_before_a_row_without_its_transaction_are_applied_when_all_is_looked_at(
    connection: Connection[Any], live_game: KeptGame, streaming: Streaming, program: pytest.MonkeyPatch
) -> None:
    streaming.tick()
    _, second, third = live_game.states[:3]
    raw_id = insert_patch(connection, answer([second, third]), at(2), live_game.game_pk, **ends(second, third))
    streaming.tick()
    assert len(streaming.execution.errors) == 1
    _insert_without_transaction(connection, live_game.keep)
    streaming.tick()
    assert applied(connection, live_game.game_pk) == (at(0), raw_id - 1)
    program.setattr(stream_module, "_LOOKS_AT_ALL_EVERY", 0.0)
    streaming.tick()
    assert applied(connection, live_game.game_pk) == (at(2), raw_id)
    assert streaming.execution.errors == []


def test_another_stream_goes_on_from_the_offset(
    connection: Connection[Any], live_game: KeptGame, streaming: Streaming
) -> None:
    streaming.tick()
    streaming.close()
    live_game.keep()
    with closing(Streaming()) as other:
        other.tick()
        assert "going on from snapshot" in other.said[0]
        assert live_game.wrong_rows() == []
        assert other.stream.counts["captures"] == 1


def test_an_offset_of_another_server_counts_for_nothing(
    connection: Connection[Any], live_game: KeptGame, streaming: Streaming
) -> None:
    connection.execute(
        "INSERT INTO metadata.stream_offsets (name, snapshot) VALUES (%s, '999999999:999999999:')", [f"{GAME} {DAY}"]
    )
    streaming.tick()
    assert live_game.wrong_rows() == []


def test_sessions_that_break_and_workers_that_die_are_made_anew(
    connection: Connection[Any], live_game: KeptGame, streaming: Streaming
) -> None:
    streaming.tick()
    live_game.keep()
    connection.execute(SESSIONS_OF_PROGRAMS)
    assert not streaming.tick()
    assert "tried again" in streaming.said[0]
    streaming.tick()
    assert live_game.wrong_rows() == []
    for worker in streaming.workers._workers:
        worker._process.kill()
        worker._process.join()
    live_game.keep()
    streaming.tick()
    streaming.tick()
    assert live_game.wrong_rows() == []
    assert "a worker process of the stream died" in streaming.said[-2]


def test_what_was_published_is_served_and_what_fails_there_is_said_once(
    connection: Connection[Any], live_game: KeptGame, program: pytest.MonkeyPatch
) -> None:
    served: list[object] = []

    def serve(over: Connection[Any], natural_keys: object) -> None:
        served.append((natural_keys, one(over, "SELECT max(captured_at) FROM game.live_game_metadata")))
        if len(served) in (2, 3):
            raise ValueError("no such\ncache")

    key = {"game_pk": live_game.game_pk}
    with closing(Streaming(serve)) as streaming:
        for _ in range(3):
            streaming.tick()
            live_game.keep()
    each_tick = [each for minute in range(3) for each in (([key], at(minute)), ([], at(minute)))]
    assert served == [([key], at(0)), *each_tick]  # at first all of the date, whoever published it
    assert streaming.said == ["what is new cannot be told: no such cache; the tables have it"]


def test_what_others_published_is_served(
    connection: Connection[Any], live_game: KeptGame, program: pytest.MonkeyPatch, platform: Platform
) -> None:
    served: list[object] = []

    def serve(over: Connection[Any], natural_keys: object) -> None:
        if natural_keys:
            served.append((natural_keys, one(over, "SELECT max(captured_at) FROM game.live_game_metadata")))

    key = {"game_pk": live_game.game_pk}
    with closing(Streaming(serve)) as streaming:
        streaming.tick()
        live_game.keep()
        platform.transform()
        served.clear()
        streaming.tick()
        assert served == [([key], at(1))]
    live_game.keep()
    platform.transform()
    with closing(Streaming(serve)) as after_it_was_killed:
        after_it_was_killed.tick()
        assert served[1] == ([key], at(2))


def test_it_ends_when_all_games_are_settled_and_nobody_follows_them_any_more(
    connection: Connection[Any], kept_game: KeptGame, streaming: Streaming, database: Database
) -> None:
    with database.connect() as follower:
        _lock(follower, f"follow {GAME} {kept_game.game_pk}")
        assert not streaming.tick()
        insert_game(connection, body(kept_game.states[-1]), at(9))
        assert not streaming.tick()  # its follower asks for the last feed yet
        follower.execute("SELECT pg_advisory_unlock_all()")
        assert streaming.tick()
    assert streaming.said == [f"ended: all 1 games of {DAY} are settled or parked"]
    assert (streaming.execution.asked, streaming.execution.done, streaming.execution.notes) == (1, 1, [])
    assert one(connection, "SELECT count(*) > 50 FROM metadata.data_quality_results")


def test_a_game_that_was_suspended_on_another_date_is_waited_for(
    connection: Connection[Any], kept_game: KeptGame, streaming: Streaming, database: Database
) -> None:
    status = {**kept_game.states[0]["gameData"]["status"], "codedGameState": "U"}
    suspended = {**kept_game.states[0], "gameData": {**kept_game.states[0]["gameData"], "status": status}}
    insert_game(connection, body(suspended), at(1))
    with database.connect() as watcher:
        _lock(watcher, f"watch {DAY}")
        assert not _ends(streaming)
        connection.execute("UPDATE schedule.games SET coded_game_state = 'U'")
        assert streaming.tick()
    assert streaming.said == [f"ended: all 1 games of {DAY} are settled or parked"]


def test_all_locks_are_looked_at_once_however_many_are_asked_for(
    connection: Connection[Any], database: Database
) -> None:
    names = [f"follow {GAME} {game_pk}" for game_pk in range(20)]
    with database.connect() as follower:
        for name in names[3:5]:
            _lock(follower, name)
        follower.execute("SELECT pg_advisory_lock(1, 2)")  # of two numbers: none of ours
        assert held(connection, names) == {*names[3:5]}
    assert held(connection, []) == set()


def test_it_ends_when_nothing_more_can_come(
    connection: Connection[Any], kept_game: KeptGame, streaming: Streaming, database: Database
) -> None:
    with database.connect() as follower, database.connect() as watcher:
        _lock(follower, f"follow {GAME} {kept_game.game_pk}")
        _lock(watcher, f"watch {DAY}")
        assert not _ends(streaming)  # it is followed and watched
        watcher.close()
        assert not _ends(streaming)
    with database.connect() as watcher:
        _lock(watcher, f"watch {DAY}")
        assert not _ends(streaming)  # it may be followed yet
        connection.execute("UPDATE schedule.games SET coded_game_state = 'F'")
        assert _ends(streaming)
    assert streaming.said == ["ended: the schedule says that they are over, and nobody follows them"]
    assert streaming.execution.exit_code == 0
    assert str(kept_game.game_pk) in streaming.execution.notes[0]


def test_a_game_that_was_called_off_is_not_waited_for(
    connection: Connection[Any], kept_game: KeptGame, streaming: Streaming, database: Database
) -> None:
    list_game(connection, 970_001, code="D")
    insert_game(connection, body(kept_game.states[-1]), at(9))
    with database.connect() as watcher:
        _lock(watcher, f"watch {DAY}")
        assert streaming.tick()
    assert streaming.said == [f"ended: all 2 games of {DAY} are settled or parked"]
    assert streaming.execution.notes == []


def test_a_game_that_was_postponed_to_this_date_is_waited_for(
    connection: Connection[Any], kept_game: KeptGame, streaming: Streaming, database: Database
) -> None:
    status = {**kept_game.states[0]["gameData"]["status"], "codedGameState": "D"}
    postponed = {**kept_game.states[0], "gameData": {**kept_game.states[0]["gameData"], "status": status}}
    insert_game(connection, body(postponed), at(1))
    connection.execute("UPDATE schedule.games SET coded_game_state = 'S', rescheduled_from_date = %s", [DAY])
    with database.connect() as watcher:
        _lock(watcher, f"watch {DAY}")
        assert not _ends(streaming)
        connection.execute("UPDATE schedule.games SET coded_game_state = 'F'")
        insert_game(connection, body(kept_game.states[-1]), at(9))
        assert _ends(streaming)
    assert streaming.said == [f"ended: all 1 games of {DAY} are settled or parked"]


def test_it_ends_when_nobody_watches(connection: Connection[Any], kept_game: KeptGame, streaming: Streaming) -> None:
    list_game(connection, 970_001)
    assert not _ends(streaming), "what broke may be started again"
    assert _ends(streaming, minutes=20)
    assert streaming.said == ["ended: nobody watches the schedule, and nobody follows them"]


def test_a_schedule_that_is_empty_for_a_moment_is_no_end(
    connection: Connection[Any], kept_game: KeptGame, streaming: Streaming, database: Database
) -> None:
    with database.connect() as watcher:
        _lock(watcher, f"watch {DAY}")
        assert not _ends(streaming)
        connection.execute("DELETE FROM schedule.games")
        assert not _ends(streaming)
        list_game(connection, kept_game.game_pk)
        assert not _ends(streaming, minutes=20)


def test_a_date_without_games_is_over_and_one_that_nobody_knows_is_an_error(
    connection: Connection[Any], streaming: Streaming
) -> None:
    with pytest.raises(BadInputError, match=f"{DAY} is not in schedule.games; ingest and transform that date first"):
        streaming.tick()
    list_game(connection, 970_001)
    connection.execute("DELETE FROM schedule.games")
    assert streaming.tick()


def _ends(streaming: Streaming, minutes: int = 5) -> bool:
    """Whether it ends within some minutes of the API's clock from its first look, and looks when they are over."""
    has_ended = streaming.tick()
    until = time.monotonic() + minutes * 60 / SPEED
    while not has_ended:
        is_over = time.monotonic() >= until
        has_ended = streaming.tick()
        if is_over:
            break
        time.sleep(0.05)
    return has_ended


def _insert_without_transaction(connection: Connection[Any], insert: Callable[[], int]) -> int:
    """Insert a patch that does not say which transaction it is of; return its id."""
    with connection.transaction():
        raw_id = insert()
        connection.execute("UPDATE game.live_game_diff_patch_v1 SET xact = NULL WHERE id = %s", [raw_id])
    return raw_id


def _lock(connection: Connection[Any], name: str) -> None:
    connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [name])
