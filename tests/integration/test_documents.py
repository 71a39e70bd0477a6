"""The document of a game at any moment: whole captures, and the patches that lead on from them (DESIGN section 5)."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime
from typing import Any

from psycopg import Connection

from mlb_data_platform.documents.document import canonical_sha256
from mlb_data_platform.documents.moment import document_at
from mlb_data_platform.mapping.load import load_mapping
from statsapi_simulator.patch import diff
from tests.checker import game
from tests.integration.support import GAME, Platform, applied, at, body, insert_game, insert_raw, one
from tests.synthetic import feed

GAME_PK = 970_001
PATCHES = "game.live_game_diff_patch_v1"
Json = dict[str, Any]


def _revision(number: int) -> Json:
    document = deepcopy(feed(GAME_PK, revision=number % 2))
    document["metaData"]["timeStamp"] = f"20260702_0100{number:02}"
    document["gameData"]["weather"] = {"condition": f"the {number}th"}
    return document


def _insert_patch(connection: Connection[Any], old: Json, new: Json, when: datetime, *, hashes: bool = True) -> int:
    start = old["metaData"]["timeStamp"]
    return insert_raw(
        connection,
        PATCHES,
        body([{"diff": diff(old, new)}]),  # type: ignore[arg-type]
        when,
        url=f"https://statsapi.mlb.com/api/v1.1/game/{GAME_PK}/feed/live/diffPatch?startTimecode={start}",
        request_params={"game_pk": GAME_PK, "startTimecode": start},
        game_pk=GAME_PK,
        start_timecode=start,
        base_sha256=canonical_sha256(old) if hashes else None,
        result_sha256=canonical_sha256(new) if hashes else None,
    )


def _at(connection: Connection[Any], minutes: float) -> Json | None:
    found = document_at(connection, load_mapping(GAME), {"game_pk": GAME_PK}, at(minutes))
    return found.content if found else None


def test_the_document_of_every_moment_is_the_one_that_was_captured_last(connection: Connection[Any]) -> None:
    for hashes in (True, False):
        states = [_revision(number) for number in range(6)]
        insert_game(connection, body(states[0]), at(0))
        for number in (1, 2):
            _insert_patch(connection, states[number - 1], states[number], at(number), hashes=hashes)
        insert_game(connection, body(states[3]), at(3))
        for number in (4, 5):
            _insert_patch(connection, states[number - 1], states[number], at(number), hashes=hashes)
        assert _at(connection, -1) is None
        for number, state in enumerate(states):
            assert _at(connection, number) == state
            assert _at(connection, number + 0.5) == state
        connection.execute("TRUNCATE game.live_game_v1, game.live_game_diff_patch_v1")


def test_a_whole_capture_in_between_does_not_disturb_the_patches(connection: Connection[Any]) -> None:
    states = [_revision(number) for number in range(4)]
    insert_game(connection, body(states[0]), at(0))
    _insert_patch(connection, states[0], states[1], at(1))
    insert_game(connection, body(states[3]), at(1.5))
    _insert_patch(connection, states[1], states[2], at(2))
    assert _at(connection, 1.7) == states[3]
    assert _at(connection, 2) == states[2]


def test_the_tables_are_those_of_the_newest_document_whatever_came_first(
    connection: Connection[Any], platform: Platform
) -> None:
    states = [_revision(number) for number in range(4)]
    _insert_patch(connection, states[2], states[3], at(3))
    (error,) = platform.errors_of_transform()
    assert "is not in the raw tier" in str(error)
    insert_game(connection, body(states[0]), at(0))
    assert len(platform.errors_of_transform()) == 1
    assert game.compare(connection, states[0]) == []
    _insert_patch(connection, states[0], states[1], at(1))
    assert len(platform.errors_of_transform()) == 1
    assert game.compare(connection, states[1]) == []
    newest = _insert_patch(connection, states[1], states[2], at(2))
    platform.transform()
    assert game.compare(connection, states[3]) == []
    raw_id = one(connection, "SELECT raw_id FROM game.live_game_metadata")
    assert applied(connection, GAME_PK) == (at(3), raw_id)
    assert raw_id < newest
    platform.transform()
    assert platform.rows == 0
