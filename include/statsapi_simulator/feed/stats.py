"""Lines of a box score as they are written: with every key and all rates, of a game, of a team and of a season."""

from __future__ import annotations

from statsapi_simulator.feed.lines import Line
from statsapi_simulator.feed.names import Node
from statsapi_simulator.feed.rates import innings, ratio, share, strike_share

_BATTING_AND_PITCHING = (
    "flyOuts",
    "groundOuts",
    "airOuts",
    "runs",
    "doubles",
    "triples",
    "homeRuns",
    "strikeOuts",
    "baseOnBalls",
    "intentionalWalks",
    "hits",
    "hitByPitch",
    "atBats",
    "caughtStealing",
    "stolenBases",
)
_BATTING = (
    *_BATTING_AND_PITCHING,
    "groundIntoDoublePlay",
    "groundIntoTriplePlay",
    "plateAppearances",
    "totalBases",
    "rbi",
    "leftOnBase",
    "sacBunts",
    "sacFlies",
    "catchersInterference",
    "pickoffs",
    "popOuts",
    "lineOuts",
)
_PITCHING = (
    *_BATTING_AND_PITCHING,
    "saveOpportunities",
    "earnedRuns",
    "battersFaced",
    "outs",
    "completeGames",
    "shutouts",
    "pitchesThrown",
    "balls",
    "strikes",
    "balks",
    "wildPitches",
    "pickoffs",
    "rbi",
    "inheritedRunners",
    "inheritedRunnersScored",
    "catchersInterference",
    "sacBunts",
    "sacFlies",
    "passedBall",
    "popOuts",
    "lineOuts",
)
_OUTING = ("gamesPlayed", "gamesStarted", "gamesPitched", "gamesFinished", "wins", "losses", "saves", "holds")
_FIELDING = ("caughtStealing", "stolenBases", "assists", "putOuts", "errors", "passedBall", "pickoffs")


def batting(line: Line, summary: str | None = None) -> Node:
    """Return a batter's line of one game."""
    head: Node = {} if summary is None else {"summary": summary}
    return {**head, "gamesPlayed": 1, **_batting(line)}


def _batting(line: Line) -> Node:
    written: Node = {name: line[name] for name in _BATTING}
    written["stolenBasePercentage"] = share(line["stolenBases"], line["stolenBases"] + line["caughtStealing"])
    written["atBatsPerHomeRun"] = ratio(line["atBats"], line["homeRuns"])
    return written


def slash(line: Line) -> Node:
    """Return averages: of hits, on base, of bases, and the sum of the last two."""
    on_base = line["hits"] + line["baseOnBalls"] + line["hitByPitch"]
    times = line["atBats"] + line["baseOnBalls"] + line["hitByPitch"] + line["sacFlies"]
    obp, slg = on_base / times if times else 0.0, line["totalBases"] / line["atBats"] if line["atBats"] else 0.0
    return {
        "avg": share(line["hits"], line["atBats"], ".000"),
        "obp": share(obp, 1),
        "slg": share(slg, 1),
        "ops": share(obp + slg, 1),
    }


def team_batting(line: Line, season: Line) -> Node:
    """Return a team's batting: the game's counts, and the season's averages."""
    return {"gamesPlayed": 0, **_batting(line), **slash(season)}


def season_batting(line: Line) -> Node:
    """Return a batter's season to date."""
    in_play = line["atBats"] - line["strikeOuts"] - line["homeRuns"] + line["sacFlies"]
    attempts = line["stolenBases"] + line["caughtStealing"]
    return {
        "gamesPlayed": line["gamesPlayed"],
        **_batting(line),
        **slash(line),
        "caughtStealingPercentage": share(line["caughtStealing"], attempts),
        "babip": share(line["hits"] - line["homeRuns"], in_play),
        "groundOutsToAirouts": ratio(line["groundOuts"], line["airOuts"]),
    }


def _pitching(line: Line) -> Node:
    outs = line["outs"]
    written: Node = {name: line[name] for name in _PITCHING}
    written["numberOfPitches"] = line["pitchesThrown"]
    written["hitBatsmen"] = line["hitByPitch"]
    written["inningsPitched"] = innings(outs)
    written["stolenBasePercentage"] = share(line["stolenBases"], line["stolenBases"] + line["caughtStealing"])
    written["strikePercentage"] = strike_share(line["strikes"], line["pitchesThrown"])
    written["runsScoredPer9"] = ratio(line["runs"] * 27, outs)
    written["homeRunsPer9"] = ratio(line["homeRuns"] * 27, outs)
    return written


