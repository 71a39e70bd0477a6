"""How likely things are: the average of the league, shifted by who pitches and who bats."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

from statsapi_simulator.model import Person
from statsapi_simulator.play.club import Outing
from statsapi_simulator.play.state import bat_side

# What becomes of a pitch at each count (balls, strikes), as shares: ball, called strike, miss, foul, in play.
_BY_COUNT: dict[tuple[int, int], tuple[float, float, float, float, float]] = {
    (0, 0): (0.385, 0.310, 0.070, 0.110, 0.125),
    (0, 1): (0.430, 0.135, 0.115, 0.165, 0.155),
    (0, 2): (0.440, 0.060, 0.145, 0.185, 0.170),
    (1, 0): (0.360, 0.225, 0.085, 0.155, 0.175),
    (1, 1): (0.375, 0.135, 0.120, 0.180, 0.190),
    (1, 2): (0.375, 0.060, 0.155, 0.210, 0.200),
    (2, 0): (0.370, 0.260, 0.070, 0.140, 0.160),
    (2, 1): (0.335, 0.150, 0.105, 0.200, 0.210),
    (2, 2): (0.325, 0.055, 0.155, 0.245, 0.220),
    (3, 0): (0.395, 0.505, 0.015, 0.035, 0.050),
    (3, 1): (0.305, 0.200, 0.075, 0.190, 0.230),
    (3, 2): (0.245, 0.055, 0.140, 0.275, 0.285),
}
_TIRED_FROM = 70  # pitches


@dataclass(frozen=True, slots=True)
class Odds:
    """Factors on the league's average for one batter against one pitcher."""

    ball: float
    called: float
    missed: float
    hit: float
    homer: float
    power: float

    def at(self, balls: int, strikes: int) -> tuple[float, float, float, float]:
        """Return the limits, out of the last, below which a pitch is a ball, called, missed, fouled; then in play."""
        ball, called, missed, foul, played = _BY_COUNT[balls, strikes]
        first = ball * self.ball
        second = first + called * self.called
        third = second + missed * self.missed
        fourth = third + 1.12 * foul
        whole = fourth + played
        return first / whole, second / whole, third / whole, fourth / whole


def odds(batter: Person, pitcher: Person, outing: Outing, luck: float) -> Odds:
    """Return the odds of this duel: skills, the platoon advantage, how tired the pitcher is, the luck of the day."""
    bats, pitches = batter.skill, pitcher.skill
    contact, stuff, control = bats.contact, max(-3.0, pitches.stuff), max(-1.5, pitches.control)
    edge = 0.05 if bat_side(batter, pitcher) != pitcher.throws else -0.05
    tired = max(0, outing.pitches - _TIRED_FROM) / 100
    return Odds(
        ball=0.895 * exp(0.09 * bats.eye - 0.11 * control + 0.2 * tired),
        called=0.95 * exp(-0.05 * bats.eye + 0.03 * control),
        missed=0.87 * exp(0.16 * stuff - 0.16 * contact - edge - 0.4 * tired),
        hit=0.985 * exp(0.06 * contact - 0.06 * stuff + edge + 0.3 * tired + luck),
        homer=exp(0.26 * bats.power - 0.12 * stuff + edge + 0.5 * tired + luck),
        power=bats.power,
    )
