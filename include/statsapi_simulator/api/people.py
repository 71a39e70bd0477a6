"""The endpoints about people: single, in batches, of a sport, by name, and what changed."""

from __future__ import annotations

from dataclasses import replace

from statsapi_simulator.api import brackets, parameters
from statsapi_simulator.api.errors import not_found
from statsapi_simulator.api.person_stats import stats_of
from statsapi_simulator.api.question import Question
from statsapi_simulator.model import Person
from statsapi_simulator.pages import COPYRIGHT, LEAGUES, Page, person_page, team_link
from statsapi_simulator.world.season import World
from statsapi_simulator.world.teams import ACTIVE, PITCHERS


def people(question: Question) -> Page:
    """Answer `/api/v1/people` with those of `personIds`, in their order; unknown ones are left out."""
    asked = parameters.integers(question.asked, "personIds")
    return _page(question, [found for person_id in asked if (found := question.find(person_id))])


def person(question: Question, person_id: int) -> Page:
    """Answer `/api/v1/people/ID`."""
    return _page(question, [question.person(person_id)])


def players(question: Question, sport_id: int) -> Page:
    """Answer `/api/v1/sports/1/players`: everybody who is under contract in the season."""
    world = question.world
    men = [man for team in world.teams.values() for man in team.roster] if sport_id == 1 else []
    return _page(question, [(world, man) for man in sorted(men, key=_by_name)], whole=True)


def search(question: Question) -> Page:
    """Answer `/api/v1/people/search`: the players whose names hold each word of `names`."""
    world, words = question.world, question.asked.get("names", "").lower().replace(",", " ").split()
    found = [
        (world, man)
        for team in world.teams.values()
        for man in team.roster
        if words and all(word in man.full_name.lower() for word in words)
    ]
    return _page(question, found)


def changes(question: Question) -> Page:
    """Answer `/api/v1/people/changes`: nobody's attributes change within a season."""
    return {"copyright": COPYRIGHT, "people": []}


def free_agents(question: Question) -> Page:
    """Answer `/api/v1/people/freeAgents`: every player has a club."""
    return {"copyright": COPYRIGHT, "season": str(question.season), "freeAgents": []}


def all_star_ballot(question: Question, league_id: int) -> Page:
    """Answer `/api/v1/league/ID/allStarBallot`, `…WriteIns` and `…FinalVote`: the fielders of the league's clubs."""
    if league_id not in LEAGUES:
        raise not_found()
    world = question.world
    teams = [team for team in world.teams.values() if team.league_id == league_id]
    people = [person_page(man, world.season) for team in teams for man in team.roster[PITCHERS:ACTIVE]]
    return {"copyright": COPYRIGHT, "people": people}


def hydrated(question: Question, world: World, man: Person, hydrate: str, *, whole: bool = False) -> Page:
    """Return somebody's page with what `hydrate` adds: `currentTeam`, `stats(…)`; `whole`: with his club as well."""
    page, asked = person_page(man, world.season), brackets.names(hydrate)
    club = world.clubs.get(man.id)
    if ("currentTeam" in asked or whole) and club:
        page["currentTeam"] = team_link(world.teams[club])
    if "stats" in asked:
        page["stats"] = stats_of(replace(question, asked=brackets.options(asked["stats"])), world, man)
    return page


def _page(question: Question, found: list[tuple[World, Person]], *, whole: bool = False) -> Page:
    hydrate = question.asked.get("hydrate", "")
    return {
        "copyright": COPYRIGHT,
        "people": [hydrated(question, world, man, hydrate, whole=whole) for world, man in found],
    }


def _by_name(man: Person) -> tuple[str, str]:
    return man.last_name, man.use_name
