"""Who belongs to a club on a date: players by the type of roster, the manager and the coaches."""

from __future__ import annotations

from collections.abc import Callable

from statsapi_simulator.api import brackets
from statsapi_simulator.api.errors import bad_parameter
from statsapi_simulator.api.people import hydrated
from statsapi_simulator.api.question import Question
from statsapi_simulator.model import Absence, Person, Team
from statsapi_simulator.pages import COPYRIGHT, Page, person_link, position_page

_ACTIVE = {"code": "A", "description": "Active"}
_MINORS = {"code": "RM", "description": "Reassigned to Minors"}
_JOBS = (
    ("COAB", "Bench Coach"), ("COAT", "Hitting Coach"), ("COAP", "Pitching Coach"), ("COA1", "First Base Coach"),
    ("COA3", "Third Base Coach"), ("COAU", "Bullpen Coach"), ("COAC", "Coach"),
)  # fmt: skip

_Status = dict[str, str]
_Find = Callable[[Question, Team], list[tuple[Person, _Status]]]


def roster(question: Question, team_id: int, kind: str = "") -> Page:
    """Answer `/api/v1/teams/ID/roster`, and `…/roster/TYPE`, on `date`: today's where none is named.

    A type the API does not have is refused.
    """
    team, kind = question.team(team_id), kind or question.asked.get("rosterType") or "active"
    if kind == "coach":
        return coaches(question, team_id)
    find = _TYPES.get(kind)
    if find is None:
        raise bad_parameter("rosterType", kind, "active")
    listed = sorted(find(question, team), key=lambda each: (each[0].last_name, each[0].use_name))
    return _page(team_id, "roster", kind, [_entry(question, team, man, status) for man, status in listed])


def coaches(question: Question, team_id: int) -> Page:
    """Answer `/api/v1/teams/ID/coaches`: the manager first."""
    team = question.team(team_id)
    staff = [(team.manager, ("MNGR", "Manager")), *zip(team.coaches, _JOBS, strict=True)]
    roster = [
        {
            "person": person_link(man),
            "jerseyNumber": man.primary_number or "",
            "job": title,
            "jobId": code,
            "title": title,
        }
        for man, (code, title) in staff
    ]
    return _page(team_id, "coaches", "coach", roster)


def alumni(question: Question, team_id: int) -> Page:
    """Answer `/api/v1/teams/ID/alumni`: nobody, as seasons are strangers to each other."""
    question.team(team_id)
    return {"copyright": COPYRIGHT, "people": []}


def personnel(question: Question, team_id: int) -> Page:
    """Answer `/api/v1/teams/ID/personnel`: nobody works for a club but players and coaches."""
    question.team(team_id)
    return _page(team_id, "personnel", "personnel", [])


def _page(team_id: int, path: str, kind: str, roster: list[Page]) -> Page:
    link = f"/api/v1/teams/{team_id}/{path}"
    return {"copyright": COPYRIGHT, "roster": roster, "link": link, "teamId": team_id, "rosterType": kind}


def _entry(question: Question, team: Team, man: Person, status: _Status) -> Page:
    asked = brackets.names(question.asked.get("hydrate", ""))
    return {
        "person": hydrated(question, question.world, man, asked["person"]) if "person" in asked else person_link(man),
        "jerseyNumber": man.primary_number or "",
        "position": position_page(man.primary_position),
        "status": status,
        "parentTeamId": team.id,
    }


def _active(question: Question, team: Team) -> list[tuple[Person, _Status]]:
    return [(man, _ACTIVE) for man in question.world.active(team.id, question.day)]


def _everybody(question: Question, team: Team) -> list[tuple[Person, _Status]]:
    """The active ones, the injured, and those in the minor leagues."""
    playing = {man.id for man in question.world.active(team.id, question.day)}
    away = {each.player_id: each for each in question.world.absences[team.id] if each.covers(question.day)}
    return [(man, _ACTIVE if man.id in playing else _away(away.get(man.id))) for man in team.roster]


def _away(absence: Absence | None) -> _Status:
    if absence is None or absence.injured_days is None:
        return _MINORS
    return {"code": f"D{absence.injured_days}", "description": f"Injured {absence.injured_days}-Day"}


def _nobody(question: Question, team: Team) -> list[tuple[Person, _Status]]:
    return []


_TYPES: dict[str, _Find] = {
    "active": _active,
    "gameday": _active,
    "40Man": _everybody,
    "fullSeason": _everybody,
    "fullRoster": _everybody,
    "depthChart": _everybody,
    "allTime": _everybody,
    "nonRosterInvitees": _nobody,
}
