"""A listed game as JSON."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from statsapi_simulator.api.games import Games
from statsapi_simulator.api.listing import Listing
from statsapi_simulator.feed.shapes import Shape
from statsapi_simulator.feed.status import status_of
from statsapi_simulator.model import SIDES, Side
from statsapi_simulator.pages import team_link
from statsapi_simulator.standings import Standing, standing
from statsapi_simulator.world.dates import baseball_day

Json = dict[str, Any]

_SERIES = {
    "R": "Regular Season",
    "S": "Spring Training",
    "A": "All-Star Game",
    "F": "Wild Card",
    "D": "Division Series",
    "L": "League Championship Series",
    "W": "World Series",
}
_EVENING = 17
_PLACEHOLDER = "T03:33:00Z"  # the time of a start that nobody knows yet
_NOT_IN_2018 = (
    "gameGuid", "officialDate", "publicFacing", "reverseHomeAwayStatus", "inningBreakLength",
    "rescheduleGameDate", "rescheduledFromDate", "resumeGameDate", "resumedFromDate",
)  # fmt: skip


def entry(games: Games, listing: Listing, now: datetime) -> Json:
    """Return the entry of a listed game; records are those that are known at `now`."""
    game = listing.game
    world = games.world(game.season)
    unknown = _start_unknown(listing)
    venue = world.venues[game.venue_id]
    result: Json = {
        "gamePk": game.game_pk,
        "gameGuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"game/{world.seed}/{game.game_pk}")),
        "link": f"/api/v1.1/game/{game.game_pk}/feed/live",
        "gameType": game.game_type,
        "season": str(game.season),
        "gameDate": _placeholder(listing) if unknown else _utc(listing.starts_at),
        "officialDate": listing.official_date.isoformat(),
        **_moved(listing),
        "status": {**_status(listing), "startTimeTBD": unknown},
        "teams": {side: _team(games, listing, side, now) for side in SIDES},
        "venue": {"id": venue.id, "name": venue.name, "link": f"/api/v1/venues/{venue.id}"},
        "content": {"link": f"/api/v1/game/{game.game_pk}/content"},
        **({} if listing.score is None else {"isTie": listing.tied}),
        "gameNumber": game.game_number if listing.where_played else 1,
        "publicFacing": True,
        "doubleHeader": game.double_header if listing.where_played else "N",
        "gamedayType": "P",
        "tiebreaker": "N",
        "calendarEventID": f"14-{game.game_pk}-{listing.day.isoformat()}",
        "seasonDisplay": str(game.season),
        "dayNight": game.day_night if listing.where_played else _day_or_night(listing.starts_at, venue.time_zone),
        **_description(listing),
        "scheduledInnings": game.scheduled_innings,
        "reverseHomeAwayStatus": False,
        "inningBreakLength": 120,
        "gamesInSeries": game.games_in_series,
        "seriesGameNumber": game.series_game_number,
        "seriesDescription": _SERIES[game.game_type],
        "recordSource": "S",
        "ifNecessary": "N",
        "ifNecessaryDescription": "Normal Game",
    }
    if games.shape(game.season) is Shape.Y2018:
        result = {key: value for key, value in result.items() if key not in _NOT_IN_2018}
        del result["status"]["startTimeTBD"]
    return result


def _utc(moment: datetime) -> str:
    """Return a moment as schedules write it."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _day_or_night(start: datetime, time_zone: str) -> str:
    return "night" if start.astimezone(ZoneInfo(time_zone)).hour >= _EVENING else "day"


def _start_unknown(listing: Listing) -> bool:
    """The second game of a straight doubleheader begins when the first is over."""
    game = listing.game
    second = game.double_header == "Y" and game.game_number == 2
    return second and listing.where_played and listing.status.code == "S"


def _placeholder(listing: Listing) -> str:
    return f"{listing.day.isoformat()}{_PLACEHOLDER}"


def _status(listing: Listing) -> Json:
    """As /gameStatus has it, but that schedules leave the reason out of the state of what is not played."""
    code = listing.status.code
    status = dict(status_of(code))
    if code[0] in "DC":
        status["detailedState"], _, _ = status["detailedState"].partition(":")
    if listing.status.reason:
        status["reason"] = listing.status.reason
    return status


def _moved(listing: Listing) -> Json:
    """The other date of a game that was postponed or suspended."""
    to, since = ("resume", "resumed") if listing.suspended else ("reschedule", "rescheduled")
    result = {}
    if listing.moved_to:
        other = listing.game.second_date
        result = {f"{to}Date": _utc(listing.moved_to), f"{to}GameDate": other.isoformat() if other else ""}
    if listing.moved_from:
        result = {
            f"{since}From": _utc(listing.moved_from),
            f"{since}FromDate": listing.game.first_date.isoformat(),
        }
    return result


def _description(listing: Listing) -> Json:
    if listing.suspended:
        return {}
    if listing.moved_to and listing.game.second_date:
        return {"description": f"Makeup {listing.game.second_date:%-m/%-d}"}
    if listing.moved_from:
        return {"description": f"Makeup of {listing.game.first_date:%-m/%-d} PPD"}
    return {}


def _team(games: Games, listing: Listing, side: Side, now: datetime) -> Json:
    game = listing.game
    world = games.world(game.season)
    team = world.teams[game.home_id if side == "home" else game.away_id]
    today = baseball_day(now)
    before = standing(world, (game, listing.day), team.id, today, over=lambda earlier: games.over(earlier, now))
    result: Json = {"leagueRecord": _league_record(listing, side, before)}
    if listing.score is not None:
        result["score"] = listing.score[side == "home"]
    result["team"] = team_link(team)
    if listing.over and not listing.tied:
        result["isWinner"] = _won(listing, side)
    return {**result, "splitSquad": False, "seriesNumber": before.series_number}


def _won(listing: Listing, side: Side) -> bool:
    away, home = listing.score or (0, 0)
    return home > away if side == "home" else away > home


def _league_record(listing: Listing, side: Side, before: Standing) -> Json:
    """Wins and losses with this game, once it is over."""
    decided = listing.over and not listing.tied and listing.score is not None
    wins = before.wins + (decided and _won(listing, side))
    losses = before.losses + (decided and not _won(listing, side))
    played = wins + losses
    share = f"{wins / played:.3f}" if played else ".000"
    return {"wins": wins, "losses": losses, "pct": share if share[0] == "1" else share.removeprefix("0")}
