"""The document of a game at any moment: whole captures, and the patches that lead on from them (DESIGN section 5)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import deepcopy
from hashlib import sha256
from typing import Any

import pytest
from psycopg import Connection

from mlb_data_platform.documents.moment import document_at
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.transform.run import FEW
from tests.checker import game
from tests.conftest import Cli
from tests.histories import Json, answer, ends
from tests.integration.support import (
    GAME,
    PATCHES,
    Platform,
    applied,
    at,
    body,
    insert_game,
    insert_patch,
    one,
    see_again,
)
from tests.synthetic import feed

pytestmark = pytest.mark.unmeasured

GAME_PK = 970_001
NAMES = ("start_timecode", "base_sha256", "result_sha256")


def _revision(number: int) -> Json:
    document = deepcopy(feed(GAME_PK, revision=number % 2))
    document["metaData"]["timeStamp"] = f"20260702_01{number:04}"
    document["gameData"]["weather"] = {"condition": f"the {number}th"}
    return document


def _patch(
    connection: Connection[Any], states: list[Json], minutes: float, known: Sequence[str] = NAMES, **columns: str
) -> int:
    """Insert the patch that leads from the first of `states` to the last, with the columns that are `known`."""
    given = {name: value for name, value in ends(states[0], states[-1]).items() if name in known}
    return insert_patch(connection, answer(states), at(minutes), GAME_PK, **{**given, **columns})


def _at(connection: Connection[Any], minutes: float) -> Json | None:
    found = document_at(connection, load_mapping(GAME), {"game_pk": GAME_PK}, at(minutes))
    return found.content if found else None


@pytest.mark.parametrize(
    "known",
    [NAMES, ["start_timecode"], ["start_timecode", "base_sha256"], ["start_timecode", "result_sha256"], NAMES[1:]],
    ids=["all", "no hash", "no result", "no base", "hashes only"],
)
def test_the_document_of_every_moment_is_the_one_that_was_captured_last(
    connection: Connection[Any], known: Sequence[str]
) -> None:
    states = [_revision(number) for number in range(6)]
    insert_game(connection, body(states[0]), at(0))
    for number in (1, 2):
        _patch(connection, states[number - 1 : number + 1], number, known)
    insert_game(connection, body(states[3]), at(3))
    for number in (4, 5):
        _patch(connection, states[number - 1 : number + 1], number, known)
    assert _at(connection, -1) is None
    for number, state in enumerate(states):
        assert _at(connection, number) == state
        assert _at(connection, number + 0.5) == state


def test_a_whole_capture_in_between_does_not_disturb_the_patches(connection: Connection[Any]) -> None:
    states = [_revision(number) for number in range(4)]
    insert_game(connection, body(states[0]), at(0))
    _patch(connection, states[0:2], 1)
    insert_game(connection, body(states[3]), at(1.5))
    _patch(connection, states[1:3], 2)
    assert _at(connection, 1.7) == states[3]
    assert _at(connection, 2) == states[2]


def test_an_old_document_that_is_seen_again_is_that_of_the_moment_and_disturbs_no_patch(
    connection: Connection[Any],
) -> None:
    states = [_revision(number) for number in range(3)]
    whole = insert_game(connection, body(states[0]), at(0))
    _patch(connection, states[0:2], 1)
    see_again(connection, whole, at(2))  # as from a cache that lags behind
    _patch(connection, states[1:3], 3)
    assert [_at(connection, minute) for minute in range(4)] == [states[0], states[1], states[0], states[2]]


def test_two_documents_of_one_revision_are_told_apart_by_their_hash(connection: Connection[Any]) -> None:
    first, later = _revision(0), _revision(1)
    corrected = deepcopy(first)
    corrected["gameData"]["weather"] = {"condition": "corrected in place"}
    insert_game(connection, body(first), at(0))
    insert_game(connection, body(corrected), at(1))
    _patch(connection, [first, later], 2)
    assert _at(connection, 2) == later


def test_a_number_may_be_spelled_otherwise_in_a_patch_than_in_the_feed(connection: Connection[Any]) -> None:
    states = [_revision(number) for number in range(3)]
    pitch = [{"hitData": {"totalDistance": 319}}]
    for state in states[1:]:
        state["liveData"]["pitches"] = pitch
    insert_game(connection, body(states[0]), at(0))
    _patch(connection, states[0:2], 1)
    as_in_a_feed = json.loads(body(states[1]).replace(b'"totalDistance": 319}', b'"totalDistance": 319.0}'))
    assert body(as_in_a_feed) != body(states[1])
    insert_patch(connection, answer(states[1:3]), at(2), GAME_PK, **ends(as_in_a_feed, states[2]))
    assert _at(connection, 2) == states[2]


@pytest.mark.parametrize("spoiled", ["whole", "patch"])
def test_bytes_that_are_damaged_are_passed_over(connection: Connection[Any], spoiled: str) -> None:
    states = [_revision(number) for number in range(3)]
    insert_game(connection, body(states[0]), at(0))
    _patch(connection, states[0:2], 1)
    if spoiled == "whole":
        raw_id, table = insert_game(connection, body(states[2]), at(2)), GAME
    else:
        raw_id, table = _patch(connection, states[1:3], 2), PATCHES
    connection.execute(f"UPDATE {table} SET body = 'no zstd' WHERE id = %s", (raw_id,))
    assert _at(connection, 2) == states[1]


def test_patches_of_a_document_that_is_no_object_lead_nowhere(connection: Connection[Any]) -> None:
    states = [_revision(number) for number in range(2)]
    insert_game(connection, b"[1]", at(0), GAME_PK)
    _patch(connection, states, 1)
    assert _at(connection, 1) is None


def test_the_tables_are_those_of_the_newest_document_whatever_came_first(
    connection: Connection[Any], platform: Platform
) -> None:
    states = [_revision(number) for number in range(4)]
    _patch(connection, states[2:4], 3)
    (error,) = platform.errors_of_transform()
    assert "is not in the raw tier" in str(error)
    insert_game(connection, body(states[0]), at(0))
    assert len(platform.errors_of_transform()) == 1
    assert game.compare(connection, states[0]) == []
    _patch(connection, states[0:2], 1)
    assert len(platform.errors_of_transform()) == 1
    assert game.compare(connection, states[1]) == []
    newest = _patch(connection, states[1:3], 2)
    platform.transform()
    assert game.compare(connection, states[3]) == []
    raw_id = one(connection, "SELECT raw_id FROM game.live_game_metadata")
    assert applied(connection, GAME_PK) == (at(3), raw_id)
    assert raw_id < newest
    platform.transform()
    assert platform.rows == 0


def test_a_base_that_comes_later_may_be_of_the_same_moment(connection: Connection[Any], platform: Platform) -> None:
    old, new = _revision(0), _revision(1)
    while sha256(body(old)).digest() > sha256(body(answer([old, new]))).digest():  # type: ignore[arg-type]
        old["gameData"]["weather"]["condition"] += "."  # of one moment the greater hash is the newer capture
    _patch(connection, [old, new], 1)
    assert len(platform.errors_of_transform()) == 1
    insert_game(connection, body(old), at(1))
    platform.transform()
    assert game.compare(connection, new) == []


@pytest.mark.parametrize("ingested", ["now", "in an hour"])
def test_what_comes_without_its_transaction_lets_a_patch_be_refused_once_more_and_no_longer(
    connection: Connection[Any], platform: Platform, mlb_etl: Cli, ingested: str
) -> None:
    first = _revision(0)
    _patch(connection, [_revision(1), _revision(2)], 2)
    assert len(platform.errors_of_transform()) == 1
    insert_game(connection, body(first), at(1))  # it is not what the patch starts from
    connection.execute("UPDATE game.live_game_v1 SET xact = NULL")
    if ingested == "in an hour":  # by the clock of whoever inserted it
        connection.execute("UPDATE game.live_game_v1 SET ingested_at = now() + interval '1 hour'")
    assert mlb_etl("transform", GAME, "--all").exit_code == 2
    assert game.compare(connection, first) == []


def test_a_base_that_somebody_inserts_without_its_transaction_is_noticed(
    connection: Connection[Any], platform: Platform
) -> None:
    old, new = _revision(0), _revision(1)
    _patch(connection, [old, new], 1)
    assert len(platform.errors_of_transform()) == 1
    insert_game(connection, body(old), at(0))
    connection.execute("UPDATE game.live_game_v1 SET xact = NULL")
    connection.commit()
    platform.transform()
    assert game.compare(connection, new) == []


SPOILED = {
    "no base": None,
    "no fit": {"op": "remove", "path": "/nothing/of/the/kind"},
    "another result": {"op": "add", "path": "/of no revision", "value": 1},
}


@pytest.mark.parametrize("damage", list(SPOILED))
def test_what_is_broken_is_refused_in_one_round(connection: Connection[Any], platform: Platform, damage: str) -> None:
    """Of as many patches as a game has, each would otherwise take a round of queries, and a chain to apply."""
    states = [_revision(number) for number in range(20)]
    insert_game(connection, body(states[0]), at(0))
    for number in range(1, 20):
        patch = answer(states[number - 1 : number + 1])
        if number == 3:
            if SPOILED[damage] is None:
                continue
            patch[0]["diff"].append(SPOILED[damage])
        raw_id = insert_patch(connection, patch, at(number), GAME_PK, **ends(states[number - 1], states[number]))
    (error,) = platform.errors_of_transform()
    assert f"(raw row {raw_id} from https" in str(error)
    assert game.compare(connection, states[2]) == []
    assert platform.rounds == 1
    assert one(connection, "SELECT count(*) FROM metadata.rejected_captures") == (16 if damage == "no base" else 17)
    _patch(connection, states[2:4], 3)
    platform.transform()
    assert game.compare(connection, states[19]) == []


def test_a_game_of_which_there_are_only_patches_is_refused_for_that(connection: Connection[Any], mlb_etl: Cli) -> None:
    states = [_revision(number) for number in range(3)]
    _patch(connection, states[0:2], 1)
    newest = _patch(connection, states[1:3], 2)
    for selection in (["--game-pk", GAME_PK], ["--since", "2026-07-02T01:02:00Z"]):
        finished = mlb_etl("transform", GAME, *selection)
        assert finished.exit_code == 2, finished.output
        assert f"(raw row {newest} from https://" in finished.err
        assert "is not in the raw tier; the tables have nothing of it" in finished.err
        assert "nothing captured yet" not in finished.err


def test_a_patch_is_selected_with_its_game(connection: Connection[Any], platform: Platform, mlb_etl: Cli) -> None:
    states = [_revision(number) for number in range(2)]
    insert_game(connection, body(states[0]), at(0))
    mlb_etl.ok("transform", GAME, "--all")
    _patch(connection, states, 1)
    mlb_etl.ok("transform", GAME, "--since", "2026-07-02T01:02:00Z")
    assert game.compare(connection, states[0]) == []
    mlb_etl.ok("transform", GAME, "--since", "2026-07-02T01:01:00Z")
    assert game.compare(connection, states[1]) == []
    mlb_etl.ok("transform", GAME, "--game-pk", GAME_PK, "--force")
    assert game.compare(connection, states[1]) == []


def test_patches_have_no_tables_of_their_own(mlb_etl: Cli) -> None:
    for command in (["transform", PATCHES, "--all"], ["schema", "show", PATCHES]):
        finished = mlb_etl(*command)
        assert finished.exit_code == 2
        assert finished.err == (
            f"error: {PATCHES} has no tables: it keeps patches of {GAME}, which is the one to name\n"
        )


def test_a_document_that_the_mapping_refuses_is_passed_over(connection: Connection[Any], platform: Platform) -> None:
    states = [_revision(number) for number in range(5)]
    for number in (2, 3):
        states[number]["liveData"]["linescore"]["innings"][0]["num"] = 99
    insert_game(connection, body(states[0]), at(0))
    for number in range(1, 4):
        _patch(connection, states[number - 1 : number + 1], number)
    (error,) = platform.errors_of_transform()
    assert "inning_between" in str(error)
    assert game.compare(connection, states[1]) == []
    assert platform.rounds == 1
    tried = "SELECT array_agg((raw_id, rejected_at) ORDER BY raw_id) FROM metadata.rejected_captures"
    before = one(connection, tried)
    insert_game(connection, body(states[0]), at(0.5))  # an earlier one: no reason to try again what a rule has refused
    assert len(platform.errors_of_transform()) == 1
    assert one(connection, tried) == before
    _patch(connection, states[3:5], 4)
    platform.transform()
    assert game.compare(connection, states[4]) == []


def test_many_games_are_patched_by_several_processes(connection: Connection[Any], mlb_etl: Cli) -> None:
    old, new = _revision(0), _revision(1)
    patch = answer([old, new])
    game_pks = range(GAME_PK, GAME_PK + FEW + 1)
    for game_pk in game_pks:
        insert_game(connection, body(old | {"gamePk": game_pk}), at(0))
        named = ends(old | {"gamePk": game_pk}, new | {"gamePk": game_pk})
        insert_patch(connection, patch, at(1), game_pk, **named)
    broken = insert_patch(connection, patch, at(2), GAME_PK, **ends(old, new | {"gamePk": 0}))
    finished = mlb_etl("transform", GAME, "--all")
    assert finished.exit_code == 2, finished.output
    assert f"game_pk {GAME_PK}: the capture of 2026-07-02 01:02:00Z (raw row {broken} from" in finished.err
    assert len([line for line in finished.err.splitlines() if "is refused" in line]) == 1
    query = "SELECT count(*) FROM game.live_game_metadata WHERE captured_at = %s"
    assert one(connection, query, at(1)) == len(game_pks)
    assert game.compare(connection, new) == []
