"""The box score of the synthetic game. The numbers need not add up: nothing downstream may depend on that."""

from __future__ import annotations

from tests.synthetic import people
from tests.synthetic.people import HOME, TRADED, TWO_WAY, Json

_SEASON = {"gamesPlayed": 80, "avg": ".301", "era": "-.--"}  # re-hydrated at fetch time: mapped by nobody

_BATTING = (
    "flyOuts groundOuts airOuts popOuts lineOuts runs doubles triples homeRuns strikeOuts baseOnBalls "
    "intentionalWalks hits hitByPitch caughtStealing stolenBases groundIntoDoublePlay groundIntoTriplePlay "
    "plateAppearances totalBases rbi leftOnBase sacBunts sacFlies catchersInterference pickoffs"
)
_PITCHING = (
    "groundOuts airOuts runs doubles triples homeRuns strikeOuts baseOnBalls intentionalWalks hits hitByPitch "
    "atBats caughtStealing stolenBases numberOfPitches saveOpportunities earnedRuns battersFaced outs "
    "completeGames shutouts pitchesThrown balls strikes hitBatsmen balks wildPitches pickoffs rbi "
    "inheritedRunners inheritedRunnersScored catchersInterference sacBunts sacFlies passedBall"
)


def box_score(clubs: dict[str, int]) -> Json:
    """Return liveData.boxscore for the clubs by side."""
    return {
        "teams": {side: _team(club) for side, club in clubs.items()},
        "officials": [
            {"official": people.reference(umpire), "officialType": kind} for kind, umpire in people.UMPIRES.items()
        ],
        "info": [{"label": "Umpires", "value": "HP: invented."}, {"label": "July 1, 2026"}],
        "pitchingNotes": [],
        "topPerformers": [],
    }


def _team(club: int) -> Json:
    squad = people.squad(club)
    return {
        "team": {"id": club, "name": f"Club {club}", "link": f"/api/v1/teams/{club}", "allStarStatus": "N"},
        "teamStats": {
            "batting": _batting(27) | {"avg": ".250", "obp": ".300", "slg": ".400", "ops": ".700"},
            "pitching": _pitching("9.0") | {"era": "3.00", "whip": "1.11", "groundOutsToAirouts": "1.00"},
            "fielding": _fielding(27),
        },
        "players": {f"ID{player_id}": _player(club, player_id) for player_id in squad},
        "batters": [*people.batters(club), people.bench(club)[0]],
        "pitchers": people.pitchers(club),
        "bench": people.bench(club)[1:],
        "bullpen": people.bullpen(club),
        "battingOrder": people.batters(club),
        "info": [],
        "note": [],
    }


def _player(club: int, player_id: int) -> Json:
    stats: Json = {"batting": {}, "pitching": {}, "fielding": {}}
    order = _batting_order(club, player_id)
    if order:
        stats["batting"] = _batting(4) | {"summary": "1-4 | HR"}
        stats["fielding"] = _fielding(1) | {"gamesStarted": 1}
    if player_id in people.pitchers(club):
        stats["pitching"] = _pitching("6.2" if player_id == people.pitchers(club)[0] else "0.0")
        stats["fielding"] = _fielding(0)
    if player_id == TRADED and club == HOME:
        stats["batting"] = _batting(0)
    return {
        "person": people.reference(player_id),
        "jerseyNumber": str(player_id % 100),
        "position": people.position("TWP" if player_id == TWO_WAY else "SS"),
        "status": {"code": "A", "description": "Active"},
        "parentTeamId": club,
        **({"battingOrder": order} if order else {}),
        "stats": stats,
        "seasonStats": {"batting": _SEASON, "pitching": _SEASON, "fielding": _SEASON},
        "gameStatus": {"isCurrentBatter": False, "isCurrentPitcher": False, "isOnBench": False, "isSubstitute": False},
        **({"allPositions": [people.position("SS")]} if order else {}),
    }


def _batting_order(club: int, player_id: int) -> str | None:
    """Hundreds are the slot, the rest the sequence: the first man on the bench hits for the ninth."""
    order = {starter: f"{slot}00" for slot, starter in enumerate(people.batters(club), 1)}
    return {**order, people.bench(club)[0]: "901"}.get(player_id)


def _batting(at_bats: int) -> Json:
    counted = dict.fromkeys(_BATTING.split(), 1)
    return {**counted, "atBats": at_bats, "stolenBasePercentage": ".---", "atBatsPerHomeRun": "-.--"}


def _pitching(innings: str) -> Json:
    counted = dict.fromkeys(_PITCHING.split(), 2)
    rates = {"strikePercentage": "-.--", "runsScoredPer9": "0.00", "homeRunsPer9": "-.--"}
    return {**counted, **rates, "inningsPitched": innings}


def _fielding(put_outs: int) -> Json:
    return {
        "caughtStealing": 0,
        "stolenBases": 0,
        "stolenBasePercentage": ".---",
        "assists": 3,
        "putOuts": put_outs,
        "errors": 1,
        "chances": put_outs + 4,
        "passedBall": 0,
        "pickoffs": 0,
    }
