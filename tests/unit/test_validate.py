"""What is accepted as an answer, and which answers are worth another request."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from tests import recordings

from mlb_data_platform.errors import BadInputError, PlatformError, TransientError
from mlb_data_platform.ingest.requests import ApiRequest
from mlb_data_platform.ingest.validate import validate
from mlb_data_platform.jobs.models import Settled
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.paths import Path
from mlb_data_platform.statsapi.client import MixedUpError, Response

URL = "http://api/api/v1.1/game/7/feed/live"
GOOD = {
    "gamePk": 7,
    "days": [{"games": []}, {"games": [1]}],
    "sides": {"home": {"id": 1}},
    "people": {"ID1": {"id": 1}},
}
MAPPING = Mapping.model_validate(
    {
        "endpoint": "game",
        "method": "feed",
        "schema_version": 1,
        "description": "For this test.",
        "request": {"path": "/api/v1.1/game/{game_pk}/feed/live"},
        "natural_key": {"game_pk": {"type": "bigint", "parameter": "game_pk", "path": "$.gamePk"}},
        "require": ["$.gamePk", "$.days[*].games", "$.sides['home','away'].id", "$.people.*.id"],
        "version_table": "things",
        "tables": {"things": {"description": "None.", "rows": "$", "columns": {}}},
    }
)


def _validate(body: bytes, expects: tuple[Path, str] | None = None) -> None:
    request = ApiRequest(MAPPING, {"game_pk": 7}, "/api/v1.1/game/7/feed/live", expects)
    validate(request, Response(URL, 200, datetime.now(UTC), body))


def _without(change: dict[str, Any]) -> bytes:
    return json.dumps({name: value for name, value in {**GOOD, **change}.items() if value is not None}).encode()


@pytest.mark.parametrize("change", [{}, {"gamePk": 7.0}, {"days": [{"games": []}]}, {"extra": [1, {"a": 2}]}])
def test_a_complete_answer_is_accepted(change: dict[str, Any]) -> None:
    _validate(_without(change))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"gamePk": None}, r"\$\.gamePk is missing, which game\.feed requires"),
        ({"days": None}, r"\$\.days\[\*\]\.games is missing"),
        ({"days": {"games": 1}}, r"\$\.days\[\*\]\.games is missing"),
        ({"days": [{"games": []}, {}]}, r"\$\.days\[\*\]\.games is missing"),
        ({"days": []}, r"\$\.days\[\*\]\.games is missing"),
        ({"people": {}}, r"\$\.people\.\*\.id is missing"),
        ({"sides": {}}, r"\$\.sides\['home','away'\]\.id is missing"),
        ({"sides": {"away": {}}}, r"\$\.sides\['home','away'\]\.id is missing"),
        ({"sides": {"away": {"id": 1}, "home": {"name": "x"}}}, r"\$\.sides\['home','away'\]\.id is missing"),
        ({"people": {"ID1": 5}}, r"\$\.people\.\*\.id is missing"),
        ({"gamePk": 8}, r"asked for game_pk 7, but \$\.gamePk is 8"),
    ],
)
def test_an_answer_without_a_declared_key_or_about_another_game_is_final(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadInputError, match=f"^{URL}: HTTP 200: {problem}"):
        _validate(_without(change))


@pytest.mark.parametrize(
    ("dates", "found"),
    [
        ([], None),
        ([{"date": "2026-07-04"}], None),
        ([{"date": "2026-07-04"}, {"date": "2026-07-05"}], "2026-07-05"),
        ([{"date": "1901-01-01"}], "1901-01-01"),
        ([{}], "nothing"),
    ],
)
def test_a_schedule_of_another_date_is_asked_for_again(dates: list[Any], found: str | None) -> None:
    mapping = load_mapping("schedule.schedule")
    request = ApiRequest(mapping, {"date": "2026-07-04", "sportId": 1}, "/api/v1/schedule")
    answer = Response(URL, 200, datetime.now(UTC), json.dumps({"dates": dates}).encode())
    if found is None:
        validate(request, answer)
        return
    with pytest.raises(
        MixedUpError, match=rf"asked for date 2026-07-04, but \$\.dates\[\*\]\.date is {found}"
    ) as raised:
        validate(request, answer)
    assert raised.value.exit_code == 2


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"gamePk": 7, "deep": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", BadInputError),
        (b"", TransientError),
        (b"\n <!doctype html><html>", TransientError),
        (json.dumps(GOOD).encode()[:-4], TransientError),
        (b'{"gamePk": "\xff"}', TransientError),
        (b"[]", BadInputError),
        (b"null", BadInputError),
        (b'{"messageNumber": 1, "message": "Internal error occurred"}', TransientError),
        (b'{"messageNumber": 2, "message": "Game data couldn\'t be found"}', BadInputError),
        (b'{"messageNumber": 10, "message": "Object not found", "timestamp": "now"}', BadInputError),
    ],
)
def test_what_is_no_answer_is_named_in_one_line(body: bytes, kind: type[PlatformError]) -> None:
    with pytest.raises(kind) as caught:
        _validate(body)
    assert type(caught.value) is kind
    assert str(caught.value).startswith(f"{URL}: HTTP 200: ")
    assert "\n" not in str(caught.value)


def test_a_value_that_the_job_expects_must_be_there() -> None:
    path = Path.parse("$.days[*].games[*]")
    _validate(_without({}), (path, "1"))
    with pytest.raises(BadInputError, match=r"no \$\.days\[\*\]\.games\[\*\] is 2"):
        _validate(_without({}), (path, "2"))


def test_the_error_bodies_that_were_recorded_are_refused() -> None:
    folder = recordings.folder()
    if folder is None:
        pytest.skip(recordings.ABSENT)
    bodies = [gzip.decompress(file.read_bytes()) for file in sorted((folder / "other" / "errors").glob("*.json.gz"))]
    assert bodies
    for body in bodies:
        with pytest.raises(PlatformError, match="the API says"):
            _validate(body)


@pytest.mark.parametrize(
    ("state", "is_over", "accepted"),
    [("F", True, True), ("I", True, False), (None, True, False), ("I", False, True)],
)
def test_an_answer_from_before_the_end_of_what_is_over_is_worth_another_request(
    state: str | None, is_over: bool, accepted: bool
) -> None:
    settled = Settled(path="$.status.state", values=["F"])
    request = ApiRequest(MAPPING, {"game_pk": 7}, "/api/v1.1/game/7/feed/live", settled=settled, is_over=is_over)
    answer = Response(URL, 200, datetime.now(UTC), json.dumps({**GOOD, "status": {"state": state}}).encode())
    if accepted:
        validate(request, answer)
        return
    with pytest.raises(TransientError, match=r"an old answer: \$\.status\.state is not yet F"):
        validate(request, answer)
