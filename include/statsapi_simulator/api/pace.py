"""How fast games are: what happens in a season's games, by game, by inning and by minute."""

from __future__ import annotations

from collections.abc import Sequence

from statsapi_simulator.api import parameters
from statsapi_simulator.api.question import Question
from statsapi_simulator.feed.lines import sum_of
from statsapi_simulator.ledger.ledger import Played
from statsapi_simulator.ledger.totals import totals
from statsapi_simulator.pages import COPYRIGHT, SPORT, Page

_WHOLE = 9
_OUTS = 6  # of an inning, both clubs together
_APPEARANCES = 77  # what the API takes for a usual game


def game_pace(question: Question) -> Page:
    """Answer `/api/v1/gamePace`: of all games, or of those of the clubs of `teamIds`; no sport where none is over."""
    teams = set(parameters.integers(question.asked, "teamIds", "teamId"))
    played = [
        each for each in question.played(question.world) if not teams or teams & {each.game.away_id, each.game.home_id}
    ]
    sports = [_pace(question, played)] if played and question.is_mlb else []
    return {"copyright": COPYRIGHT, "teams": [], "leagues": [], "sports": sports}


def _pace(question: Question, played: Sequence[Played]) -> Page:
    sums = totals(played, question.now)
    bats, arms = (sum_of(sums.clubs[group].values()) for group in ("hitting", "pitching"))
    games, minutes = len(played), sum(each.result.minutes for each in played)
    innings, appearances = arms["outs"] / _OUTS, bats["plateAppearances"]
    pitchers, pitches = arms["gamesPitched"], arms["pitchesThrown"]
    nine = [each for each in played if each.game.scheduled_innings == _WHOLE]
    longer = [each for each in nine if each.result.innings > _WHOLE]
    regular = [each for each in nine if each.result.innings <= _WHOLE]
    return {
        "hitsPer9Inn": _rate(bats["hits"] * _WHOLE, innings),
        "runsPer9Inn": _rate(bats["runs"] * _WHOLE, innings),
        "pitchesPer9Inn": _rate(pitches * _WHOLE, innings),
        "plateAppearancesPer9Inn": _rate(appearances * _WHOLE, innings),
        "hitsPerGame": _rate(bats["hits"], games),
        "runsPerGame": _rate(bats["runs"], games),
        "inningsPlayedPerGame": _rate(innings, games),
        "pitchesPerGame": _rate(pitches, games),
        "pitchersPerGame": _rate(pitchers, games),
        "plateAppearancesPerGame": _rate(appearances, games),
        "totalGameTime": _clock(minutes),
        "totalInningsPlayed": round(innings, 1),
        "totalHits": bats["hits"],
        "totalRuns": bats["runs"],
        "totalPlateAppearances": appearances,
        "totalPitchers": pitchers,
        "totalPitches": pitches,
        "totalGames": games,
        "total9InnGames": len(nine),
        "totalExtraInnGames": len(longer),
        "timePerGame": _clock(minutes / games),
        "timePerPitch": _clock(minutes / pitches),
        "timePerHit": _clock(minutes / bats["hits"]),
        "timePerRun": _clock(minutes / bats["runs"]),
        "timePerPlateAppearance": _clock(minutes / appearances),
        "timePer9Inn": _clock(minutes * _WHOLE / innings),
        "timePer77PlateAppearances": _clock(minutes * _APPEARANCES / appearances),
        "total9InnGamesWithoutExtraInn": len(regular),
        "hitsPerRun": _rate(bats["hits"], bats["runs"]),
        "pitchesPerPitcher": _rate(pitches, pitchers),
        "season": str(question.season),
        "sport": {"id": SPORT["id"], "code": "mlb", "link": SPORT["link"]},
        "prPortalCalculatedFields": {
            "total9InnGames": len(regular),
            "totalExtraInnGames": len(longer),
            "timePer9InnGame": _mean_time(regular),
            "timePerExtraInnGame": _mean_time(longer),
        },
    }


def _rate(part: float, whole: float) -> float:
    return round(part / whole, 3)


def _mean_time(played: Sequence[Played]) -> str:
    return _clock(sum(each.result.minutes for each in played) / max(len(played), 1))


def _clock(minutes: float) -> str:
    """Minutes as hours, minutes and seconds."""
    seconds = round(minutes * 60)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
