"""The drafts of earlier years, as far as those who were drafted play in the season that is asked about."""

from __future__ import annotations

from typing import Any

from statsapi_simulator.api.question import Question
from statsapi_simulator.model import Person, Team
from statsapi_simulator.pages import COPYRIGHT, Page, person_link, position_page, team_link

_A_ROUND = 30


def draft(question: Question, year: int) -> Page:
    """Answer `/api/v1/draft/YEAR`: those players of the season who were drafted in a year, by their clubs of today."""
    found = [(man, team) for team in question.world.teams.values() for man in team.roster if man.draft_year == year]
    rounds = [found[first : first + _A_ROUND] for first in range(0, len(found), _A_ROUND)]
    return {
        "copyright": COPYRIGHT,
        "drafts": {
            "draftYear": year,
            "rounds": [
                {
                    "round": str(number),
                    "picks": [_pick(year, number, place, *each) for place, each in enumerate(picks, 1)],
                }
                for number, picks in enumerate(rounds, start=1)
            ],
        },
    }


def prospects(question: Question, year: int) -> Page:
    """Answer `/api/v1/draft/prospects/YEAR`: the season's players who were drafted in it."""
    picks = [pick for each in draft(question, year)["drafts"]["rounds"] for pick in each["picks"]]
    return {"copyright": COPYRIGHT, "totalSize": len(picks), "returnedSize": len(picks), "prospects": picks}


def latest_pick(question: Question, year: int) -> Page:
    """Answer `/api/v1/draft/YEAR/latest`: the last pick."""
    picks = prospects(question, year)["prospects"]
    return {"copyright": COPYRIGHT, **({"pick": picks[-1]} if picks else {})}


def _pick(year: int, number: int, place: int, man: Person, team: Team) -> Page:
    home: dict[str, Any] = {"city": man.birth_city, "country": man.birth_country}
    if man.birth_state:
        home["state"] = man.birth_state
    return {
        "pickRound": str(number),
        "pickNumber": (number - 1) * _A_ROUND + place,
        "displayPickNumber": (number - 1) * _A_ROUND + place,
        "roundPickNumber": place,
        "home": home,
        "school": {"name": f"{man.birth_city} High School", "schoolClass": "HS SR", **home},
        "headshotLink": "",
        "person": {**person_link(man), "primaryPosition": position_page(man.primary_position)},
        "team": team_link(team),
        "draftType": {"code": "JR", "description": "First-Year Player Draft"},
        "isDrafted": True,
        "isPass": False,
        "year": str(year),
    }
