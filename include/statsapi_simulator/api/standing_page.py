"""Where one club stands, as standings write it: ranks, games back, and what is still to be won or lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from statsapi_simulator.api.enumerations import division_page
from statsapi_simulator.feed.rates import share
from statsapi_simulator.ledger.records import Outcome, Record, Tally
from statsapi_simulator.pages import DIVISIONS, LEAGUES, Page, team_link, team_page
from statsapi_simulator.world.season import World

_GAMES = 162
_WILD_CARDS = 3
_LEVEL = "-"
_OUT = "E"


class Places:
    """All clubs, best first, and who leads what."""

    def __init__(self, ranked: Sequence[Record]) -> None:
        self.sport = ranked
        self.leagues = {league: [each for each in ranked if each.team.league_id == league] for league in LEAGUES}
        self.divisions = {key: [each for each in ranked if each.team.division_id == key] for key in DIVISIONS}
        self.wild_cards = {
            league: [each for each in listed if not self.leads(each)] for league, listed in self.leagues.items()
        }

    def leads(self, record: Record) -> bool:
        """Whether a club leads its division."""
        return self.divisions[record.team.division_id][0] is record


def standing_page(world: World, places: Places, record: Record, updated: str, *, hydrated: bool) -> Page:
    """Return a club's standing; `hydrated`: with the whole page of the club."""
    team, total = record.team, record.total
    division, league = places.divisions[team.division_id], places.leagues[team.league_id]
    leads = places.leads(record)
    won, length = record.streak
    scored, allowed = record.runs
    wild = {} if leads else _wild_card(places.wild_cards[team.league_id], record)
    behind = _games_back(division[0], record)
    elimination = _LEVEL if leads else _elimination(division[0], record)
    rival = max(each.total.wins + _left(each) for each in division[1:])
    clinched = leads and total.wins > rival
    has_card = wild.get("wildCardEliminationNumber") == _LEVEL and _is_in(places.wild_cards[team.league_id], record)
    page: Page = {
        "team": _team(world, record) if hydrated else team_link(team),
        "season": str(world.season),
        "streak": {
            "streakCode": f"{'W' if won else 'L'}{length}",
            "streakType": "wins" if won else "losses",
            "streakNumber": length,
        },
        "divisionRank": str(division.index(record) + 1),
        "leagueRank": str(league.index(record) + 1),
        "sportRank": str(places.sport.index(record) + 1),
        "gamesPlayed": total.wins + total.losses,
        "gamesBack": behind,
        "wildCardGamesBack": _LEVEL,
        "leagueGamesBack": _games_back(league[0], record),
        "springLeagueGamesBack": _LEVEL,
        "sportGamesBack": _games_back(places.sport[0], record),
        "divisionGamesBack": behind,
        "conferenceGamesBack": _LEVEL,
        "leagueRecord": {"wins": total.wins, "losses": total.losses, "ties": total.ties, "pct": _pct(total)},
        "lastUpdated": updated,
        "records": _records(places, record),
        "runsAllowed": allowed,
        "runsScored": scored,
        "divisionChamp": clinched,
        "divisionLeader": leads,
        "hasWildcard": True,
        "clinched": clinched or has_card,
        "eliminationNumber": elimination,
        "eliminationNumberSport": _elimination(places.sport[0], record),
        "eliminationNumberLeague": _elimination(league[0], record),
        "eliminationNumberDivision": elimination,
        "eliminationNumberConference": _LEVEL,
        "wildCardEliminationNumber": _LEVEL,
        "wins": total.wins,
        "losses": total.losses,
        "runDifferential": scored - allowed,
        "winningPercentage": _pct(total),
        **wild,
    }
    if clinched or has_card:
        page["clinchIndicator"] = ("z" if record is league[0] else "y") if clinched else "w"
    if leads:
        needed = rival + 1 - total.wins
        page["magicNumber"] = str(needed) if needed > 0 else _LEVEL
    return page


def _team(world: World, record: Record) -> Page:
    page = team_page(world, record.team)
    return {**page, "division": division_page(world.season, record.team.division_id)}


def _left(record: Record) -> int:
    return _GAMES - len(record.outcomes)


def _games_back(first: Record, record: Record) -> str:
    behind = _behind(first, record)
    return f"{behind:.1f}" if behind > 0 else _LEVEL


