"""Umpires, official scorers and datacasters."""

from __future__ import annotations

from statsapi_simulator.model import Person
from statsapi_simulator.seeded import seeded
from statsapi_simulator.world.people import Register

_CREWS, _CREW = 19, 4
_CLUBS = 30


def umpires(seed: int, season: int, register: Register) -> tuple[Person, ...]:
    """Return the umpires, crew after crew of four."""
    rng = seeded(seed, season, "umpires")
    numbers = rng.sample(range(1, 100), _CREWS * _CREW)
    return tuple(register.other(rng, str(number)) for number in numbers)


def officials(seed: int, season: int, register: Register) -> tuple[Person, ...]:
    """Return the official scorers of the thirty parks, then their datacasters, both in the order of the clubs."""
    rng = seeded(seed, season, "officials")
    return tuple(register.other(rng) for _ in range(2 * _CLUBS))
