"""How many came: by club, at home and away, in the games that are over."""

from __future__ import annotations

from collections.abc import Sequence

from statsapi_simulator.api import parameters
from statsapi_simulator.api.question import Question
from statsapi_simulator.ledger.ledger import Played
from statsapi_simulator.model import Team
from statsapi_simulator.pages import COPYRIGHT, Page, team_link


def attendance(question: Question) -> Page:
    """Answer `/api/v1/attendance`: of the clubs of `teamId` or `leagueId`, all where neither is named, up to `date`."""
    ids, leagues = (parameters.integers(question.asked, name) for name in ("teamId", "leagueId"))
    teams = [
        team
        for team in question.world.teams.values()
        if (not ids or team.id in ids) and (not leagues or team.league_id in leagues)
    ]
    records = [
        _record(question, team, played)
        for team in teams
        if (played := question.played(question.world, team.id, last=question.day))
    ]
    return {"copyright": COPYRIGHT, "records": records, "aggregateTotals": _sum(records)}


def _record(question: Question, team: Team, played: Sequence[Played]) -> Page:
    home = [each for each in played if each.game.home_id == team.id]
    away = [each for each in played if each.game.home_id != team.id]
    return {
        "openingsTotal": len(played),
        "openingsTotalAway": len(away),
        "openingsTotalHome": len(home),
        "openingsTotalLost": 0,
        "gamesTotal": len(played),
        "gamesAwayTotal": len(away),
        "gamesHomeTotal": len(home),
        "year": str(question.season),
        **({"attendanceAverageAway": _total(away) // len(away)} if away else {}),
        **({"attendanceAverageHome": _total(home) // len(home)} if home else {}),
        "attendanceAverageYtd": _total(played) // len(played),
        **(_extreme("High", max(home, key=_came)) | _extreme("Low", min(home, key=_came)) if home else {}),
        **({"attendanceOpeningAverage": _total(home) // len(home)} if home else {}),
        "attendanceTotal": _total(played),
        "attendanceTotalAway": _total(away),
        "attendanceTotalHome": _total(home),
        "gameType": {"id": "R", "description": "Regular Season"},
        "team": team_link(team),
    }


def _sum(records: Sequence[Page]) -> Page:
    """The totals of all records."""
    openings = sum(each["openingsTotal"] for each in records)
    total = sum(each["attendanceTotal"] for each in records)
    best = max(records, key=lambda each: each.get("attendanceHigh", 0), default={})
    return {
        "openingsTotalAway": sum(each["openingsTotalAway"] for each in records),
        "openingsTotalHome": sum(each["openingsTotalHome"] for each in records),
        "openingsTotalLost": 0,
        "openingsTotalYtd": openings,
        "attendanceAverageYtd": total // openings if openings else 0,
        **{name: best[name] for name in ("attendanceHigh", "attendanceHighDate") if name in best},
        "attendanceTotal": total,
        "attendanceTotalAway": sum(each["attendanceTotalAway"] for each in records),
        "attendanceTotalHome": sum(each["attendanceTotalHome"] for each in records),
    }


def _came(each: Played) -> int:
    return each.result.attendance


def _total(played: Sequence[Played]) -> int:
    return sum(map(_came, played))


def _extreme(name: str, each: Played) -> Page:
    """The game with the most, or the fewest, spectators."""
    game = each.game
    return {
        f"attendance{name}": each.result.attendance,
        f"attendance{name}Date": f"{game.official_date.isoformat()}T00:00:00",
        f"attendance{name}Game": {
            "gamePk": game.game_pk,
            "link": f"/api/v1.1/game/{game.game_pk}/feed/live",
            "content": {"link": f"/api/v1/game/{game.game_pk}/content"},
            "dayNight": game.day_night,
        },
    }
