"""Invented people: who they are, what they can do, and which optional attributes they lack."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Literal

from statsapi_simulator.model import Person, PositionCode, Skill
from statsapi_simulator.world.names import AMERICAN, HERITAGES, NICKNAMES, SUFFIXES, Heritage

_LEFT_HANDED = {"1": 0.27, "3": 0.35, "7": 0.25, "8": 0.25, "9": 0.25, "10": 0.25, "Y": 0.4}  # the others never are
_FIRST_FREE_ID = 9_000_000
_CENTURY, _A_SEASON = 100, 10_000
_NO_SKILL = Skill(0, 0, 0, 0, 0, 0, 0, 0)


class Register:
    """Makes the people of one season: gives out ids in order of birth into it, and no full name twice."""

    def __init__(self, season: int, opening_day: date) -> None:
        self._season = season
        self._opening_day = opening_day
        # Ids of their own for each season, so that a database can hold several without two people under one id.
        self._last_id = _FIRST_FREE_ID + season % _CENTURY * _A_SEASON
        self._names: set[str] = set()

    def player(self, rng: Random, position: PositionCode, number: str | None, skill: Skill, age: float) -> Person:
        """Make a player; `age` is the middle from which his own is drawn."""
        years = min(max(round(rng.gauss(age, 3.2)), 20), 41)
        person = self._person(rng, years, position, _throws(rng, position), number)
        debut, draft_year = self._career(rng, person.birth_date.year, years)
        return replace(
            person,
            debut_date=debut,
            draft_year=draft_year if _heritage_of(person).drafted and rng.random() < 0.97 else None,
            # Somebody who has retired by the time the API is asked.
            last_played=self._opening_day + timedelta(days=rng.randint(20, 180)) if rng.random() < 0.006 else None,
            is_verified=rng.random() < 0.8,
            skill=skill,
        )

    def other(self, rng: Random, number: str | None = None) -> Person:
        """Make somebody who does not play: manager, coach, umpire, official."""
        person = self._person(rng, rng.randint(34, 64), "10", "R", number)
        return replace(person, is_player=False, is_verified=False)

    def _person(
        self, rng: Random, years: int, position: PositionCode, throws: Literal["L", "R"], number: str | None
    ) -> Person:
        heritage = rng.choices(HERITAGES, weights=[each.share for each in HERITAGES])[0]
        first, used, head, tail = self._name(rng, heritage)
        self._last_id += 1
        height = min(max(round(rng.gauss(74.5 if position in ("1", "Y") else 72.8, 2.1)), 66), 81)
        spanish = heritage.two_last_names
        return Person(
            id=self._last_id,
            first_name=first,
            middle_name=rng.choice(heritage.first).partition("/")[0] if rng.random() < 0.87 else None,
            use_name=used,
            last_name=head + tail,
            name_suffix=rng.choice(SUFFIXES) if rng.random() < 0.015 else None,
            nick_name=rng.choice(NICKNAMES) if rng.random() < self._nick_name_share else None,
            birth_date=date(self._season - years, 1, 1) + timedelta(days=rng.randrange(365)),
            birth_city=heritage.town(rng),
            birth_state=rng.choice(heritage.states) if heritage.states else None,
            birth_country=rng.choice(heritage.countries),
            height_inches=height,
            weight_pounds=round(rng.gauss(212 + 5.5 * (height - 73), 14)),
            bats=_bats(rng, position, throws),
            throws=throws,
            primary_position=position,
            primary_number=number,
            debut_date=None,
            draft_year=None,
            pronunciation=f"{head.upper()}-{tail}" if rng.random() < 0.35 else None,
            skill=_NO_SKILL,
            matrilineal_name="".join(heritage.last_name(rng)) if spanish and rng.random() < 0.6 else None,
        )

    @property
    def _nick_name_share(self) -> float:
        return 0.9 if self._season <= 2018 else 0.3

    def _name(self, rng: Random, heritage: Heritage) -> tuple[str, str, str, str]:
        while True:
            given, _, used = rng.choice(heritage.first).partition("/")
            head, tail = heritage.last_name(rng)
            full = f"{used or given} {head}{tail}"
            if full not in self._names:
                self._names.add(full)
                return given, used or given, head, tail

    def _career(self, rng: Random, birth_year: int, years: int) -> tuple[date | None, int]:
        """Return the day of the first game and the year of the draft for somebody of `years` years."""
        age_then = min(max(round(rng.gauss(24, 1.7)), 19), years)
        draft_year = birth_year + max(age_then - rng.randint(2, 6), 18)
        if rng.random() < 0.002:
            return None, draft_year
        if age_then == years:
            return self._opening_day, draft_year
        return date(birth_year + age_then, 4, 1) + timedelta(days=rng.randrange(180)), draft_year


def season_of_person(person_id: int) -> int:
    """Return the season whose people have such ids."""
    return 2000 + (person_id - _FIRST_FREE_ID) // _A_SEASON % _CENTURY


def skill(rng: Random, position: PositionCode, level: float, *, starter: bool = False) -> Skill:
    """Draw what somebody can do who plays `position` in a club that is `level` deviations better than the average."""

    def draw(shift: float = 0.0) -> float:
        return round(rng.gauss(level + shift, 0.9), 3)

    pitches, bats = position in ("1", "Y"), position != "1"
    slugger, glove = position in ("3", "7", "9", "10", "Y"), position in ("2", "6", "8")
    return Skill(
        contact=draw(0.0 if bats else -3.0),
        power=draw((0.4 if slugger else -0.2) if bats else -3.0),
        eye=draw(0.0 if bats else -2.0),
        speed=draw({"2": -0.8, "3": -0.6, "6": 0.5, "8": 0.9, "1": -0.8}.get(position, 0.0)),
        fielding=draw(0.5 if glove else -0.5 if slugger else 0.0),
        stuff=draw(0.0 if pitches else -4.0),
        control=draw(0.0 if pitches else -2.5),
        stamina=draw(1.2 if starter else -1.2 if pitches else -2.5),
    )


def with_initials(people: list[Person]) -> list[Person]:
    """Return the players with `shares_last_name` set for whom another one bears the same last name."""
    bearers: dict[str, int] = {}
    for person in people:
        bearers[person.last_name] = bearers.get(person.last_name, 0) + 1
    return [replace(person, shares_last_name=True) if bearers[person.last_name] > 1 else person for person in people]


def _heritage_of(person: Person) -> Heritage:
    return next((each for each in HERITAGES if person.birth_country in each.countries), AMERICAN)


def _throws(rng: Random, position: PositionCode) -> Literal["L", "R"]:
    return "L" if rng.random() < _LEFT_HANDED.get(position, 0.0) else "R"


def _bats(rng: Random, position: PositionCode, throws: Literal["L", "R"]) -> Literal["L", "R", "S"]:
    chance = rng.random()
    if position == "1":
        return throws if chance < 0.92 else "R"
    if throws == "L":
        return "L" if chance < 0.9 else "S"
    return "R" if chance < 0.62 else "L" if chance < 0.87 else "S"
