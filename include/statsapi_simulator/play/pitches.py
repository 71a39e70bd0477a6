"""How pitches fly and how batted balls leave the bat."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass, replace
from itertools import accumulate
from random import Random
from typing import Literal

from statsapi_simulator.game_record import Hit, Pitch
from statsapi_simulator.model import Person
from statsapi_simulator.seeded import seeded

Trajectory = Literal["ground_ball", "line_drive", "fly_ball", "popup", "bunt_grounder", "bunt_popup"]
Where = Literal["ball", "dirt", "strike", "swing", "edge", "inside"]


@dataclass(frozen=True, slots=True)
class _Kind:
    """A type of pitch, thrown by a right-hander, on average."""

    speed: float
    spin: int
    direction: int
    vertical: float
    horizontal: float
    share: float


_KINDS = {
    "FF": _Kind(94.6, 2310, 212, 16.0, 8.0, 36),
    "SI": _Kind(93.8, 2150, 226, 8.6, 15.4, 16),
    "FC": _Kind(89.6, 2420, 186, 8.4, -2.2, 8),
    "SL": _Kind(86.2, 2420, 130, 2.2, -4.2, 17),
    "ST": _Kind(82.3, 2560, 60, 1.2, -13.6, 8),
    "CH": _Kind(85.8, 1790, 242, 6.2, 14.2, 11),
    "CU": _Kind(79.4, 2620, 34, -12.0, -8.6, 8),
    "KC": _Kind(81.0, 2500, 36, -11.0, -6.4, 2),
    "FS": _Kind(87.2, 1420, 244, 3.0, 10.8, 3),
}
_FASTBALLS = ("FF", "SI")
_LOBBED = _Kind(58.0, 1250, 214, 18.0, 5.0, 1)  # what a position player throws


@dataclass(frozen=True, slots=True)
class Arsenal:
    """What one pitcher throws."""

    codes: tuple[str, ...]
    cumulative: tuple[float, ...]
    kinds: tuple[_Kind, ...]
    hand: int  # 1 right, -1 left: horizontal movement is mirrored
    extension: float

    def pick(self, rng: Random) -> int:
        """Return the position of the type he throws next."""
        return bisect(self.cumulative, rng.random() * self.cumulative[-1])


def arsenal(person: Person) -> Arsenal:
    """Return what `person` throws: one or two fastballs and two or three other pitches; a fielder only lobs."""
    hand = 1 if person.throws == "R" else -1
    if person.primary_position not in ("1", "Y"):
        return Arsenal(("FA",), (1.0,), (_LOBBED,), hand, 5.8)
    rng = seeded("arsenal", person.id)
    others = [code for code in _KINDS if code not in _FASTBALLS]
    codes = ["FF", *rng.sample(others, k=rng.choice((2, 3))), *(["SI"] if rng.random() < 0.6 else [])]
    kinds = []
    for code in codes:
        kind, gain = _KINDS[code], 1.1 * person.skill.stuff + rng.gauss(0, 1.2)
        kinds.append(
            _Kind(
                kind.speed + gain,
                int(kind.spin + rng.gauss(0, 110)),
                int(kind.direction + rng.gauss(0, 8)) % 360,
                kind.vertical + rng.gauss(0, 1.5),
                kind.horizontal + rng.gauss(0, 1.8),
                kind.share * rng.uniform(0.6, 1.5),
            )
        )
    cumulative = tuple(accumulate(kind.share for kind in kinds))
    return Arsenal(tuple(codes), cumulative, tuple(kinds), hand, round(rng.gauss(6.4, 0.3), 1))


def _place(rng: Random, where: Where) -> tuple[float, float]:
    """Return where a pitch crosses the plate, feet from its middle and from the ground."""
    if where == "swing":
        return rng.gauss(0.0, 0.62), rng.gauss(2.4, 0.62)
    if where == "strike":
        return rng.uniform(-0.82, 0.82), rng.uniform(1.62, 3.38)
    if where == "edge":
        return rng.choice((-0.84, 0.84)) + rng.gauss(0, 0.05), rng.uniform(1.6, 3.4)
    if where == "dirt":
        return rng.gauss(0.2, 0.7), rng.uniform(-0.4, 0.7)
    if where == "inside":
        return rng.choice((-1.0, 1.0)) * rng.uniform(1.6, 2.6), rng.uniform(1.2, 5.0)
    if rng.random() < 0.5:
        return rng.choice((-1.0, 1.0)) * (0.9 + abs(rng.gauss(0, 0.45))), rng.gauss(2.4, 0.9)
    return rng.gauss(0, 0.7), rng.choice((1.5 - abs(rng.gauss(0, 0.5)), 3.5 + abs(rng.gauss(0, 0.5))))


def _zone(x: float, z: float) -> int:
    """Return the cell of the strike zone: 1 to 9 inside by rows from above, 11 to 14 around it."""
    if -0.83 <= x <= 0.83 and 1.6 <= z <= 3.4:
        return 1 + min(2, int((3.4 - z) / 0.6)) * 3 + min(2, int((x + 0.83) / 0.5534))
    return (11 if x < 0 else 12) if z >= 2.5 else (13 if x < 0 else 14)


def flight(rng: Random, throws: Arsenal, where: Where) -> Pitch:
    """Return a pitch that crosses the plate at such a place."""
    index = throws.pick(rng)
    x, z = _place(rng, where)
    kind, rand = throws.kinds[index], rng.random
    direction = kind.direction if throws.hand == 1 else 360 - kind.direction
    return Pitch(
        throws.codes[index],
        round(rng.gauss(kind.speed, 0.9), 1),
        round(x, 2),
        round(z, 2),
        int(kind.spin + 240 * (rand() - 0.5)),
        int(direction + 24 * (rand() - 0.5)) % 360,
        round(kind.vertical + 5 * (rand() - 0.5), 1),
        round(throws.hand * kind.horizontal + 5 * (rand() - 0.5), 1),
        round(throws.extension + 0.4 * (rand() - 0.5), 1),
        _zone(x, z),
    )


def reclassified(rng: Random, pitcher: Person, pitch: Pitch) -> Pitch | None:
    """Return `pitch` under another of his types, its measurements kept; None where he has only one."""
    codes = [code for code in arsenal(pitcher).codes if code != pitch.type_code]
    if not codes:
        return None
    return replace(pitch, type_code=rng.choice(codes))


# Where fielders stand in the drawing of the field (home plate is at 125, 204), by position code.
_SPOTS = {
    "1": (125, 166),
    "2": (125, 196),
    "3": (154, 160),
    "4": (143, 142),
    "5": (96, 160),
    "6": (107, 142),
    "7": (68, 98),
    "8": (125, 76),
    "9": (182, 98),
}
# Launch angle (mean, deviation) and distance (mean, deviation) of a ball that is caught or stopped by a fielder.
_FLIGHTS: dict[Trajectory, tuple[float, float, float, float]] = {
    "ground_ball": (-9, 9, 14, 10),
    "line_drive": (16, 5, 230, 60),
    "fly_ball": (37, 7, 315, 35),
    "popup": (64, 6, 165, 45),
    "bunt_grounder": (-32, 12, 6, 3),
    "bunt_popup": (50, 9, 40, 15),
}


def batted(rng: Random, trajectory: Trajectory, position: str, power: float, *, home_run: bool = False) -> Hit:
    """Return how a ball to the fielder at `position` (over him: a home run) left the bat."""
    angle, angle_spread, distance, distance_spread = _FLIGHTS[trajectory]
    x, y = _SPOTS[position]
    if home_run:
        speed = max(92.0, rng.gauss(104.0, 3.8) + 1.2 * power)
        angle, distance = rng.gauss(28, 3.6), rng.gauss(402, 22) + 4 * power
        x, y = int(125 + (x - 125) * 1.35), int(204 + (y - 204) * 1.28)
    elif trajectory in ("bunt_grounder", "bunt_popup"):
        speed, angle = rng.uniform(25, 60), rng.gauss(angle, angle_spread)
        distance = max(2.0, rng.gauss(distance, distance_spread))
    else:
        speed = min(119.0, max(48.0, rng.gauss(88.5, 11) + 2.0 * power - (9 if trajectory == "popup" else 0)))
        angle = rng.gauss(angle, angle_spread)
        distance = max(2.0, rng.gauss(distance, distance_spread))
        if position in "123456" and trajectory == "line_drive":
            distance = min(distance, 160.0)
    location = position if not home_run or rng.random() < 0.6 else {"7": "78", "8": "89", "9": "89"}[position]
    return Hit(
        round(speed, 1),
        float(round(angle)),
        float(round(distance)),
        trajectory,
        "hard" if speed >= 101 else "soft" if speed < 70 else "medium",
        location,
        round(x + rng.gauss(0, 7), 2),
        round(y + rng.gauss(0, 6), 2),
    )