def _behind(first: Record, record: Record) -> float:
    return ((first.total.wins - record.total.wins) - (first.total.losses - record.total.losses)) / 2


def _elimination(first: Record, record: Record) -> str:
    """Return how many wins of the first and losses of the other end the race; 'E': it is over."""
    if first is record:
        return _LEVEL
    number = record.total.wins + _left(record) + 1 - first.total.wins
    return str(number) if number > 0 else _OUT


def _wild_card(ranked: Sequence[Record], record: Record) -> Page:
    """Return where a club stands that does not lead its division, against the last that would have a card."""
    place = ranked.index(record)
    last_in, first_out = ranked[_WILD_CARDS - 1], ranked[_WILD_CARDS]
    ahead = -_behind(first_out if place < _WILD_CARDS - 1 else last_in, record)
    inside = place < _WILD_CARDS
    return {
        "wildCardRank": str(place + 1),
        "wildCardGamesBack": _LEVEL if not ahead else f"+{ahead:.1f}" if ahead > 0 else f"{-ahead:.1f}",
        "wildCardEliminationNumber": _LEVEL if inside else _elimination(last_in, record),
        "wildCardLeader": inside,
    }


def _is_in(ranked: Sequence[Record], record: Record) -> bool:
    """Whether a club has a wild card for certain: nobody out of the places can win as often any more."""
    place = ranked.index(record)
    best = max(each.total.wins + _left(each) for each in ranked[_WILD_CARDS:])
    return place < _WILD_CARDS and record.total.wins > best


def _pct(tally: Tally) -> str:
    return share(tally.wins, tally.wins + tally.losses, ".000")


def _records(places: Places, record: Record) -> Page:
    opponents = {key: DIVISIONS[key] for key, listed in places.divisions.items() if _same_league(listed, record)}
    return {
        "splitRecords": [_typed(record.where(fits), name) for name, fits in _SPLITS.items()]
        + [_typed(record.last_ten, "lastTen"), _typed(_against_winners(places, record), "winners")],
        "divisionRecords": [
            {
                **_bare(record.where(_against("division_id", key))),
                "division": {"id": key, "name": name, "link": f"/api/v1/divisions/{key}"},
            }
            for key, name in opponents.items()
        ],
        "overallRecords": [_typed(record.where(_SPLITS[name]), name) for name in ("home", "away")],
        "leagueRecords": [
            {
                **_bare(record.where(_against("league_id", key))),
                "league": {"id": key, "name": name, "link": f"/api/v1/league/{key}"},
            }
            for key, (name, _) in LEAGUES.items()
        ],
        "expectedRecords": [_typed(record.expected, name) for name in ("xWinLoss", "xWinLossSeason")],
    }


def _against(attribute: str, key: int) -> Callable[[Outcome], bool]:
    """Whether the other club belongs to a division or a league."""
    return lambda each: getattr(each.opponent, attribute) == key


def _same_league(listed: Sequence[Record], record: Record) -> bool:
    return listed[0].team.league_id == record.team.league_id


def _against_winners(places: Places, record: Record) -> Tally:
    """The games against clubs that win more often than not."""
    winners = {each.team.id for each in places.sport if each.total.wins > each.total.losses}
    return record.where(lambda each: each.opponent.id in winners)


def _bare(tally: Tally) -> Page:
    return {"wins": tally.wins, "losses": tally.losses, "pct": _pct(tally)}


def _typed(tally: Tally, name: str) -> Page:
    return {"wins": tally.wins, "losses": tally.losses, "type": name, "pct": _pct(tally)}


def _extra_innings(each: Outcome) -> bool:
    return each.result.innings > each.game.scheduled_innings


_SPLITS: dict[str, Callable[[Outcome], bool]] = {
    "home": lambda each: each.home,
    "away": lambda each: not each.home,
    "left": lambda each: each.against_left,
    "leftHome": lambda each: each.against_left and each.home,
    "leftAway": lambda each: each.against_left and not each.home,
    "rightHome": lambda each: not each.against_left and each.home,
    "rightAway": lambda each: not each.against_left and not each.home,
    "right": lambda each: not each.against_left,
    "extraInning": _extra_innings,
    "oneRun": lambda each: abs(each.margin) == 1,
    "day": lambda each: each.game.day_night == "day",
    "night": lambda each: each.game.day_night == "night",
    "grass": lambda each: each.on_grass,
    "turf": lambda each: not each.on_grass,
}
