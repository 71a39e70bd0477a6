"""Lines as the endpoints of statistics write them: with the keys of a season or of a game, and all rates."""

from __future__ import annotations

from statsapi_simulator.feed import stats
from statsapi_simulator.feed.lines import Line
from statsapi_simulator.feed.rates import ratio, share
from statsapi_simulator.pages import Page, position_page

_HITTING = (
    "gamesPlayed", "groundOuts", "airOuts", "runs", "doubles", "triples", "homeRuns", "strikeOuts", "baseOnBalls",
    "intentionalWalks", "hits", "hitByPitch", "avg", "atBats", "obp", "slg", "ops", "caughtStealing", "stolenBases",
    "stolenBasePercentage", "caughtStealingPercentage", "groundIntoDoublePlay", "numberOfPitches", "plateAppearances",
    "totalBases", "rbi", "leftOnBase", "sacBunts", "sacFlies", "babip", "groundOutsToAirouts", "catchersInterference",
    "atBatsPerHomeRun",
)  # fmt: skip
_PITCHING = (
    "gamesPlayed", "gamesStarted", "groundOuts", "airOuts", "runs", "doubles", "triples", "homeRuns", "strikeOuts",
    "baseOnBalls", "intentionalWalks", "hits", "hitByPitch", "avg", "atBats", "obp", "slg", "ops", "caughtStealing",
    "stolenBases", "stolenBasePercentage", "caughtStealingPercentage", "groundIntoDoublePlay", "numberOfPitches",
    "era", "inningsPitched", "wins", "losses", "saves", "saveOpportunities", "holds", "blownSaves", "earnedRuns",
    "whip", "battersFaced", "outs", "gamesPitched", "completeGames", "shutouts", "strikes", "strikePercentage",
    "hitBatsmen", "balks", "wildPitches", "pickoffs", "totalBases", "groundOutsToAirouts", "winPercentage",
    "pitchesPerInning", "gamesFinished", "strikeoutWalkRatio", "strikeoutsPer9Inn", "walksPer9Inn", "hitsPer9Inn",
    "runsScoredPer9", "homeRunsPer9", "inheritedRunners", "inheritedRunnersScored", "catchersInterference", "sacBunts",
    "sacFlies",
)  # fmt: skip
_FIELDING = (
    "gamesPlayed", "gamesStarted", "caughtStealing", "stolenBases", "stolenBasePercentage", "caughtStealingPercentage",
    "assists", "putOuts", "errors", "chances", "fielding", "rangeFactorPerGame", "passedBall", "pickoffs",
)  # fmt: skip
_OF_A_GAME = {"hitting": ("flyOuts", "groundIntoTriplePlay"), "pitching": ("flyOuts",)}


def written(group: str, line: Line, *, of_a_game: bool = False, position: str | None = None) -> Page:
    """Return a line of a group: hitting, pitching or fielding. Fielding says at which position."""
    if group == "hitting":
        return _hitting(line, of_a_game=of_a_game)
    return _pitching(line, of_a_game=of_a_game) if group == "pitching" else _fielding(line, position)


def _hitting(line: Line, *, of_a_game: bool) -> Page:
    page = {**stats.season_batting(line), "numberOfPitches": line["numberOfPitches"]}
    page["caughtStealingPercentage"] = share(line["caughtStealing"], line["stolenBases"] + line["caughtStealing"])
    summary = {"summary": stats.batting_summary(line)} if of_a_game else {}
    return {**summary, **_chosen(page, (*_HITTING, *_OF_A_GAME["hitting"] * of_a_game))}


def _pitching(line: Line, *, of_a_game: bool) -> Page:
    bases = line["hits"] + line["doubles"] + 2 * line["triples"] + 3 * line["homeRuns"]
    page = stats.season_pitching(line) | {
        **stats.slash(line + Line(totalBases=bases)),
        "totalBases": bases,
        "groundIntoDoublePlay": line["groundIntoDoublePlay"],
    }
    summary = {"summary": stats.pitching_summary(line)} if of_a_game else {}
    return {**summary, **_chosen(page, (*_PITCHING, *_OF_A_GAME["pitching"] * of_a_game))}


def _fielding(line: Line, position: str | None) -> Page:
    chances = line["putOuts"] + line["assists"]
    page = stats.season_fielding(line) | {
        "gamesPlayed": line["gamesPlayed"],
        "rangeFactorPerGame": ratio(chances, line["gamesPlayed"]),
    }
    where = {} if position is None else {"position": position_page(position)}
    return {**_chosen(page, _FIELDING), **where}


def _chosen(page: Page, names: tuple[str, ...]) -> Page:
    return {name: page[name] for name in names}
