"""Redis has the state of each game and every change of it, once and in order: with a real Redis that goes and comes."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection

from mlb_data_platform.live.serve import live_state as serve
from mlb_data_platform.live.serve.live_state import LiveState
from mlb_data_platform.mapping.load import load_mapping
from tests import simulated
from tests.conftest import Database
from tests.integration.redis_server import RedisServer
from tests.integration.support import GAME, Bench, Platform, at, body, insert_game, one, see_again
from tests.synthetic import captures, feed
from tests.waiting import until

GAME_PK = 990_101
Json = dict[str, Any]
Publish = Callable[[Json, float], int]
_TABLES = {"play": "live_game_plays", "pitch": "live_game_pitch_events"}
_NAMES = ("batter_name", "pitcher_name")
_SECONDS_OF_A_STATE = 60


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.service.stop()


@pytest.fixture
def server(running: RedisServer) -> Iterator[RedisServer]:
    yield running
    running.empty()
    running.said.clear()


@pytest.fixture
def stream(server: RedisServer) -> Iterator[LiveState]:
    live_state = server.stream()
    yield live_state
    live_state.close()


@pytest.fixture
def publish(connection: Connection[Any], platform: Platform) -> Publish:
    """Captures a feed, publishes it and returns its raw_id."""

    def captured(response: Json, minute: float) -> int:
        raw_id = insert_game(connection, body(response), at(minute))
        platform.transform()
        return raw_id

    return captured


def folded(changes: list[Json], start: dict[str, dict[str, Json]] | None = None) -> dict[str, dict[str, Json]]:
    """Return what a consumer knows who began with `start` and has read these changes: by kind, rows by key."""
    known = start or {kind: {} for kind in ("play", "pitch", "score", "status")}
    for change in changes:
        data = json.loads(change["data"])
        if data is None:
            del known[change["kind"]][change["key"]]
        else:
            known[change["kind"]][change["key"]] = data
    return known


def without(rows: dict[str, Json], names: Collection[str]) -> dict[str, Json]:
    """Return the rows without these columns."""
    return {key: {name: value for name, value in row.items() if name not in names} for key, row in rows.items()}


def in_tables(connection: Connection[Any], game_pk: int = GAME_PK) -> dict[str, dict[str, Json]]:
    """Return the rows of the tables, by kind and key, as a consumer folds them."""
    keys = {"play": ("at_bat_index",), "pitch": ("at_bat_index", "event_index")}
    return {
        kind: {
            json.dumps({name: row[name] for name in keys[kind]}, separators=(",", ":")): row
            for (row,) in connection.execute(f"SELECT row_to_json(t) FROM game.{table} t WHERE game_pk = {game_pk}")
        }
        for kind, table in _TABLES.items()
    }


def check(
    connection: Connection[Any],
    server: RedisServer,
    known: dict[str, dict[str, Json]],
    game_pk: int,
    *,
    stamps: bool = True,
) -> None:
    """Fail unless the state and what a consumer has folded are what the tables say.

    Without `stamps` rows may name another capture: one that came late is no news of what it leaves as it is.
    """
    tables = in_tables(connection, game_pk)
    left_out = _NAMES if stamps else {*_NAMES, "captured_at", "raw_id"}
    for kind in _TABLES:
        assert without(known[kind], left_out) == without(tables[kind], left_out)
    metadata = one(connection, f"SELECT row_to_json(t) FROM game.live_game_metadata t WHERE game_pk = {game_pk}")
    assert server.state(game_pk) == metadata
    for kind in ("score", "status"):
        for column, value in known[kind].get("{}", {}).items():
            assert metadata[column] == value


def units(*game_pks: int) -> list[Json]:
    return [{"game_pk": game_pk} for game_pk in game_pks]


def test_folding_the_changes_gives_the_tables(
    connection: Connection[Any], server: RedisServer, stream: LiveState, publish: Publish
) -> None:
    versions = [*captures(GAME_PK), *reversed(captures(GAME_PK))]  # plays come, change, and go
    publish(versions[0], 0)
    stream.serve(connection, units(GAME_PK))
    assert server.changes(GAME_PK) == []
    for minute, response in enumerate(versions[1:], start=1):
        publish(response, minute)
        stream.serve(connection, units(GAME_PK))
        check(connection, server, folded(server.changes(GAME_PK)), GAME_PK)
    kinds = [change["kind"] for change in server.changes(GAME_PK)]
    assert {*kinds} == {"play", "pitch", "score", "status"}
    assert any(json.loads(change["data"]) is None for change in server.changes(GAME_PK))


@pytest.mark.unmeasured
def test_a_simulated_game_is_told_row_by_row(
    connection: Connection[Any], server: RedisServer, stream: LiveState, publish: Publish
) -> None:
    game_pk = simulated.under_way()["gamePk"]
    for minute, moment in enumerate(simulated.revisions(2026, game_pk, 25)):
        publish(simulated.feed(2026, game_pk, moment), minute)
        stream.serve(connection, units(game_pk))
    changes = server.changes(game_pk)
    check(connection, server, folded(changes), game_pk)
    moments = [(datetime.fromisoformat(each["captured_at"]), int(each["raw_id"])) for each in changes]
    assert moments == sorted(moments)
    told = [(each["kind"], each["key"], each["raw_id"]) for each in changes]
    assert len(told) == len(set(told)), "no change is told twice"
    plays = [json.loads(each["data"]) for each in changes if each["kind"] == "play"]
    names = dict(connection.execute("SELECT player_id, full_name FROM game.live_game_players").fetchall())
    assert all(play["batter_name"] == names[play["batter_id"]] for play in plays)


def test_a_change_has_the_fields_of_the_contract(
    connection: Connection[Any], server: RedisServer, stream: LiveState, publish: Publish
) -> None:
    publish(feed(GAME_PK), 0)
    stream.serve(connection, units(GAME_PK))
    response = feed(GAME_PK)
    response["liveData"]["plays"]["allPlays"][3]["result"]["description"] = "Corrected."
    raw_id = publish(response, 1)
    stream.serve(connection, units(GAME_PK))
    change, *more = server.changes(GAME_PK)
    assert more == []
    assert json.loads(change.pop("data"))["description"] == "Corrected."
    assert change == {
        "game_pk": str(GAME_PK),
        "kind": "play",
        "key": '{"at_bat_index":3}',
        "captured_at": at(1).isoformat(),
        "raw_id": str(raw_id),
    }
    state = server.state(GAME_PK)
    assert state is not None
    assert (state["captured_at"], state["raw_id"]) == (at(1).isoformat(), raw_id)


def test_a_game_that_is_seen_for_the_first_time_is_told_as_its_state_alone(
    connection: Connection[Any], server: RedisServer, stream: LiveState, publish: Publish
) -> None:
    publish(feed(GAME_PK, state="In Progress"), 0)
    stream.serve(connection, units(GAME_PK))
    assert server.changes(GAME_PK) == []
    check(connection, server, {**in_tables(connection), "score": {}, "status": {}}, GAME_PK)


def test_what_was_committed_before_a_crash_is_told_after_it(
    connection: Connection[Any], server: RedisServer, stream: LiveState, publish: Publish
) -> None:
    versions = captures(GAME_PK)
    publish(versions[0], 0)
    stream.serve(connection, units(GAME_PK))
    for minute in (1, 2, 3):
        publish(versions[minute], minute)  # and dies before it serves
    for _ in range(2):
        server.stream().serve(connection, units(GAME_PK))
    check(connection, server, folded(server.changes(GAME_PK)), GAME_PK)
    told = [(each["kind"], each["key"], each["raw_id"]) for each in server.changes(GAME_PK)]
    assert len(told) == len(set(told))


def test_two_streams_at_once_tell_each_change_once(
    database: Database, connection: Connection[Any], server: RedisServer, publish: Publish
) -> None:
    game_pk = simulated.under_way()["gamePk"]
    moments = list(simulated.revisions(2026, game_pk, 12))
    publish(simulated.feed(2026, game_pk, moments[0]), 0)
    streams = [server.stream(), server.stream()]
    with database.connect() as one_connection, database.connect() as another, ThreadPoolExecutor(2) as threads:
        for minute, moment in enumerate(moments[1:], start=1):
            publish(simulated.feed(2026, game_pk, moment), minute)
            both = zip(streams, (one_connection, another), strict=True)
            served = [threads.submit(stream.serve, used, units(game_pk)) for stream, used in both]
            for each in served:
                each.result()
            check(connection, server, {**in_tables(connection, game_pk), "score": {}, "status": {}}, game_pk)
    changes = server.changes(game_pk)
    told = [(each["kind"], each["key"], each["raw_id"]) for each in changes]
    assert len(told) == len(set(told))
    assert {kind for kind, _, _ in told} >= {"play", "pitch", "status"}
    assert server.said == []


def test_a_database_that_was_restored_is_what_redis_says(
    connection: Connection[Any], server: RedisServer, stream: LiveState, publish: Publish
) -> None:
    publish(feed(GAME_PK, state="In Progress"), 1)
    stream.serve(connection, units(GAME_PK))
    known = {**in_tables(connection), "score": {}, "status": {}}
    publish(feed(GAME_PK, state="In Progress", revision=1), 5)
    stream.serve(connection, units(GAME_PK))
    connection.execute("DELETE FROM game.live_game_v1 WHERE captured_at = %s", (at(5),))
    connection.execute("DELETE FROM game.live_game_metadata")
    publish(feed(GAME_PK, state="In Progress"), 2)
    for late in (stream, server.stream()):
        late.serve(connection, units(GAME_PK))
        check(connection, server, folded(server.changes(GAME_PK), known), GAME_PK)


def test_rows_that_are_made_again_from_the_same_capture_are_told(
    connection: Connection[Any], server: RedisServer, stream: LiveState, platform: Platform, publish: Publish
) -> None:
    publish(feed(GAME_PK, state="In Progress"), 0)
    publish(feed(GAME_PK, state="In Progress", revision=1), 1)
    stream.serve(connection, units(GAME_PK))
    known = {**in_tables(connection), "score": {}, "status": {}}
    connection.execute("DELETE FROM game.live_game_plays WHERE at_bat_index = 0")
    connection.execute("UPDATE game.live_game_plays SET description = 'By hand.' WHERE at_bat_index = 1")
    stream.serve(connection, units(GAME_PK))
    gone, changed = server.changes(GAME_PK)
    assert gone["data"] == "null"
    assert json.loads(changed["data"])["description"] == "By hand."
    platform.transform(force=True)
    stream.serve(connection, units(GAME_PK))
    check(connection, server, folded(server.changes(GAME_PK), known), GAME_PK)


def test_a_version_row_without_its_transaction_is_told(
    connection: Connection[Any], server: RedisServer, stream: LiveState, publish: Publish
) -> None:
    publish(feed(GAME_PK, state="In Progress"), 0)  # as those are that were there before the column
    connection.execute("UPDATE game.live_game_metadata SET published_xid = NULL")
    for teller in (stream, server.stream()):
        teller.serve(connection, units(GAME_PK))
    assert server.said == []
    assert server.redis.hget(f"game:served:{GAME_PK}", "published_xid") == ""


def test_a_quiet_game_stays_and_a_settled_one_expires(
    connection: Connection[Any],
    server: RedisServer,
    stream: LiveState,
    publish: Publish,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serve, "_KEPT_ALIVE_EVERY_SECONDS", 0.0)
    key = f"game:live:{GAME_PK}"
    publish(feed(GAME_PK, state="In Progress"), 0)
    stream.serve(connection, units(GAME_PK))
    assert 0 < int(server.redis.ttl(key)) <= _SECONDS_OF_A_STATE  # type: ignore[arg-type]
    server.redis.expire(key, 5)
    stream.serve(connection, [])
    assert int(server.redis.ttl(key)) > 5  # type: ignore[arg-type]
    server.redis.delete(key)
    stream.serve(connection, [])
    assert int(server.redis.ttl(key)) > 5  # type: ignore[arg-type]
    publish(feed(GAME_PK, state="Final"), 1)
    stream.serve(connection, units(GAME_PK))
    server.redis.expire(key, 5)
    stream.serve(connection, [])
    stream.serve(connection, units(GAME_PK))  # as the stream looks at all of them now and then
    assert int(server.redis.ttl(key)) <= 5  # type: ignore[arg-type]


def test_content_that_is_seen_again_moves_the_state_and_is_no_change(
    connection: Connection[Any], server: RedisServer, stream: LiveState, platform: Platform
) -> None:
    raw_id = insert_game(connection, body(feed(GAME_PK, state="In Progress")), at(0))
    platform.transform()
    stream.serve(connection, units(GAME_PK))
    see_again(connection, raw_id, at(1))
    platform.transform()
    stream.serve(connection, units(GAME_PK))
    state = server.state(GAME_PK)
    assert state is not None
    assert state["captured_at"] == at(1).isoformat()
    assert server.changes(GAME_PK) == []


def test_a_redis_that_lost_everything_is_filled_again(
    connection: Connection[Any], server: RedisServer, stream: LiveState, publish: Publish
) -> None:
    versions = captures(GAME_PK)
    publish(versions[2], 0)
    stream.serve(connection, units(GAME_PK))
    known = {**in_tables(connection), "score": {}, "status": {}}
    server.empty()
    publish(versions[3], 1)
    stream.serve(connection, units(GAME_PK))
    check(connection, server, folded(server.changes(GAME_PK), known), GAME_PK)


def test_what_another_version_of_the_platform_told_counts_as_nothing(
    connection: Connection[Any], server: RedisServer, stream: LiveState, publish: Publish
) -> None:
    publish(feed(GAME_PK, state="In Progress"), 0)
    server.redis.hset(f"game:served:{GAME_PK}", mapping={"version": "0 of old", "checkpoint": "{}"})
    stream.serve(connection, units(GAME_PK))
    assert server.said == []
    check(connection, server, {**in_tables(connection), "score": {}, "status": {}}, GAME_PK)


def test_what_was_told_by_other_keys_counts_as_nothing(
    connection: Connection[Any], server: RedisServer, stream: LiveState, publish: Publish
) -> None:
    versions = captures(GAME_PK)
    publish(versions[2], 0)
    stream.serve(connection, units(GAME_PK))
    mapping = load_mapping(GAME).model_copy(deep=True)
    mapping.tables[_TABLES["play"]].key.append("inning")
    with closing(LiveState(mapping, server.settings, server.said.append)) as changed:
        changed.serve(connection, units(GAME_PK))
        assert server.changes(GAME_PK) == []
        publish(versions[3], 1)
        changed.serve(connection, units(GAME_PK))
    keys = [json.loads(change["key"]) for change in server.changes(GAME_PK) if change["kind"] == "play"]
    assert keys
    assert all(set(key) == {"at_bat_index", "inning"} for key in keys)
    assert server.said == []


def test_what_is_not_ours_is_said_and_touches_no_rows(
    connection: Connection[Any], server: RedisServer, stream: LiveState, publish: Publish
) -> None:
    publish(feed(GAME_PK, state="In Progress"), 0)
    server.redis.lpush("game:changes", "somebody's")
    for game_pk in (GAME_PK, GAME_PK):
        stream.serve(connection, units(game_pk))
    publish(feed(GAME_PK, state="Final"), 1)
    stream.serve(connection, units(GAME_PK))
    (said,) = server.said
    assert "WRONGTYPE" in said


def test_rows_go_on_without_redis_and_it_catches_up(
    connection: Connection[Any],
    tmp_path: Path,
    platform: Platform,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serve, "_TRIED_AGAIN_AFTER_SECONDS", 0.2)
    server = RedisServer(tmp_path)
    try:
        stream = server.stream()
        versions = captures(GAME_PK)
        for minute, response in enumerate(versions[:4]):
            if minute == 1:
                server.service.stop()
            insert_game(connection, body(response), at(minute))
            platform.transform()
            stream.serve(connection, units(GAME_PK))
            time.sleep(0.3)
        server.service.start()
        until(lambda: _serves_again(stream, connection, server), "it is back", 30)
        check(connection, server, folded(server.changes(GAME_PK)), GAME_PK)
    finally:
        server.service.stop()
    away, back = server.said
    where = f"Redis at {server.service.access.host}:{server.service.access.port}"
    assert away.startswith(f"{where} takes no live states (")
    assert back == f"{where} takes live states and changes again"


def _serves_again(stream: LiveState, connection: Connection[Any], server: RedisServer) -> bool:
    stream.serve(connection, [])
    return len(server.said) > 1


def test_a_redis_that_does_not_answer_costs_half_a_second_now_and_then(
    connection: Connection[Any], tmp_path: Path, platform: Platform
) -> None:
    server = RedisServer(tmp_path)
    stream = server.stream()
    insert_game(connection, body(feed(GAME_PK, state="In Progress")), at(0))
    platform.transform()
    stream.serve(connection, units(GAME_PK))
    pid = int(server.redis.info("server")["process_id"])  # type: ignore[index]
    os.kill(pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        for _ in range(1000):
            stream.serve(connection, units(GAME_PK))
        assert time.monotonic() - started < 4.0, "asked once, and left alone for five seconds"
    finally:
        os.kill(pid, signal.SIGCONT)
        server.service.stop()
    assert len(server.said) == 1


_game_pks = count(985_000)  # each example is a game of its own


@pytest.mark.slow
@pytest.mark.unmeasured
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    arrived=st.permutations(range(7)),
    steps=st.lists(st.tuples(st.integers(0, 1), st.booleans()), min_size=7, max_size=7),
)
def test_in_whatever_order_captures_come_it_only_ever_gets_newer(
    bench: Bench, running: RedisServer, arrived: list[int], steps: list[tuple[int, bool]]
) -> None:
    game_pk = next(_game_pks)
    streams = [running.stream(), running.stream()]
    seen: list[datetime] = []
    known: dict[str, dict[str, Json]] | None = None
    for minute, (who, forgets) in zip(arrived, steps, strict=True):
        insert_game(bench.connection, body(captures(game_pk)[minute]), at(minute))
        bench.platforms[who].transform(game_pk)
        if forgets:
            streams[who] = running.stream()
        streams[who].serve(bench.connection, units(game_pk))
        state = running.state(game_pk)
        assert state is not None
        seen.append(datetime.fromisoformat(state["captured_at"]))
        if known is None:
            known = {**in_tables(bench.connection, game_pk), "score": {}, "status": {}}
    assert all(before <= after for before, after in pairwise(seen))
    assert seen[-1] == at(6)
    check(bench.connection, running, folded(running.changes(game_pk), known), game_pk, stamps=False)
    assert running.said == []
