"""The line score: each inning from its plays, totals from the innings, and the situation now."""

from __future__ import annotations

from collections.abc import Iterator

from tests.checker.baseball.feed import HITS, SIDES, Feed, Half, result, runs
from tests.checker.baseball.fielding import ERRORS, credits_of
from tests.checker.baseball.runners import BASES, walk

_TOTALS = ("runs", "hits", "errors", "leftOnBase")
_OFFENSE = {"1B": "first", "2B": "second", "3B": "third"}


def innings_of_plays(feed: Feed) -> Iterator[str]:
    """Runs, hits, errors and runners left of each half are those of its plays; a half not played has none."""
    innings = feed.linescore.get("innings", [])
    if [inning["num"] for inning in innings] != [*range(1, len(innings) + 1)]:
        yield f"innings {[inning['num'] for inning in innings]}"
    halves = {(half.inning, half.batting): half for half in feed.halves}
    if feed.halves and len(innings) != feed.halves[-1].inning:
        yield f"{len(innings)} innings, plays of {feed.halves[-1].inning}"
    for inning in innings:
        for side in SIDES:
            half = halves.get((inning["num"], side))
            shown = inning.get(side, {})
            where = f"inning {inning['num']}, {side}"
            if half is None:
                if feed.over and "runs" in shown:
                    yield f"{where}: runs {shown['runs']}, though it did not bat"
                continue
            wanted = {"runs": sum(runs(play) for play in half.plays)}
            if feed.modern:
                wanted["hits"] = _hits(half)
            if feed.modern and (half.followed or feed.over or not half.over):  # between halves it may be either
                wanted["leftOnBase"] = _left(half) if half.followed or feed.over else 0
            for name, value in wanted.items():
                if shown.get(name, None if half.followed else 0) != value:
                    yield f"{where}: {name} {shown.get(name)}, its plays make {value}"
        for side in SIDES if feed.modern else ():
            errors = _errors(halves.get((inning["num"], "home" if side == "away" else "away")))
            if inning.get(side, {}).get("errors", 0) != errors:
                yield f"inning {inning['num']}, {side}: errors {inning.get(side, {}).get('errors')}, not {errors}"


def totals(feed: Feed) -> Iterator[str]:
    """The totals are the sums of the innings, and the runs are the score of the last play."""
    for side in SIDES:
        shown = feed.linescore["teams"][side]
        for name in _TOTALS if feed.modern else ("runs",):
            wanted = sum(inning.get(side, {}).get(name, 0) for inning in feed.linescore["innings"])
            if shown.get(name, 0) != wanted:  # 2018 counts runs only by inning, hits and errors only in all
                yield f"{side}: {name} {shown[name]}, the innings make {wanted}"
        if feed.plays and shown["runs"] != feed.plays[-1]["result"][f"{side}Score"]:
            yield f"{side}: {shown['runs']} runs, the last play has {feed.plays[-1]['result'][f'{side}Score']}"


def situation(feed: Feed) -> Iterator[str]:
    """Inning, outs and the runners of the line score are those after the last play."""
    if not feed.plays or not feed.halves:
        return
    last, shown = feed.halves[-1], feed.linescore
    between = last.plays[-1]["count"]["outs"] == 3 or feed.over
    if (shown["currentInning"], shown["isTopInning"]) != (last.inning, last.top) and not between:
        yield f"inning {shown['currentInning']}, top {shown['isTopInning']}; the plays are in the {last}"
    if shown.get("outs", last.plays[-1]["count"]["outs"]) != last.plays[-1]["count"]["outs"] and not between:
        yield f"{shown['outs']} out, the last play has {last.plays[-1]['count']['outs']}"
    if feed.modern and not between and not last.plays[-1]["about"]["isComplete"]:
        *_, (_, standing, _) = walk(last)
        for base in BASES:
            found = shown["offense"].get(_OFFENSE[base], {}).get("id")
            if found != standing.get(base):
                yield f"offense.{_OFFENSE[base]} is {found}, the moves leave {standing.get(base)}"


def _hits(half: Half) -> int:
    return sum(result(play) in HITS for play in half.plays)


def _errors(half: Half | None) -> int:
    return sum(credit["credit"] in ERRORS for play in (half.plays if half else ()) for _, credit in credits_of(play))


def _left(half: Half) -> int:
    """How many stand on the bases when the half ends."""
    *_, (_, standing, _) = walk(half)
    return len(standing)