def pitching(line: Line, summary: str) -> Node:
    """Return a pitcher's line of one game."""
    outing = {name: line[name] for name in _OUTING}
    return {"summary": summary, **outing, "blownSaves": line["blownSaves"], **_pitching(line)}


def _pitching_rates(line: Line) -> Node:
    outs, attempts = line["outs"], line["stolenBases"] + line["caughtStealing"]
    on_base = line["hits"] + line["baseOnBalls"] + line["hitByPitch"]
    return {
        "obp": share(on_base, line["atBats"] + line["baseOnBalls"] + line["hitByPitch"] + line["sacFlies"], ".000"),
        "caughtStealingPercentage": share(line["caughtStealing"], attempts),
        "era": ratio(line["earnedRuns"] * 27, outs),
        "whip": ratio((line["hits"] + line["baseOnBalls"]) * 3, outs, "-"),
        "groundOutsToAirouts": ratio(line["groundOuts"], line["airOuts"]),
        "pitchesPerInning": ratio(line["pitchesThrown"] * 3, outs),
        "winPercentage": share(line["wins"], line["wins"] + line["losses"]),
        "strikeoutWalkRatio": ratio(line["strikeOuts"], line["baseOnBalls"]),
        "strikeoutsPer9Inn": ratio(line["strikeOuts"] * 27, outs),
        "walksPer9Inn": ratio(line["baseOnBalls"] * 27, outs),
        "hitsPer9Inn": ratio(line["hits"] * 27, outs),
    }


def team_pitching(line: Line, season: Line) -> Node:
    """Return a team's pitching: the game's counts, and the season's averages."""
    whole_season = _pitching_rates(season)
    averages = {name: whole_season[name] for name in ("era", "whip")}
    return {**_pitching(line), **_pitching_rates(line), **averages}


def season_pitching(line: Line) -> Node:
    """Return a pitcher's season to date."""
    outing = {name: line[name] for name in _OUTING}
    return {**outing, "blownSaves": line["blownSaves"], **_pitching(line), **_pitching_rates(line)}


def _fielding(line: Line) -> Node:
    chances = line["putOuts"] + line["assists"] + line["errors"]
    written: Node = {name: line[name] for name in _FIELDING}
    written["chances"] = chances
    written["stolenBasePercentage"] = share(line["stolenBases"], line["stolenBases"] + line["caughtStealing"])
    written["caughtStealingPercentage"] = ".---"
    return written


def fielding(line: Line) -> Node:
    """Return a fielder's line of one game; his fielding average is that of nobody (the API's quirk)."""
    started = {"gamesStarted": 1} if line["gamesStarted"] else {}
    return {**started, **_fielding(line), "fielding": ".000"}


def team_fielding(line: Line) -> Node:
    """Return a team's fielding."""
    return {**_fielding(line), "fielding": ".000"}


def season_fielding(line: Line) -> Node:
    """Return a fielder's season to date."""
    made = line["putOuts"] + line["assists"]
    return {
        "gamesStarted": line["gamesStarted"],
        **_fielding(line),
        "fielding": share(made, made + line["errors"], ".000"),
    }


def batting_summary(line: Line) -> str:
    """Return a batter's game in a few words: '2-4 | HR, 2 RBI, K'."""
    parts = [
        _times(line[name], word)
        for name, word in (
            ("homeRuns", "HR"),
            ("triples", "3B"),
            ("doubles", "2B"),
            ("baseOnBalls", "BB"),
            ("strikeOuts", "K"),
            ("hitByPitch", "HBP"),
            ("stolenBases", "SB"),
            ("rbi", "RBI"),
            ("runs", "R"),
        )
        if line[name]
    ]
    hits = f"{line['hits']}-{line['atBats']}"
    return f"{hits} | {', '.join(parts)}" if parts else hits


def pitching_summary(line: Line) -> str:
    """Return a pitcher's game in a few words: '6.2 IP, 2 ER, 5 K, BB'."""
    earned = "ER" if line["earnedRuns"] == 1 else f"{line['earnedRuns']} ER"
    strikeouts = "K" if line["strikeOuts"] == 1 else f"{line['strikeOuts']} K"
    walks = "BB" if line["baseOnBalls"] == 1 else f"{line['baseOnBalls']} BB"
    return f"{innings(line['outs'])} IP, {earned}, {strikeouts}, {walks}"


def _times(count: int, word: str) -> str:
    return word if count == 1 else f"{count} {word}"
