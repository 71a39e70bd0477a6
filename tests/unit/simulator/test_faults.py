"""Faults: how they are written, which requests they hit, what they do to an answer."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from statsapi_simulator.api.faults import Aimed, Fault, Faults, Kind, parse_flags, parse_json
from statsapi_simulator.api.http import Answer, Request
from statsapi_simulator.api.spoil import Spoiler
from statsapi_simulator.seeded import seeded

FEED = "/api/v1.1/game/1/feed/live"
PATCH = f"{FEED}/diffPatch?startTimecode=20260704_160000"


def _hits(faults: Faults, target: str, count: int = 1) -> list[bool]:
    """Ask `count` times and return which requests were hit, each by the first fault that aimed at it."""
    result = []
    for _ in range(count):
        aimed = faults.aimed_at(target)
        for each in aimed[:1]:
            faults.struck(each)
        result.append(bool(aimed))
    return result


# ---- How they are written ----


def test_flags_say_kind_and_rate() -> None:
    assert parse_flags(["429=0.05", "cut=1"]) == [Fault(kind=Kind.TOO_MANY, rate=0.05), Fault(kind=Kind.CUT)]
    assert [fault.kind for fault in parse_flags(["all=0.1"])] == list(Kind)


@pytest.mark.parametrize("flag", ["", "cut", "cut=", "cut=often", "cut=1.5", "cut=-1", "fire=0.1", "all=2"])
def test_a_flag_that_is_none_is_named(flag: str) -> None:
    with pytest.raises(ValueError, match=f"'{flag}'|'{Kind.TOO_MANY}{flag[3:]}'"):
        parse_flags([flag])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("[", "Input data was truncated"),
        ("{}", "Expected `array`, got `object`"),
        ('[{"rate": 1}]', r"missing required field `kind` - at `\$\[0\]`"),
        ('[{"kind": "fire"}]', r"Invalid enum value 'fire' - at `\$\[0\].kind`"),
        ('[{"kind": "cut", "rate": 7}]', r"Expected `float` <= 1.0 - at `\$\[0\].rate`"),
        ('[{"kind": "cut", "path": "("}]', r"'\(' is no regular expression: .* - at `\$\[0\]`"),
        ('[{"kind": "cut", "often": 1}]', r"unknown field `often` - at `\$\[0\]`"),
    ],
)
def test_json_that_is_no_list_of_faults_is_refused_with_the_reason(body: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_json(body.encode())


# ---- Which requests they hit ----


def test_a_rate_hits_that_share_and_always_the_same_requests() -> None:
    first, again = (_hits(Faults(7, parse_flags(["cut=0.05"])), FEED, 2000) for _ in range(2))
    assert first == again
    assert 60 < sum(first) < 140
    assert first != _hits(Faults(8, parse_flags(["cut=0.05"])), FEED, 2000)


def test_which_requests_are_hit_does_not_depend_on_what_else_is_asked() -> None:
    alone, mixed = (Faults(7, parse_flags(["cut=0.3"])) for _ in range(2))
    expected = _hits(alone, FEED, 50)
    actual = [(_hits(mixed, "/api/v1/schedule", 3), _hits(mixed, FEED))[1][0] for _ in range(50)]
    assert actual == expected


@pytest.mark.parametrize(
    ("rule", "target", "hit"),
    [
        ({"path": "feed/live$"}, FEED, True),
        ({"path": "feed/live$"}, PATCH, False),
        ({"game_pk": 1}, FEED, True),
        ({"game_pk": 2}, FEED, False),
        ({"game_pk": 1}, "/api/v1/schedule?gamePk=1", False),
        ({"game_pk": 1}, "/api/v1/game/push/subscribe/gameday/1", True),
        ({"game_pk": 1}, "/api/v1/game/push/subscribe/gameday/12", False),
        ({"rate": 0.0}, FEED, False),
    ],
)
def test_a_rule_hits_what_fits_it(rule: dict[str, Any], target: str, hit: bool) -> None:
    faults = Faults(7, [Fault(kind=Kind.CUT, **rule)])
    assert _hits(faults, target) == [hit]


def test_a_rule_may_mean_the_nth_request_or_only_some() -> None:
    assert _hits(Faults(7, [Fault(kind=Kind.CUT, nth=3)]), FEED, 4) == [False, False, True, False]
    assert _hits(Faults(7, [Fault(kind=Kind.CUT, times=2)]), FEED, 4) == [True, True, False, False]


# ---- What they do ----

ENVELOPES = [{"diff": [{"op": "replace", "path": "/a", "value": n}]} for n in range(3)]


def _source(request: Request) -> Answer:
    if "diffPatch?startTimecode" in request.target:
        return Answer(body=json.dumps(ENVELOPES).encode(), headers={"Ago": str(request.ago)})
    return Answer(body=json.dumps({"target": request.target, "text": "x" * 500}).encode())


def _spoiled(kind: Kind, target: str, number: int = 1, **options: Any) -> Answer | None:
    spoiler = Spoiler(_source, lambda _, revisions: f"{revisions} ago", lambda game_pk: game_pk + 1)
    fault = Fault(kind=kind, **options)
    return spoiler.spoil(Aimed(fault, seeded("test", number)), Request(target))


def _answer(answer: Answer | None) -> Answer:
    assert answer is not None
    return answer


def _document(answer: Answer | None) -> Any:
    return json.loads(_answer(answer).body)


def test_what_a_server_or_a_network_does() -> None:
    too_many = _spoiled(Kind.TOO_MANY, FEED, seconds=3)
    assert too_many is not None
    assert (too_many.status, too_many.headers) == (429, {"Retry-After": "3"})
    errors = Counter(getattr(_spoiled(Kind.SERVER_ERROR, FEED, n), "status", 0) for n in range(40))
    assert set(errors) == {500, 502, 503, 504}
    html = _spoiled(Kind.HTML, FEED)
    assert html is not None
    assert (html.status, html.body[:9], html.headers["Content-Type"][:9]) == (200, b"<!DOCTYPE", "text/html")
    assert getattr(_spoiled(Kind.RESET, FEED), "reset", False)
    assert getattr(_spoiled(Kind.SLOW, FEED, seconds=0.5), "dribble_seconds", 0) == 0.5
    for number in range(20):
        cut = _spoiled(Kind.CUT, FEED, number)
        assert cut is not None
        assert cut.cut_after is not None
        assert 0 <= cut.cut_after < len(cut.body)


def test_what_the_api_does_to_a_feed() -> None:
    assert _document(_spoiled(Kind.WRONG_GAME, f"{FEED}?fields=a"))["target"] == "/api/v1.1/game/2/feed/live?fields=a"
    assert _document(_spoiled(Kind.DUPLICATE, FEED))["target"] == f"{FEED}?timecode=1 ago"
    stale = _document(_spoiled(Kind.STALE, f"{FEED}?fields=a"))["target"]
    assert stale.startswith(f"{FEED}?fields=a&timecode=")
    assert stale != f"{FEED}?fields=a&timecode=1 ago"


def test_what_the_api_does_to_a_patch() -> None:
    assert _document(_spoiled(Kind.DUPLICATE, PATCH)) == [each for each in ENVELOPES for _ in range(2)]
    assert _document(_spoiled(Kind.REORDER, PATCH)) == ENVELOPES[::-1]
    bad = _document(_spoiled(Kind.BAD_PATCH, PATCH))
    assert [each["diff"][:-1] for each in bad] == [each["diff"] for each in ENVELOPES]
    assert _document(_spoiled(Kind.FALLBACK, f"{PATCH}&endTimecode=x"))["target"] == f"{FEED}/diffPatch?endTimecode=x"


def test_a_gap_is_never_at_the_end_of_a_patch() -> None:
    left = [_document(_spoiled(Kind.GAP, PATCH, number)) for number in range(20)]
    assert all(each in (ENVELOPES[1:], ENVELOPES[::2]) for each in left)
    assert ENVELOPES[1:] in left
    assert ENVELOPES[::2] in left


def test_a_patch_lags_by_some_seconds() -> None:
    seconds = [float(_answer(_spoiled(Kind.LAG, PATCH, number)).headers["Ago"]) for number in range(40)]
    assert 5 <= min(seconds) < 15
    assert 50 < max(seconds) <= 60


@pytest.mark.parametrize("kind", sorted({*Kind} - {*map(Kind, ("429", "5xx", "reset", "slow", "cut", "html"))}))
def test_a_fault_of_games_leaves_other_requests_alone(kind: Kind) -> None:
    assert _spoiled(kind, "/api/v1/schedule?sportId=1") is None


@pytest.mark.parametrize("kind", [Kind.LAG, Kind.FALLBACK, Kind.GAP, Kind.REFUSED, Kind.SILENT, Kind.DROPPED])
def test_a_fault_of_patches_or_of_the_push_channel_leaves_feeds_alone(kind: Kind) -> None:
    assert _spoiled(kind, FEED) is None


@pytest.mark.parametrize("kind", [Kind.STALE, Kind.DUPLICATE])
def test_a_feed_at_a_timecode_is_never_stale(kind: Kind) -> None:
    assert _spoiled(kind, f"{FEED}?timecode=20260704_160000") is None
