"""Who plays whom, where, and on which days: a season's series.

Fifty-two rounds in which every club plays: sixteen against the four others of its division (four each), twenty against
the ten others of its league (two each), sixteen against the other league (one each, two against the rival). Leagues and
divisions have odd numbers of clubs, so each round leaves one over, and those meet: interleague play never ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from statsapi_simulator.world.dates import SeasonDates

CLUBS = 30
_LEAGUE, _DIVISION = 15, 5
_RIVAL = 0  # how far along in the other league the rival sits
_LEFT_OVER = (_RIVAL, 1)  # whom the one without an opponent in its league meets, by turn
_DIVISIONS_LEFT_OVER = (5, 10)  # the same with the three without one in their divisions
_FOUR_GAMES, _TWO_GAMES = 8, 2  # rounds of that many games; with 42 of three each club has 162, and 81 at home

# A week has two rounds; for each the choices of days, counted from Monday.
_Kind = tuple[tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]]
_USUAL_WEEK: _Kind = ((0, 1, 2), (1, 2, 3)), ((4, 5, 6),)
_SHORT_WEEK: _Kind = ((0, 1), (1, 2), (2, 3)), ((4, 5, 6),)
_FULL_WEEKS: tuple[_Kind, ...] = (((0, 1, 2, 3),), ((4, 5, 6),)), (((0, 1, 2),), ((3, 4, 5, 6),))

Round = dict[int, int]  # a club's opponent, for both, by the clubs' places 0 to 29


@dataclass(frozen=True, slots=True)
class Series:
    """Two clubs for two to four days in one park; clubs by their places."""

    away: int
    home: int
    days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class _Slot:
    """When a round is played: each of its series on one of these choices of days, all of the same length."""

    choices: tuple[tuple[date, ...], ...]

    @property
    def length(self) -> int:
        return len(self.choices[0])


def all_series(rng: Random, dates: SeasonDates) -> list[Series]:
    """Return the series of a season in order of time."""
    slots = _slots(rng, dates)
    rounds = _in_turn(rng, _rounds(rng))
    homes = _homes(rng, slots, rounds)
    return [
        Series(away=opponents[home], home=home, days=rng.choice(slot.choices))
        for slot, opponents, at_home in zip(slots, rounds, homes, strict=True)
        for home in sorted(at_home)
    ]


def _rounds(rng: Random) -> list[Round]:
    """Return the rounds in no order. Round robin on a circle: who stands opposite is the opponent, one is left over."""
    seats = _seats(rng)
    rounds = []
    for shift in _LEFT_OVER:
        for turn in range(_LEAGUE):
            pairs = [(turn, _LEAGUE + (turn + shift) % _LEAGUE)]
            pairs += _circle(_LEAGUE, turn)
            pairs += [(_LEAGUE + a, _LEAGUE + b) for a, b in _circle(_LEAGUE, turn + shift)]
            rounds.append(pairs)
    for shift in _DIVISIONS_LEFT_OVER:
        for turn in range(_DIVISION):
            firsts = range(0, CLUBS, _DIVISION)
            pairs = [(first + turn, _LEAGUE + (first + turn + shift) % _LEAGUE) for first in firsts[:3]]
            pairs += [(first + a, first + b) for first in firsts for a, b in _circle(_DIVISION, turn)]
            rounds.append(pairs)
    shifts = sorted({*range(_LEAGUE)} - {*_LEFT_OVER, *_DIVISIONS_LEFT_OVER} | {_RIVAL})
    rounds += [[(place, _LEAGUE + (place + shift) % _LEAGUE) for place in range(_LEAGUE)] for shift in shifts]
    return [{seats[a]: seats[b] for pair in pairs for a, b in (pair, pair[::-1])} for pairs in rounds]


def _circle(size: int, turn: int) -> Iterator[tuple[int, int]]:
    """Yield the pairs of one turn of a round robin of an odd `size`; number `turn` is left over."""
    for step in range(1, size // 2 + 1):
        yield (turn + step) % size, (turn - step) % size


def _seats(rng: Random) -> list[int]:
    """Return which club takes which seat: divisions stay together, the rest is drawn."""
    seats: list[int] = []
    for league in (0, _LEAGUE):
        divisions = [list(range(first, first + _DIVISION)) for first in range(league, league + _LEAGUE, _DIVISION)]
        rng.shuffle(divisions)
        for division in divisions:
            rng.shuffle(division)
            seats += division
    return seats


def _in_turn(rng: Random, rounds: list[Round]) -> list[Round]:
    """Return the rounds in an order in which nobody meets the same opponent twice running."""
    while True:
        left = rounds[:]
        rng.shuffle(left)
        ordered = [left.pop()]
        while fitting := [each for each in left if not each.items() & ordered[-1].items()]:
            ordered.append(fitting[0])
            left.remove(fitting[0])
        if not left:
            return ordered


def _slots(rng: Random, dates: SeasonDates) -> list[_Slot]:
    """Return when the rounds are played: a long weekend, then weeks of Monday to Thursday and Friday to Sunday."""
    opening, restart = dates.regular_season_start, dates.first_date_second_half
    before = [*_weeks(opening + timedelta(days=4), dates.last_date_first_half)]
    after = [*_weeks(restart + timedelta(days=3), dates.regular_season_end)]
    weeks = [
        _Slot(tuple(_days(monday, *choice) for choice in choices))
        for monday, kind in zip(before + after, _kinds(rng, len(before + after)), strict=True)
        for choices in kind
    ]
    opening_days = _Slot((_days(opening, 0, 2, 3), _days(opening, 1, 2, 3)))
    restart_days = _Slot((_days(restart, 0, 1, 2),))
    return [opening_days, *weeks[: 2 * len(before)], restart_days, *weeks[2 * len(before) :]]


def _kinds(rng: Random, weeks: int) -> list[_Kind]:
    """Return what kind each week is. No two weeks without a day off follow each other."""
    gaps = sorted(rng.sample(range(weeks - _FOUR_GAMES + 1), _FOUR_GAMES))
    full = {week + place for place, week in enumerate(gaps)}
    short = rng.sample([week for week in range(weeks) if week not in full], _TWO_GAMES)
    return [
        rng.choice(_FULL_WEEKS) if week in full else _SHORT_WEEK if week in short else _USUAL_WEEK
        for week in range(weeks)
    ]


def _homes(rng: Random, slots: list[_Slot], rounds: list[Round]) -> list[set[int]]:
    """Return who is at home in each round: in half of the rounds of each length everybody is.

    Two rounds together make rings of clubs, each of which meets one neighbour in the one and the other in the
    other: going around a ring, every club gets the home of one of the two. Rounds are paired with the next but one, so
    that clubs stay at home, or away, for two or three series.
    """
    homes: list[set[int]] = [set() for _ in slots]
    for length in (2, 3, 4):
        alike = [place for place, slot in enumerate(slots) if slot.length == length]
        while alike:
            step = 2 if len(alike) >= 4 else 1
            for first, second in zip(alike[:step], alike[step : 2 * step], strict=True):
                homes[first] = _half(rng, rounds[first], rounds[second])
                homes[second] = {*range(CLUBS)} - homes[first]
            alike = alike[2 * step :]
    return homes


def _half(rng: Random, first: Round, second: Round) -> set[int]:
    """Return who is at home in the `first` of two rounds; in the `second` it is the others."""
    home: set[int] = set()
    seen: set[int] = set()
    for start in rng.sample(range(CLUBS), CLUBS):
        club = start
        while club not in seen:
            home.add(club)
            seen |= {club, first[club]}
            club = second[first[club]]
    return home


def _weeks(monday: date, last: date) -> Iterator[date]:
    while monday < last:
        yield monday
        monday += timedelta(days=7)


def _days(first: date, *numbers: int) -> tuple[date, ...]:
    return tuple(first + timedelta(days=number) for number in numbers)
