"""Small parts of the feed: states, rates, names."""

from __future__ import annotations

import pytest

from statsapi_simulator.feed.names import event_name, ordinal
from statsapi_simulator.feed.rates import innings, ratio, share, strike_share
from statsapi_simulator.feed.status import status_of


@pytest.mark.parametrize(
    ("code", "abstract", "coded", "detailed", "reason"),
    [
        ("S", "Preview", "S", "Scheduled", None),
        ("P", "Preview", "P", "Pre-Game", None),
        ("PW", "Live", "P", "Warmup", None),
        ("PR", "Preview", "P", "Delayed Start: Rain", "Rain"),
        ("I", "Live", "I", "In Progress", None),
        ("IR", "Live", "I", "Delayed: Rain", "Rain"),
        ("UR", "Live", "U", "Suspended: Rain", "Rain"),
        ("UZ", "Live", "U", "Suspended: About to Resume", "About to Resume"),
        ("DI", "Final", "D", "Postponed: Inclement Weather", "Inclement Weather"),
        ("CR", "Final", "C", "Cancelled: Rain", "Rain"),
        ("OT", "Final", "O", "Game Over: Tied", "Tied"),
        ("FR", "Final", "F", "Completed Early: Rain", "Rain"),
        ("F", "Final", "F", "Final", None),
        ("MA", "Live", "M", "Manager challenge: Tag play", "Tag play"),
    ],
)
def test_status_codes(code: str, abstract: str, coded: str, detailed: str, reason: str | None) -> None:
    status = status_of(code)
    assert (status["abstractGameState"], status["codedGameState"], status["detailedState"]) == (
        abstract,
        coded,
        detailed,
    )
    assert status.get("reason") == reason


def test_rates_are_strings_with_sentinels() -> None:
    assert (share(1, 4), share(3, 3), share(0, 0), share(0, 0, ".000")) == (".250", "1.000", ".---", ".000")
    assert (ratio(27, 7), ratio(1, 0), ratio(1, 0, "-")) == ("3.86", "-.--", "-")
    assert (innings(20), innings(0)) == ("6.2", "0.0")
    assert (strike_share(67, 100), strike_share(0, 0)) == (".670", "-.--")


def test_names_of_events_and_innings() -> None:
    assert event_name("stolen_base_2b") == "Stolen Base 2B"
    assert event_name("field_out", "line_drive") == "Lineout"
    assert event_name("grounded_into_double_play") == "Grounded Into DP"
    assert [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21)] == [
        *("1st", "2nd", "3rd", "4th"),
        *("11th", "12th", "13th", "21st"),
    ]
