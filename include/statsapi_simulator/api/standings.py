"""The standings of a date: the sums of the games that are over by then, by division, by league and for wild cards."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime

from statsapi_simulator.api import brackets, parameters
from statsapi_simulator.api.enumerations import division_page, league_page
from statsapi_simulator.api.errors import bad_parameter
from statsapi_simulator.api.question import Question
from statsapi_simulator.api.standing_page import Places, standing_page
from statsapi_simulator.ledger.records import Record, records
from statsapi_simulator.pages import COPYRIGHT, DIVISIONS, LEAGUES, Page
from statsapi_simulator.world.season import World

_USUAL = "regularSeason"
_SPORT = {"id": 1, "link": "/api/v1/sports/1"}

Ranked = Sequence[Record]  # best first


def standings(question: Question, kind_in_path: str = "") -> Page:
    """Answer `/api/v1/standings` and `…/TYPE`: of the leagues of `leagueId`, on `date`, as the types divide them."""
    asked = parameters.words(question.asked, "standingsTypes", "standingsType")
    kinds = (kind_in_path,) if kind_in_path else asked or (_USUAL,)
    for kind in kinds:
        if kind not in _TYPES:
            raise bad_parameter("standingsTypes", kind, _USUAL)
    leagues = parameters.integers(question.asked, "leagueId") or tuple(LEAGUES)
    world = question.world
    known = records(world, question.played(world, last=question.day))
    ranked = sorted(known.values(), key=_strength)
    places = Places(ranked)
    hydrations = brackets.names(question.asked.get("hydrate", ""))
    return {
        "copyright": COPYRIGHT,
        "records": [
            {
                "standingsType": kind,
                **_of(world, league, division, hydrations),
                "sport": _SPORT,
                "roundRobin": {"status": "false"},
                "lastUpdated": _moment(question.now),
                "teamRecords": [
                    standing_page(world, places, each, _moment(question.now), hydrated="team" in hydrations)
                    for each in listed
                ],
            }
            for kind in kinds
            for league in LEAGUES
            if league in leagues
            for division, listed in _TYPES[kind](places, league)
            if listed
        ],
    }


def _strength(record: Record) -> tuple[float, int, int]:
    scored, allowed = record.runs
    return -record.total.share, allowed - scored, record.team.id


def _of(world: World, league: int, division: int | None, hydrations: Collection[str]) -> Page:
    """Return whose standings they are: ids and links, or the whole pages that are asked for."""
    whole = league_page(world.season, world.dates, league)
    page: Page = {"league": whole if "league" in hydrations else {"id": league, "link": whole["link"]}}
    if division is not None:
        whole = division_page(world.season, division)
        page["division"] = whole if "division" in hydrations else {"id": division, "link": whole["link"]}
    return page


def _moment(now: datetime) -> str:
    return f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z"


Listed = Iterable[tuple[int | None, Ranked]]


def _divisions(places: Places, league: int) -> Listed:
    for division in sorted(DIVISIONS, key=lambda each: DIVISIONS[each].rpartition(" ")[2]):
        if ranked := [each for each in places.divisions[division] if each.team.league_id == league]:
            yield division, ranked


def _league(places: Places, league: int) -> Listed:
    return [(None, places.leagues[league])]


def _leaders(places: Places, league: int) -> Listed:
    return [(None, [each for each in places.leagues[league] if places.leads(each)])]


def _wild_cards(places: Places, league: int) -> Listed:
    return [(None, places.wild_cards[league])]


def _leaders_first(places: Places, league: int) -> Listed:
    return [*_leaders(places, league), *_wild_cards(places, league)]


def _nobody(places: Places, league: int) -> Listed:
    return []


_TYPES: Mapping[str, Callable[[Places, int], Listed]] = {
    "regularSeason": _divisions,
    "byDivision": _divisions,
    "byLeague": _league,
    "divisionLeaders": _leaders,
    "wildCard": _wild_cards,
    "wildCardWithLeaders": _leaders_first,
    "firstHalf": _nobody,
    "secondHalf": _nobody,
    "springTraining": _nobody,
    "postseason": _nobody,
    "byConference": _nobody,
}
