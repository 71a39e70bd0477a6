"""Where things are drawn: strike zone, field and chart, in the units of their SVGs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean

# The zone: hundredths of a foot, the plate in the middle, the ground at the bottom; as the catcher sees it.
ZONE_BOX = (-250, 0, 500, 520)
_GROUND = 500
_HALF_PLATE = 8.5 / 12
_EDGE = 12  # of a pitch that crossed further away than is shown

# The field: as the API draws it, 2.5 feet a unit, home plate where it has it.
FIELD_BOX = (0, 0, 250, 220)
_HOME_X, _HOME_Y = 125.42, 198.27
_FEET = 2.5
_BASES_FEET = 90.0

# The chart: a hundred high, the middle at 50, as wide as there are plays.
CHART_WIDTH, CHART_HEIGHT = 600, 100


@dataclass(frozen=True)
class Rectangle:
    """A rectangle, as SVG wants it."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Place:
    """A point."""

    x: float
    y: float


def zone(tops: Iterable[float | None], bottoms: Iterable[float | None]) -> Rectangle | None:
    """Return the strike zone of which the pitches of a play tell, in feet; None where none does."""
    highest, lowest = ([each for each in side if each is not None] for side in (tops, bottoms))
    if not highest or not lowest:
        return None
    top, bottom = round(_GROUND - mean(highest) * 100), round(_GROUND - mean(lowest) * 100)
    half = round(_HALF_PLATE * 100)
    return Rectangle(-half, top, 2 * half, max(bottom - top, 0))


def crossing(plate_x: float | None, plate_z: float | None) -> Place | None:
    """Return where a pitch crossed the plate, of feet; None where it is not known."""
    if plate_x is None or plate_z is None:
        return None
    left, top, width, height = ZONE_BOX
    x, y = round(plate_x * 100), round(_GROUND - plate_z * 100)
    return Place(
        min(max(x, left + _EDGE), left + width - _EDGE),
        min(max(y, top + _EDGE), top + height - _EDGE),
    )


def landing(coord_x: float | None, coord_y: float | None) -> Place | None:
    """Return where a ball was fielded; None where it is not known."""
    if coord_x is None or coord_y is None:
        return None
    left, top, width, height = FIELD_BOX
    return Place(
        round(min(max(coord_x, left + 2), left + width - 2), 1), round(min(max(coord_y, top + 2), top + height - 2), 1)
    )


def bases() -> list[Place]:
    """Return home, first, second and third."""
    side = _BASES_FEET
    return [_at(0, 0), _at(45, side), _at(0, side * math.sqrt(2)), _at(-45, side)]


def fence(feet: Sequence[int | None]) -> str | None:
    """Return the fence as the points of a line, of its distances from left line to right line, evenly spread.

    None where fewer than the two lines and one between are known.
    """
    step = 90 / (len(feet) - 1)
    known = [_at(-45 + step * number, distance) for number, distance in enumerate(feet) if distance]
    if len(known) < 3 or not feet[0] or not feet[-1]:
        return None
    return points(known)


def foul_line(degrees: float, feet: int | None) -> Place:
    """Return where a foul line ends: at the fence, or where fences usually are."""
    return _at(degrees, feet or 330)


def points(places: Iterable[Place]) -> str:
    """Return places as the attribute `points` wants them."""
    return " ".join(f"{place.x:g},{place.y:g}" for place in places)


def chart(shares: Sequence[float]) -> str:
    """Return the line of values from 0 to 1, the larger the higher, over the whole width."""
    step = CHART_WIDTH / max(len(shares) - 1, 1)
    return points(
        Place(round(number * step, 1), round((1 - share) * CHART_HEIGHT, 1)) for number, share in enumerate(shares)
    )


def _at(degrees: float, feet: float) -> Place:
    """A place so far from home plate, in a direction: 0 to center field, 45 along the line to first base."""
    angle = math.radians(degrees)
    return Place(round(_HOME_X + math.sin(angle) * feet / _FEET, 1), round(_HOME_Y - math.cos(angle) * feet / _FEET, 1))
