"""A patch of a document at hand needs no more than itself; where it does not fit, the raw tier decides."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg import Connection

from mlb_data_platform.documents.document import Json, canonical_text
from mlb_data_platform.documents.known import KnownDocuments
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.storage.stored_body import PlainBody
from tests.histories import answer, ends
from tests.integration.support import GAME, at, body, insert_patch

pytestmark = [pytest.mark.services, pytest.mark.unmeasured]

GAME_PK = 980_001
STATES: list[Json] = [
    {"gamePk": GAME_PK, "metaData": {"timeStamp": f"20260702_01000{number}"}, "plays": list(range(number))}
    for number in range(5)
]


@pytest.fixture
def known() -> KnownDocuments:
    """The first state is at hand, as it was captured."""
    documents = KnownDocuments(load_mapping(GAME), 2)
    documents.keep({"game_pk": GAME_PK}, at(0), PlainBody(body(STATES[0])))
    return documents


def patch(connection: Connection[Any], old: int, new: int, minute: int | None = None, **columns: str | None) -> int:
    names = ends(STATES[old], STATES[new]) | columns
    moment = at(new if minute is None else minute)
    return insert_patch(connection, answer(STATES[old : new + 1]), moment, GAME_PK, **names)


def test_patches_are_applied_one_after_the_other(connection: Connection[Any], known: KnownDocuments) -> None:
    first = patch(connection, 0, 1)
    assert known.patched(connection, {"game_pk": GAME_PK}, first, at(1)) == canonical_text(STATES[1])
    patch(connection, 1, 2)
    patch(connection, 1, 3, minute=2)  # of another follower, at the same moment
    last = patch(connection, 2, 4)
    assert known.patched(connection, {"game_pk": GAME_PK}, last, at(4)) == canonical_text(STATES[4])


@pytest.mark.parametrize(
    ("old", "minute", "columns"),
    [
        (1, 2, {}),  # of a state that is not at hand
        (0, 0, {}),  # made no later than what is at hand
        (0, 2, {"result_sha256": None}),
        (0, 2, {"base_sha256": None}),
        (0, 2, {"result_sha256": "0" * 64}),  # it leads elsewhere than is said of it
    ],
)
def test_what_does_not_lead_on_from_it_is_left_to_the_raw_tier(
    connection: Connection[Any], known: KnownDocuments, old: int, minute: int, columns: dict[str, str | None]
) -> None:
    raw_id = patch(connection, old, 2, minute, **columns)
    assert known.patched(connection, {"game_pk": GAME_PK}, raw_id, at(minute)) is None
    assert known.patched(connection, {"game_pk": GAME_PK}, patch(connection, 0, 3), at(3)) is None  # nothing at hand


def test_so_many_are_kept_as_it_is_told(connection: Connection[Any], known: KnownDocuments) -> None:
    for other in (1, 2):
        known.keep({"game_pk": other}, at(0), {})
    assert known.patched(connection, {"game_pk": GAME_PK}, patch(connection, 0, 1), at(1)) is None


def test_endpoints_without_patches_keep_nothing(connection: Connection[Any]) -> None:
    mapping = load_mapping("schedule.schedule")
    documents = KnownDocuments(mapping, 2)
    documents.keep({"sport_id": 1}, at(0), {})
    assert documents.patched(connection, {"sport_id": 1}, 1, at(1)) is None
