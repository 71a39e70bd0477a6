"""How likely the home club is to win from a situation, if both clubs are average from there on."""

from __future__ import annotations

from functools import lru_cache

# By who is on base ('13': first and third), for none, one and two out: runs to be expected in the rest of the half, and
# the chance of any.
_RUNS = {
    "": (0.48, 0.25, 0.10), "1": (0.86, 0.51, 0.22), "2": (1.10, 0.66, 0.31), "12": (1.44, 0.88, 0.42),
    "3": (1.35, 0.95, 0.35), "13": (1.78, 1.13, 0.48), "23": (1.96, 1.37, 0.57), "123": (2.29, 1.54, 0.74),
}  # fmt: skip
_ANY = {
    "": (0.27, 0.16, 0.07), "1": (0.42, 0.27, 0.13), "2": (0.61, 0.40, 0.22), "12": (0.61, 0.41, 0.23),
    "3": (0.83, 0.65, 0.27), "13": (0.84, 0.65, 0.28), "23": (0.84, 0.67, 0.27), "123": (0.86, 0.67, 0.32),
}  # fmt: skip
_MOST = 12  # runs in a half inning that are thought of
_FAR = 20  # a lead beyond this is as good as this


def home_wins(last: int, inning: int, *, top: bool, outs: int, bases: str, lead: int) -> float:
    """Return the chance, 0 to 1; `last` is the last regular inning, `lead` the home club's.

    Three out is the end of the half.
    """
    if outs == 3:
        return _after(last, inning, lead, top=top)
    runs = enumerate(_distribution(bases, outs))
    return sum(chance * _after(last, inning, lead - count if top else lead + count, top=top) for count, chance in runs)


def _after(last: int, inning: int, lead: int, *, top: bool) -> float:
    """The chance when a half is over."""
    return _before_bottom(last, inning, lead) if top else _before_top(last, inning + 1, lead)


@lru_cache(maxsize=64)
def _distribution(bases: str, outs: int) -> tuple[float, ...]:
    """How likely each number of runs is in the rest of a half: none, or one and then a geometric rest."""
    expected, some = _RUNS[bases][outs], _ANY[bases][outs]
    more = 1 - some / expected  # so that the mean comes out
    chances = [1 - some, *(some * (1 - more) * more**number for number in range(_MOST - 1))]
    return (*chances, 1 - sum(chances))


@lru_cache(maxsize=4096)
def _before_top(last: int, inning: int, lead: int) -> float:
    if inning > last:
        return 0.5 if lead == 0 else float(lead > 0)
    if abs(lead) > _FAR:
        return float(lead > 0)
    return home_wins(last, inning, top=True, outs=0, bases="", lead=lead)


@lru_cache(maxsize=4096)
def _before_bottom(last: int, inning: int, lead: int) -> float:
    if inning >= last and lead > 0:
        return 1.0
    if abs(lead) > _FAR:
        return float(lead > 0)
    return home_wins(last, inning, top=False, outs=0, bases="", lead=lead)


def leverage(last: int, inning: int, *, top: bool, outs: int, bases: str, lead: int) -> float:
    """Return how much hangs on the next batter, the difference of a run and an out: 1 at the start of a game."""
    usual = _swing(last, 1, top=True, outs=0, bases="", lead=0)
    return _swing(last, inning, top=top, outs=outs, bases=bases, lead=lead) / usual


def _swing(last: int, inning: int, *, top: bool, outs: int, bases: str, lead: int) -> float:
    out = home_wins(last, inning, top=top, outs=outs + 1, bases=bases if outs < 2 else "", lead=lead)
    run = home_wins(last, inning, top=top, outs=outs, bases=bases, lead=lead - 1 if top else lead + 1)
    return abs(out - run)
