"""What a follower makes of the answers of an API that follows a script."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from psycopg import Connection

from mlb_data_platform.documents.document import canonical_sha256
from mlb_data_platform.documents.moment import History, document_at
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.storage.capture import Capture
from mlb_data_platform.storage.raw import store
from statsapi_simulator.patch import diff
from statsapi_simulator.replay import Answer, serve
from tests.conftest import Cli
from tests.integration.support import GAME, body, one
from tests.synthetic import feed

pytestmark = pytest.mark.unmeasured

GAME_PK = 970_001
FEED = f"/api/v1.1/game/{GAME_PK}/feed/live"
Json = dict[str, Any]


def document_of(number: int, code: str = "I") -> Json:
    document = deepcopy(feed(GAME_PK))
    document["metaData"] = {"wait": 10, "timeStamp": f"20260702_0100{number:02}"}
    document["gameData"]["status"] |= {"codedGameState": code, "detailedState": {"I": "In Progress"}.get(code, "Final")}
    document["gameData"]["weather"] = {"condition": f"the {number}th"}
    return document


def _revision(document: Json) -> str:
    return str(document["metaData"]["timeStamp"])


@dataclass
class Script:
    """What the API answers, by target; of several answers the last one stays."""

    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def whole(self, *documents: Json) -> None:
        self.answers[FEED] = [Answer(body=body(each)) for each in documents]

    def changes(self, *documents: Json) -> None:
        """Answer a question for changes since each document with the way to the next one."""
        for old, new in pairwise(documents):
            patch = [{"diff": diff(old, new)}]
            self.answers[_changes_of(old)] = [Answer(body=json.dumps(patch).encode())]

    def follow(self, mlb_etl: Cli) -> tuple[Json, str]:
        self.asked.clear()
        with serve([], self.answers, self.asked) as url:
            finished = mlb_etl.ok(
                *("live", "follow", "--game-pk", GAME_PK, "--json"),
                MLB_STATSAPI_BASE_URL=url,
                MLB_CLOCK_SPEED="1000",
                MLB_REQUESTS_PER_SECOND="1000",
            )
        return json.loads(finished.out), finished.err


def _changes_of(document: Json) -> str:
    return f"{FEED}/diffPatch?startTimecode={_revision(document)}"


def _newest(connection: Connection[Any]) -> str:
    found = document_at(connection, load_mapping(GAME), {"game_pk": GAME_PK})
    assert found is not None
    return found.sha256


@pytest.mark.parametrize("listing", [None, b'{"these": "are none"}'])
def test_an_api_that_lists_no_revisions_is_followed_without(
    listing: bytes | None, mlb_etl: Cli, connection: Connection[Any]
) -> None:
    documents = [*map(document_of, range(4)), document_of(4, "F")]
    script = Script()
    script.whole(documents[0], documents[4])
    script.changes(*documents)
    if listing:
        script.answers[f"{FEED}/timestamps"] = [Answer(body=listing)]
    counts, said = script.follow(mlb_etl)
    assert said.count("lists no revisions") == 1
    assert (counts["patches"], counts["full"], counts["misfits"]) == (4, 2, 0)
    assert script.asked.count(f"{FEED}/timestamps") == 3
    assert _newest(connection) == canonical_sha256(documents[4])


def test_a_list_of_revisions_that_raises_false_alarms_is_given_up(mlb_etl: Cli, connection: Connection[Any]) -> None:
    documents = [*map(document_of, range(5)), document_of(5, "F")]
    script = Script()
    script.whole(documents[0], *documents[1:4], documents[5])
    script.changes(*documents)
    script.answers[f"{FEED}/timestamps"] = [Answer(body=b'["20260702_005959", "20260702_010099"]')]
    counts, said = script.follow(mlb_etl)
    assert said.count("which are none of this document") == 3
    assert "lists other revisions than patches lead over" in said
    assert (counts["misfits"], counts["patches"], counts["full"]) == (3, 2, 5)
    assert _newest(connection) == canonical_sha256(documents[5])


def test_a_whole_document_that_only_checks_is_no_false_alarm(mlb_etl: Cli) -> None:
    innings = [*map(document_of, range(5)), document_of(5, "F")]
    for number, document in enumerate(innings, start=1):
        document["liveData"]["linescore"]["currentInning"] = number
    script = Script()
    script.whole(*innings)
    script.changes(*innings)
    revisions = [_revision(document) for document in innings]
    script.answers[f"{FEED}/timestamps"] = [Answer(body=json.dumps(revisions).encode())]
    counts, said = script.follow(mlb_etl)
    assert "other revisions" not in said
    assert (counts["patches"], counts["full"], counts["misfits"]) == (5, 6, 0)
    assert script.asked.count(f"{FEED}/timestamps") == counts["patches"]


@pytest.mark.slow
def test_a_list_of_revisions_that_cannot_be_had_is_given_up(mlb_etl: Cli, connection: Connection[Any]) -> None:
    documents = [*map(document_of, range(5)), document_of(5, "F")]
    script = Script()
    script.whole(documents[0], *documents[1:4], documents[5])
    script.changes(*documents)
    script.answers[f"{FEED}/timestamps"] = [Answer(body=b"<html>")]
    counts, said = script.follow(mlb_etl)
    assert said.count("the API does not list the revisions") == 1
    assert (counts["misfits"], counts["patches"], counts["full"]) == (0, 2, 5)
    assert _newest(connection) == canonical_sha256(documents[5])


@pytest.mark.parametrize("nothing", [b"[]", b'[{"diff": []}, {"diff": []}]', b"{}"])
def test_an_answer_that_changes_nothing_is_counted_and_not_kept(
    nothing: bytes, mlb_etl: Cli, connection: Connection[Any]
) -> None:
    documents = [document_of(0), document_of(1, "F")]
    script = Script()
    script.whole(*documents)
    script.changes(*documents)
    script.answers[_changes_of(documents[0])].insert(0, Answer(body=nothing))
    counts, _ = script.follow(mlb_etl)
    assert (counts["empty"], counts["patches"], counts["full"], counts["misfits"]) == (1, 1, 2, 0)
    assert one(connection, "SELECT count(*) FROM game.live_game_diff_patch_v1") == 1


def test_a_document_that_names_no_revision_is_asked_for_anew(mlb_etl: Cli, connection: Connection[Any]) -> None:
    """As somebody may insert one; no changes can be asked for since then."""
    nameless, final = document_of(0), document_of(1, "F")
    del nameless["metaData"]["timeStamp"]
    mapping = load_mapping(GAME)
    store(connection, Capture(mapping, {"game_pk": GAME_PK}, "http://api", 200, datetime.now(UTC), body(nameless)))
    connection.commit()
    script = Script()
    script.whole(final)
    counts, _ = script.follow(mlb_etl)
    assert (counts["requests"], counts["full"]) == (1, 1)
    assert _newest(connection) == canonical_sha256(final)


def test_an_old_document_is_left_until_the_api_insists(mlb_etl: Cli, connection: Connection[Any]) -> None:
    documents = [document_of(0), document_of(5, "F")]
    old = document_of(2, "F")
    script = Script()
    script.whole(documents[0], old)
    script.changes(*documents)
    counts, said = script.follow(mlb_etl)
    assert counts["old"] == 4
    assert said.count("left, and asked again") == 3
    assert "the API insists" in said
    assert _newest(connection) == canonical_sha256(old)


def test_a_postponed_game_is_followed_again_on_its_new_date(mlb_etl: Cli, connection: Connection[Any]) -> None:
    postponed, again, final = document_of(0, "D"), document_of(1), document_of(2, "F")
    script = Script()
    script.whole(postponed)
    script.answers[_changes_of(postponed)] = [Answer(body=b"[]")]
    _, said = script.follow(mlb_etl)
    assert "follow it again when it goes on" in said
    script.whole(final)
    script.changes(postponed, again, final)
    counts, _ = script.follow(mlb_etl)
    assert counts["patches"] == 2
    assert _newest(connection) == canonical_sha256(final)
    assert script.follow(mlb_etl)[0]["requests"] == 0


def test_what_comes_after_a_capture_from_the_future_is_later(mlb_etl: Cli, connection: Connection[Any]) -> None:
    """As after a clock that was set back, or on another machine than the follower before."""
    documents = [document_of(0), document_of(1), document_of(2), document_of(3, "F")]
    ahead = datetime.now(UTC) + timedelta(hours=1)
    mapping = load_mapping(GAME)
    store(connection, Capture(mapping, {"game_pk": GAME_PK}, "http://api", 200, ahead, body(documents[0])))
    connection.commit()
    script = Script()
    script.whole(documents[3])
    script.changes(*documents)
    counts, said = script.follow(mlb_etl)
    assert "going on from revision 20260702_010000" in said
    assert (counts["patches"], counts["full"]) == (3, 1)
    history = History(connection, mapping, {"game_pk": GAME_PK})
    expected = [canonical_sha256(document) for document in (documents[3], *documents[::-1])]
    assert [history.document(link).sha256 for link in history.links] == expected
