"""What surrounds a game: weather, attendance, officials, and the states it goes through."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from statsapi_simulator.game_record import Status
from statsapi_simulator.model import Fate, ScheduledGame
from statsapi_simulator.play.timing import first_start
from statsapi_simulator.world.season import World

_UMPIRES = ("Home Plate", "First Base", "Second Base", "Third Base")
_CREW = 4
_CONDITIONS = ("Clear", "Sunny", "Partly Cloudy", "Cloudy", "Overcast", "Drizzle")
_WINDS = ("Out To CF", "Out To LF", "Out To RF", "In From CF", "In From LF", "L To R", "R To L", "Varies")
_WARM = {2: 70, 3: 62, 4: 60, 5: 68, 6: 77, 7: 82, 8: 80, 9: 74, 10: 63, 11: 58}
_CLOSED = "Roof Closed"
_LISTED_DAYS_AHEAD = 170


def _minutes(count: float) -> timedelta:
    return timedelta(milliseconds=int(count * 60_000))


def crew(world: World, scheduled: ScheduledGame) -> tuple[tuple[str, int], ...]:
    """Return the umpires: a crew stays for a series, and turns by one place each day."""
    crews = len(world.umpires) // _CREW
    series = scheduled.official_date.toordinal() - scheduled.series_game_number
    first = (scheduled.home_id * 7 + series // 3) % crews * _CREW
    men = world.umpires[first : first + _CREW]
    turn = scheduled.series_game_number
    return tuple((place, men[(index + turn) % _CREW].id) for index, place in enumerate(_UMPIRES))


def officials(world: World, scheduled: ScheduledGame) -> tuple[int, int]:
    """Return the official scorer and the datacaster of the home club's park."""
    index = sorted(world.teams).index(scheduled.home_id)
    half = len(world.officials) // 2
    return world.officials[index % half].id, world.officials[half + index % half].id


def weather(world: World, scheduled: ScheduledGame, rng: Random) -> tuple[str, str, str]:
    """Return condition, temperature (°F) and wind as the API writes them."""
    roof = world.venues[scheduled.venue_id].roof_type
    if roof == "Dome" or (roof == "Retractable" and rng.random() < 0.55):
        return _CLOSED, str(rng.randint(68, 74)), "0 mph, None"
    wet = scheduled.fate in (Fate.SHORTENED, Fate.SUSPENDED, Fate.TIED) and scheduled.game_type == "R"
    day = scheduled.day_night == "day"
    condition = "Rain" if wet else rng.choice(_CONDITIONS)
    if condition == "Sunny" and not day:
        condition = "Clear"
    temperature = rng.gauss(_WARM.get(scheduled.official_date.month, 60) + (3 if day else -3), 7)
    speed = max(0, int(rng.gauss(8, 4)))
    return condition, str(int(temperature)), f"{speed} mph, {rng.choice(_WINDS) if speed else 'None'}"


def can_rain(conditions: tuple[str, str, str]) -> bool:
    """Whether rain can stop play: not under a roof."""
    return conditions[0] != _CLOSED


def attendance(world: World, scheduled: ScheduledGame, rng: Random) -> int:
    """Return how many came: more at weekends and late in October."""
    weekend = scheduled.official_date.weekday() >= 4
    share = rng.gauss(0.74 if weekend else 0.58, 0.13) if scheduled.game_type in "RS" else 0.99
    return int(world.venues[scheduled.venue_id].capacity * min(1.0, max(0.18, share)))


def before_first_pitch(scheduled: ScheduledGame, rng: Random, *, rain: bool) -> list[Status]:
    """Return the states from the listing to 'In Progress'. With rain, the start can be delayed."""
    statuses = [Status(scheduled.starts_at - timedelta(days=_LISTED_DAYS_AHEAD), "S")]
    start = first_start(scheduled)
    if start != scheduled.starts_at:
        called_off = scheduled.starts_at - _minutes(rng.uniform(45, 240))
        statuses += [Status(called_off, "DR", "Rain"), Status(called_off + timedelta(hours=9), "S")]
    statuses.append(Status(start - _minutes(rng.uniform(115, 175)), "P"))
    if rain and rng.random() < 0.02:
        statuses.append(Status(start - _minutes(rng.uniform(15, 40)), "PR", "Rain"))
        start += _minutes(rng.uniform(25, 110))
    statuses.append(Status(start - _minutes(rng.uniform(19, 27)), "PW"))
    statuses.append(Status(start - _minutes(rng.uniform(-1.0, 0.6)), "I"))
    return statuses


def never_played(scheduled: ScheduledGame, rng: Random) -> tuple[Status, ...]:
    """Return the states of a cancelled game."""
    off = scheduled.starts_at - _minutes(rng.uniform(60, 300))
    return Status(off - timedelta(days=_LISTED_DAYS_AHEAD), "S"), Status(off, "CR", "Rain")


def after_last_out(ends_at: datetime, rng: Random, *, called: str | None, waited: float) -> Iterator[Status]:
    """Yield the states after the last out; `called` is the letter of why it stopped early ('R' rain, 'T' tied)."""
    reason = {"R": "Rain", "T": "Tied"}.get(called or "")
    over = ends_at + _minutes(waited) + timedelta(seconds=rng.randint(1, 4))
    if waited:
        yield Status(ends_at + timedelta(seconds=50), "IR", "Rain")
    yield Status(over, f"O{called or ''}", reason)
    yield Status(over + _minutes(rng.uniform(5, 40)), f"F{called or ''}", reason)
