"""Invented people: two clubs of sixteen, four umpires. Ids are far above those the API has given out."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

HOME, AWAY = 990_100, 990_200  # a club's players have the ids after the club's own
TWO_WAY = HOME + 1  # bats and pitches
TRADED = AWAY + 9  # stands in both box scores: the game was suspended, and he was traded meanwhile
EJECTED = 990_901  # a manager: in no list of players
UMPIRES = {"Home Plate": 990_801, "First Base": 990_802, "Second Base": 990_803, "Third Base": 990_804}

_POSITIONS = {
    "P": ("1", "Pitcher", "Pitcher"),
    "C": ("2", "Catcher", "Catcher"),
    "SS": ("6", "Shortstop", "Infielder"),
    "CF": ("8", "Outfielder", "Outfielder"),
    "TWP": ("Y", "Two-Way Player", "Two-Way Player"),
}


def batters(club: int) -> list[int]:
    """Return the ids of the nine who start."""
    return [club + number for number in range(1, 10)]


def pitchers(club: int) -> list[int]:
    """Return the ids of those who pitch, in order; the home side's first one also bats."""
    return [TWO_WAY if club == HOME else club + 11, club + 12]


def bench(club: int) -> list[int]:
    """Return the ids of those on the bench; the first of them pinch-hits."""
    return [club + 13, club + 14]


def bullpen(club: int) -> list[int]:
    """Return the ids of those in the bullpen."""
    return [club + 15, club + 16]


def squad(club: int) -> list[int]:
    """Return all ids of one box score; the away side's also holds a man of the home side, and one is in both."""
    own = [*batters(club), *pitchers(club), *bench(club), *bullpen(club)]
    return list(dict.fromkeys([*own, *([TRADED] if club == HOME else [])]))


def reference(player_id: int) -> Json:
    """Return how the feed names a person in passing."""
    return {"id": player_id, "fullName": name(player_id), "link": f"/api/v1/people/{player_id}"}


def name(player_id: int) -> str:
    """Return an invented name, with letters and marks that copying has to survive."""
    first = ("Ødd", "Zoë", "Niño", 'Te\\d "Tab"', "O'Nil")[player_id % 5]
    return f"{first} Inventsson {player_id % 1000}"


def position(abbreviation: str) -> Json:
    """Return a position as the feed writes it."""
    code, long_name, kind = _POSITIONS[abbreviation]
    return {"code": code, "name": long_name, "type": kind, "abbreviation": abbreviation}


def person(player_id: int) -> Json:
    """Return one entry of gameData.players. Some have no number; '0' and '00' are two men."""
    numbers = {1: "0", 2: "00", 3: None}
    number = numbers.get(player_id % 100, str(player_id % 100))
    return {
        **reference(player_id),
        "firstName": name(player_id).rpartition(" Inventsson")[0],
        "lastName": f"Inventsson {player_id % 1000}",
        **({"primaryNumber": number} if number else {}),
        "birthDate": f"199{player_id % 10}-0{player_id % 9 + 1}-11",
        "currentAge": 30,
        "birthCity": "Nowhere",
        "birthCountry": "Utopia",
        "height": "6' 1\"",
        "weight": 200,
        "active": True,
        "primaryPosition": position("TWP" if player_id == TWO_WAY else "CF"),
        "boxscoreName": f"Inventsson {player_id % 1000}",
        "batSide": {"code": "R", "description": "Right"},
        "pitchHand": {"code": "L", "description": "Left"},
        "strikeZoneTop": 3.5,
        "strikeZoneBottom": 1.625,
    }
