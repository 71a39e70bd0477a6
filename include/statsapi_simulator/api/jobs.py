"""Who works at games and with clubs but does not play: umpires, official scorers, datacasters, coaches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from statsapi_simulator.api.enumerations import codes
from statsapi_simulator.api.errors import bad_parameter
from statsapi_simulator.api.question import Question
from statsapi_simulator.model import Person
from statsapi_simulator.pages import COPYRIGHT, Page, person_link
from statsapi_simulator.world.season import World

_UMPIRE, _SCORER, _DATACASTER = "UMPR", "SCOR", "DATA"


def jobs(question: Question) -> Page:
    """Answer `/api/v1/jobs`: who has the job of `jobType`."""
    code = question.asked.get("jobType", _UMPIRE)
    titles = {each["code"]: each["job"] for each in codes()["jobTypes"]}
    if code not in titles:
        raise bad_parameter("jobType", code, _UMPIRE)
    men = _HOLDERS[code](question.world) if code in _HOLDERS else ()
    roster = [
        {
            "person": person_link(man),
            "jerseyNumber": man.primary_number or "",
            "job": titles[code],
            "jobId": code,
            "title": titles[code],
        }
        for man in men
    ]
    return {"copyright": COPYRIGHT, "roster": roster if question.is_mlb else []}


def _of(code: str) -> Callable[[Question], Page]:
    """Return the endpoint that answers with one job: `/api/v1/jobs/umpires` and so on."""

    def answer(question: Question) -> Page:
        asked = {**question.asked, "jobType": code}
        return jobs(Question(question.games, question.default_season, asked, question.now))

    return answer


umpires, official_scorers, datacasters = (_of(code) for code in (_UMPIRE, _SCORER, _DATACASTER))

_HOLDERS: Mapping[str, Callable[[World], Iterable[Person]]] = {
    _UMPIRE: lambda world: world.umpires,
    _SCORER: lambda world: world.officials[: len(world.officials) // 2],
    _DATACASTER: lambda world: world.officials[len(world.officials) // 2 :],
    "MNGR": lambda world: [team.manager for team in world.teams.values()],
    "COAC": lambda world: [man for team in world.teams.values() for man in team.coaches],
}
