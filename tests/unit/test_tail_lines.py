"""What `live tail` prints of changes."""

from __future__ import annotations

from typing import Any

from mlb_data_platform.live.serve.changes import serve_of
from mlb_data_platform.live.serve.tail import STATE, Entry, News
from mlb_data_platform.live.serve.tail_lines import Lines
from mlb_data_platform.mapping.load import load_mapping

_AT = "2026-07-02T01:02:03.25+00:00"
_STATE = {
    "away_abbreviation": "SEA",
    "home_abbreviation": "NYY",
    "away_name": "Seattle Nobodies",
    "home_name": "New York Nobodies",
    "away_runs": 3,
    "home_runs": 2,
    "detailed_state": "In Progress",
    "status_reason": None,
}
_PLAY = {
    "half_inning": "top",
    "inning": 5,
    "outs": 1,
    "batter_name": "Abel Ackerman",
    "description": None,
    "balls": 1,
    "strikes": 2,
}
_PITCH = {
    "balls": 1,
    "strikes": 2,
    "description": "Foul",
    "pitch_type_description": "Slider",
    "start_speed": 86.44,
}


def _entry(kind: str, data: dict[str, Any] | None, game_pk: int = 1, **key: int) -> Entry:
    return Entry({"game_pk": game_pk}, kind, key, data, _AT, 42)


def _lines() -> Lines:
    mapping = load_mapping("game.live_game_v1")
    return Lines(mapping, serve_of(mapping))


def _said(lines: Lines, *entries: Entry, state: dict[str, Any] = _STATE) -> list[str]:
    return [line.text for line in lines.of(News(list(entries), {(1,): state}))]


def test_a_game_reads_as_it_goes() -> None:
    lines = _lines()
    hit = _PLAY | {"description": "Abel Ackerman homers (3) to left field.", "outs": 1}
    said = [
        *_said(lines, _entry(STATE, _STATE)),
        *_said(
            lines,
            _entry("pitch", _PITCH, at_bat_index=30, event_index=2),
            _entry("play", _PLAY, at_bat_index=30),
        ),
        *_said(
            lines,
            _entry("pitch", _PITCH | {"description": "In play, run(s)"}, at_bat_index=30, event_index=3),
            _entry("play", hit, at_bat_index=30),
            _entry("score", {"away_runs": 4, "home_runs": 2}),
            state=_STATE | {"away_runs": 4},
        ),
        *_said(lines, _entry("status", {"detailed_state": "Delayed", "status_reason": "Rain"})),
    ]
    assert "\n".join(said) == (
        "01:02:03  SEA @ NYY 3-2  Seattle Nobodies 3, New York Nobodies 2, In Progress\n"
        "01:02:03  SEA @ NYY 3-2  top 5, Abel Ackerman, 1-2, Foul, Slider, 86.4 mph\n"
        "01:02:03  SEA @ NYY 4-2  top 5, Abel Ackerman, 1-2, In play, run(s), Slider, 86.4 mph\n"
        "01:02:03  SEA @ NYY 4-2  top 5, 1 out: Abel Ackerman homers (3) to left field.\n"
        "01:02:03  SEA @ NYY 4-2  Seattle Nobodies 4, New York Nobodies 2\n"
        "01:02:03  SEA @ NYY 3-2  Delayed, Rain"
    )


def test_what_reads_as_before_is_not_said_again() -> None:
    lines = _lines()
    play = _PLAY | {"description": "Abel Ackerman flies out."}
    first = _said(lines, _entry("play", play, at_bat_index=30))
    assert len(first) == 1
    assert _said(lines, _entry("play", play | {"captivating_index": 14}, at_bat_index=30)) == []
    assert len(_said(lines, _entry("play", play | {"description": "Abel Ackerman singles."}, at_bat_index=30))) == 1
    assert len(_said(lines, _entry("play", play, at_bat_index=31))) == 1


def test_a_row_that_is_gone_is_taken_back_if_it_was_told() -> None:
    lines = _lines()
    gone = _entry("pitch", None, at_bat_index=30, event_index=2)
    assert _said(lines, gone) == []
    _said(lines, _entry("pitch", _PITCH, at_bat_index=30, event_index=2))
    assert _said(lines, gone) == ["01:02:03  SEA @ NYY 3-2  taken back: 1-2, Foul, Slider, 86.4 mph"]
    assert _said(lines, gone) == []


def test_a_game_without_a_state_is_called_by_its_number_and_a_kind_nobody_knows_is_passed_over() -> None:
    lines = _lines()
    assert _said(lines, _entry("pitch", _PITCH | {"start_speed": None}, 7, at_bat_index=0, event_index=0)) == [
        "01:02:03  game_pk 7  1-2, Foul, Slider"
    ]
    assert _said(lines, _entry("weather", {"temp": "70"}, 7)) == []


def test_a_long_tail_forgets_who_has_been_silent_for_longest() -> None:
    lines = _lines()
    for game_pk in range(1000):
        _said(lines, _entry("play", _PLAY, game_pk, at_bat_index=0))
    assert len(lines._units) == 64
